"""IDocs as records of fixed columns: a control record of 524 and data records of 1063, each a line.

Not for: what the fields mean. A record may be cut behind its last letter or longer than the table has it; a last record
that is neither whole nor ended is taken for cut off.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.formats._idoc.idoc import Contents, Given, Segment, idoc_of
from bridge.formats._idoc.options import IdocOptions
from bridge.formats._idoc.order import Row
from bridge.formats._idoc.segments import (
    CONTROL,
    CONTROL_NAME,
    HEADER,
    PARENTS,
    RECORD_WIDTH,
    SEGMENTS,
    Layout,
    flat_name,
    known_name,
    level_of,
)
from bridge.formats._idoc.values import Values
from bridge.formats._options import line_end
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.model import Fault

_NAME = re.compile(r"[A-Z0-9_/]{3,30}")
_LEAST_CONTROL = CONTROL.places["MESTYP"][0] + 1
_LEAST_RECORD = HEADER.places["SEGNUM"][1]
_NOTHING_COUNTS = "so nothing in it counts"

# --- writing ----------------------------------------------------------------------------------------------------------


def flat_file(control: Mapping[str, str], rows: Sequence[Row], values: Values, options: IdocOptions) -> str:
    """The records of one IDoc; each segment has its number and that of the one above it."""
    end = line_end(options)
    lines = [_record(CONTROL, control, CONTROL.width, values)]
    client, number_of_idoc = control["MANDT"], control["DOCNUM"]
    above: dict[str, int] = {}
    for number, (segment, fields) in enumerate(rows, 1):
        above[segment] = number
        parent = above.get(PARENTS.get(segment, ""), 0)
        name = flat_name(segment, options.segment_names)
        header = f"{name:<30}{client:<3}{number_of_idoc}{number:06}{parent:06}{level_of(segment):02}"
        lines.append(header + _record(SEGMENTS[segment], fields, RECORD_WIDTH - HEADER.width, values))
    return "".join([line + end for line in lines])


def _record(layout: Layout, fields: Mapping[str, str], width: int, values: Values) -> str:
    places, parts, end = layout.places, [], 0
    for (start, stop), text in sorted([(places[name], text) for name, text in fields.items() if text]):
        missing = stop - start - (values.size(text) if values.in_bytes else len(text))
        parts.append(" " * (start - end) + text + " " * missing)
        end = stop
    return "".join(parts) + " " * (width - end)


# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Columns:
    """Fields of a record by their columns, which begin at ``start``; a codec where columns are bytes."""

    text: str | bytes
    layout: Layout | None
    start: int
    codec: str

    def at(self, name: str) -> str:
        """A field without blanks around it; empty where there is none."""
        place = self.layout.places.get(name) if self.layout is not None else None
        if place is None:
            return ""
        found = self.text[self.start + place[0] : self.start + place[1]]
        return (found if isinstance(found, str) else found.decode(self.codec, "replace")).strip()


@dataclass(slots=True)
class _Open:
    """An IDoc that has begun."""

    where: str
    control: _Columns
    found: list[Given] = field(default_factory=list)
    by_number: dict[str, int] = field(default_factory=dict)
    widths: dict[int, int] = field(default_factory=dict)
    full: int | None = None
    trouble: Fault | None = None


def flat_contents(text: str, codec: str) -> Contents:
    """The IDocs of a flat file; ``codec`` is named where its columns count bytes.

    Raises ``Unreadable`` for what is no flat file of IDocs at all.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not text.startswith(CONTROL_NAME):
        raise Unreadable("line 1", f'"{shown(lines[0])}" is no control record {CONTROL_NAME}')
    contents, opened = Contents(), None
    for line, record in enumerate(lines, 1):
        if not record.strip():
            continue
        columns = _Columns(record.encode(codec) if codec else record, CONTROL, 0, codec)
        if record.startswith(CONTROL_NAME):
            _close(contents, opened)
            opened = _begun(columns, len(contents.idocs) + len(contents.faults) + 1, line)
        elif opened is not None and opened.trouble is None:
            _take(opened, columns, line)
        if opened is not None and line == len(lines) and len(columns.text) < _full(record):
            opened.trouble = Fault(f"line {line}", f"the last record is cut off, {_NOTHING_COUNTS}")
    _close(contents, opened)
    return contents


def _full(record: str) -> int:
    return CONTROL.width if record.startswith(CONTROL_NAME) else RECORD_WIDTH


def _begun(columns: _Columns, number: int, line: int) -> _Open:
    opened = _Open(f"IDoc {number}", columns)
    if len(columns.text) < _LEAST_CONTROL:
        opened.trouble = Fault(f"line {line}", f"the control record is cut off, {_NOTHING_COUNTS}")
    return opened


def _close(contents: Contents, opened: _Open | None) -> None:
    if opened is None:
        return
    trouble = opened.trouble or _uneven(opened)
    if trouble is not None:
        contents.faults.append(trouble)
        return
    try:
        contents.idocs.append(idoc_of(opened.where, opened.control, opened.found))
    except Unreadable as refusal:
        contents.faults.append(refusal.fault)


def _uneven(opened: _Open) -> Fault | None:
    """What is wrong where one record was filled up with blanks and another has other columns: letters came or went."""
    for width, line in opened.widths.items():
        if opened.full is not None and width != opened.full:
            what = f"the record has {width} columns and others {opened.full}, {_NOTHING_COUNTS}"
            return Fault(f"{opened.where}, line {line}", f"{what}. Set count to what the columns count, or encoding")
    return None


def _take(opened: _Open, columns: _Columns, line: int) -> None:
    header = _Columns(columns.text, HEADER, 0, columns.codec)
    name, number, width = header.at("SEGNAM"), header.at("SEGNUM"), len(columns.text)
    opened.widths.setdefault(width, line)
    if width >= RECORD_WIDTH and columns.text[-1:].isspace():
        opened.full = width
    problem = next(_problems(opened, header, width), "")
    where = f"{opened.where}, line {line}"
    if problem:
        opened.trouble = Fault(where, f"{problem}, {_NOTHING_COUNTS}")
        return
    known = known_name(name)
    data = _Columns(columns.text, SEGMENTS.get(known), HEADER.width, columns.codec)
    above = header.at("PSGNUM").lstrip("0")
    opened.found.append(Given(Segment(known, where, data), opened.by_number[above] if above else None))
    if number.lstrip("0"):
        opened.by_number[number.lstrip("0")] = len(opened.found) - 1


def _problems(opened: _Open, header: _Columns, width: int) -> Iterator[str]:
    name = header.at("SEGNAM")
    if width < _LEAST_RECORD or not _NAME.fullmatch(name):
        yield f'"{shown(name)}" is no segment'
    own, told = opened.control.at("DOCNUM"), header.at("DOCNUM")
    if own.strip("0") and told.strip("0") and own.lstrip("0") != told.lstrip("0"):
        yield f'it is of IDoc "{shown(told)}" and the control record of "{shown(own)}"'
    number, above = header.at("SEGNUM").lstrip("0"), header.at("PSGNUM").lstrip("0")
    if number and number in opened.by_number:
        yield f'the segment number "{shown(number)}" stands twice'
    if above and above not in opened.by_number:
        yield f'the segment above it, "{shown(above)}", is not there'
