"""A second reading of ORDERS05 files by the field table alone; it shares no code and no table with the bridge.

The table is ``idoc_segments.json``, a copy of the compilation in the shared formats; a test compares the two.
"""

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SHARED = Path(__file__).parents[3] / "shared/formats/idoc-orders05/segments.json"
TABLE: dict[str, Any] = json.loads((Path(__file__).parent / "idoc_segments.json").read_text("utf-8"))
_NUMBERS = {"MENGE", "VPREI", "NETWR", "BETRG", "MSATZ", "MWSBT", "SUMME", "FAKWR", "KRATE"}
_DAYS = {"DATUM", "CREDAT"}
_TIMES = {"UZEIT", "CRETIM"}


@dataclass
class Seg:
    name: str
    fields: dict[str, str]
    below: list["Seg"] = field(default_factory=list)

    def all(self, name: str) -> list["Seg"]:
        return [one for one in self.below if one.name == name]

    def at(self, name: str) -> str:
        return self.fields.get(name, "")


@dataclass
class File:
    """A file as it was read, with all in which it differs from the table."""

    control: dict[str, str]
    root: Seg
    faults: list[str]


def read(content: bytes, *, codec: str = "utf-8", in_bytes: bool = False) -> File:
    if content.lstrip().startswith(b"<"):
        return _xml(content)
    return _flat(content, codec, in_bytes=in_bytes)


# --- flat -------------------------------------------------------------------------------------------------------------


def _flat(content: bytes, codec: str, *, in_bytes: bool) -> File:
    """Each record is cut by the widths of the table, in the unit that the columns count."""
    faults: list[str] = []
    assert content.endswith(b"\n")
    lines = [line if in_bytes else line.decode(codec) for line in content[:-1].split(b"\n")]

    def cut(line: Any, fields: list[dict[str, Any]], start: int = 0) -> dict[str, str]:
        found = {}
        for one in fields:
            piece = line[start : start + one["length"]]
            found[one["name"]] = (piece.decode(codec) if in_bytes else piece).rstrip(" ")
            start += one["length"]
        return found

    control = cut(lines[0], TABLE["control_record"]["fields"])
    if len(lines[0]) != TABLE["control_record"]["total"]:
        faults.append(f"the control record has {len(lines[0])}")
    root = Seg("", {})
    by_number: dict[str, Seg] = {}
    header_width = TABLE["data_record_header"]["header_total"]
    for number, line in enumerate(lines[1:], 1):
        header = cut(line, TABLE["data_record_header"]["fields"])
        name = _plain_name(header["SEGNAM"])
        if name not in TABLE["segments"]:
            faults.append(f"record {number}: {header['SEGNAM']} is no segment")
            continue
        fields = TABLE["segments"][name]
        made = Seg(name, {key: text for key, text in cut(line, fields, header_width).items() if text})
        used = header_width + sum(one["length"] for one in fields)
        faults += _of_record(number, line, header, control, used)
        parent = by_number.get(header["PSGNUM"]) if header["PSGNUM"] != "000000" else root
        if parent is None or parent.name != TABLE["parents"].get(name, ""):
            faults.append(f"record {number}: {name} stands below {parent and parent.name}")
        else:
            parent.below.append(made)
        by_number[header["SEGNUM"]] = made
    return _judged(File(control, root, faults))


def _plain_name(name: str) -> str:
    known = f"E1{name[2:]}"
    return known if known in TABLE["segments"] else known[:-3]


def _of_record(number: int, line: Any, header: dict[str, str], control: dict[str, str], used: int) -> Iterator[str]:
    if len(line) != TABLE["data_record_header"]["record_total"]:
        yield f"record {number} has {len(line)}"
    if header["SEGNUM"] != f"{number:06}" or header["DOCNUM"] != control["DOCNUM"]:
        yield f"record {number} is numbered {header['SEGNUM']} of {header['DOCNUM']}"
    if line[used:].strip():
        yield f"record {number} goes on behind its last field"


# --- XML --------------------------------------------------------------------------------------------------------------


def _xml(content: bytes) -> File:
    document = ET.fromstring(content)  # noqa: S314  # our own file
    faults: list[str] = []
    [idoc] = list(document)
    control, *segments = list(idoc)
    if (document.tag, idoc.tag, idoc.get("BEGIN"), control.tag) != ("ORDERS05", "IDOC", "1", "EDI_DC40"):
        faults.append("the frame is not that of an ORDERS05")
    root = Seg("", {})
    for element in segments:
        root.below.append(_element(element, "", faults))
    made = _values(control, TABLE["control_record"]["fields"], faults)
    return _judged(File(made, root, faults))


def _element(element: ET.Element, above: str, faults: list[str]) -> Seg:
    name = element.tag
    if element.get("SEGMENT") != "1" or TABLE["parents"].get(name, "") != above:
        faults.append(f"{name} stands below {above}")
    inner = [one for one in element if one.get("SEGMENT")]
    made = Seg(name, _values(element, TABLE["segments"].get(name, []), faults))
    made.below = [_element(one, name, faults) for one in inner]
    return made


def _values(element: ET.Element, fields: list[dict[str, Any]], faults: list[str]) -> dict[str, str]:
    found = {one.tag: one.text or "" for one in element if not one.get("SEGMENT")}
    known = {one["name"]: one["length"] for one in fields}
    if [name for name in known if name in found] != list(found):
        faults.append(f"{element.tag} has its fields as {list(found)}")
    faults += [f"{element.tag}-{name} is longer" for name, text in found.items() if len(text) > known.get(name, 0)]
    faults += [f"{element.tag}-{name} is empty" for name, text in found.items() if not text.strip()]
    return found


# --- both -------------------------------------------------------------------------------------------------------------


def _judged(file: File) -> File:
    control = file.control
    if control["TABNAM"] != "EDI_DC40" or len(control["DOCNUM"]) != 16 or not control["DOCNUM"].isdigit():
        file.faults.append("the control record is none")
    if (control.get("DIRECT"), control.get("IDOCTYP"), control.get("MESTYP")) != ("2", "ORDERS05", "ORDERS"):
        file.faults.append("the control record is of another message")
    file.faults += _in_sequence(file.root)
    file.faults += _typed("EDI_DC40", control)
    for segment in _each(file.root):
        file.faults += _typed(segment.name, segment.fields)
    return file


def _each(segment: Seg) -> Iterator[Seg]:
    for one in segment.below:
        yield one
        yield from _each(one)


def _in_sequence(segment: Seg) -> Iterator[str]:
    places = [TABLE["order"].index(one.name) for one in segment.below]
    if places != sorted(places):
        yield f"below {segment.name or 'the IDoc'} the sequence is {[one.name for one in segment.below]}"
    for one in segment.below:
        yield from _in_sequence(one)


def _typed(name: str, fields: dict[str, str]) -> Iterator[str]:
    for key, text in fields.items():
        bare = text.removeprefix("-").replace(".", "", 1)
        if key in _NUMBERS and not (bare.isascii() and bare.isdigit()):
            yield f'{name}-{key} is "{text}", no number'
        if key in _DAYS and not (len(text) == 8 and text.isdigit()):
            yield f'{name}-{key} is "{text}", no day'
        if key in _TIMES and not (len(text) == 6 and text.isdigit()):
            yield f'{name}-{key} is "{text}", no time'
        known = TABLE["qualifiers"].get(f"{name}.{key}")
        if known is not None and key != "ACTION" and text not in known:
            yield f'{name}-{key} is "{text}", which the table does not know'
