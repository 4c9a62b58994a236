"""Where the segments of X12 answers stand: none is passed over, and nothing of one order is given to another."""

from decimal import Decimal

import pytest

from bridge.model import AckStatus
from tests.formats.test_x12_answers import only, reading
from tests.formats.x12_files import ack, file_of

_S = AckStatus
BEGIN = ("BSN*00*FS-1*20261122*1200", "HL*1**S")
ORDER = ("HL*2*1*O", "PRF*48447")
GOODS = ("LIN*1*BP*A", "SN1**5*EA**5*EA")


def _orders(*names: tuple[str, ...]) -> list[str]:
    """An order level for each, with these names and one item."""
    return [
        segment
        for place, named in enumerate(names)
        for segment in (f"HL*{2 * place + 2}*1*O", *named, f"HL*{2 * place + 3}*{2 * place + 2}*I", *GOODS)
    ]


# --- ship notices -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["P", "O", "S", "i", ""])
def test_goods_outside_of_an_item_are_a_fault_and_no_delivery(level: str) -> None:
    found = reading(file_of("856", *BEGIN, *ORDER, f"HL*3*2*{level}", *GOODS, "HL*4*2*I", "LIN*2*BP*B", "SN1**5*EA"))

    assert found.acknowledgements == ()
    assert "LIN stands in no item" in found.faults[0].what


def test_goods_that_stand_before_all_levels_are_a_fault() -> None:
    found = reading(file_of("856", BEGIN[0], "SN1**5*EA", *ORDER, "HL*3*2*I", *GOODS))

    assert found.acknowledgements == ()
    assert "SN1 stands in no item" in found.faults[0].what


@pytest.mark.parametrize(
    "goods",
    [
        ("LIN*1*BP*A", "SN1**5*EA", "LIN*2*BP*B", "SN1**5*EA"),
        ("LIN*1*BP*A", "SN1**5*EA", "SN1**4*EA"),
        ("LIN*1*BP*A", "LIN*1*BP*B", "SN1**5*EA"),
        ("LIN*1*BP*A", "SN1**5*EA", "LIN*1*BP*A", "SN1**5*EA"),
    ],
)
def test_two_articles_or_quantities_in_one_item_are_a_fault(goods: tuple[str, ...]) -> None:
    found = reading(file_of("856", *BEGIN, *ORDER, "HL*3*2*I", *goods))

    assert found.acknowledgements == ()
    assert "twice" in found.faults[0].what


@pytest.mark.parametrize("goods", [("LIN*1*BP*A", "SN1**5*EA", "SN1**5*EA"), ("LIN*1*BP*A", *GOODS)])
def test_a_segment_of_an_item_that_is_repeated_letter_by_letter_is_one(goods: tuple[str, ...]) -> None:
    [line] = only(file_of("856", *BEGIN, *ORDER, "HL*3*2*I", *goods)).lines

    assert (line.part_no, line.qty_delivered) == ("A", Decimal(5))


@pytest.mark.parametrize("levels", [ORDER, ("HL*2*1*O", "PRF*48447", "HL*3*2*P", "MAN*GM*1")])
def test_a_ship_notice_without_an_item_is_for_a_person(levels: tuple[str, ...]) -> None:
    found = reading(file_of("856", *BEGIN, *levels))

    assert [one.status for one in found.acknowledgements] == [_S.UNKNOWN]
    assert "of nothing" in found.faults[0].what


@pytest.mark.parametrize("sn1", ["SN1**-5*EA", "SN1**5*EA*-5", "SN1**5*EA**-5*EA"])
def test_less_than_nothing_is_no_delivery(sn1: str) -> None:
    found = reading(file_of("856", *BEGIN, *ORDER, "HL*3*2*I", *GOODS, "HL*4*2*I", "LIN*2*BP*B", sn1))

    assert found.acknowledgements == ()
    assert '"-5", which is no quantity' in found.faults[0].what


def test_an_order_of_which_an_item_is_listed_and_not_sent_is_not_delivered_whole() -> None:
    found = only(file_of("856", *BEGIN, *ORDER, "HL*3*2*I", *GOODS, "HL*4*2*I", "LIN*2*BP*B", "SN1**0*EA"))

    assert found.status is _S.PARTLY_DELIVERED


@pytest.mark.parametrize(
    "names",
    [
        ("PRF*48447", "PRF*48448"),
        ("PRF*48447", "REF*PO*48448"),
        ("PRF*48447", "REF*VN*SO-1", "REF*VN*SO-2"),
    ],
)
def test_two_names_of_one_order_level_are_a_fault(names: tuple[str, ...]) -> None:
    found = reading(file_of("856", *BEGIN, *_orders(names)))

    assert found.acknowledgements == ()
    assert "is both" in found.faults[0].what


