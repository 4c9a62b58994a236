"""Orders as one JSON object a file, by our names or by a layout; answers as JSON: an object, an array, one a line.

Answers are read by our names, or by paths of the ERP's own.

Not for: what a layout can say (``_layout_options``).
"""

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, NoReturn, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from bridge.formats._allowance import LEAST_ROW, Allowance
from bridge.formats._answer.fields import LINE_FIELDS, Facts, NumberToken, Statement, statement
from bridge.formats._answer.fold import fold
from bridge.formats._answer.json import (
    DoubledNameError,
    JsonObject,
    Paths,
    ends_early,
    facts_of,
    known_paths,
    near_lines,
    orders_in,
    paths_of,
    problem_of,
)
from bridge.formats._layout.json import Member, MemberRecord, check_paths, filled
from bridge.formats._layout.options import LayoutOptions
from bridge.formats._layout.style import Layout, checked
from bridge.formats._layout.values import Style
from bridge.formats._neutral import created_at, neutral
from bridge.formats._numbers import plain
from bridge.formats._options import Dialect, dialect_of, line_end
from bridge.formats._protocol import Format, Unreadable
from bridge.formats._text import AUTO, decode, encode, shown, unencodable
from bridge.model import Fault, Reading, SalesOrder

__all__ = ["Options", "build"]
_BEGINNINGS = (b"{", b"[")


# Made once: json.dumps makes an encoder for each value.
_escaped = json.JSONEncoder().encode
_as_it_is = json.JSONEncoder(ensure_ascii=False).encode


class Options(LayoutOptions):
    """Settings of ``json``. The neutral names of an order and of an acknowledgement need none."""

    fields: tuple[Member, ...] = Field(
        default=(),
        description="What the object holds.",
        json_schema_extra={"side": "write"},
    )
    record: tuple[MemberRecord, ...] = Field(
        default=(),
        description="The objects and arrays in it.",
        json_schema_extra={"side": "write"},
    )
    paths: Annotated[Mapping[str, str], AfterValidator(known_paths)] = Field(
        default_factory=dict,
        description='Our field and where it stands, such as order = "$.orders[*]", order_ref = "$.web.ref", '
        'lines = "$.items[*]", "lines.line_no" = "$.pos"; all but order seen from the order, those of lines from it.',
        json_schema_extra={"side": "read"},
    )
    lines: bool = Field(
        default=False,
        description="One document a line. Without it that is found out.",
        json_schema_extra={"side": "read"},
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_paths(_parts(self))
        checked(_parts(self), self)
        return self


def build(options: Options) -> Format:
    """The format with these settings."""
    records = checked(_parts(options), options)
    style = Style(ZoneInfo(options.time_zone), line_break="\n", words=("false", "true"), typed=True, has_offset=True)
    return _Json(options, dialect_of(options), paths_of(options.paths), Layout.of(records, style, options))


def _parts(options: Options) -> tuple[MemberRecord, ...]:
    return (*((MemberRecord(fields=options.fields),) if options.fields else ()), *options.record)


@dataclass(frozen=True, slots=True)
class _Json:
    _options: Options
    _dialect: Dialect
    _paths: Paths
    _layout: Layout | None = None
    extension: str = "json"

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """One object: that of the layout, else the order's names, the control number and the time of receipt."""
        if self._layout is not None:
            document = filled(self._layout.rows(order, control, at), self._layout.records, self._layout.style)
        else:
            document = neutral(order, self._options, "\n")
            document |= {"control": control, "created_at": created_at(at, self._options)}
        text = _written(document, self._options.encoding, "\n") + "\n"
        return encode(text.replace("\n", line_end(self._options)), self._options.encoding)

    def warnings(self, order: SalesOrder, control: int, at: datetime) -> tuple[str, ...]:
        """The amounts that the layout rounds, and the units that no table of it knows."""
        return self._layout.warnings(order, control, at) if self._layout is not None else ()

    def read(self, content: bytes) -> Reading:
        """The acknowledgements of a document, an array or a line each."""
        faults: list[Fault] = []
        silent: list[Fault] = []
        parsed = self._all(decode(content, self._options.encoding), faults)
        documents = Allowance(len(content), LEAST_ROW, "documents").over(parsed)
        orders = (order for where, value in documents for order in self._orders(where, value, faults, silent))
        few = Allowance(len(content), LEAST_ROW, "orders").over(orders)
        statements = [found for where, value in few if (found := self._statement(where, value, faults))]
        reading = fold(statements, self._dialect)
        faults += silent if statements else ()  # a file without any order may say just that
        return Reading(reading.acknowledgements, tuple(faults) + reading.faults)

    def recognises(self, content_head: bytes) -> bool:
        """True when the first letter opens an object or an array."""
        bare = content_head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n").lstrip(b"\x00")
        return bare.startswith(_BEGINNINGS)

    def is_whole(self, content: bytes) -> bool:
        """True when it parses, as one document or line by line."""
        faults: list[Fault] = []
        try:
            text = decode(content, self._options.encoding)
            deque(self._documents(text, faults), maxlen=0)
        except Unreadable:
            return False
        return not faults or text.endswith("\n")

    def _all(self, text: str, faults: list[Fault]) -> Iterator[tuple[str, object]]:
        """All documents; what stands behind a whole one is a fault and does not undo it."""
        try:
            return self._documents(text, faults)
        except Unreadable as refusal:
            behind = _place_behind(refusal)
            if behind is None:
                raise
        where = f"line {text.count(chr(10), 0, behind) + 1}"
        faults.append(Fault(where, f'behind the document there is "{shown(text[behind:].strip())}"'))
        return self._documents(text[:behind], faults)

    def _documents(self, text: str, faults: list[Fault]) -> Iterator[tuple[str, object]]:
        if not self._options.lines:
            return _documents(text, faults)
        return _by_line(text, _lines(text), faults)

    def _orders(
        self, where: str, document: object, faults: list[Fault], silent: list[Fault]
    ) -> list[tuple[str, object]]:
        """The orders of a document; it is silent where its way to them ends at a name that is missing."""
        try:
            found = orders_in(where, document, self._paths.order)
            ends = list(ends_early(where, document, self._paths.order)) if self._paths.order else []
        except DoubledNameError as error:
            faults.append(Fault(where, str(error)))
            return []
        near = [
            Fault(at, f'there is no "{shown(name)}", but "{shown(one)}"; set paths') for at, name, one in ends if one
        ]
        faults += near
        if ends and not near and not found:
            at, name, _ = ends[0]
            silent.append(Fault(at, f'there is no "{shown(name)}", so nothing is read from it; set paths'))
        return found

    def _statement(self, where: str, value: object, faults: list[Fault]) -> Statement | None:
        problem = problem_of(value)
        if problem is not None or not isinstance(value, JsonObject):
            faults.append(Fault(where, problem or "it is not an object"))
            return None
        facts = facts_of(value, self._paths) if self._options.paths else value
        is_row = facts.get("lines") is None and any(facts.get(name) is not None for name in LINE_FIELDS)
        read = Facts(where, facts, self._dialect)
        if self._paths.lines.place and not facts.get("lines") and (missed := near_lines(value, self._paths)):
            read.fault(missed)
        return statement(read, is_row=is_row)


def _documents(text: str, faults: list[Fault]) -> Iterator[tuple[str, object]]:
    """Each document with its place; a line that is none becomes a fault."""
    lines = _lines(text)
    if len(lines) > 1 and _is_one_a_line([line for _, line in lines], text):
        return _by_line(text, lines, faults)
    whole = _parsed(text)
    if isinstance(whole, list):
        return ((f"$[{index}]", member) for index, member in enumerate(whole))
    return iter([("$", whole)])


def _place_behind(refusal: Unreadable) -> int | None:
    """Where the text goes on behind a document that is whole; nothing where no document is."""
    cause = refusal.__cause__
    return cause.pos if isinstance(cause, json.JSONDecodeError) and cause.msg == "Extra data" else None


def _is_one_a_line(lines: Sequence[str], text: str) -> bool:
    """True where each line is a document; one document over several lines may begin each of them with a brace, too."""
    return _parses(lines[0]) or (all(line.lstrip().startswith("{") for line in lines) and not _parses(text))


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]


