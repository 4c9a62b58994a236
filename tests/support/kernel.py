"""A kernel that fails on cue: system calls answered by strace instead, or by a library loaded before the system's."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_tampered(script: Path, place: Path, *tampering: str) -> dict[str, Any]:
    """What the script prints, its system calls tampered with as `strace` is told."""
    return _run(["strace", "-f", "-qq", "-o", place / "calls", *tampering, sys.executable, script, place])


def run_preloaded(script: Path, place: Path, source: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """What the script prints, with a library of this C source before the system's."""
    library = place / f"{source.stem}.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, timeout=9)
    return _run([sys.executable, script, place], {"LD_PRELOAD": str(library), **env})


def _run(command: list[str | Path], env: Mapping[str, str] | None = None) -> dict[str, Any]:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        timeout=9,
    )
    if "ptrace" in done.stderr and "not permitted" in done.stderr:
        pytest.skip(f"needs the right to trace: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told
