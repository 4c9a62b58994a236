"""Pickup point: a folder with answers on somebody's SFTP server, over the connection that the order files go over.

Not for: deciding which file is finished, nor where it goes here. Nothing but a file known to be regular is opened:
a pipe would make the server itself wait.

A file leaves the server only while it is the one that was read: size and time are compared by the last request before,
and where the time may not tell two writings apart, the content too. What is left is one round trip in which a writer
that overwrites a name without looking may be overtaken; SFTP has no request that removes *this* file.
"""

import hashlib
import heapq
import stat
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

from bridge.errors import ErrorName
from bridge.states import PauseReason
from bridge.transports._pickup import Catalogue, Fetch, Got, Interest, Leaving, Left, Parting, RemoteFile
from bridge.transports._protocol import PausedError
from bridge.transports._sftp_faults import Code, RefusedError
from bridge.transports._sftp_place import Sight, below, look
from bridge.transports._sftp_wire import Facts, Wire

T = TypeVar("T")

MOST_ANSWERS = 1000
MOST_STRANGERS = 200
_MOST_ASKED = 200
_MINUTE_S = 60
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Carry(Protocol):
    """Does an act on the target's one thread and connection; a cut one is made anew, and the act begun again."""

    def __call__(self, act: Callable[[Wire], T]) -> Awaitable[T]:
        """The act's result. Raises :class:`PausedError` when the server cannot be used."""
        ...


@dataclass(frozen=True, slots=True)
class Spot:
    """The folder on the server, and where files go that were fetched; empty: they are removed."""

    server: str
    directory: str
    archive: str = ""