def _by_line(text: str, lines: list[tuple[int, str]], faults: list[Fault]) -> Iterator[tuple[str, object]]:
    for number, line in Allowance(len(text), LEAST_ROW, "lines").over(lines):
        try:
            yield f"line {number}", _parsed(line)
        except Unreadable as error:
            faults.append(Fault(f"line {number}", error.message))


def _parses(line: str) -> bool:
    try:
        return isinstance(_parsed(line), JsonObject)
    except Unreadable:
        return False


def _parsed(text: str) -> object:
    try:
        return json.loads(
            text,
            strict=False,  # line breaks inside texts: some writers leave them as they are
            object_pairs_hook=_object,
            parse_float=NumberToken,
            parse_int=NumberToken,
            parse_constant=_refuse_constant,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(where, f"it is not JSON: {error.msg}") from error
    except RecursionError as error:
        raise Unreadable("$", "it is nested too deeply") from error
    except ValueError as error:
        raise Unreadable("$", str(error)) from error


def _object(pairs: list[tuple[str, object]]) -> JsonObject:
    found = JsonObject()
    for key, value in pairs:
        if key in found:
            found.doubled = key
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that JSON knows")


def _written(value: object, encoding: str, start: str) -> str:
    """JSON with two blanks a level; numbers keep their digits, letters the encoding lacks are escaped."""
    inner = start + "  "
    if isinstance(value, Mapping) and value:
        members = (f"{_text(key, encoding)}: {_written(part, encoding, inner)}" for key, part in value.items())
        return "{" + inner + f",{inner}".join(members) + start + "}"
    if isinstance(value, list) and value:
        return "[" + inner + f",{inner}".join(_written(part, encoding, inner) for part in value) + start + "]"
    if isinstance(value, Decimal):
        return plain(value)
    return _text(value, encoding) if isinstance(value, str) else _escaped(value)


def _text(text: str, encoding: str) -> str:
    return _escaped(text) if encoding != AUTO and unencodable(text, encoding) is not None else _as_it_is(text)
