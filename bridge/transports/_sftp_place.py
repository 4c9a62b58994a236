"""Names on the server, and what can be seen of them: the steps that every way to publish there is made of.

Not for: deciding what a sight means for an order's file.
"""

from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

from bridge.transports._sftp_faults import Code, RefusedError, VanishedError, concerns_every_file, foreign, paused
from bridge.transports._sftp_wire import Wire

IDENTITY_FILE = ".bridge-identity"
HELD = ".held"
WISH = ".hold"
PART = ".part"
_LONGEST_IDENTITY = 200
_SCRATCH, _SCRATCH_SIZE = ".bridge-scratch", 4096


class Sight(Enum):
    """Whether a name is there, as far as the server lets us look."""

    THERE = auto()
    GONE = auto()
    UNKNOWN = auto()


class Likeness(Enum):
    """What lies under a name, held against what should lie there."""

    SAME = auto()
    OTHER = auto()
    GONE = auto()
    UNKNOWN = auto()
    """It is there or not, and what can be seen of it does not tell it from ours."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one target on its server. Without a staging folder, files being written have dot names."""

    directory: str
    staging: str

    @property
    def base(self) -> str:
        """The folder that proves its identity."""
        return self.staging or self.directory

    def final(self, name: str) -> str:
        """Where the ERP fetches."""
        return below(self.directory, name)

    def staged(self, name: str) -> str:
        """Where a file is written."""
        return below(self.staging, name) if self.staging else below(self.directory, f".{name}")

    def held(self, name: str = "") -> str:
        """Where a held file lies; without a name the folder itself."""
        folder = below(self.base, HELD)
        return below(folder, name) if name else folder

    def marker_staged(self, marker: str) -> str:
        """Where a marker waits for its file."""
        return self.staged(f"{marker}{PART}")


def below(folder: str, name: str) -> str:
    """A name in a folder of the server."""
    return f"{folder.rstrip('/')}/{name}"


def look(wire: Wire, path: str) -> Sight:
    """Whether a name is there; a server that tells no facts is asked to open it."""
    try:
        wire.lstat(path)
    except RefusedError as error:
        return Sight.GONE if error.code == Code.NO_SUCH_FILE else _look_by_opening(wire, path)
    return Sight.THERE


def _look_by_opening(wire: Wire, path: str) -> Sight:
    try:
        handle = wire.open(path)
    except RefusedError as error:
        return Sight.GONE if error.code == Code.NO_SUCH_FILE else Sight.UNKNOWN
    with suppress(RefusedError):
        wire.close(handle)
    return Sight.THERE


def content_of(wire: Wire, path: str, at_most: int) -> bytes | None:
    """What a file holds, cut at a length; ``None`` where there is none."""
    try:
        handle = wire.open(path)
    except RefusedError as error:
        if error.code == Code.NO_SUCH_FILE:
            return None
        raise
    try:
        return wire.read(handle, at_most)
    finally:
        with suppress(RefusedError):
            wire.close(handle)


def put(wire: Wire, path: str, content: bytes) -> None:
    """A new file with exactly this content; whatever lay under the name is removed first.

    A refusal without a reason is told apart: where not even a scratch file is taken it is said to be for want of room.
    """
    try:
        handle = _new_file(wire, path)
    except RefusedError as error:
        raise _explained(wire, path, error) from error
    try:
        _fill(wire, handle, content)
    except RefusedError as error:
        explained = _explained(wire, path, error, f"the server took only a part of {len(content)} bytes: ")
        with suppress(RefusedError):
            wire.remove(path)
        raise explained from error
    _weigh(wire, path, len(content))


def _fill(wire: Wire, handle: bytes, content: bytes) -> None:
    try:
        wire.write(handle, content)
        wire.sync(handle)
    except RefusedError:
        with suppress(RefusedError):
            wire.close(handle)
        raise
    wire.close(handle)


