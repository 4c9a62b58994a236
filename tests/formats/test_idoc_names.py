"""Which order the parts of an IDoc are of, what quantities and counts conclude, and which files are IDocs."""

import pytest

from bridge import formats
from bridge.model import AckStatus
from tests.formats.idoc_files import Message, Node, message, ordrsp, ref, seg, xml
from tests.formats.test_idoc_answers import head, item, only, reading, schedule
from tests.formats.test_idoc_papers import delivery, sent

_S = AckStatus


def of(order: str = "", number: str = "", *, line: str = "000001") -> Node:
    """An item that is confirmed, of this order of ours and of SAP's."""
    refs = [seg("E1EDP02", QUALF=mark, BELNR=one) for mark, one in (("001", order), ("002", number)) if one]
    return item("004", *refs, number=line, MENGE="1")


def count(number: str) -> Node:
    return seg("E1EDS01", SUMID="001", SUMME=number)


def billed(*segments: Node) -> Message:
    return message("INVOIC", seg("E1EDK01", BSART="INVO", BELNR="F-1"), *segments)


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "segments",
    [
        (ref("001", "48447"), of("48448")),
        (ref("001", "48447"), of("48448"), of("48449", line="000002")),
        (ref("001", "48447"), ref("002", "SO-9"), of("48448", "SO-8")),
        (ref("001", "48447"), ref("002", "SO-9"), of("48447", "SO-8")),
        (ref("001", "48447"), of("48447", "SO-8"), of("48447", "SO-9", line="000002")),
        (ref("001", "48447"), ref("002", "SO-9"), of("48447", "SO-8"), of("48448", "SO-9", line="000002")),
    ],
)
@pytest.mark.parametrize("kind", ["ORDRSP", "INVOIC"])
def test_head_and_items_that_name_two_orders_or_two_numbers_of_one_are_a_fault(
    kind: str, segments: tuple[Node, ...]
) -> None:
    found = reading(billed(*segments) if kind == "INVOIC" else message(kind, head(), *segments))

    assert found.acknowledgements == ()
    assert len(found.faults) == 1


def test_the_number_that_only_the_items_tell_is_that_of_the_order() -> None:
    found = only(ordrsp(head("", "R1"), of(number="SO-9"), of("48447", line="000002")))

    assert found.erp_order_no == "SO-9"


def test_a_head_that_names_one_of_several_orders_gives_its_number_to_that_one() -> None:
    orders = (of("48448", "SO-8"), of("48447", line="000002"), of("48449", line="000003"))

    found = reading(message("ORDRSP", head(), ref("001", "48447"), ref("002", "SO-9"), *orders))

    assert [(one.order_ref, one.erp_order_no, one.warnings) for one in found.acknowledgements] == [
        ("48448", "SO-8", ()),
        ("48447", "SO-9", ()),
        ("48449", None, ()),
    ]


def test_a_number_above_several_orders_is_given_to_none_and_told() -> None:
    found = reading(message("ORDRSP", head(), ref("002", "SO-9"), of("48447"), of("48448", "SO-8", line="000002")))

    assert [(one.order_ref, one.erp_order_no) for one in found.acknowledgements] == [("48447", None), ("48448", "SO-8")]
    assert all('"SO-9" stands above several orders' in str(one.warnings) for one in found.acknowledgements)


@pytest.mark.parametrize("above", [(), (ref("001", "48447"),)])
def test_the_number_of_a_document_about_several_orders_is_that_of_none(above: tuple[Node, ...]) -> None:
    found = reading(message("ORDRSP", head("", "R1"), *above, of("48447"), of("48448", line="000002")))

    assert [(one.order_ref, one.erp_order_no, one.status) for one in found.acknowledgements] == [
        ("48447", None, _S.CONFIRMED),
        ("48448", None, _S.CONFIRMED),
    ]


def test_a_delivery_of_one_order_under_two_sales_orders_is_a_fault() -> None:
    found = reading(delivery(sent("1"), sent("1", line="000002", sales="SO-2")))

    assert found.acknowledgements == ()
    assert '"0000012345" and "SO-2"' in found.faults[0].what


# --- quantities and counts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["", "004"])
@pytest.mark.parametrize(
    ("ordered", "schedules"),
    [("5.000-", ()), ("-5", ("-5",)), ("5", ("10", "-5")), ("5", ("-5",)), ("", ("5", "-5")), ("-5", ("5",))],
)
def test_less_than_nothing_confirms_nothing(action: str, ordered: str, schedules: tuple[str, ...]) -> None:
    found = reading(ordrsp(head("", "SO-9"), item(action, *map(schedule, schedules), MENGE=ordered)))

    assert [(one.status, one.erp_order_no) for one in found.acknowledgements] == [(_S.UNKNOWN, None)]
    assert "less than nothing" in found.faults[0].what


@pytest.mark.parametrize(("told", "counted"), [("2", "2"), ("3.000", "3"), ("0", "0"), ("1.5", "1.5")])
def test_a_response_that_counts_other_items_than_it_has_is_a_fault(told: str, counted: str) -> None:
    found = reading(ordrsp(head(), of(), count(told)))

    assert found.acknowledgements == ()
    assert f"counts {counted} items and there are 1" in found.faults[0].what


@pytest.mark.parametrize("told", ["2", "2.000", "000000000000000002"])
def test_a_response_with_as_many_items_as_it_counts_is_read(told: str) -> None:
    found = only(ordrsp(head(), of(), of(line="000002"), seg("E1EDS01", SUMID="002", SUMME="7"), count(told)))

    assert (found.status, len(found.lines)) == (_S.CONFIRMED, 2)


def test_a_response_without_items_speaks_by_its_head_whatever_it_counts() -> None:
    assert only(ordrsp(head("001"), count("2"))).status is _S.CANCELLED


# --- recognition ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "name"),
    [
        ("<ORDERS05><!-- by PI --><IDOC BEGIN='1'>", "idoc"),
        ("<?xml version='1.0'?><!-- a --><n:ORDERS05 xmlns:n='urn:n'>\n<n:IDOC BEGIN='1'>", "idoc"),
        ("<ORDERS05><?by PI?>\n<!-- > --><n:IDOC xmlns:n='urn:n'>", "idoc"),
        ("<IDOC BEGIN='1'><EDI_DC40 SEGMENT='1'>", "idoc"),
        ("<n:IDOC xmlns:n='urn:n'><n:EDI_DC40>", "idoc"),
        ("<Orders><!-- <IDOC> --><Order>", "xml"),
        ("<!-- <ORDERS05><IDOC> --><Orders><n:Order>", "xml"),
        ("<Orders><IDOCS>", "xml"),
        ("<Orders><!-- cut", "xml"),
    ],
)
def test_an_idoc_is_told_from_own_xml_whatever_prefix_or_comment_it_has(start: str, name: str) -> None:
    auto = formats.build("auto", {})

    assert isinstance(auto, formats.Auto)
    assert auto.name_of(start.encode()) == name


def test_auto_reads_an_idoc_with_prefixes_and_comments() -> None:
    content = xml(ordrsp(head(), of()), root="ORDERS05").replace("<IDOC ", "<!-- 1 of 1 --><n:IDOC xmlns:n='urn:n' ")

    found = formats.build("auto", {}).read(content.replace("</IDOC>", "</n:IDOC>").encode())

    assert [(one.order_ref, one.status) for one in found.acknowledgements] == [("48447", _S.CONFIRMED)]
    assert found.faults == ()