def test_an_item_that_names_another_order_than_the_level_above_it_is_a_fault() -> None:
    found = reading(file_of("856", *BEGIN, *_orders(("PRF*48447",)), "REF*PO*48448"))

    assert found.acknowledgements == ()
    assert '"48447" and "48448"' in found.faults[0].what


@pytest.mark.parametrize("segment", ["PRF*48447", "REF*PO*48447"])
@pytest.mark.parametrize("place", [2, 3, 6])
def test_the_name_of_an_order_is_found_at_whichever_level_it_stands(segment: str, place: int) -> None:
    segments = [*BEGIN, "HL*2*1*O", "HL*3*2*I", *GOODS]

    found = only(file_of("856", *segments[:place], segment, *segments[place:]))

    assert (found.order_ref, found.status) == ("48447", _S.DELIVERED)


@pytest.mark.parametrize(
    ("above", "names"),
    [
        ("REF*PO*48447", [("PRF*48448",)]),
        ("REF*PO*48447", [("PRF*48448",), ("PRF*48449",)]),
        ("REF*VN*SO-1", [("PRF*48447", "REF*VN*SO-2")]),
    ],
)
def test_a_shipment_that_names_another_order_than_its_levels_is_a_fault(
    above: str, names: list[tuple[str, ...]]
) -> None:
    found = reading(file_of("856", *BEGIN, above, *_orders(*names)))

    assert found.acknowledgements == ()
    assert found.faults


def test_a_shipments_reference_is_not_given_to_a_level_with_another_number() -> None:
    names = (("PRF*48447", "REF*VN*SO-1"), ("REF*VN*SO-2",), ())

    found = reading(file_of("856", *BEGIN, "REF*PO*48447", *_orders(*names)))

    assert [(one.order_ref, one.erp_order_no, len(one.lines)) for one in found.acknowledgements] == [
        ("48447", "SO-1", 1),
        (None, "SO-2", 1),
    ]
    assert found.acknowledgements[0].lines[0].qty_delivered == 10


def test_a_level_with_the_number_of_another_is_of_the_same_order() -> None:
    names = (("REF*VN*SO-1",), ("PRF*48447", "REF*VN*SO-1"), ("PRF*48448", "REF*VN*SO-2"), ("REF*VN*SO-3",))

    found = reading(file_of("856", *BEGIN, *_orders(*names)))

    assert [(one.order_ref, one.erp_order_no) for one in found.acknowledgements] == [
        ("48447", "SO-1"),
        ("48448", "SO-2"),
        (None, "SO-3"),
    ]


def test_a_level_with_the_number_of_two_others_is_given_to_neither() -> None:
    names = (("PRF*48447", "REF*VN*SO-1"), ("PRF*48448", "REF*VN*SO-1"), ("REF*VN*SO-1",))

    found = reading(file_of("856", *BEGIN, *_orders(*names)))

    assert [(one.order_ref, len(one.lines)) for one in found.acknowledgements] == [
        ("48447", 1),
        ("48448", 1),
        (None, 1),
    ]


def test_an_order_that_is_named_once_a_package_has_the_numbers_of_all() -> None:
    names = (("PRF*48447", "MAN*GM*111"), ("PRF*48448",), ("PRF*48447", "MAN*GM*222"))

    found = reading(file_of("856", *BEGIN, *_orders(*names)))

    assert [one.tracking for one in found.acknowledgements] == [("111", "222"), ()]


def test_a_number_above_several_orders_is_given_to_none_and_told() -> None:
    found = reading(file_of("856", *BEGIN, "REF*VN*SO-1", *_orders(("PRF*48447",), ("PRF*48448", "REF*VN*SO-2"))))

    assert [(one.order_ref, one.erp_order_no) for one in found.acknowledgements] == [
        ("48447", None),
        ("48448", "SO-2"),
    ]
    assert all('"SO-1" stands above several orders' in str(one.warnings) for one in found.acknowledgements)


def test_a_number_above_several_orders_is_that_of_the_one_named_beside_it() -> None:
    found = reading(file_of("856", *BEGIN, "REF*VN*SO-1", "REF*PO*48448", *_orders(("PRF*48447",), ("PRF*48448",))))

    assert [(one.order_ref, one.erp_order_no, one.warnings) for one in found.acknowledgements] == [
        ("48447", None, ()),
        ("48448", "SO-1", ()),
    ]


def test_a_notice_that_begins_twice_is_a_fault() -> None:
    found = reading(file_of("856", *BEGIN, *_orders(("PRF*48447",)), "BSN*00*FS-2*20261122*1200"))

    assert found.acknowledgements == ()
    assert "BSN stands twice" in found.faults[0].what


# --- responses and invoices -------------------------------------------------------------------------------------------


def test_a_line_behind_the_count_of_lines_is_read() -> None:
    found = only(ack("AD", "PO1*1*2*EA", "ACK*IA", "CTT*2", "PO1*2*3*EA", "ACK*IR"))

    assert (found.status, [line.line_no for line in found.lines]) == (_S.CHANGED, ["1", "2"])