class SftpPickup:
    """Looks, reads, and takes away what was read."""

    def __init__(self, spot: Spot, carry: Carry) -> None:
        self._spot = spot
        self._carry = carry

    @property
    def place(self) -> str:
        """Server and folder."""
        return f"{self._spot.server}:{self._spot.directory}"

    async def look(self, interest: Callable[[str], Interest]) -> Catalogue:
        """One listing. A folder of any size takes no more memory than the names that are of interest."""
        return await self._carry(lambda wire: self._look(wire, interest))

    async def fetch(self, files: Sequence[RemoteFile], limit: int) -> list[Fetch]:
        """The files in turn; those that were read before a cut are not read again."""
        done: dict[str, Fetch] = {}
        await self._carry(lambda wire: self._fetch_all(wire, files, limit, done))
        return [done[file.name] for file in files]

    async def clear(self, files: Sequence[Leaving]) -> list[Left]:
        """The files in turn; one that went away with the answer to its own request is gone, which is looked at."""
        done: dict[int, Left] = {}
        await self._carry(lambda wire: self._clear_all(wire, files, done))
        return [done[file.id] for file in files]

    # --- on the target's thread ---------------------------------------------------------------------------------------

    def _look(self, wire: Wire, interest: Callable[[str], Interest]) -> Catalogue:
        haul = _Haul()
        try:
            for name, facts in wire.entries(self._spot.directory):
                if below(self._spot.directory, name) != self._spot.archive:
                    haul.note(name, facts, interest(name))
        except RefusedError as error:
            raise self._refused(error) from error
        unknown = haul.unknown[:_MOST_ASKED]
        for name, sort in unknown:
            with suppress(RefusedError):
                haul.note(name, _facts_of(wire, below(self._spot.directory, name)), sort)
        return haul.catalogue(is_whole=wire.listed_all, is_cut=len(haul.unknown) > len(unknown))

    def _fetch_all(self, wire: Wire, files: Sequence[RemoteFile], limit: int, done: dict[str, Fetch]) -> None:
        for file in files:
            if file.name not in done:
                done[file.name] = self._fetch(wire, file, limit)

    def _fetch(self, wire: Wire, file: RemoteFile, limit: int) -> Fetch:
        path = below(self._spot.directory, file.name)
        try:
            content = _read(wire, path, limit + 1 if file.size is None else min(file.size, limit + 1))
            facts = _facts_of(wire, path)
        except RefusedError as error:
            if error.code == Code.NO_SUCH_FILE:
                return Fetch(file, Got.GONE)
            return Fetch(file, Got.REFUSED, detail=f"the server does not let it be read: {error}")
        if len(content) > limit:
            return Fetch(file, Got.REFUSED, detail=f"it has more bytes than max_file allows ({limit:,})")
        is_same = _is_same(file, facts) and file.size in {None, len(content)}
        return Fetch(file, Got.WHOLE, content) if is_same else Fetch(file, Got.CHANGED)

    def _clear_all(self, wire: Wire, files: Sequence[Leaving], done: dict[int, Left]) -> None:
        for leaving in files:
            if leaving.id not in done:
                done[leaving.id] = self._clear(wire, leaving)

    def _clear(self, wire: Wire, leaving: Leaving) -> Left:
        path = below(self._spot.directory, leaving.file.name)
        try:
            facts = _facts_of(wire, path)
            if not _is_same(leaving.file, facts):
                return Left(leaving.id, Parting.REPLACED)
            is_vague = facts.size is None or facts.mtime is None
            if (leaving.thorough or is_vague) and not _holds(wire, path, leaving):
                return Left(leaving.id, Parting.REPLACED)
            self._take_away(wire, path, leaving)
        except RefusedError as error:
            is_gone = error.code == Code.NO_SUCH_FILE or look(wire, path) is Sight.GONE
            return Left(leaving.id, Parting.GONE) if is_gone else Left(leaving.id, Parting.REFUSED, str(error))
        return Left(leaving.id, Parting.GONE)

    def _take_away(self, wire: Wire, path: str, leaving: Leaving) -> None:
        """The marker first: one that stayed behind alone would vouch for the next file of that name."""
        if leaving.marker:
            with suppress(RefusedError):
                wire.remove(below(self._spot.directory, leaving.marker))
        if self._spot.archive:
            self._archive(wire, path, leaving)
        else:
            wire.remove(path)

    def _archive(self, wire: Wire, path: str, leaving: Leaving) -> None:
        """Never over another file: an ERP may use a name again, so the journal's number tells two of them apart."""
        for name in (leaving.file.name, f"{leaving.file.name}~{leaving.id}"):
            target = below(self._spot.archive, name)
            if look(wire, target) is not Sight.THERE:
                return _rename(wire, path, target)
        raise RefusedError(Code.FAILURE, "its name is taken in answer_archive")

    def _refused(self, error: RefusedError) -> PausedError:
        if error.code == Code.NO_SUCH_FILE:
            return PausedError(
                "the folder with the ERP's answers is missing on the server",
                reason=PauseReason.FOLDER,
                name=ErrorName.FOLDER_MISSING,
                subject=self.place,
                hint="make it again or mend [targets.NAME.sftp] answer_directory; the bridge goes on by itself",
            )
        return PausedError(
            f"the server does not let the folder with the ERP's answers be listed: {error}",
            reason=PauseReason.FOLDER,
            name=ErrorName.FOLDER_REFUSED,
            subject=self.place,
            hint="ask the server's owner for the right to list, read and remove there",
        )


