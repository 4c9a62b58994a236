"""Drop point: a folder on somebody's SFTP server. The publish of ``DESIGN.md`` section 6, its witness over there.

Not for: states, nor for fetching answers (``_sftp_pickup.py``, over the same connection). One connection is kept, used
by one thread; each call may be repeated.
"""

import logging
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from posixpath import normpath
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from bridge.config.units import Filled, SomeTime
from bridge.errors import ErrorName
from bridge.states import PauseReason
from bridge.transports import _sftp_examine as examining
from bridge.transports._findings import Findings, Strategy, choose
from bridge.transports._findings_words import how
from bridge.transports._pickup import PickupPoint
from bridge.transports._protocol import End, FileNames, Parcel, PausedError, Step, Transport, Whereabouts, trouble_of
from bridge.transports._sftp_faults import Code, RefusedError, VanishedError, concerns_every_file, foreign, paused
from bridge.transports._sftp_line import Line
from bridge.transports._sftp_manners import ByMarker, ByRename, Manner
from bridge.transports._sftp_pickup import SftpPickup, Spot
from bridge.transports._sftp_place import (
    IDENTITY_FILE,
    PART,
    WISH,
    Place,
    Sight,
    below,
    identity_in,
    look,
    prove,
    put,
)
from bridge.transports._sftp_session import OLD_CIPHERS, OLD_MACS, Access
from bridge.transports._sftp_wire import Wire

T = TypeVar("T")

_ASKED_BY_NAME = 20
_MOST_ASKED = 500
_FINGERPRINT = re.compile(r"(SHA256:[A-Za-z0-9+/]{43}=?)?")

log = logging.getLogger(__name__)


