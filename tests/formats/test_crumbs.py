"""A file of crumbs, which says nothing with very many parts, is refused whole before it fills the memory."""

import time
import tracemalloc
from collections.abc import Mapping
from contextlib import suppress

import pytest

from bridge import formats
from bridge.formats import Unreadable
from tests.formats.dense import DELIMITED, FIXED, JSON_PATHS, XML_PATHS
from tests.formats.edifact_files import interchange
from tests.formats.x12_files import interchange as x12_interchange

Crumbs = tuple[str, Mapping[str, object], bytes, bytes, bytes]

ALWAYS = 50_000  # parts that each file may have
HEADING = b"order_ref;status\n"
UNB = interchange().splitlines()[0].encode()
ISA = x12_interchange().splitlines()[0].encode()
TYPED: Mapping[str, object] = {"header": False, "records": DELIMITED}

# A format, its settings, and a head, a crumb and a tail.
CRUMBS: dict[str, Crumbs] = {
    "rows of one cell": ("delimited", {}, HEADING, b"1\n", b""),
    "rows of nobody": ("delimited", {}, HEADING, b";x\n", b""),
    "rows too long": ("delimited", {}, HEADING, b";;1\n", b""),
    "positions": ("delimited", {"header": False, "positions": ("order_ref", "line_no")}, b"", b";1\n", b""),
    "records of no type": ("delimited", TYPED, b"", b"X\n", b""),
    "records": ("delimited", TYPED, b"", b"H;1\n", b""),
    "fixed records": ("fixed", {"records": FIXED}, b"", b"H1\n", b""),
    "fixed records of no type": ("fixed", {"records": FIXED}, b"", b"X\n", b""),
    "records of one letter": ("fixed", {"record_length": 1}, b"", b"H", b""),
    "json lines": ("json", {}, b"", b"{}\n", b""),
    "json lines that are none": ("json", {"lines": True}, b"", b"x\n", b""),
    "json members": ("json", {}, b"[", b"{},", b"{}]"),
    "json numbers": ("json", {}, b"[", b"1,", b"1]"),
    "json orders by path": ("json", {"paths": JSON_PATHS}, b'{"a":[', b"{},", b"{}]}"),
    "xml": ("xml", {}, b"<R>", b"<O/>", b"</R>"),
    "xml by path": ("xml", {"paths": XML_PATHS}, b"<R>", b"<O/>", b"</R>"),
    "segments": ("edifact", {}, UNB, b"A'", b""),
    "interchanges": ("edifact", {}, b"", b"UNB'", b""),
    "x12 segments": ("x12", {}, ISA, b"A~", b""),
    "empty x12 segments": ("x12", {}, ISA, b"~", b""),
}
# What is one answer about one order, with more lines than an order has; it is one fault of that order.
LINES: dict[str, Crumbs] = {
    "json lines of an order": ("json", {}, b'{"order_ref":1,"status":"ok","lines":[', b"{},", b"{}]}"),
    "json numbers as lines": ("json", {}, b'{"order_ref":1,"status":"ok","lines":[', b"1,", b"1]}"),
    "xml lines": ("xml", {}, b"<R><O><order_ref>1</order_ref>", b"<lines/>", b"</O></R>"),
}


def _file(crumbs: Crumbs, size: int) -> bytes:
    _, _, head, crumb, tail = crumbs
    return head + crumb * ((size - len(head) - len(tail)) // len(crumb)) + tail


@pytest.mark.parametrize("crumbs", CRUMBS.values(), ids=CRUMBS)
def test_a_file_of_crumbs_is_refused_by_what_it_holds_too_many_of(crumbs: Crumbs) -> None:
    name, options, _, crumb, _ = crumbs
    format_, size = formats.build(name, options), (ALWAYS + 3) * len(crumb) + 500

    try:
        faults = format_.read(_file(crumbs, size)).faults
    except Unreadable as refusal:
        faults = (refusal.fault,)

    assert faults[-1].where == "file"
    assert faults[-1].what.startswith(f"it holds more than {ALWAYS} ")
    assert f"send at most {ALWAYS} " in faults[-1].what


@pytest.mark.parametrize("row", ["1;ok\n", "#;confirmed\n"])
def test_as_many_short_rows_as_any_file_may_have_are_read(row: str) -> None:
    rows = "".join(row.replace("#", str(number)) for number in range(ALWAYS - 1))  # and the heading

    reading = formats.build("delimited", {"status_map": {"ok": "confirmed"}}).read(HEADING + rows.encode())

    assert reading.faults == ()
    assert len(reading.acknowledgements) == (ALWAYS - 1 if "#" in row else 1)


def test_one_short_row_more_is_too_many() -> None:
    rows = b"1;changed\n" * ALWAYS  # and the heading

    with pytest.raises(Unreadable, match="it holds more than 50000 rows"):
        formats.build("delimited", {}).read(HEADING + rows)


def test_more_rows_than_that_are_read_where_they_have_something_to_say() -> None:
    rows = b"".join(b"%06d;accepted\n" % number for number in range(ALWAYS + 10_000))

    assert len(formats.build("delimited", {}).read(HEADING + rows).acknowledgements) == ALWAYS + 10_000


@pytest.mark.parametrize("crumbs", LINES.values(), ids=LINES)
def test_more_lines_than_any_order_has_are_a_fault_of_that_order_alone(crumbs: Crumbs) -> None:
    name, options, *_, crumb, _ = crumbs

    reading = formats.build(name, options).read(_file(crumbs, (ALWAYS + 3) * len(crumb) + 100))

    assert reading.acknowledgements == ()
    assert "and no order has so many" in reading.faults[0].what


def test_interchanges_before_the_crumbs_count() -> None:
    good = x12_interchange()
    filler = ISA + b"A~" * (ALWAYS + 50)

    reading = formats.build("x12", {}).read(good.encode() + filler)

    assert [fault.what[:12] for fault in reading.faults] == ["it holds mor"]


@pytest.mark.soak
@pytest.mark.timeout(120)
@pytest.mark.parametrize("crumbs", [*CRUMBS.values(), *LINES.values()], ids=[*CRUMBS, *LINES])
def test_a_megabyte_of_crumbs_takes_about_a_second_and_a_hundred_megabytes_at_most(crumbs: Crumbs) -> None:
    name, options, *_ = crumbs
    _holds_the_measure(formats.build(name, options), _file(crumbs, 1_000_000))


@pytest.mark.soak
@pytest.mark.timeout(120)
@pytest.mark.parametrize("crumbs", CRUMBS.values(), ids=CRUMBS)
def test_the_shortest_parts_that_are_allowed_keep_the_measure_too(crumbs: Crumbs) -> None:
    """Each crumb is filled up to the average that a file may have, so nothing is refused for its crumbs."""
    name, options, head, crumb, tail = crumbs
    least = 6 if name in {"edifact", "x12"} else 12
    filler = b" " if name in {"json", "xml"} else b"7"
    full = crumb[:-1] + filler * (least - len(crumb)) + crumb[-1:]
    _holds_the_measure(formats.build(name, options), _file((name, options, head, full, tail), 1_000_000))


def _holds_the_measure(format_: formats.Format, content: bytes) -> None:
    began = time.process_time()
    with suppress(Unreadable):
        format_.read(content)
    seconds = time.process_time() - began
    tracemalloc.start()
    with suppress(Unreadable):
        format_.read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    print(f"{seconds:.2f} s, {peak / 1e6:.0f} MB")  # noqa: T201  # the figures are the point
    assert peak < 100_000_000
    assert seconds < 4  # about 1 s where nothing else is at work
