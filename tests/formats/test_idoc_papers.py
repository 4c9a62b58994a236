"""What SAP's deliveries, invoices and receipts are read as."""

import datetime as dt
from decimal import Decimal

import pytest

from bridge import formats
from bridge.model import AckKind, AckStatus
from tests.formats.idoc_files import Message, Node, message, ref, seg, xml
from tests.formats.test_idoc_answers import head, item, only, reading

_S = AckStatus


# --- deliveries and invoices ------------------------------------------------------------------------------------------


def sent(qty: str, *, order: str = "48447", line: str = "000001", sales: str = "0000012345") -> Node:
    return seg(
        "E1EDL24",
        seg("E1EDL43", QUALF="C", BELNR=sales),
        seg("E1EDL41", QUALI="001", BSTNR=order, POSEX=line),
        POSNR="000010",
        MATNR="MAT-1",
        KDMAT="ITEM001",
        LFIMG=qty,
    )


def delivery(*below: Node, kind: str = "DESADV", **fields: str) -> Message:
    return message(kind, seg("E1EDL20", *below, VBELN="0080000001", **fields))


@pytest.mark.parametrize("kind", ["DESADV", "DELVRY", "SHPCON"])
def test_a_delivery_tells_its_number_lines_packages_carrier_and_day(kind: str) -> None:
    found = only(
        delivery(
            seg("E1ADRM1", PARTNER_Q="WE", NAME1="Receiver"),
            seg("E1ADRM1", PARTNER_Q="SP", PARTNER_ID="PN", NAME1="PostNord"),
            seg("E1EDT13", QUALF="007", NTANF="20261130"),
            seg("E1EDT13", QUALF="006", NTANF="20261122", ISDD="20261123"),
            sent("2.000"),
            seg("E1EDL37", EXIDV="00373500000000000017"),
            seg("E1EDL37", EXIDV="00073500000000000017"),
            seg("E1EDL37", EXIDV="KOLLI-1"),
            kind=kind,
            BOLNR="JD0001",
        )
    )

    assert (found.kind, found.status, found.note_no) == (AckKind.DESPATCH, _S.DELIVERED, "0080000001")
    assert (found.order_ref, found.erp_order_no) == ("48447", "0000012345")
    assert (found.carrier, found.date, found.message_date) == ("PostNord", dt.date(2026, 11, 23), dt.date(2026, 11, 21))
    assert found.tracking == ("JD0001", "373500000000000017", "073500000000000017", "KOLLI-1")
    [line] = found.lines
    assert (line.line_no, line.part_no, line.qty_delivered, line.status) == ("1", "ITEM001", Decimal(2), _S.DELIVERED)


def test_an_item_of_which_nothing_was_sent_is_left_out_and_none_at_all_is_a_fault() -> None:
    found = only(delivery(sent("0.000"), sent("3.000", line="000002")))
    nothing = reading(delivery(sent("0.000")))
    missing, returned = reading(delivery(sent(""))), reading(delivery(sent("1.000-")))

    assert [line.line_no for line in found.lines] == ["2"]
    assert (nothing.acknowledgements, missing.acknowledgements, returned.acknowledgements) == ((), (), ())
    assert "LFIMG" in nothing.faults[0].what
    assert "LFIMG" in missing.faults[0].what


def test_a_delivery_for_two_orders_speaks_of_both_under_its_number() -> None:
    found = reading(delivery(sent("1"), sent("2", order="48448", sales="SO-2")))

    assert [(one.order_ref, one.erp_order_no, one.note_no) for one in found.acknowledgements] == [
        ("48447", "0000012345", "0080000001"),
        ("48448", "SO-2", "0080000001"),
    ]


def test_a_delivery_without_our_reference_goes_by_the_sales_order() -> None:
    found = only(delivery(sent("1", order="", line="")))

    assert (found.order_ref, found.erp_order_no, found.lines[0].line_no) == (None, "0000012345", None)


