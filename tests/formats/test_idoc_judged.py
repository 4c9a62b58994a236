"""Orders as IDocs before three judges: the field table, a reading of what they tell, and a mock of SAP's own door."""

import json
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.formats._idoc import segments as own
from bridge.model import AckKind, AckStatus, SalesOrder
from tests.formats.edifact_orders import orders
from tests.formats.idoc_orders import expected, told
from tests.formats.idoc_reader import SHARED, TABLE, read
from tests.formats.mock_sap import MockSap
from tests.formats.samples import golden
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order, sales_orders

SETTINGS: dict[str, dict[str, object]] = {
    "flat": {},
    "bytes": {"count": "bytes"},
    "latin": {"encoding": "iso8859-1", "unencodable": "question_mark"},
    "xml": {"variant": "xml"},
}
CODECS = {"latin": "iso8859-1"}
each_setting = pytest.mark.parametrize("name", SETTINGS)


def written(name: str, order: SalesOrder) -> bytes | PermanentError:
    try:
        return formats.build("idoc", SETTINGS[name]).render(order, CONTROL, RECEIVED_AT)
    except PermanentError as refusal:
        return refusal


def kept_whole(name: str, seed: int, count: int) -> int:
    """How many orders are right by the table and told as they are; the others were refused by the name of a field."""
    whole = 0
    for order in orders(seed, count):
        content = written(name, order)
        if isinstance(content, PermanentError):
            assert content.name is ErrorName.ORDER_NOT_RENDERABLE
            assert content.subject.replace("[", ".").partition(".")[0] in SalesOrder.__dataclass_fields__
            assert content.hint
            continue
        file = read(content, codec=CODECS.get(name, "utf-8"), in_bytes=name == "bytes")
        assert file.faults == []
        assert told(file) == expected(order, "?" if name == "latin" else "")
        whole += 1
    return whole


@each_setting
@pytest.mark.timeout(30)
def test_what_is_written_is_right_and_is_what_was_ordered_whatever_the_customer_writes(name: str) -> None:
    count = 100 if name in {"flat", "xml"} else 30

    assert kept_whole(name, seed=1, count=count) >= count // 3


@pytest.mark.soak
@pytest.mark.timeout(3600)
@each_setting
def test_very_many_orders_are_right_and_are_written_as_they_were_ordered(name: str) -> None:
    assert kept_whole(name, seed=2, count=20_000) >= 7000


def _right_or_refused(name: str, order: SalesOrder) -> None:
    content = written(name, order)
    if isinstance(content, PermanentError):
        assert content.subject.replace("[", ".").partition(".")[0] in SalesOrder.__dataclass_fields__
    else:
        assert read(content, codec=CODECS.get(name, "utf-8"), in_bytes=name == "bytes").faults == []


@pytest.mark.parametrize("name", ["bytes", "xml"])
@given(order=sales_orders())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_order_is_right_by_the_table_or_refused_by_name(name: str, order: SalesOrder) -> None:
    _right_or_refused(name, order)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@each_setting
@given(order=sales_orders())
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_very_many_orders_of_any_kind_are_right_by_the_table_or_refused(name: str, order: SalesOrder) -> None:
    _right_or_refused(name, order)


@pytest.mark.skipif(not SHARED.is_file(), reason="the compilation lies in ../shared/formats and is not part of this")
def test_the_table_of_the_judge_is_that_of_the_compilation() -> None:
    assert json.loads(SHARED.read_text("utf-8")) == TABLE


def test_the_writers_table_is_the_judges() -> None:
    widths = {
        name: [[field, stop - start] for field, (start, stop) in own.SEGMENTS[name].places.items()]
        for name in TABLE["segments"]
    }
    control = [[field, stop - start] for field, (start, stop) in own.CONTROL.places.items()]

    assert widths == {
        name: [[one["name"], one["length"]] for one in fields] for name, fields in TABLE["segments"].items()
    }
    assert control == [[one["name"], one["length"]] for one in TABLE["control_record"]["fields"]]
    assert (own.CONTROL.width, own.HEADER.width, own.RECORD_WIDTH) == (524, 63, 1063)
    assert {name: own.PARENTS[name] for name in TABLE["parents"]} == TABLE["parents"]


def test_the_usual_names_of_flat_segments_are_those_of_the_compilation() -> None:
    usual = {name: text.split()[0] for name, text in TABLE["flat_names_common"].items()}

    assert {name: own.flat_name(name, {}) for name in usual} == usual


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (b"EDI_DC40  ", b"EDI_DC41  ", "control record is none"),
        (b"000003000000", b"000009000000", "is numbered"),
        (b"E2EDKA3   ", b"E2EDKT2   ", "stands below"),
        (b"E2EDK02   ", b"E2EDK99   ", "is no segment"),
        (b"600.00", b"6OO.00", "no number"),
        (b"20241218", b"2024-12-", "no day"),
        (b"PCE   ", b"PCE  ", "has 1062"),
        (b"E2EDK02 ", b"E2EDS01 ", "the sequence is"),
        (b"012OR", b"077OR", "which the table does not know"),
    ],
)
def test_the_judge_sees_what_is_wrong(before: bytes, after: bytes, fault: str) -> None:
    content = golden("idoc", "order")
    assert before in content

    found = read(content.replace(before, after, 1)).faults

    assert any(fault in one for one in found), found


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        (b'<E1EDK02 SEGMENT="1">', b'<E1EDK02 SEGMENT="2">', "stands below"),
        (b"<QUALF>001</QUALF>\n      <BELNR>48447</BELNR>", b"<BELNR>1</BELNR><QUALF>001</QUALF>", "has its fields as"),
        (b"<CURCY>SEK</CURCY>", b"<CURCY>KRONOR</CURCY>", "is longer"),
        (b"<CURCY>SEK</CURCY>", b"<CURCY> </CURCY>", "is empty"),
        (b"<MESTYP>ORDERS", b"<MESTYP>ORDCHG", "another message"),
    ],
)
def test_the_judge_sees_what_is_wrong_in_xml(before: bytes, after: bytes, fault: str) -> None:
    content = written("xml", guide_order())
    assert isinstance(content, bytes)
    assert before in content

    found = read(content.replace(before, after, 1)).faults

    assert any(fault in one for one in found), found


