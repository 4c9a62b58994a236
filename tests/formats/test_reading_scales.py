"""Eight times the file takes about eight times as long, whatever its shape; and 1 MB fits into 100 MB."""

import time
import tracemalloc
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest

from bridge import formats
from bridge.formats import Unreadable

Shape = Callable[[int], bytes]
JSON_PATHS = {"order": "$.a[*]", "order_ref": "$.o", "status": "$.s", "lines": "$.l[*]", "lines.line_no": "$.n"}
XML_PATHS = {"order": "O", "order_ref": "@no", "status": "S", "lines": "L", "lines.line_no": "N"}
FIXED = {"H": [{"name": "type", "width": 1}, {"name": "order_ref", "width": 8}, {"name": "status", "width": 10}]}
HEADING = b"order_ref;status;line_no;tracking\n"


def _orders(count: int) -> bytes:
    return HEADING + b"".join(b"%d;confirmed;1;\n" % at for at in range(count))


def _one_order(count: int) -> bytes:
    return HEADING + b"".join(b"1;confirmed;%d;\n" % at for at in range(count))


def _columns(count: int) -> bytes:
    return b"order_ref;status" + b";x" * count * 10 + b"\n1;confirmed" + b";y" * count * 10 + b"\n"


def _codes(count: int) -> bytes:
    return b"order_ref;status" + b";tracking" * count * 10 + b"\n1;confirmed" + b";AB" * count * 10 + b"\n"


def _quotes(count: int) -> bytes:
    return HEADING + b'"' * count * 10


def _records(count: int) -> bytes:
    return b"".join(b"H%-8dconfirmed \n" % at for at in range(count))


def _junk(count: int) -> bytes:
    return b"X y\n" * count


def _objects(count: int) -> bytes:
    return b'{"a":[' + b",".join(b'{"o":%d,"s":"confirmed","l":[{"n":1}]}' % at for at in range(count)) + b"]}"


def _json_lines(count: int) -> bytes:
    return b"".join(b'{"order_ref":%d,"status":"confirmed"}\n' % at for at in range(count))


def _open_brackets(count: int) -> bytes:
    return b"[" * count * 20


def _elements(count: int) -> bytes:
    return b"<R>" + b"".join(b'<O no="%d"><S>confirmed</S><L><N>1</N></L></O>' % at for at in range(count)) + b"</R>"


def _rows_of_one(count: int) -> bytes:
    return b'<R><O no="1"><S>confirmed</S>' + b"".join(b"<L><N>%d</N></L>" % at for at in range(count)) + b"</O></R>"


def _comments(count: int) -> bytes:
    return b"<!--" * count * 5


SHAPES: list[tuple[str, Mapping[str, object], Shape]] = [
    ("delimited", {}, _orders),
    ("delimited", {}, _one_order),
    ("delimited", {}, _columns),
    ("delimited", {}, _codes),
    ("delimited", {}, _quotes),
    ("fixed", {"records": FIXED}, _records),
    ("fixed", {}, _junk),
    ("json", {"paths": JSON_PATHS}, _objects),
    ("json", {}, _json_lines),
    ("json", {}, _open_brackets),
    ("xml", {"paths": XML_PATHS}, _elements),
    ("xml", {"paths": XML_PATHS}, _rows_of_one),
    ("xml", {}, _comments),
]
each_shape = pytest.mark.parametrize(
    ("name", "options", "shape"), SHAPES, ids=[f"{one[0]}{one[2].__name__}" for one in SHAPES]
)


def _read(format_: formats.Format, content: bytes) -> None:
    with suppress(Unreadable):
        format_.read(content)
    format_.is_whole(content)
    format_.recognises(content)


def _cost(format_: formats.Format, content: bytes, times: int) -> float:
    """The least time of this process among several goes, in seconds."""
    found = []
    for _ in range(times):
        began = time.process_time()
        _read(format_, content)
        found.append(time.process_time() - began)
    return min(found)


def _ratio(format_: formats.Format, shape: Shape, count: int) -> float:
    return _cost(format_, shape(8 * count), 2) / _cost(format_, shape(count), 4)


@each_shape
def test_eight_times_the_file_takes_eight_times_as_long(name: str, options: Mapping[str, object], shape: Shape) -> None:
    assert _ratio(formats.build(name, options), shape, 300) < 24


@pytest.mark.soak
@pytest.mark.timeout(600)
@each_shape
def test_a_file_of_megabytes_keeps_the_measure(name: str, options: Mapping[str, object], shape: Shape) -> None:
    format_ = formats.build(name, options)
    content = shape(1000)
    count = 1000 * 1_000_000 // len(content)
    tracemalloc.start()
    _read(format_, shape(count))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 100_000_000
    assert _ratio(format_, shape, count) < 24
