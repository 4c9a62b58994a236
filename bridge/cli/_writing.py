"""Files that a verb writes for a person: complete or not at all, with the rights they should have from the start.

Not for: files for the ERP; only ``transports/`` writes those.
"""

import os
import shutil
from pathlib import Path

from bridge.errors import ErrorName, PermanentError

SECRET_MODE, SECRETS_MODE = 0o600, 0o700


def write_whole(path: Path, content: str | bytes, mode: int) -> None:
    """Put ``content`` under ``path``, replacing what is there; never more open than ``mode``, not even for a moment.

    Raises :class:`PermanentError` where it cannot be written; then ``path`` is as it was.
    """
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise not_written(path, error) from error


def write_secret(path: Path, value: str) -> None:
    """Put a secret under ``path``, its folder made for the owner alone where it is missing."""
    make_folder(path.parent, SECRETS_MODE)
    write_whole(path, f"{value}\n", SECRET_MODE)


def make_folder(folder: Path, mode: int) -> None:
    """Make a folder that is missing; one that is there keeps its rights."""
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(folder, error) from error


def keep_copy(path: Path) -> Path | None:
    """Copy what lies under ``path`` to ``NAME.bak``, else ``.bak2`` and so on; ``None`` when nothing lies there."""
    if not path.exists():
        return None
    names = (path.with_name(f"{path.name}.bak{number}") for number in ("", *range(2, 1000)))
    kept = next(name for name in names if not name.exists())
    try:
        shutil.copy2(path, kept)
    except OSError as error:
        raise not_written(kept, error) from error
    return kept


def not_written(path: Path, error: OSError) -> PermanentError:
    """The error that says so."""
    return PermanentError(
        f"cannot write {path}: {error.strerror}",
        name=ErrorName.FILE_NOT_WRITTEN,
        hint=f"give yourself rights on {path.parent}",
    )