def test_the_guides_order_tells_its_references_parties_quantities_and_amounts() -> None:
    found = told(read(golden("idoc", "order")))

    assert (found["ref"], found["references"]) == ("48447", {"001": "48447", "018": "ORDER123"})
    assert found["invoice_ref"] == "INV12345"
    assert [found["parties"][role]["code"] for role in ("AG", "WE", "RE")] == ["CUST0001", "SHIP0003", "BILL0002"]
    [line] = found["lines"]
    assert (line["qty"], line["unit"], line["price"], line["net"], line["vat"]) == (2, "PCE", 300, 600, 150)
    assert found["totals"] == {"001": 1, "002": Decimal(600), "005": Decimal(150), "011": Decimal(750)}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\x0b"])
@each_setting
def test_text_with_records_of_its_own_makes_no_segment(name: str, end: str) -> None:
    faked = (
        f"Hej{end}E2EDP01007                    1000000000000000123000099000000020009</TDLINE><E1EDP01>{end}EDI_DC40  "
    )

    content = written(name, replace(guide_order(), comment=faked, customer_order_ref=f"A{end}B"))

    assert isinstance(content, bytes)
    file = read(content, codec=CODECS.get(name, "utf-8"), in_bytes=name == "bytes")
    assert file.faults == []
    assert len(file.root.all("E1EDP01")) == 1
    assert told(file)["comment"].startswith("Hej\nE2EDP01007 1000")


# --- a mock of SAP ----------------------------------------------------------------------------------------------------


@pytest.mark.timeout(60)
def test_a_mock_of_sap_takes_what_is_written_and_refuses_what_is_broken() -> None:
    with MockSap() as sap:
        taken = [_taken(sap, name, order) for name in ("flat", "xml") for order in (guide_order(), *orders(3, 15))]
        broken = sap.post(golden("idoc", "order")[:39], "text/plain")

    found = [one for one in taken if one is not None]
    assert len(found) >= 8
    assert set(found) == {("ORDERS05", "ORDERS", "53", True)}
    assert broken["status"] == 400


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_mock_of_sap_takes_two_thousand_orders() -> None:
    with MockSap() as sap:
        taken = [_taken(sap, name, order) for name in ("flat", "xml") for order in orders(4, 2000)]

    found = [one for one in taken if one is not None]
    assert len(found) >= 1200
    assert set(found) == {("ORDERS05", "ORDERS", "53", True)}


def _taken(sap: MockSap, name: str, order: SalesOrder) -> tuple[object, ...] | None:
    """What the mock's receipt says: type, message, status, and whether it counted the segments that were written."""
    content = written(name, order)
    if isinstance(content, PermanentError):
        return None
    receipt = sap.post(content, "application/xml" if name == "xml" else "text/plain")
    count = len(re.findall(rb"<E1", content)) if name == "xml" else content.count(b"\n") - 1
    return receipt["IDOCTYP"], receipt["MESTYP"], receipt["STATUS"], receipt["SEGMENTS"] == count


@pytest.mark.timeout(60)
def test_what_a_mock_of_sap_makes_of_its_own_orders_is_read() -> None:
    with MockSap() as sap:
        own_orders = _orders_of(sap)
        delivery = next(filter(None, (_made(sap, "DELVRY", number) for number in own_orders)))
        invoice = next(filter(None, (_made(sap, "INVOIC", number) for number in own_orders)))

    [sent] = formats.read(formats.build("auto", {}), delivery).acknowledgements
    [billed] = formats.read(formats.build("auto", {}), invoice).acknowledgements
    assert (sent.kind, sent.status) == (AckKind.DESPATCH, AckStatus.DELIVERED)
    assert sent.erp_order_no in own_orders
    assert sent.note_no == _told_by(delivery, "VBELN")
    assert all(line.part_no and line.qty_delivered for line in sent.lines)
    assert (billed.kind, billed.status) == (AckKind.INVOICE, AckStatus.INVOICED)
    assert billed.order_ref in own_orders
    assert billed.invoice is not None
    assert (billed.invoice.no, billed.invoice.currency) == (_told_by(invoice, "BELNR"), _told_by(invoice, "CURCY"))
    assert all(line.qty_delivered and line.unit_price for line in billed.lines)


def _orders_of(sap: MockSap) -> list[str]:
    path = "/sap/opu/odata/sap/API_SALES_ORDER_SRV/A_SalesOrder?$top=20&$format=json"
    _, body = sap.ask("GET", path, b"", "application/json")
    return [one["SalesOrder"] for one in json.loads(body)["d"]["results"]]


def _made(sap: MockSap, message: str, number: str) -> bytes | None:
    asked = json.dumps({"mestyp": message, "SalesOrder": number}).encode()
    status, body = sap.ask("POST", "/sap/bc/idoc/generate", asked, "application/json")
    return body if status == 201 else None


def _told_by(content: bytes, field: str) -> str:
    found = re.search(f"<{field}>([^<]*)</{field}>".encode(), content)
    return found[1].decode() if found else ""