class _Haul:
    """What one listing has brought so far: of answers no more than the oldest, of strangers the first."""

    def __init__(self) -> None:
        self.unknown: list[tuple[str, Interest]] = []
        self._answers: list[_Younger] = []
        self._known: dict[str, RemoteFile] = {}
        self._strangers: list[tuple[str, str]] = []
        self._is_cut = False
        self._tells_seconds = False

    def note(self, name: str, facts: Facts, sort: Interest) -> None:
        """One entry. What the listing does not say of it has to be asked for, if it matters."""
        self._tells_seconds |= facts.mtime is not None and facts.mtime % _MINUTE_S != 0
        if name in {".", ".."} or sort is Interest.NONE:
            return
        strange = _what_is_strange(name, facts, sort)
        if strange:
            if len(self._strangers) < MOST_STRANGERS:
                self._strangers.append((name, strange))
        elif facts.is_asked or facts.mode:
            self._keep(RemoteFile(name, facts.size, facts.mtime), sort)
        elif len(self.unknown) <= _MOST_ASKED:
            self.unknown.append((name, sort))

    def _keep(self, file: RemoteFile, sort: Interest) -> None:
        if sort is Interest.KNOWN:
            self._known[file.name] = file
        elif len(self._answers) < MOST_ANSWERS:
            heapq.heappush(self._answers, _Younger(file))
        else:
            heapq.heappushpop(self._answers, _Younger(file))
            self._is_cut = True

    def catalogue(self, *, is_whole: bool, is_cut: bool) -> Catalogue:
        """The result."""
        return Catalogue(
            answers=tuple(sorted((one.file for one in self._answers), key=age)),
            known=self._known,
            strangers=tuple(self._strangers),
            is_whole=is_whole and not is_cut,
            is_cut=self._is_cut or is_cut or not is_whole,
            tells_seconds=self._tells_seconds,
        )


@dataclass(frozen=True, slots=True)
class _Younger:
    """Orders a heap so that the youngest file falls out of it first."""

    file: RemoteFile

    def __lt__(self, other: "_Younger") -> bool:
        return age(self.file) > age(other.file)


def age(file: RemoteFile) -> tuple[int, bytes]:
    """What puts files in order: the time, then the name."""
    return file.mtime or 0, file.name.encode("utf-8", "surrogateescape")


def _what_is_strange(name: str, facts: Facts, sort: Interest) -> str:
    """Why an entry is no answer whatever its name; empty where nothing speaks against it."""
    if "/" in name or "\0" in name:
        return "no file can have such a name"
    kind = stat.S_IFMT(facts.mode)
    if kind not in {0, stat.S_IFREG}:
        return f"it is {_KINDS.get(kind, 'something unknown')}; only regular files are answers"
    return "no pattern of the target fits its name" if sort is Interest.STRANGE else ""


def _facts_of(wire: Wire, path: str) -> Facts:
    """What the server says of a name; nothing where it does not let us ask. Raises ``RefusedError`` for a gone one."""
    try:
        return wire.lstat(path).asked()
    except RefusedError as error:
        if error.code == Code.NO_SUCH_FILE:
            raise
        return Facts(None, is_folder=False, is_asked=True)


def _is_same(file: RemoteFile, facts: Facts) -> bool:
    """True when nothing that the server tells speaks against its being the file that was listed."""
    return facts.size in {None, file.size} and facts.mtime in {None, file.mtime}


def _holds(wire: Wire, path: str, leaving: Leaving) -> bool:
    limit = (leaving.file.size or 0) + 1
    return hashlib.sha256(_read(wire, path, limit)).hexdigest() == leaving.sha256


def _read(wire: Wire, path: str, at_most: int) -> bytes:
    handle = wire.open(path)
    try:
        content = wire.read(handle, at_most)
    except RefusedError:
        _close(wire, handle)
        raise
    _close(wire, handle)
    return content


def _close(wire: Wire, handle: bytes) -> None:
    with suppress(RefusedError):
        wire.close(handle)


def _rename(wire: Wire, source: str, target: str) -> None:
    """The rename that never replaces; where the server has only the other one, that: the name was free just now."""
    try:
        wire.rename(source, target)
    except RefusedError as error:
        if look(wire, source) is Sight.GONE:
            return
        if error.code == Code.NO_SUCH_FILE:
            raise RefusedError(Code.FAILURE, "answer_archive is missing on the server") from error
        if not wire.has_posix_rename or look(wire, target) is Sight.THERE:
            raise
        wire.posix_rename(source, target)