@pytest.mark.parametrize(
    "segments", [("ACK*IR*2*EA", "PO1*1*2*EA"), ("PO1*1*2*EA", "ACK*IA", "CTT*1", "ACK*IR*2*EA"), ("ACK*IR",)]
)
def test_a_verdict_of_no_line_is_a_fault(segments: tuple[str, ...]) -> None:
    found = reading(ack("AD", *segments))

    assert found.acknowledgements == ()
    assert "ACK stands below no PO1" in found.faults[0].what


def test_what_stands_behind_the_lines_is_said_of_the_whole() -> None:
    content = file_of(
        "855", "PO1*1*2*EA", "ACK*IA", "BAK*00*AD*48447*20241218", "CTT*1", "REF*VN*SO-1", "MSG*Late", "DTM*067*261201"
    )

    found = only(content)

    assert (found.order_ref, found.erp_order_no, found.reason, str(found.date)) == (
        "48447",
        "SO-1",
        "Late",
        "2026-12-01",
    )
    assert found.lines[0].reason is None


@pytest.mark.parametrize(
    "segments",
    [
        ("REF*PO*48448", "PO1*1*2*EA", "ACK*IA"),
        ("PO1*1*2*EA", "ACK*IA", "PO1*2*2*EA", "ACK*IA", "REF*PO*48448"),
        ("PO1*1*2*EA", "ACK*IA", "REF*VN*SO-2"),
        ("PO1*1*2*EA", "ACK*IA", "BAK*00*AD*48448*20241218"),
    ],
)
def test_a_response_whose_parts_name_two_orders_or_numbers_is_a_fault(segments: tuple[str, ...]) -> None:
    found = reading(ack("AD", *segments))

    assert found.acknowledgements == ()
    assert len(found.faults) == 1


def test_the_number_that_only_the_lines_name_is_that_of_the_order() -> None:
    lines = ("PO1*1*2*EA", "ACK*IA", "REF*VN*SO-1", "REF*PO*48447", "PO1*2*2*EA", "ACK*IA", "REF*VN*SO-1")

    assert only(ack("AD", *lines, number="")).erp_order_no == "SO-1"
    assert reading(ack("AD", *lines, "PO1*3*1*EA", "ACK*IA", "REF*VN*SO-2", number="")).acknowledgements == ()


def test_pieces_that_one_verdict_takes_from_another_are_a_fault() -> None:
    found = reading(ack("AD", "PO1*1*5*EA", "ACK*IA*10*EA", "ACK*IA*-5*EA"))

    assert found.acknowledgements == ()
    assert "ACK02" in found.faults[0].what


def _invoice(*segments: str) -> str:
    return file_of("810", "BIG*20261122*F-1**48447***DI*00", *segments)


def test_an_invoice_tells_the_same_wherever_its_items_and_amounts_stand() -> None:
    item, end = "IT1*1*2*EA*300*PE*VP*ITEM001", ("TDS*75000", "TXI*VA*150.00")

    usual = only(_invoice("CUR*SE*SEK", item, *end, "CTT*1"))

    assert usual.invoice is not None
    assert (usual.invoice.total, usual.invoice.vat, len(usual.lines)) == (Decimal(750), Decimal(150), 1)
    assert only(_invoice("CUR*SE*SEK", *end, item, "CTT*1")) == usual
    assert only(_invoice(item, "CTT*1", *end, "CUR*SE*SEK")) == usual


def test_an_item_behind_the_total_that_is_of_another_order_is_a_fault() -> None:
    found = reading(_invoice("IT1*1*2*EA", "TDS*75000", "IT1*2*1*EA", "REF*PO*48448"))

    assert found.acknowledgements == ()
    assert "several orders" in found.faults[0].what


@pytest.mark.parametrize(
    "segments",
    [
        ("TDS*100", "TDS*10"),
        ("TDS*100", "IT1*1*2*EA", "TDS*10"),
        ("TDS*100", "TXI*TX*20", "TXI*TX*2"),
        ("CUR*BY*EUR", "CUR*SE*SEK", "TDS*100"),
        ("REF*VN*SO-1", "IT1*1*2*EA", "REF*VN*SO-2", "TDS*100"),
        ("REF*PO*48448", "TDS*100"),
    ],
)
def test_an_invoice_that_says_two_things_of_the_whole_is_a_fault(segments: tuple[str, ...]) -> None:
    found = reading(_invoice(*segments))

    assert found.acknowledgements == ()
    assert len(found.faults) == 1


def test_an_amount_that_is_told_twice_alike_is_one() -> None:
    found = only(_invoice("CUR*SE*SEK", "TDS*100", "TDS*0100", "TXI*TX*20.0", "TXI*TX*20.00", "CUR*SE*SEK"))

    assert found.invoice is not None
    assert (found.invoice.total, found.invoice.vat, found.invoice.currency) == (Decimal(1), Decimal(20), "SEK")
