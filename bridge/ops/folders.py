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
from bridge.config import Config, parse_duration
from bridge.errors import ErrorName, PermanentError

NOTE = ".reason.txt"
KINDS = ("outbox", "inbox", "archive")
AT_MOST = 1000
_LONGEST_NOTE = 16_384


@dataclass(frozen=True, slots=True)
class TargetFolders:
    """The folders of one target."""

    target: str
    outbox: Path
    inbox: Path
    archive: Path
    quarantine: Path


def folders_of(config: Config) -> list[TargetFolders]:
    """The folders of each target of the settings."""
    return [
        TargetFolders(
            target.name,
            target.directory,
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
    """The files of one kind of folder, or of all with an empty ``kind``; the oldest first, at most a thousand.

    ``before`` leaves out those that changed later. Targets that share a folder are told by the first of them.
    """
    places = [place for one in KINDS if kind in {"", one} for place in _places(folders, one)]
    found = [
        {"folder": one, "target": target, **_facts(path, facts)}
        for one, target, folder in places
        for path, facts in _files(folder, deep=one == "archive")
        if before is None or facts.st_mtime <= before.timestamp()
    ]
    return sorted(found, key=lambda file: str(file["changed_at"]))[-AT_MOST:]


def _places(folders: Sequence[TargetFolders], kind: str) -> Iterator[tuple[str, str, Path]]:
    seen: set[Path] = set()
    for one in folders:
        folder = {"outbox": one.outbox, "inbox": one.inbox, "archive": one.archive, "quarantine": one.quarantine}[kind]
        if folder not in seen:
            seen.add(folder)
            yield kind, one.target, folder


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
    for _, target, folder in _places(folders, "quarantine"):
        for path, facts in _files(folder):
            if not path.name.endswith(NOTE):
                note = _note(path)
                found.append({"target": target, **_facts(path, facts), "reasons": _reasons(note), "note": note})
    return sorted(found, key=lambda file: str(file["changed_at"]))


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


def the_quarantined(folders: Sequence[TargetFolders], name: str) -> Mapping[str, Any]:
    """One file in quarantine. Raises :class:`PermanentError` when none is called so."""
    for file in quarantined(folders):
        if file["name"] == name:
            return file
    raise not_in_quarantine(name)


def not_in_quarantine(name: str) -> PermanentError:
    """What is told of a name that does not lie there."""
    return PermanentError(
        f"no file {name} lies in quarantine",
        name=ErrorName.NOT_FOUND,
        subject=name,
        hint="erp-bridge quarantine list shows what does",
    )
