"""Which column of a file holds which fact: by its heading, by a mapped heading, or by position.

Not for: parting a text into columns (``_table``).
"""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from bridge.formats._answer.fields import FIELDS
from bridge.formats._answer.table import Row
from bridge.formats._options import word
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown

IGNORED, TRACKING = "_", "tracking"
_REPEATABLE = frozenset({TRACKING, IGNORED})
_NAMES_AN_ORDER = frozenset({"order_ref", "erp_order_no"})
_OTHER_DELIMITERS = {";": "a semicolon", ",": "a comma", "\t": "a tab", "|": "a bar"}


def known_fields(names: Sequence[str]) -> Sequence[str]:
    """The names themselves when an order can be found by them and none is unknown or doubled; else ``ValueError``."""
    for name in names:
        if name not in FIELDS | {IGNORED}:
            close = difflib.get_close_matches(name, FIELDS, 1)
            raise ValueError(f'"{shown(name)}" is no field' + (f'; did you mean "{close[0]}"?' if close else ""))
        if names.count(name) > 1 and name not in _REPEATABLE:
            raise ValueError(f'"{name}" stands twice')
    if names and not _NAMES_AN_ORDER.intersection(names):
        raise ValueError("neither order_ref nor erp_order_no is among the fields")
    return names


def known_columns(columns: Mapping[str, str]) -> Mapping[str, str]:
    """The mapping itself when each heading stands once and the fields are in order; else ``ValueError``."""
    known_fields(list(columns.values()))
    if len({word(heading) for heading in columns}) < len(columns):
        raise ValueError("a heading stands twice (case does not count)")
    return columns


def fields_by_heading(heading: Row, columns: Mapping[str, str]) -> list[str]:
    """The field of each column; without ``columns`` the headings are the fields' own names.

    Raises ``Unreadable`` when a mapped heading is missing, a field stands twice, or nothing names an order.
    """
    wanted = {word(name): field for name, field in columns.items()} or {name: name for name in FIELDS}
    present = [word(cell) for cell in heading.cells]
    missing = [shown(name) for name in columns if word(name) not in set(present)]
    if missing:
        raise Unreadable(heading.where, f'the column "{missing[0]}" is missing in the heading', _remedy(heading))
    found = [wanted.get(name, IGNORED) for name in present]
    doubled = [field for field, times in Counter(found).items() if times > 1 and field not in _REPEATABLE]
    if doubled:
        raise Unreadable(heading.where, f"two columns of the heading hold {doubled[0]}")
    if not _NAMES_AN_ORDER.intersection(found):
        raise Unreadable(
            heading.where,
            "no column of the heading is called order_ref or erp_order_no",
            _remedy(heading),
        )
    return found


def under_headings(first: Row, rows: Iterable[Row], columns: Mapping[str, str]) -> Iterator[tuple[Row, Sequence[str]]]:
    """Each row with the fields of its columns. A file that an ERP appends to may have its heading again, or another.

    Raises ``Unreadable`` as :func:`fields_by_heading`.
    """
    fields = fields_by_heading(first, columns)
    known = frozenset(map(word, [*(columns or FIELDS), *first.cells]))
    for row in rows:
        if row.cells == first.cells:
            fields = fields_by_heading(first, columns)
        elif row.cells[0].casefold() in known and _is_heading(row, known):
            fields = fields_by_heading(row, columns)
        else:
            yield row, fields


def _is_heading(row: Row, known: frozenset[str]) -> bool:
    """True when at least half of the cells are names of columns, more than one."""
    told = [word(cell) in known for cell in row.cells if cell.strip()]
    return sum(told) * 2 >= max(len(told), 3)


def _remedy(heading: Row) -> str:
    return other_delimiter(heading) or "Map the ERP's headings in columns, or set header = false with positions"


def other_delimiter(row: Row) -> str:
    """What to do about a row of one cell in which another sign seems to part columns; empty for any other row."""
    signs = [name for sign, name in _OTHER_DELIMITERS.items() if len(row.cells) == 1 and sign in row.cells[0]]
    return f"The columns seem to be parted by {signs[0]}; set delimiter" if signs else ""


def facts_of(row: Row, fields: Sequence[str]) -> dict[str, object]:
    """The cells of a row by field; columns that the row does not reach are missing."""
    facts: dict[str, object] = {
        field: cell for field, cell in zip(fields, row.cells, strict=False) if cell and field not in _REPEATABLE
    }
    if TRACKING in fields:
        several = [cell for field, cell in zip(fields, row.cells, strict=False) if field == TRACKING]
        if any(several):
            facts[TRACKING] = ",".join(several)
    return facts


def has_stray_cells(row: Row, fields: Sequence[str]) -> bool:
    """True when the row is longer than the heading, so that its cells may have moved."""
    return len(row.cells) > len(fields) and any(map(str.strip, row.cells[len(fields) :]))
