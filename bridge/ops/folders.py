"""What lies in a target's folders, as people are shown it: names, sizes, ages, and why a file is in quarantine.

Not for: moving anything. Every function reads the disk: for a thread, or for a command that does nothing else.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bridge import naming
from bridge.clock import iso
from bridge.config import FOLDER, Config, parse_duration
from bridge.errors import ErrorName, PermanentError

NOTE = ".reason.txt"
BOARD = "STATUS.txt"
KINDS = ("outbox", "inbox", "archive")
QUARANTINE = "quarantine"
AT_MOST = 1000
_LONGEST_NOTE = 16_384


@dataclass(frozen=True, slots=True)
class TargetFolders:
    """The folders of one target."""

    target: str
    outbox: Path | None
    """``None`` where orders are pushed to a server: the target has no outbox on this machine."""

    inbox: Path
    archive: Path
    quarantine: Path


def folders_of(config: Config) -> list[TargetFolders]:
    """The folders of each target of the settings."""
    return [
        TargetFolders(
            target.name,
            target.directory if target.transport == FOLDER else None,
            target.answer.directory,
            target.answer.archive,
            target.answer.quarantine,
        )
        for target in config.targets.values()
    ]


def age(text: str) -> timedelta:
    """A length of time as people type it, ``30m`` included. Raises ``ValueError`` for what is none."""
    return parse_duration(f"{text.strip()[:-1]} min" if re.fullmatch(r"\s*[\d.]+\s*m\s*", text) else text)


def files_in(folders: Sequence[TargetFolders], kind: str, before: datetime | None = None) -> list[dict[str, Any]]:
    """The files of one kind of folder, or of all with an empty ``kind``; the thousand newest of them, oldest first.

    ``before`` leaves out those that changed later. Targets that share a folder are told by the first of them.
    """
    places = [place for one in KINDS if kind in {"", one} for place in _places(folders, one)]
    found = [
        {"folder": one, "target": target, **_facts(path, facts)}
        for one, target, folder in places
        for path, facts in _listed(one, folder)
        if before is None or facts.st_mtime <= before.timestamp()
    ]
    return sorted(found, key=lambda file: str(file["changed_at"]))[-AT_MOST:]


def _places(folders: Sequence[TargetFolders], kind: str) -> Iterator[tuple[str, str, Path]]:
    seen: set[Path] = set()
    for one in folders:
        folder = {"outbox": one.outbox, "inbox": one.inbox, "archive": one.archive, "quarantine": one.quarantine}[kind]
        if folder is not None and folder not in seen:
            seen.add(folder)
            yield kind, one.target, folder


def _listed(kind: str, folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The files of a folder of this kind that are anybody's business: no note of ours."""
    for path, facts in _files(folder, deep=kind == "archive"):
        is_ours = path.name == BOARD if kind == "inbox" else kind == QUARANTINE and path.name.endswith(NOTE)
        if not is_ours:
            yield path, facts


@dataclass(frozen=True, slots=True)
class Level:
    """How full a folder is; ``folder`` is its kind and target, ``oldest`` when its oldest file changed."""

    folder: str
    files: int
    size: int
    oldest: datetime | None


def levels(folders: Sequence[TargetFolders]) -> list[Level]:
    """How full the folders are that should empty by themselves or by a person: outbox, inbox, quarantine."""
    return [_level(*place) for kind in ("outbox", "inbox", QUARANTINE) for place in _places(folders, kind)]


def _level(kind: str, target: str, folder: Path) -> Level:
    facts = [facts for _, facts in _listed(kind, folder)]
    oldest = min((one.st_mtime for one in facts), default=None)
    return Level(
        f"{kind} {target}",
        len(facts),
        sum(one.st_size for one in facts),
        datetime.fromtimestamp(oldest, UTC) if oldest is not None else None,
    )


def _files(folder: Path, *, deep: bool = False) -> Iterator[tuple[Path, os.stat_result]]:
    """Regular files that are no business of ours alone; with ``deep`` also those one folder further down."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return  # a folder that is not there has no files; `status` tells of the trouble
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            if entry.is_file(follow_symlinks=False):
                yield Path(entry.path), entry.stat(follow_symlinks=False)
            elif deep and entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
        except FileNotFoundError:
            continue


def _facts(path: Path, facts: os.stat_result) -> dict[str, Any]:
    changed = datetime.fromtimestamp(facts.st_mtime, UTC)
    return {
        "name": naming.shown(path.name),
        "path": naming.shown(str(path)),
        "size": facts.st_size,
        "changed_at": iso(changed),
    }


def quarantined(folders: Sequence[TargetFolders]) -> list[dict[str, Any]]:
    """The files in quarantine, the oldest first, each with its note and the reasons in it."""
    found = []
    for target, path, facts in _in_quarantine(folders):
        note = _note(path)
        found.append({"target": target, **_facts(path, facts), "reasons": _reasons(note), "note": note})
    return sorted(found, key=lambda file: str(file["changed_at"]))


def count_quarantined(folders: Sequence[TargetFolders]) -> int:
    """How many files lie in quarantine now."""
    return sum(1 for _ in _in_quarantine(folders))


def _in_quarantine(folders: Sequence[TargetFolders]) -> Iterator[tuple[str, Path, os.stat_result]]:
    for kind, target, folder in _places(folders, QUARANTINE):
        for path, facts in _listed(kind, folder):
            yield target, path, facts


def _note(path: Path) -> str:
    try:
        with path.with_name(path.name + NOTE).open("rb") as note:
            return note.read(_LONGEST_NOTE).decode("utf-8", "replace")
    except OSError:
        return ""


def _reasons(note: str) -> list[str]:
    """What stands behind *Found*, up to the next heading."""
    reasons: list[str] = []
    for line in note.splitlines():
        head, text = line[:13].strip(), line[13:].strip()
        if head == "Found:" or (reasons and not head):
            reasons.append(text)
        elif reasons:
            break
    return reasons


def the_quarantined(files: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    """The one of these files in quarantine that is called so. Raises :class:`PermanentError` for none or several."""
    found = [file for file in files if file["name"] == name]
    if not found:
        raise PermanentError(
            f"no file {name} lies in quarantine",
            name=ErrorName.NOT_FOUND,
            subject=name,
            hint="erp-bridge quarantine list shows what does",
        )
    if len(found) > 1:
        raise PermanentError(
            f"{name} lies in more than one quarantine: {', '.join(str(file['path']) for file in found)}",
            name=ErrorName.AMBIGUOUS,
            subject=name,
            hint="rename one of them, and its .reason.txt",
        )
    return found[0]


def content_of(folders: Sequence[TargetFolders], name: str) -> bytes:
    """A file in quarantine, as it is. Raises :class:`PermanentError` for no such file or one that cannot be read."""
    chosen = the_quarantined(quarantined(folders), name)
    paths = [path for _, path, _ in _in_quarantine(folders) if naming.shown(str(path)) == chosen["path"]]
    try:
        return paths[0].read_bytes()
    except (OSError, IndexError) as error:
        why = error.strerror if isinstance(error, OSError) else "it was taken away at this moment"
        raise PermanentError(
            f"{chosen['path']} cannot be read: {why}",
            name=ErrorName.FOLDER_REFUSED,
            subject=name,
            hint="look at the rights of the file and its folder",
        ) from error
