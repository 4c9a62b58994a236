"""Orders as one JSON object a file, by our names or by a layout; answers as JSON: an object, an array, one a line.

Not for: what a layout can say (``_layout_options``).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NoReturn, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from bridge.formats._fields import LINE_FIELDS, Facts, NumberToken, Statement, statement
from bridge.formats._fold import fold
from bridge.formats._json_layout import Member, MemberRecord, check_paths, filled
from bridge.formats._layout_options import LayoutOptions
from bridge.formats._layout_style import Layout, checked
from bridge.formats._layout_values import Style
from bridge.formats._neutral import created_at, neutral
from bridge.formats._numbers import plain
from bridge.formats._options import Dialect, dialect_of, line_end
from bridge.formats._protocol import Format, Unreadable
from bridge.formats._text import AUTO, decode, encode, shown, unencodable
from bridge.model import Fault, Reading, SalesOrder

__all__ = ["Options", "build"]
_DEEPEST = 50
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

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_paths(_parts(self))
        checked(_parts(self), self)
        return self


def build(options: Options) -> Format:
    """The format with these settings."""
    records = checked(_parts(options), options)
    style = Style(ZoneInfo(options.time_zone), line_break="\n", words=("false", "true"), typed=True, has_offset=True)
    return _Json(options, dialect_of(options), Layout.of(records, style, options))


def _parts(options: Options) -> tuple[MemberRecord, ...]:
    return (*((MemberRecord(fields=options.fields),) if options.fields else ()), *options.record)


class _Object(dict[str, object]):
    """A JSON object that remembers a name which stood in it twice."""

    doubled: str | None = None


@dataclass(frozen=True, slots=True)
class _Json:
    _options: Options
    _dialect: Dialect
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

    def read(self, content: bytes) -> Reading:
        """The acknowledgements of a document, an array or a line each."""
        faults: list[Fault] = []
        parsed = list(_documents(decode(content, self._options.encoding), faults))
        statements = [found for where, value in parsed if (found := self._statement(where, value, faults))]
        reading = fold(statements, self._dialect)
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
            list(_documents(text, faults))
        except Unreadable:
            return False
        return not faults or text.endswith("\n")

    def _statement(self, where: str, value: object, faults: list[Fault]) -> Statement | None:
        problem = _problem(value)
        if problem is not None or not isinstance(value, _Object):
            faults.append(Fault(where, problem or "it is not an object"))
            return None
        is_row = value.get("lines") is None and any(value.get(name) is not None for name in LINE_FIELDS)
        return statement(Facts(where, value, self._dialect), is_row=is_row)


def _documents(text: str, faults: list[Fault]) -> Iterator[tuple[str, object]]:
    """Each document with its place; a line that is none becomes a fault."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if len(lines) > 1 and (_parses(lines[0][1]) or all(line.lstrip().startswith("{") for _, line in lines)):
        yield from _by_line(lines, faults)
        return
    whole = _parsed(text)
    if isinstance(whole, list):
        yield from ((f"$[{index}]", member) for index, member in enumerate(whole))
    else:
        yield "$", whole


def _by_line(lines: list[tuple[int, str]], faults: list[Fault]) -> Iterator[tuple[str, object]]:
    for number, line in lines:
        try:
            yield f"line {number}", _parsed(line)
        except Unreadable as error:
            faults.append(Fault(f"line {number}", error.message))


def _parses(line: str) -> bool:
    try:
        return isinstance(_parsed(line), _Object)
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


def _object(pairs: list[tuple[str, object]]) -> _Object:
    found = _Object()
    for key, value in pairs:
        if key in found:
            found.doubled = key
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that JSON knows")


def _problem(value: object, depth: int = 0) -> str | None:
    """Why nothing of this object can be relied on: a name that stands twice, or nesting without end."""
    if depth > _DEEPEST:
        return "it is nested too deeply"
    if isinstance(value, _Object) and value.doubled is not None:
        return f'"{shown(value.doubled)}" stands twice in one object'
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for member in members if (found := _problem(member, depth + 1))), None)


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
