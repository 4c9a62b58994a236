"""SAP's side of IDocs: takes ORDERS05, flat or XML; writes ORDRSP, DELVRY07, INVOIC02, ALEAUD and STATUS.

It reads and writes with code and columns of its own, so that a fault of the bridge's is not shared by both.

Not for: rows of an order; an answer speaks of the order by one item that bears no number.
"""

import re
from xml.sax.saxutils import escape

from bridge import safexml
from bridge.safexml import XmlRefused
from bridge.simulators.sides import Said

EXTENSION = "idoc"
_RECORD, _HEADER = 1063, 63
_REFERENCE = re.compile(r"(?m)^E[12]EDK02[0-9]{0,3} .{55}001(.{35})")
_DOCNUM = slice(13, 29)
# What an ORDRSP says for each of the bridge's words: action of the head, action of the item, reason of refusal.
_RESPONSES = {
    "confirmed": ("", "004", ""),
    "changed": ("003", "002", ""),
    "rejected": ("", "003", "Z1"),
    "cancelled": ("001", "", ""),
    "on_hold": ("", "005", ""),
}
_UNKNOWN = ("ZZZ", "", "")
_PAPERS = {"delivered": "DELVRY", "partly_delivered": "DELVRY", "invoiced": "INVOIC"}


def reference(content: bytes) -> str:
    """The customer's purchase order number: E1EDK02 with the qualifier 001."""
    found = _of_xml(content) if content.lstrip(b"\xef\xbb\xbf").startswith(b"<") else _of_flat(content)
    if not found:
        raise ValueError("no E1EDK02 with the qualifier 001")
    return found


def _of_flat(content: bytes) -> str:
    match = _REFERENCE.search(content.decode("utf-8", "replace"))
    return match[1].strip() if match else ""


def _of_xml(content: bytes) -> str:
    try:
        root = safexml.parse(content)
    except XmlRefused as refusal:
        raise ValueError(str(refusal)) from refusal
    told = [one.findtext("BELNR") for one in root.iter("E1EDK02") if one.findtext("QUALF") == "001"]
    return str(next(iter(told), None) or "")


def answer(said: Said) -> bytes:
    """One IDoc: a status as XML, since only that names an order without its IDoc's number; all else flat."""
    if said.status == "received":
        return _status(said)
    paper = _PAPERS.get(said.status)
    if paper == "DELVRY":
        return _delivery(said)
    return _invoice(said) if paper == "INVOIC" else _response(said)


def audit(order_file: bytes, status: str = "53", text: str = "") -> bytes:
    """An ALEAUD for a flat order file: 53 is posted, 51 is not; it names the file's own number."""
    number = order_file.decode("utf-8", "replace")[_DOCNUM]
    head = _record("E2ADHDR001", (1, 0), {0: "ORDERS", 12: "ORDERS"})
    state = _record("E2STATE002", (2, 1), {0: number, 16: status, 26: text[:70]})
    return _file("ALEAUD", "ALEAUD01", [head, state])


def _response(said: Said) -> bytes:
    head, item, reason = _RESPONSES.get(said.status, _UNKNOWN)
    records = [
        _record("E2EDK01005", (1, 0), {0: head, 83: said.erp_order_no}),
        _record("E2EDK02", (2, 0), {0: "001", 3: said.order_ref}),
        *_numbered(said, 3),
    ]
    above = len(records) + 1
    if item:
        records.append(_record("E2EDP01007", (above, 0), {6: item, 212: reason, 214: said.reason[:40]}))
    return _file("ORDRSP", "ORDERS05", records)


def _numbered(said: Said, number: int) -> list[str]:
    return [_record("E2EDK02", (number, 0), {0: "002", 3: said.erp_order_no})] if said.erp_order_no else []


def _delivery(said: Said) -> bytes:
    """One item without a number of ours: a delivery of what was open."""
    number = said.erp_order_no or said.order_ref
    records = [
        _record("E2EDL20004", (1, 0), {0: f"D{number}"[:10]}),
        _record("E2EDL24006", (2, 1), {0: "000010", 6: "ITEM001", 176: "1.000", 191: "PCE"}),
        _record("E2EDL43", (3, 2), {0: "C", 1: said.erp_order_no}),
        _record("E2EDL41", (4, 2), {0: "001", 3: said.order_ref}),
    ]
    return _file("DESADV", "DELVRY07", records)


def _invoice(said: Said) -> bytes:
    records = [
        _record("E2EDK01005", (1, 0), {4: "SEK", 79: "INVO"}),
        _record("E2EDK02", (2, 0), {0: "009", 3: f"F-{said.erp_order_no or said.order_ref}"[:35]}),
        _record("E2EDK02", (3, 0), {0: "001", 3: said.order_ref}),
        _record("E2EDS01", (4, 0), {0: "011", 3: "811.25", 24: "SEK"}),
    ]
    return _file("INVOIC", "INVOIC02", records)


def _status(said: Said) -> bytes:
    fields = f"<ARCKEY>{escape(said.order_ref)}</ARCKEY><STATUS>53</STATUS>"
    control = "<TABNAM>EDI_DC40</TABNAM><IDOCTYP>SYSTAT01</IDOCTYP><MESTYP>STATUS</MESTYP>"
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<SYSTAT01><IDOC BEGIN="1">'
        f'<EDI_DC40 SEGMENT="1">{control}</EDI_DC40><E1STATS SEGMENT="1">{fields}</E1STATS></IDOC></SYSTAT01>\n'
    )
    return text.encode()


def _record(name: str, place: tuple[int, int], fields: dict[int, str]) -> str:
    """A data record: its number and that of the one above, and texts by the column of the data that they begin in."""
    number, above = place
    record = f"{name:<30}100{'4711':0>16}{number:06}{above:06}{2 if not above else 3:02}"
    for start, text in sorted(fields.items()):
        record = f"{record:<{_HEADER + start}}{text}" if text else record
    return f"{record:<{_RECORD}}"


def _file(message: str, kind: str, records: list[str]) -> bytes:
    control = f"{'EDI_DC40':<10}100{'4711':0>16}{'':<6}1{'':<3}{kind:<30}{'':<30}{message:<30}"
    return "".join(f"{line}\n" for line in (f"{control:<524}", *records)).encode()
