"""File systems of their own for tests: small, read-only, apart; skipped, with the reason, where there are none."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _mount(*arguments: str) -> None:
    mount = shutil.which("mount")
    if mount is None:
        pytest.skip("needs the command mount")
    done = subprocess.run([mount, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"needs the right to mount: {done.stderr.strip()}")


@contextmanager
def small_disk(place: Path, size: str = "256k") -> Iterator[Path]:
    """A memory disk of this size at `place`."""
    place.mkdir(parents=True, exist_ok=True)
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def seen_again_at(place: Path, source: Path) -> Iterator[Path]:
    """The folder `source` mounted once more at `place`: one file system, and yet no rename between the two."""
    place.mkdir(parents=True, exist_ok=True)
    _mount("--bind", str(source), str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def make_read_only(disk: Path) -> None:
    _mount("-o", "remount,ro", str(disk))


def make_writable(disk: Path) -> None:
    _mount("-o", "remount,rw", str(disk))