def invoice(kind: str = "INVO", *more: Node, action: str = "") -> Message:
    return message(
        "INVOIC",
        seg("E1EDK01", ACTION=action, CURCY="SEK", BSART=kind, BELNR="0090000001"),
        ref("001", "48447"),
        seg("E1EDK03", IDDAT="012", DATUM="20261124"),
        seg("E1EDK03", IDDAT="026", DATUM="20261123"),
        item("", seg("E1EDP02", QUALF="001", BELNR="48447", ZEILE="000001"), MENGE="2.000", VPREI="300.00"),
        seg("E1EDS01", SUMID="010", SUMME="600.00"),
        seg("E1EDS01", SUMID="005", SUMME="150.00"),
        seg("E1EDS01", SUMID="011", SUMME="750.00"),
        *more,
    )


@pytest.mark.parametrize("kind", ["INVO", ""])
def test_an_invoice_tells_number_dates_and_amounts(kind: str) -> None:
    found = only(invoice(kind, ref("009", "F-1"), ref("002", "SO-1"), ref("012", "FS-1")))

    assert found.invoice is not None
    assert (found.kind, found.status, found.note_no) == (AckKind.INVOICE, _S.INVOICED, "FS-1")
    assert (found.invoice.no, found.invoice.total, found.invoice.vat) == ("F-1", Decimal(750), Decimal(150))
    assert (found.invoice.date, found.message_date) == (dt.date(2026, 11, 23), dt.date(2026, 11, 24))
    assert (found.invoice.currency, found.erp_order_no) == ("SEK", "SO-1")
    assert (found.lines[0].line_no, found.lines[0].qty_delivered, found.lines[0].unit_price) == (
        "1",
        Decimal(2),
        Decimal(300),
    )


def test_the_number_of_an_invoice_is_never_taken_for_that_of_the_order() -> None:
    found = only(invoice())

    assert found.invoice is not None
    assert (found.invoice.no, found.erp_order_no) == ("0090000001", None)


def test_sums_that_stand_the_other_way_round_are_told_as_they_must_be_meant() -> None:
    turned = message(
        "INVOIC",
        seg("E1EDK01", BSART="INVO", BELNR="1"),
        ref("001", "48447"),
        seg("E1EDS01", SUMID="010", SUMME="750.00"),
        seg("E1EDS01", SUMID="011", SUMME="600.00"),
    )

    found = only(turned)

    assert found.invoice is not None
    assert found.invoice.total == 750
    assert "010" in found.warnings[0]


@pytest.mark.parametrize("qualifier", ["015", "016"])
def test_a_credit_note_names_the_invoice_that_it_credits(qualifier: str) -> None:
    found = only(invoice("CRME", ref("009", "K-1"), ref(qualifier, "F-1")))

    assert found.invoice is not None
    assert (found.status, found.invoice.no, found.invoice.credited_no) == (_S.INVOICED, "K-1", "F-1")


@pytest.mark.parametrize(("kind", "action"), [("CRME", ""), ("SUBI", ""), ("ZZZZ", ""), ("INVO", "001")])
def test_a_paper_that_is_no_plain_invoice_is_never_taken_for_one(kind: str, action: str) -> None:
    found = reading(invoice(kind, action=action))

    assert [one.status for one in found.acknowledgements] == [_S.UNKNOWN]
    assert found.faults


def test_a_target_may_say_which_types_are_invoices_and_which_messages_are_answers() -> None:
    own = message("ZORDRSP", ref("001", "48447"), head(), item("004", MENGE="1"))

    billed = only(invoice("ZINV"), invoice_types={"ZINV": "invoice"})
    confirmed = only(own, message_types={"ZORDRSP": "response"})
    unknown = reading(own)

    assert (billed.status, confirmed.status) == (_S.INVOICED, _S.CONFIRMED)
    assert "is no answer" in unknown.faults[0].what


def test_an_invoice_for_several_orders_is_for_a_person() -> None:
    other = item("", seg("E1EDP02", QUALF="001", BELNR="48448"), MENGE="1")

    found = reading(invoice("INVO", other))

    assert found.acknowledgements == ()
    assert "several orders" in found.faults[0].what


