"""Text with separators into rows of cells, each with its line in the file.

Not for: what a column means (``_heading``).
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from bridge.formats._allowance import LEAST_ROW, Allowance
from bridge.formats._protocol import Unreadable

# The limit of the csv module is the process's: always the same number, so that threads cannot undo each other.
# What bounds a field is the size of the file.
_FIELD_LIMIT = 2**31 - 1
_SEPARATOR_LINE = re.compile(r'"?sep=([^\w\s]|\t)"?[ ]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
_END = "\x00"  # stands in no text that was decoded


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not blank, and the line on which it begins."""

    line: int
    cells: list[str]

    @property
    def where(self) -> str:
        """Its place, for messages."""
        return f"line {self.line}"


def table(text: str, delimiter: str, quotechar: str) -> Iterator[Row]:
    """The rows of a text one by one; a first line ``sep=;`` sets the separator. Quoted cells may hold line breaks.

    Raises ``Unreadable`` as soon as a row shows that the text is no table, and that may be the last one.
    """
    marked = _SEPARATOR_LINE.match(text)
    if marked is None:
        return _rows(text, delimiter, quotechar, 0)
    return _rows(text[marked.end() :], marked[1], quotechar, 1)


def _rows(text: str, delimiter: str, quotechar: str, lines_before: int) -> Iterator[Row]:
    csv.field_size_limit(_FIELD_LIMIT)
    found = _numbered(text, delimiter, quotechar, lines_before)
    try:
        last = next(found)
        for row in Allowance(len(text), LEAST_ROW, "rows").over(found):
            yield last
            last = row
    except csv.Error as error:
        raise Unreadable("file", f"it cannot be parted into columns: {error}") from error
    if last.cells != [_END]:  # the end of the file was taken for a part of a cell
        raise Unreadable(last.where, "a quotation mark that opens here is never closed")


def _numbered(text: str, delimiter: str, quotechar: str, lines_before: int) -> Iterator[Row]:
    """The rows that are not blank, and :data:`_END` at last."""
    taken: list[str] = []
    lines = _kept(chain(io.StringIO(text, newline=""), [_END]), taken)
    reader = csv.reader(lines, delimiter=delimiter, quotechar=quotechar)
    begin = lines_before + 1
    for cells in reader:
        if len(taken) > 1 and taken[-1] != _END:
            _check_marks(taken, delimiter, quotechar, begin)
        taken.clear()
        if any(map(str.strip, cells)):
            yield Row(begin, cells)
        begin = lines_before + reader.line_num + 1


def _kept(lines: Iterable[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _check_marks(lines: list[str], delimiter: str, quotechar: str, begin: int) -> None:
    """Refuse a row over several lines that stray quotation marks made: other rows may lie in its text."""
    try:
        deque(csv.reader(lines, delimiter=delimiter, quotechar=quotechar, strict=True), maxlen=0)
    except csv.Error as error:
        what = "a quotation mark that opens here is closed on another line, and more text stands behind it"
        hint = "A mark inside a text is written twice; without that, rows get lost"
        raise Unreadable(f"line {begin}", what, hint) from error
