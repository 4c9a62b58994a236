"""Where a file of the ERP stays once the journal has it: the archive, or quarantine with a note of what is wrong.

Not for: deciding which of the two; the journal says so. Every function blocks: for a thread.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator
from datetime import date
from itertools import count
from pathlib import Path

from bridge import naming
from bridge.journal.recent import PlacelessFile
from bridge.stages.watch import moves

NOTE = ".reason.txt"


class Places:
    """The archive and quarantine of one target. A name that is taken becomes ``NAME~2``; nothing is overwritten."""

    def __init__(self, archive: Path, quarantine: Path) -> None:
        self._archive = archive
        self._quarantine = quarantine

    def archive(self, source: int, name: str, day: date) -> Path:
        """Move a claimed file to the day's folder; returns where it lies.

        A power cut may take the move back, not the journal's knowledge: the file is then found again as a repeat.
        """
        folder = self._archive / day.isoformat()
        folder.mkdir(mode=0o770, parents=True, exist_ok=True)
        with moves.opened(folder) as target:
            kept = _move_under_free_name(source, name, target)
        self._forget_note(naming.kept_name(name))
        return folder / kept

    def quarantine(self, source: int, name: str, note: Callable[[str], str]) -> Path:
        """Move a claimed file to quarantine, its note first; returns where it lies.

        ``note`` writes the text for the name that the file gets. A death between note and move leaves the claim, and
        both are made again; the other way round a file could lie there for good without its reason.
        """
        self._quarantine.mkdir(mode=0o770, parents=True, exist_ok=True)
        wanted = naming.kept_name(name)
        with moves.opened(self._quarantine) as target:
            while True:
                kept = _free_name(target, wanted)
                _write_note(target, kept + NOTE, note(kept))
                try:
                    moves.move(source, name, target, kept)
                except FileExistsError:
                    continue
                moves.sync(target)
                return self._quarantine / kept

    def find(self, file: PlacelessFile, days: Collection[date], known: Collection[Path]) -> Path | None:
        """Where a file was put by a process that died before it could say so; ``known`` are other files' places."""
        for folder in (*(self._archive / day.isoformat() for day in days), self._quarantine):
            for path in _numbered(folder, naming.kept_name(file.name)):
                if path not in known and _is_content_of(path, file):
                    return path
        return None

    def forget_note_of(self, path: Path) -> None:
        """Remove the note of a file that has left quarantine."""
        if path.parent == self._quarantine:
            self._forget_note(path.name)

    def _forget_note(self, name: str) -> None:
        """A note without its file misleads: a person moved that file back, and now it is used."""
        try:
            with moves.opened(self._quarantine) as folder:
                if not moves.exists(folder, name):
                    moves.remove(folder, name + NOTE)
        except FileNotFoundError:
            return


def _move_under_free_name(source: int, name: str, target: int) -> str:
    wanted = naming.kept_name(name)
    while True:
        kept = _free_name(target, wanted)
        try:
            moves.move(source, name, target, kept)
        except FileExistsError:
            continue
        return kept


def _free_name(folder: int, name: str) -> str:
    """``NAME``, ``NAME~2`` ...: the next free one, found by doubling and halving, for an ERP that reuses one name."""
    taken, free = 0, 1
    while moves.exists(folder, naming.numbered(name, free)):
        taken, free = free, free * 2
    while free - taken > 1:
        middle = (taken + free) // 2
        if moves.exists(folder, naming.numbered(name, middle)):
            taken = middle
        else:
            free = middle
    return naming.numbered(name, free)


def _numbered(folder: Path, name: str) -> Iterator[Path]:
    for number in count(1):
        path = folder / naming.numbered(name, number)
        if not os.path.lexists(path):
            return
        yield path


def _is_content_of(path: Path, file: PlacelessFile) -> bool:
    facts = path.lstat()
    if not (file.sha256 and stat.S_ISREG(facts.st_mode) and facts.st_size == file.size):
        return False
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256


def _write_note(folder: int, name: str, text: str) -> None:
    temporary = f".{name}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(temporary, flags, 0o640, dir_fd=folder), "wb") as note:
        note.write(text.encode("utf-8", "replace"))
        note.flush()
        os.fsync(note.fileno())
    os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