class Options(BaseModel):
    """Settings of a drop point on an SFTP server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Filled = Field(description="name or address of the server")
    port: int = Field(default=22, ge=1, le=65_535, description="its port")
    username: Filled = Field(description="who the bridge is on the server")
    key_file: Path | None = Field(default=None, description="private key to log in with, without a passphrase")
    password_file: Path | None = Field(default=None, description="file with the password to log in with")
    password: SecretStr = Field(
        default=SecretStr(""), description="the password itself; never written into config.toml"
    )
    host_key: str = Field(
        default="",
        description="fingerprint of the server's host key, `SHA256:...`; empty: the one that `target trust` pinned",
    )
    old_algorithms: tuple[str, ...] = Field(
        default=(),
        description="weak ciphers and MACs allowed towards an old server, by name, such as `aes256-cbc`, `hmac-sha1`",
    )
    directory: Filled = Field(description="folder on the server from which the ERP fetches")
    staging: str = Field(
        default="",
        description="folder on the server where files are written first, on the same file system; "
        "empty: a dot name in directory",
    )
    answer_directory: str = Field(
        default="", description="folder on the server from which the ERP's answers are collected; empty: none"
    )
    answer_after: Literal["remove", "move"] = Field(
        default="remove", description="what becomes of a collected answer there"
    )
    answer_archive: str = Field(default="", description='folder on the server for `answer_after = "move"`')
    poll: SomeTime = Field(
        default=timedelta(seconds=30), description="how often the server's folders are looked through"
    )
    timeout: SomeTime = Field(default=timedelta(seconds=20), description="longest wait for any one answer")
    keepalive: SomeTime = Field(default=timedelta(seconds=30), description="a sign of life at least this often")

    @field_validator("host_key")
    @classmethod
    def _is_fingerprint(cls, text: str) -> str:
        if not _FINGERPRINT.fullmatch(text):
            raise ValueError('is not a fingerprint such as "SHA256:" and 43 letters; ssh-keygen -lf shows it so')
        return text.rstrip("=")

    @field_validator("old_algorithms")
    @classmethod
    def _are_known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = (*OLD_CIPHERS, *OLD_MACS)
        strange = [name for name in names if name not in known]
        if strange:
            raise ValueError(f'"{strange[0]}" is none that can be allowed; those are {", ".join(known)}')
        return names

    @model_validator(mode="after")
    def _can_move(self) -> "Options":
        if self.answer_after == "move" and self.answer_archive.rstrip("/") in {"", self.answer_directory.rstrip("/")}:
            raise ValueError('answer_after = "move" wants answer_archive, a folder apart from answer_directory')
        return self

    @model_validator(mode="after")
    def _can_log_in(self) -> "Options":
        if self.key_file is None and self.password_file is None and not self.password.get_secret_value():
            raise ValueError('names neither a key nor a password: key_file = "secrets/sftp_key", or password_file')
        return self

    def folders_elsewhere(self) -> dict[str, str]:
        """The folders on the server by their keys, written so that equal texts are one folder.

        The account counts too: many servers give each its own root.
        """
        server = f"{self.username}@{self.host.lower()}:{self.port}"
        keys = {"directory": self.directory, "staging": self.staging, "answer_directory": self.answer_directory}
        return {key: f"{server} {normpath(folder)}" for key, folder in keys.items() if folder}


def build(options: BaseModel) -> Transport:
    """The transport with these settings; touches nothing yet."""
    return SftpTransport(options if isinstance(options, Options) else Options.model_validate(options.model_dump()))


class SftpTransport:
    """Publishes on a server by a witness that lies there; where nothing renames, by a marker."""

    def __init__(self, options: Options) -> None:
        self._place = Place(options.directory, options.staging)
        self._line = Line(_access(options))
        self._spot = _spot(options)
        self._identity = ""
        self._manner: Manner = ByRename(self._place, atomic=False)

    @property
    def is_connected(self) -> bool | None:
        """Whether the connection stands, as far as the last answer showed."""
        return self._line.is_connected

    def pin(self, shown: str, configured: str) -> None:
        """Accept a key that a person trusts in place of the settings' own."""
        self._line.pin(shown, configured)

    async def plant(self, identity: str, *, replace: bool) -> None:
        """Make the staging folder, if one is set, and the identity file; see the protocol."""
        await self._carry(lambda wire: self._plant(wire, identity, replace=replace))

    async def probe(self, identity: str) -> str:
        """Rename a scratch file across; choose and return how files are published."""
        self._identity = identity
        return await self._carry(self._probe)

    async def examine(self, identity: str | None) -> Findings:
        """Try the server's manners with scratch names; see the protocol."""
        try:
            examination = examining.Examination(self._place, identity)
            return await self._carry(lambda wire: self._examine(wire, examination))
        except PausedError as error:
            return Findings("sftp", self._place.directory, trouble=trouble_of(error))

    async def stage(self, parcels: Sequence[Parcel]) -> list[Step]:
        """Write each file where the ERP does not take it yet, and compare its size."""
        return await self._steps(
            parcels,
            lambda wire, ends: self._each(wire, parcels, ends, lambda parcel: self._manner.stage(wire, parcel)),
        )

    async def publish(self, parcels: Sequence[Parcel]) -> list[Step]:
        """Let the ERP have each file; a connection that is cut on the way is made anew, and the witness looked at."""
        return await self._steps(parcels, lambda wire, ends: self._publish(wire, parcels, ends))

    async def _steps(self, parcels: Sequence[Parcel], act: Callable[[Wire, dict[int, Step]], None]) -> list[Step]:
        """What became of each parcel; where the target pauses on the way, of those that were done with before.

        *Presumed* is left out then: it counts only after the folder has proved its identity once more.
        """
        ends: dict[int, Step] = {}
        try:
            await self._carry(lambda wire: act(wire, ends))
        except PausedError:
            certain = [step for step in ends.values() if step.end is not End.PRESUMED]
            if not certain:
                raise
            return certain
        return [ends[parcel.id] for parcel in parcels]

    async def missing(self, names: Sequence[str]) -> set[str]:
        """Those of these names that are gone; a folder too large to list is asked by name."""
        return await self._carry(lambda wire: self._missing(wire, names))

    async def staged(self) -> set[str]:
        """The names that lie in the staging folder, whichever folder that is."""
        return await self._carry(self._staged)

    async def hold(self, files: Sequence[FileNames]) -> dict[int, Whereabouts]:
        """Keep these files from the ERP; see the protocol."""
        return await self._carry(lambda wire: self._shift(files, lambda file: self._manner.hold(wire, file), wire))

    async def release(self, files: Sequence[FileNames]) -> dict[int, Whereabouts]:
        """Let the ERP have these held files; see the protocol."""
        return await self._carry(lambda wire: self._shift(files, lambda file: self._manner.release(wire, file), wire))

    async def withdraw(self, files: Sequence[FileNames]) -> None:
        """Remove the staging names and held files of these."""
        await self._carry(lambda wire: self._withdraw(wire, files))

    async def wishes(self) -> set[str]:
        """The names beside which a ``NAME.hold`` lies."""
        return await self._carry(self._wishes)

    def pickup(self) -> PickupPoint | None:
        """The folder with the ERP's answers, if the settings name one; over the same connection and thread."""
        return SftpPickup(self._spot, self._carry) if self._spot.directory else None

    async def close(self) -> None:
        """Cut what is under way, close the connection, end the thread; whoever comes later finds the server away."""
        await self._line.close()

    # --- on the one thread --------------------------------------------------------------------------------------------

    async def _carry(self, act: Callable[[Wire], T]) -> T:
        try:
            return await self._line.carry(act)
        except RefusedError as error:
            raise paused(error, self._place.base) from error

    def _plant(self, wire: Wire, identity: str, *, replace: bool) -> None:
        place = self._place
        if look(wire, place.directory) is Sight.GONE:
            raise paused(RefusedError(Code.NO_SUCH_FILE), place.directory)
        if place.staging:
            self._make_staging(wire)
        found = identity_in(wire, place)
        if found == identity:
            return
        is_begun = found is not None and identity.startswith(found)  # ours, cut off while it was written
        if found is not None and not is_begun and not replace:
            raise foreign(found, place.base)
        put(wire, below(place.base, IDENTITY_FILE), identity.encode() + b"\n")

    def _make_staging(self, wire: Wire) -> None:
        """Make the folder if it is not there, as far as that can be told; what follows finds out."""
        seen = look(wire, self._place.staging)
        if seen is Sight.THERE:
            return
        try:
            wire.mkdir(self._place.staging)
        except RefusedError:
            if seen is Sight.GONE:
                raise

    def _probe(self, wire: Wire) -> str:
        prove(wire, self._place, self._identity)
        examining.put_scratch(wire, self._place)
        try:
            strategy = choose(examining.tried(wire, self._place))
        finally:
            examining.clear(wire, self._place)
        self._adopt(strategy)
        return how(strategy)

    def _adopt(self, strategy: Strategy) -> None:
        """From now on publish in this way."""
        if strategy is Strategy.APART:
            raise _apart(self._place)
        is_marker = strategy is Strategy.MARKER
        atomic = strategy is Strategy.ATOMIC
        self._manner = ByMarker(self._place) if is_marker else ByRename(self._place, atomic=atomic)

    def _examine(self, wire: Wire, examination: examining.Examination) -> Findings:
        found = examination.run(wire, self._line.agreed)
        if found.trouble is None and found.strategy is not Strategy.APART:
            self._adopt(found.strategy)
        return found

    def _each(
        self, wire: Wire, parcels: Sequence[Parcel], ends: dict[int, Step], act: Callable[[Parcel], Step]
    ) -> None:
        """The act on each parcel that has no end yet: what was done before a cut is not done again."""
        prove(wire, self._place, self._identity)
        for parcel in parcels:
            if parcel.id not in ends:
                ends[parcel.id] = self._one(parcel, act)

    def _one(self, parcel: Parcel, act: Callable[[Parcel], Step]) -> Step:
        try:
            return act(parcel)
        except VanishedError as error:
            return Step(parcel.id, End.UNCERTAIN, f"{parcel.final}: {error}")
        except RefusedError as error:
            if concerns_every_file(error):
                raise paused(error, self._place.directory) from error
            return Step(parcel.id, End.FAILED, f"{parcel.final}: {error}")

    def _publish(self, wire: Wire, parcels: Sequence[Parcel], ends: dict[int, Step]) -> None:
        self._each(wire, parcels, ends, lambda parcel: self._manner.publish(wire, parcel))
        if any(step.end is End.PRESUMED for step in ends.values()):
            prove(wire, self._place, self._identity)  # "gone" counts only in the folder that we know

    def _missing(self, wire: Wire, names: Sequence[str]) -> set[str]:
        """A listing tells which names to ask for, no more: some servers list names otherwise than they were given."""
        if not names:
            look(wire, self._place.base)
            return set()
        prove(wire, self._place, self._identity)
        present = _listed(wire, self._place.directory) if len(names) > _ASKED_BY_NAME else None
        asked = [name for name in names if present is None or name not in present][:_MOST_ASKED]
        return {name for name in asked if look(wire, self._place.final(name)) is Sight.GONE}

    def _staged(self, wire: Wire) -> set[str]:
        """Of a folder that cannot be listed nothing is said to be there: what depends on it becomes uncertain."""
        found = _listed(wire, self._place.base) or set()
        if self._place.staging:
            return found
        return {name[1:] for name in found if name.startswith(".") and name.endswith(PART)}

    def _shift(
        self, files: Sequence[FileNames], act: Callable[[FileNames], Whereabouts], wire: Wire
    ) -> dict[int, Whereabouts]:
        prove(wire, self._place, self._identity)
        found = {}
        for file in files:
            try:
                found[file.id] = act(file)
            except RefusedError as error:
                if concerns_every_file(error) and error.code != Code.PERMISSION_DENIED:
                    raise
                found[file.id] = Whereabouts.UNKNOWN
        return found

    def _withdraw(self, wire: Wire, files: Sequence[FileNames]) -> None:
        prove(wire, self._place, self._identity)
        for file in files:
            self._manner.withdraw(wire, file)

    def _wishes(self, wire: Wire) -> set[str]:
        prove(wire, self._place, self._identity)
        names = _listed(wire, self._place.directory) or set()
        return {name.removesuffix(WISH) for name in names if name.endswith(WISH)}


def _access(options: Options) -> Access:
    return Access(
        host=options.host,
        port=options.port,
        username=options.username,
        key_file=options.key_file,
        password_file=options.password_file,
        password=options.password,
        host_key=options.host_key,
        old_algorithms=options.old_algorithms,
        timeout_s=options.timeout.total_seconds(),
        keepalive_s=options.keepalive.total_seconds(),
    )


def _spot(options: Options) -> Spot:
    archive = options.answer_archive if options.answer_after == "move" else ""
    return Spot(str(_access(options)), options.answer_directory, archive)


def _listed(wire: Wire, folder: str) -> set[str] | None:
    """The names in a folder; ``None`` where the server does not let us list it, or it is too large for that."""
    try:
        return wire.names(folder)
    except RefusedError as error:
        if error.code in {Code.PERMISSION_DENIED, Code.OP_UNSUPPORTED}:
            return None
        raise


def _apart(place: Place) -> PausedError:
    return PausedError(
        "directory and staging folder lie apart on the server, so nothing can be renamed between them",
        reason=PauseReason.FOLDER,
        name=ErrorName.FOLDERS_APART,
        subject=place.directory,
        hint='set [targets.NAME.sftp] staging to a folder beside or below directory, or to ""',
    )
