"""An SFTP server examined with scratch names: which renames it carries out, and its other manners.

Not for: publishing, nor for the decision (``_findings.py``). Each step may be repeated over a new connection; nothing
is left behind unless the server refuses to remove it, which is then told.
"""

import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from threading import Event
from typing import Final

import paramiko

from bridge.transports._findings import SCRATCH, Findings, Link, Renames
from bridge.transports._protocol import PausedError, trouble_of
from bridge.transports._sftp_faults import Code, RefusedError, paused
from bridge.transports._sftp_place import Place, Sight, below, identity_in, look, put
from bridge.transports._sftp_wire import Wire

LONGEST_S = 60.0
SIZE = 4096
_MINUTE_S = 60
_NEXT_SECOND_S = 1.1
_SCRATCH, _RENAMED = SCRATCH[:2]
_VISIBLE = "bridge-probe.part"
_STATVFS: Final = b"statvfs@openssh.com"
_FSYNC: Final = b"fsync@openssh.com"
_LSTAT, _RMDIR, _EXTENDED = 7, 15, 200
_STATUS, _ATTRS, _EXTENDED_REPLY = 101, 105, 201
_HAS_SIZE, _HAS_OWNER, _HAS_RIGHTS, _HAS_TIMES = 0x01, 0x02, 0x04, 0x08


def tried(wire: Wire, place: Place) -> Renames:
    """Which rename carries the scratch file across, the best one first; what follows a success is not tried."""
    source, inside, across = _names(place)
    if wire.has_posix_rename and is_done(wire.posix_rename, source, across):
        return Renames(posix=True)
    posix = False if wire.has_posix_rename else None
    if is_done(wire.rename, source, across):
        return Renames(posix=posix, plain=True)
    if inside == across:
        return Renames(posix=posix, plain=False)
    return Renames(posix=posix, plain=False, inside=is_done(wire.rename, source, inside))


def is_done(rename: Callable[[str, str], None], source: str, target: str) -> bool:
    """True when the server carried the rename out, false when it refused."""
    try:
        rename(source, target)
    except RefusedError:
        return False
    return True


def put_scratch(wire: Wire, place: Place) -> None:
    """The scratch file in the staging folder, its other names free."""
    source, inside, across = _names(place)
    for name in (inside, across):
        wire.remove(name)
    put(wire, source, bytes(SIZE))


def clear(wire: Wire, place: Place) -> tuple[str, ...]:
    """Remove every scratch name; those that the server would not let go."""
    left = []
    for name in dict.fromkeys(_names(place)):
        try:
            wire.remove(name)
        except RefusedError:
            left.append(name)
    return tuple(name for name in left if look(wire, name) is not Sight.GONE)


def _names(place: Place) -> tuple[str, str, str]:
    return below(place.base, _SCRATCH), below(place.base, _RENAMED), below(place.directory, _RENAMED)


class Examination:
    """One examination, which may be begun anew over another connection; it knows what it made."""

    def __init__(self, place: Place, identity: str | None) -> None:
        self._place = place
        self._identity = identity
        self._is_ours = False

    def run(self, wire: Wire, link: Link | None) -> Findings:
        """What the server can do; trouble that ends it early is among the findings."""
        found = Findings("sftp", self._place.directory, link=link, posix_announced=wire.has_posix_rename)
        steps = _Steps(wire, self._place, replace(found, syncs=_FSYNC in wire.extensions))
        try:
            with self._staging(wire):
                steps.run(self._identity)
        except PausedError as error:
            return replace(steps.found, trouble=trouble_of(error))
        return steps.found

    @contextmanager
    def _staging(self, wire: Wire) -> Iterator[None]:
        """The staging folder, made for as long as this lasts where the bridge has not made it yet."""
        if look(wire, self._place.directory) is Sight.GONE:
            raise paused(RefusedError(Code.NO_SUCH_FILE), self._place.directory)
        if self._place.staging:
            self._make_staging(wire)
        try:
            yield
        finally:
            if self._is_ours:
                with suppress(RefusedError):
                    wire.ask(_STATUS, _RMDIR, _text(self._place.staging))

    def _make_staging(self, wire: Wire) -> None:
        """A folder that may not be looked at is simply tried. One that was made before a cut stays ours.

        Should that guess be wrong, nothing is lost: only an empty folder can be removed.
        """
        seen = look(wire, self._place.staging)
        if seen is Sight.THERE:
            return
        was_ours, self._is_ours = self._is_ours, True
        try:
            wire.mkdir(self._place.staging)
        except RefusedError as error:
            self._is_ours = was_ours
            if seen is Sight.GONE:
                raise paused(error, self._place.staging) from error


