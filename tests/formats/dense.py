"""Answers as dense as an ERP may send them: many orders or lines in short rows, of any size, for each way to read them.

``EACH`` has a name, a format, its settings and the content of about so many bytes. Not for: bytes that say nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import count

from tests.formats.edifact_files import interchange, message

Content = Callable[[int], bytes]

JSON_PATHS = {"order": "$.a[*]", "order_ref": "$.o", "status": "$.s", "lines": "$.l[*]", "lines.line_no": "$.n"}
XML_PATHS = {"order": "O", "order_ref": "@no", "status": "S", "lines": "L", "lines.line_no": "N"}
FIXED = {"H": [{"name": "type", "width": 1}, {"name": "order_ref", "width": 8}, {"name": "status", "width": 10}]}
DELIMITED = {"H": [{"name": "type"}, {"name": "order_ref"}, {"name": "status"}]}


def _rows(row: str, size: int) -> Iterator[bytes]:
    """Rows with a number each, until there are so many bytes."""
    for number in count():
        made = row.replace("#", str(number)).encode()
        size -= len(made)
        if size < 0:
            return
        yield made


def _between(head: str, row: str, tail: str = "") -> Content:
    return lambda size: head.encode() + b"".join(_rows(row, size)) + tail.encode()


def _listed(head: str, row: str, tail: str) -> Content:
    return lambda size: head.encode() + b"".join(_rows(row + ",", size)).removesuffix(b",") + tail.encode()


def _fixed(size: int) -> bytes:
    return b"".join(b"H%-8dconfirmed \n" % number for number in range(size // 20))


def _messages(size: int) -> bytes:
    one = message("ORDRSP", "BGM+231+SO-1+29", "RFF+ON:48447", "UNS+S")
    return interchange(*[one] * (size // len("\n".join(one)))).encode()


def _items(size: int) -> bytes:
    items = b"".join(_rows("LIN+#+5'QTY+21:2'QTY+113:2'", size)).decode().split("'")[:-1]
    return interchange(message("ORDRSP", "BGM+231+SO-1+29", "RFF+ON:48447", *items, "UNS+S"), end="'").encode()


_HEADING = "order_ref;erp_order_no;line_no;part_no;qty_confirmed;status;date\n"
EACH: list[tuple[str, str, Mapping[str, object], Content]] = [
    ("orders", "delimited", {}, _between("order_ref;status\n", "#;confirmed\n")),
    ("lines", "delimited", {}, _between(_HEADING, "#;SO-#;1;ART-#;2;confirmed;2026-11-22\n")),
    ("lines of one", "delimited", {}, _between("order_ref;status;line_no;tracking\n", "1;confirmed;#;\n")),
    ("records", "delimited", {"header": False, "records": DELIMITED}, _between("", "H;#;confirmed\n")),
    ("records", "fixed", {"records": FIXED}, _fixed),
    ("orders", "json", {}, _between("", '{"order_ref":#,"status":"confirmed"}\n')),
    ("paths", "json", {"paths": JSON_PATHS}, _listed('{"a":[', '{"o":#,"s":"confirmed","l":[{"n":1}]}', "]}")),
    ("orders", "xml", {}, _between("<R>", '<O order_ref="#" status="confirmed"/>', "</R>")),
    ("paths", "xml", {"paths": XML_PATHS}, _between("<R>", '<O no="#"><S>confirmed</S><L><N>1</N></L></O>', "</R>")),
    ("messages", "edifact", {}, _messages),
    ("items", "edifact", {}, _items),
]