# --- receipts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("53", _S.RECEIVED),
        ("41", _S.RECEIVED),
        ("39", _S.RECEIVED),
        ("64", _S.RECEIVED),
        ("16", _S.RECEIVED),
        ("51", _S.REJECTED),
        ("56", _S.REJECTED),
        ("60", _S.REJECTED),
        ("40", _S.REJECTED),
        ("68", _S.REJECTED),
        ("17", _S.REJECTED),
        ("52", _S.UNKNOWN),
        ("57", _S.UNKNOWN),
        ("99", _S.UNKNOWN),
        ("", _S.UNKNOWN),
    ],
)
@pytest.mark.parametrize("kind", ["ALEAUD", "STATUS"])
def test_a_receipt_names_our_file_and_never_confirms(kind: str, status: str, said: AckStatus) -> None:
    state = seg("E1STATE" if kind == "ALEAUD" else "E1STATS", DOCNUM="0000000000000123", STATUS=status)

    found = reading(message(kind, seg("E1ADHDR", state, MESTYP="ORDERS") if kind == "ALEAUD" else state))

    [receipt] = found.acknowledgements
    assert (receipt.kind, receipt.status, receipt.control) == (AckKind.RECEIPT, said, 123)
    assert bool(found.faults) == (said is _S.UNKNOWN)


@pytest.mark.parametrize("word", ["confirmed", "changed", "delivered"])
def test_no_setting_makes_a_receipt_confirm(word: str) -> None:
    state = seg("E1ADHDR", seg("E1STATE", DOCNUM="123", STATUS="53"))

    found = reading(message("ALEAUD", state), status_map={"STATUS:53": word})

    assert [one.status for one in found.acknowledgements] == [_S.UNKNOWN]
    assert found.faults


def test_a_receipt_tells_the_sales_order_or_the_reason_of_each_of_our_files() -> None:
    made = seg("E1PRTOB", OBJTYPE="BUS2032", OBJKEY="0000012345")
    states = [
        seg("E1STATE", made, DOCNUM="123", STATUS="53", STATXT="Posted"),
        seg("E1STATE", made, DOCNUM="124", STATUS="51", STATXT="Customer 4711 is not there"),
    ]

    found = reading(message("ALEAUD", seg("E1ADHDR", *states, MESTYP="ORDERS", MESTYP_LNG="ORDERS")))

    assert [(one.control, one.erp_order_no, one.reason) for one in found.acknowledgements] == [
        (123, "0000012345", None),
        (124, None, "status 51: Customer 4711 is not there"),
    ]
    assert found.faults == ()


@pytest.mark.parametrize(
    "segments",
    [
        (seg("E1ADHDR", seg("E1STATE", DOCNUM="X9", STATUS="53")),),
        (seg("E1ADHDR", seg("E1STATE", DOCNUM="0000", STATUS="53")),),
        (seg("E1ADHDR", seg("E1STATE", DOCNUM="123", STATUS="53"), MESTYP="MATMAS"),),
        (seg("E1ADHDR", MESTYP="ORDERS"),),
    ],
)
def test_a_receipt_of_a_file_that_cannot_be_ours_is_a_fault(segments: tuple[Node, ...]) -> None:
    found = reading(message("ALEAUD", *segments))

    assert found.acknowledgements == ()
    assert found.faults


def test_a_status_without_number_goes_by_the_reference_that_our_control_record_had() -> None:
    content = xml(message("STATUS", seg("E1STATS", ARCKEY="48447", STATUS="51", STATXT="No &", STAPA1="customer")))

    [found] = formats.build("idoc", {}).read(content.encode()).acknowledgements

    assert (found.order_ref, found.control, found.status) == ("48447", None, _S.REJECTED)
    assert found.reason == "status 51: No & (customer)"


@pytest.mark.parametrize("kind", ["ORDERS", "ORDCHG", "MATMAS", ""])
def test_a_message_that_is_no_answer_is_a_fault(kind: str) -> None:
    found = reading(message(kind, head(), ref("001", "48447"), item("004", MENGE="1")))

    assert found.acknowledgements == ()
    [fault] = found.faults
    assert "is no answer" in fault.what