class _Steps:
    """Each step adds to ``found``; what the server refuses to tell stays unknown."""

    def __init__(self, wire: Wire, place: Place, found: Findings) -> None:
        self._wire = wire
        self._place = place
        self._until = time.monotonic() + LONGEST_S
        self.found = found

    def run(self, identity: str | None) -> None:
        """Every step, and the scratch names gone in the end."""
        try:
            carried = identity_in(self._wire, self._place)
            self._note(identity=_whose(carried, identity))
            self._create_and_remove()
            put_scratch(self._wire, self._place)
            self._each((self._names, self._times, self._room, self._exclusive))
            self._note(renames=tried(self._wire, self._place))
            self._each((self._plain_too, self._taken_name))
        except RefusedError as error:
            raise paused(error, self._place.base) from error
        finally:
            self._note(left=clear(self._wire, self._place))

    def _each(self, steps: tuple[Callable[[], None], ...]) -> None:
        for step in steps:
            if time.monotonic() > self._until:
                self._note(cut_short=True)
                return
            with suppress(RefusedError):
                step()

    def _note(self, **facts: object) -> None:
        self.found = replace(self.found, **facts)  # type: ignore[arg-type]  # each caller names fields of Findings

    def _create_and_remove(self) -> None:
        """First of all, with an empty file: what cannot be removed is made once and not again."""
        name = below(self._place.base, _SCRATCH)
        try:
            self._wire.remove(name)
            self._wire.close(self._wire.create(name))
        except RefusedError as error:
            if self._takes_other_names():
                self._note(dot_names="refused")
            if error.code == Code.NO_SUCH_FILE and look(self._wire, self._place.base) is Sight.THERE:
                raise RefusedError(Code.PERMISSION_DENIED, f"it takes no file named {_SCRATCH}") from error
            raise
        self._wire.remove(name)

    def _takes_other_names(self) -> bool:
        """Whether it is the dot that is refused. Tried only in a staging folder, where no ERP looks."""
        if not self._place.staging:
            return False
        name = below(self._place.staging, _VISIBLE)
        try:
            self._wire.close(self._wire.create(name))
            self._wire.remove(name)
        except RefusedError:
            return False
        return True

    def _names(self) -> None:
        began = time.monotonic()
        names = self._wire.names(self._place.directory)
        took = time.monotonic() - began
        if names is None:
            self._note(listing_s=took)
            return
        self._note(entries=sum(not name.startswith(".") for name in names), listing_s=took)
        listed = names if self._place.base == self._place.directory else self._wire.names(self._place.base)
        if listed is not None:
            self._note(dot_names="listed" if _SCRATCH in listed else "hidden")
        upper = below(self._place.base, _SCRATCH.upper())
        self._note(folds_case={Sight.THERE: True, Sight.GONE: False}.get(look(self._wire, upper)))

    def _times(self) -> None:
        """SFTP tells whole seconds. One that is a whole minute is looked at again a second later."""
        facts, now = self._facts()
        mode = f"{facts.rights & 0o7777:04o}" if facts.rights is not None else ""
        owner = "" if facts.owner is None else f"{facts.owner[0]}:{facts.owner[1]}"
        self._note(mode=mode, owner=owner)
        if facts.mtime is None:
            return
        step = 1
        if facts.mtime % _MINUTE_S == 0:
            Event().wait(_NEXT_SECOND_S)
            put(self._wire, below(self._place.base, _SCRATCH), bytes(SIZE))
            facts, now = self._facts()
            step = _MINUTE_S if facts.mtime is not None and facts.mtime % _MINUTE_S == 0 else 1
        if facts.mtime is not None:
            self._note(mtime_step_s=float(step), skew_s=_skew(facts.mtime, now, step))

    def _facts(self) -> tuple["_Facts", float]:
        put(self._wire, below(self._place.base, _SCRATCH), bytes(SIZE))
        now = time.time()
        return _facts(self._wire.ask(_ATTRS, _LSTAT, _text(below(self._place.base, _SCRATCH)))), now

    def _room(self) -> None:
        if _STATVFS not in self._wire.extensions:
            return
        told = self._wire.ask(_EXTENDED_REPLY, _EXTENDED, _text(_STATVFS.decode()) + _text(self._place.base))
        numbers = struct.unpack(">11Q", told.get_bytes(88))
        self._note(free=numbers[1] * numbers[4])

    def _exclusive(self) -> None:
        try:
            self._wire.close(self._wire.create(below(self._place.base, _SCRATCH)))
        except RefusedError:
            self._note(exclusive=True)
        else:
            self._note(exclusive=False)

    def _plain_too(self) -> None:
        """Taken names meet the plain rename also where the atomic one is used."""
        if self.found.renames.posix:
            put_scratch(self._wire, self._place)
            source, _, across = _names(self._place)
            self._note(renames=replace(self.found.renames, plain=is_done(self._wire.rename, source, across)))

    def _taken_name(self) -> None:
        if self.found.renames.plain:
            put_scratch(self._wire, self._place)
            source, _, across = _names(self._place)
            put(self._wire, across, b"")
            self._note(replaces=is_done(self._wire.rename, source, across))


def _whose(carried: str | None, identity: str | None) -> str:
    if identity is None:
        return "new"
    if carried is None:
        return "none"
    return "ours" if carried == identity else "other"


def _skew(mtime: int, now: float, step: int) -> float:
    """The server's clock against ours; what the step of its times hides counts as none."""
    apart = mtime + step / 2 - now
    return 0.0 if abs(apart) <= step / 2 + 1 else float(round(apart))


@dataclass(frozen=True, slots=True)
class _Facts:
    rights: int | None
    owner: tuple[int, int] | None
    mtime: int | None


def _facts(message: paramiko.Message) -> _Facts:
    flags = message.get_int()
    if flags & _HAS_SIZE:
        message.get_int64()
    owner = (message.get_int(), message.get_int()) if flags & _HAS_OWNER else None
    rights = message.get_int() if flags & _HAS_RIGHTS else None
    mtime = None
    if flags & _HAS_TIMES:
        message.get_int()
        mtime = message.get_int()
    return _Facts(rights, owner, mtime)


def _text(value: str) -> bytes:
    content = value.encode("utf-8", "surrogateescape")
    return struct.pack(">I", len(content)) + content
