"""The judges of X12 that are not ours, each in a process of its own, and an independent reading of a file's segments.

The judges are no part of the `test` extra: one of them is GPL and large (`pip install --no-compile '.[judges]'`).
"""

import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

_CHILD = Path(__file__).with_name("x12_grammar.py")
_MODULES = {"bots": "edi_parser", "pyx12": "pyx12"}


def lacks(name: str) -> bool:
    """True where the judge is not installed."""
    return importlib.util.find_spec(_MODULES[name]) is None


class Judge:
    """A running judge; ask it for the faults of a file."""

    def __init__(self, name: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, str(_CHILD), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        _open(self._child.stdin).close()
        self._child.wait()
        _open(self._child.stdout).close()

    def faults(self, text: str) -> list[str]:
        """What the judge finds wrong with a file."""
        stdin = _open(self._child.stdin)
        stdin.write(json.dumps(text) + "\n")
        stdin.flush()
        found: list[str] = json.loads(_open(self._child.stdout).readline())
        return found


def _open(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


@dataclass(frozen=True, slots=True)
class Seg:
    tag: str
    elements: list[str]

    def at(self, element: int) -> str:
        return self.elements[element - 1] if element <= len(self.elements) else ""


def segments(text: str) -> list[Seg]:
    """All segments of a file of ours, by the positions of ISA; AssertionError for what is not as wide as it must be."""
    element, end = text[3], text[105]
    widths = [len(part) for part in text[:105].split(element)]
    assert widths == [3, 2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1], widths
    *whole, rest = text.split(end)
    assert not rest.strip("\r\n"), rest
    parts = [raw.lstrip("\r\n").split(element) for raw in whole]
    assert all(part[-1] for part in parts), "an empty element ends a segment"
    assert all(value == value.strip() for part in parts[1:] for value in part), "a value has blanks at an end"
    return [Seg(part[0], part[1:]) for part in parts]
