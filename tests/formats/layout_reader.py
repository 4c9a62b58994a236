"""Readers that know a file only by the TOML which describes it; they share nothing with what writes.

Each gives the records in the order of the file: the number of the record's description, and its values by the number
or the path of the field.
"""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

Table = Mapping[str, Any]
Found = tuple[int, dict[str, Any]]


def found_in(order: Table, content: bytes) -> list[Found]:
    """All records of a file that was written by ``[targets.T.order]``."""
    return _READERS[order["format"]](order, content)


def _text(order: Table, content: bytes) -> str:
    text = content.decode(order.get("encoding", "utf-8"))
    end = "\n" if order.get("newline", "crlf") == "lf" else "\r\n"
    assert text.endswith(end)
    return text.removesuffix(end).replace(end, "\n")


# --- text with separators


def _separated(order: Table, content: bytes) -> list[Found]:
    text = _text(order, content)
    mark = order.get("delimiter", ";")
    if order.get("quoting") == "never":
        rows = [line.split(mark) for line in text.split("\n")]
    else:
        rows = list(_quoted(text, mark, order.get("quotechar", '"')))
    if _has_heading(order):
        del rows[0]
    return [_typed(order, row) for row in rows]


def _has_heading(order: Table) -> bool:
    names = [field.get("name") for record in _records(order) for field in record["fields"]]
    return order.get("header", True) and any(names)


def _quoted(text: str, mark: str, quote: str) -> Iterator[list[str]]:
    row, cell, at = [], "", 0
    while at <= len(text):
        letter = text[at] if at < len(text) else "\n"
        if letter == quote and not cell:
            cell, at = _inside(text, at, quote)
            letter = text[at] if at < len(text) else "\n"
            assert letter in {mark, "\n"}, "a quotation mark closes in the middle of a value"
        if letter in {mark, "\n"}:
            row.append(cell)
            cell = ""
            if letter == "\n":
                yield row
                row = []
        else:
            cell += letter
        at += 1


def _inside(text: str, at: int, quote: str) -> tuple[str, int]:
    cell = ""
    at += 1
    while text[at] != quote or text[at : at + 2] == quote * 2:
        at += 1 if text[at] != quote else 2
        cell += text[at - 1]
    return cell, at + 1


def _records(order: Table) -> list[Table]:
    return order.get("record") or [{"each": "line", "fields": order["fields"]}]


def _typed(order: Table, cells: Sequence[str]) -> Found:
    """Which description a row follows: the one whose constant it begins with, or the only one."""
    records = _records(order)
    fitting = [at for at, record in enumerate(records) if record["fields"][0].get("const", cells[0]) == cells[0]]
    assert fitting, f"the row {cells} begins like none of the records"
    at = fitting[0]
    assert len(cells) == len(records[at]["fields"]), f"{cells} are not the columns of record {at}"
    return at, {str(number): cell for number, cell in enumerate(cells)}


# --- fixed width


def _fixed(order: Table, content: bytes) -> list[Found]:
    found = []
    for line in _text(order, content).split("\n"):
        at, record = next((at, one) for at, one in enumerate(order["record"]) if line.startswith(_first(one)))
        assert len(line) == sum(field["width"] for field in record["fields"])
        cells, start = {}, 0
        for number, field in enumerate(record["fields"]):
            cells[str(number)] = _bare(line[start : start + field["width"]], field)
            start += field["width"]
        found.append((at, cells))
    return found


def _first(record: Table) -> str:
    return str(record["fields"][0].get("const", ""))


def _bare(text: str, field: Table) -> str:
    if "implied" not in field:
        return text.strip()
    return str(Decimal(text.strip()).scaleb(-field["implied"]))


# --- JSON


def _json(order: Table, content: bytes) -> list[Found]:
    whole = json.loads(content.decode(order.get("encoding", "utf-8")), parse_float=Decimal, parse_int=Decimal)
    parts = [{"fields": order["fields"]}] if order.get("fields") else []
    return list(_members([*parts, *order.get("record", [])], whole))


def _members(records: Sequence[Table], whole: Any) -> Iterator[Found]:
    for at, record in enumerate(records):
        path = record.get("path", "")
        place = _down(whole, path.removesuffix("[*]"))
        for member in place if path.endswith("[*]") else [place]:
            yield at, {field["path"]: _down(member, field["path"]) for field in record.get("fields", [])}


def _down(whole: Any, path: str) -> Any:
    for name in filter(None, path.split(".")):
        whole = whole.get(name) if isinstance(whole, dict) else None
    return whole


# --- XML


def _xml(order: Table, content: bytes) -> list[Found]:
    root = ET.fromstring(content)  # noqa: S314  # written by us a moment ago
    spaces = order.get("namespaces", {})
    assert root.tag == _tag(order.get("element", "Order"), spaces)
    parts = [{"fields": order["fields"]}] if order.get("fields") else []
    return list(_elements([*parts, *order.get("record", [])], root, spaces))


def _elements(records: Sequence[Table], root: ET.Element, spaces: Mapping[str, str]) -> Iterator[Found]:
    for at, record in enumerate(records):
        for element in _all(root, record.get("element", ""), spaces):
            yield at, {field["path"]: _held(element, field["path"], spaces) for field in record.get("fields", [])}


def _tag(name: str, spaces: Mapping[str, str]) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{spaces[prefix]}}}{local}" if prefix in spaces else local


def _all(element: ET.Element, path: str, spaces: Mapping[str, str]) -> list[ET.Element]:
    found = [element]
    for name in filter(None, path.split("/")):
        found = [child for one in found for child in one if child.tag == _tag(name, spaces)]
    return found


def _held(element: ET.Element, path: str, spaces: Mapping[str, str]) -> str | None:
    way, _, last = path.rpartition("/")
    if last.startswith("@"):
        return next((one.get(last[1:]) for one in _all(element, way, spaces)), None)
    found = _all(element, "" if path == "." else path, spaces)
    assert len(found) <= 1, f"{path} stands {len(found)} times"
    return found[0].text if found else None


_READERS = {"delimited": _separated, "fixed": _fixed, "json": _json, "xml": _xml}
