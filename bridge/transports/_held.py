"""The held folder beside finished files: where a file lies that a person keeps from the ERP.

Not for: deciding who holds what. Each call may be repeated; a death between two lines is mended by the same call again.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from bridge.transports._protocol import FileNames, Whereabouts
from bridge.transports._rename import exists
from bridge.transports._staging import Folders

HELD = ".held"
WISH = ".hold"

Rename = Callable[[int, str, int, str], None]


@contextmanager
def opened_held(folders: Folders) -> Iterator[int]:
    """The held folder, made if need be, for the bridge alone; a link in its place is refused."""
    with suppress(FileExistsError):
        os.mkdir(HELD, 0o700, dir_fd=folders.outbox)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(HELD, flags, dir_fd=folders.outbox)
    try:
        yield handle
    finally:
        os.close(handle)


def hold(folders: Folders, held: int, file: FileNames, rename: Rename) -> Whereabouts:
    """Take a file out of the ERP's sight, its marker first; one that is still staged was never in sight."""
    if exists(folders.staging, file.staging) or exists(held, file.final):
        return Whereabouts.HELD
    if not exists(folders.outbox, file.final):
        return Whereabouts.GONE
    if file.marker:
        remove(folders.outbox, file.marker)
    try:
        rename(folders.outbox, file.final, held, file.final)
    except FileNotFoundError:  # the ERP was quicker, or a share told so of a rename that it had done
        return Whereabouts.HELD if exists(held, file.final) else Whereabouts.GONE
    return Whereabouts.HELD


def release(folders: Folders, held: int, file: FileNames, rename: Rename) -> Whereabouts:
    """Put a held file back under its name, never over another file; its marker is the caller's to make."""
    if exists(folders.staging, file.staging):
        return Whereabouts.STAGED
    try:
        rename(held, file.final, folders.outbox, file.final)
    except FileNotFoundError:
        return Whereabouts.BACK if exists(folders.outbox, file.final) else Whereabouts.GONE
    except FileExistsError:
        return Whereabouts.COLLISION
    return Whereabouts.BACK


def wishes(folders: Folders) -> set[str]:
    """The names beside which somebody laid ``NAME.hold``."""
    names = os.listdir(folders.outbox)  # noqa: PTH208 - of the proven descriptor
    return {name.removesuffix(WISH) for name in names if name.endswith(WISH)}


def remove(folder: int, name: str) -> None:
    """Unlink a name that may be gone already."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
