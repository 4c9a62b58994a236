"""What an examination of a target's place found, and the one decision made from it: how files are published there.

Not for: finding it out (``_folder_examine.py``, ``_sftp_examine.py``), nor for words to people
(``_findings_words.py``). Pure; what was not found out is ``None``, which is never taken for a no.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

SCRATCH = (".bridge-probe", ".bridge-probe.renamed", ".bridge-probe.event")
"""The names that an examination and a probe make and remove. No ERP takes them, and the bridge never reads them."""


class Strategy(StrEnum):
    """How a finished file gets its name."""

    NEVER_REPLACES = "rename_noreplace"
    LOOK_THEN_RENAME = "look_then_rename"
    ATOMIC = "posix_rename"
    PLAIN = "plain_rename"
    MARKER = "marker"
    APART = "apart"
    """Not at all: nothing can be renamed from the staging folder to the folder of finished files."""


@dataclass(frozen=True, slots=True)
class Renames:
    """Which renames from the staging folder to the folder of finished files were carried out, not merely announced.

    ``noreplace`` is the kernel's, ``posix`` and ``plain`` an SFTP server's (``plain`` also a folder's without the
    flag), ``inside`` one that stays within the staging folder. ``False`` is a refusal, ``None`` was not tried.
    """

    noreplace: bool | None = None
    posix: bool | None = None
    plain: bool | None = None
    inside: bool | None = None


def choose(renames: Renames) -> Strategy:
    """The best way to publish by what was carried out; the only place where this is decided."""
    if renames.noreplace:
        return Strategy.NEVER_REPLACES
    if renames.noreplace is False:
        return Strategy.LOOK_THEN_RENAME if renames.plain else Strategy.APART
    if renames.posix:
        return Strategy.ATOMIC
    if renames.plain:
        return Strategy.PLAIN
    return Strategy.APART if renames.inside else Strategy.MARKER


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an examination ended early; ``error`` is an :class:`~bridge.errors.ErrorName`.

    ``shown`` and ``expected`` are fingerprints, of a host key that is not the pinned one.
    """

    error: str
    subject: str
    what: str
    hint: str
    shown: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """The connection to a server: its software, and what both sides agreed on."""

    server: str = ""
    fingerprint: str = ""
    kex: str = ""
    host_key: str = ""
    cipher: str = ""
    mac: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """One examination of a target's drop point and inbox. Times in seconds, sizes in bytes."""

    transport: str
    place: str
    renames: Renames = field(default_factory=Renames)
    link: Link | None = None
    has_marker: bool = False
    posix_announced: bool | None = None
    replaces: bool | None = None
    """Whether the rename that is for taken names replaces what lies there."""
    exclusive: bool | None = None
    syncs: bool | None = None
    identity: str = ""
    """Of the staging folder: ``ours``, ``other``, ``none`` or, before the first start, ``new``."""
    dot_names: str = ""
    """``listed``, ``hidden`` or ``refused``."""
    folds_case: bool | None = None
    mtime_step_s: float | None = None
    skew_s: float | None = None
    free: int | None = None
    entries: int | None = None
    listing_s: float | None = None
    mode: str = ""
    owner: str = ""
    mode_kept: bool | None = None
    group_kept: bool | None = None
    file_system: str = ""
    is_share: bool | None = None
    inbox: str = ""
    inbox_file_system: str = ""
    inbox_is_share: bool | None = None
    events: bool | None = None
    event_s: float | None = None
    left: tuple[str, ...] = ()
    """Scratch names that the server did not let us remove."""
    cut_short: bool = False
    trouble: Trouble | None = None

    @property
    def strategy(self) -> Strategy:
        """How files are published there."""
        return choose(self.renames)

    def text(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)


def findings_in(text: str) -> Findings:
    """What :meth:`Findings.text` kept; what another version of the bridge kept besides is left out."""
    kept = json.loads(text)
    parts = {"renames": Renames, "link": Link, "trouble": Trouble}
    for name, part in parts.items():
        if kept.get(name) is not None:
            kept[name] = part(**_known(part, kept[name]))
    kept["left"] = tuple(kept.get("left", ()))
    return Findings(**_known(Findings, kept))


def _known(kind: type[Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in kept.items() if name in names}