def _explained(wire: Wire, path: str, error: RefusedError, before: str = "") -> RefusedError:
    """The refusal with what can be found out: a part that lies there still takes the room that a scratch file wants."""
    if error.code in {Code.NO_SUCH_FILE, Code.PERMISSION_DENIED}:
        return error
    if not error.is_full and not _takes_a_scratch_file(wire, below(path.rpartition("/")[0], _SCRATCH)):
        return RefusedError(Code.FAILURE, f"no room even for a scratch file: {error}")
    return RefusedError(Code.FAILURE, f"{before}{error}")


def _takes_a_scratch_file(wire: Wire, path: str) -> bool:
    try:
        with suppress(RefusedError):
            wire.remove(path)
        _fill(wire, wire.create(path), bytes(_SCRATCH_SIZE))
    except RefusedError:
        return False
    finally:
        with suppress(RefusedError):
            wire.remove(path)
    return True


def _new_file(wire: Wire, path: str) -> bytes:
    try:
        return wire.create(path)
    except RefusedError as error:
        if concerns_every_file(error) and look(wire, path) is not Sight.THERE:
            raise
    try:
        wire.remove(path)
    except RefusedError as error:
        if _is_folder(wire, path):
            raise RefusedError(Code.FAILURE, "a directory lies under this name on the server; remove it") from error
        raise
    return wire.create(path)


def _is_folder(wire: Wire, path: str) -> bool:
    try:
        return wire.lstat(path).is_folder
    except RefusedError:
        return False


def _weigh(wire: Wire, path: str, size: int) -> None:
    """Compare the size under the temporary name. No answer is no objection: each piece and the close were answered.

    A name that is gone is one: what vanishes now was not renamed by us, and would look so later (invariant 6).
    """
    try:
        found = wire.lstat(path).size
    except RefusedError as error:
        if error.code == Code.NO_SUCH_FILE:
            raise VanishedError from error
        return
    if found is not None and found != size:
        raise RefusedError(Code.FAILURE, f"the server holds {found} of {size} bytes")


def compare(wire: Wire, path: str, content: bytes) -> Likeness:
    """Hold what lies under a name against what should; by its size where it may not be read."""
    try:
        found = content_of(wire, path, len(content) + 1)
    except RefusedError:
        return _compare_size(wire, path, len(content))
    if found is None:
        return Likeness.GONE
    return Likeness.SAME if found == content else Likeness.OTHER


def _compare_size(wire: Wire, path: str, size: int) -> Likeness:
    try:
        facts = wire.lstat(path)
    except RefusedError as error:
        return Likeness.GONE if error.code == Code.NO_SUCH_FILE else Likeness.UNKNOWN
    is_other = facts.is_folder or (facts.size is not None and facts.size != size)
    return Likeness.OTHER if is_other else Likeness.UNKNOWN


def prove_directory(wire: Wire, place: Place) -> None:
    """Raise :class:`~bridge.transports.PausedError` unless the finished files' folder is there.

    The staging folder is proven by its identity; on a server that lets nobody look, a scratch file proves this one.
    """
    if not place.staging or look(wire, place.directory) is Sight.THERE:
        return
    try:
        put(wire, below(place.directory, _SCRATCH), b"")
    except RefusedError as error:
        raise paused(error, place.directory) from error
    wire.remove(below(place.directory, _SCRATCH))


def identity_in(wire: Wire, place: Place) -> str | None:
    """The identity that the folder carries; ``None`` where the folder is there and carries none.

    Raises :class:`~bridge.transports.PausedError` when the folder is missing or cannot be read.
    """
    try:
        found = content_of(wire, below(place.base, IDENTITY_FILE), _LONGEST_IDENTITY)
    except RefusedError as error:
        raise paused(error, below(place.base, IDENTITY_FILE)) from error
    if found is None:
        for folder in (place.base, place.directory):
            if look(wire, folder) is Sight.GONE:
                raise paused(RefusedError(Code.NO_SUCH_FILE), folder)
        return None
    return found.decode("ascii", "replace").strip()


def prove(wire: Wire, place: Place, identity: str) -> None:
    """Raise :class:`~bridge.transports.PausedError` unless the folder carries exactly this identity (invariant 6)."""
    found = identity_in(wire, place)
    if found != identity:
        raise foreign(found or "", place.base)
