"""What the IDocs of SAP amount to, in either shape of file: codes, schedules, papers, receipts."""

import datetime as dt
from decimal import Decimal

import pytest

from bridge import formats
from bridge.model import Acknowledgement, AckStatus, Reading
from tests.formats.idoc_files import Message, Node, flat, message, ordrsp, ref, seg, xml

_S = AckStatus


def reading(*messages: Message, **options: object) -> Reading:
    """What both shapes say, which is the same."""
    format_ = formats.build("idoc", options)
    found, as_xml = format_.read(flat(*messages).encode()), format_.read(xml(*messages).encode())
    assert as_xml.acknowledgements == found.acknowledgements
    assert [fault.what for fault in as_xml.faults] == [fault.what for fault in found.faults]
    return found


def only(*messages: Message, **options: object) -> Acknowledgement:
    [found] = reading(*messages, **options).acknowledgements
    return found


def head(action: str = "", number: str = "") -> Node:
    return seg("E1EDK01", ACTION=action, BELNR=number)


def item(action: str = "", *below: Node, number: str = "000001", **fields: str) -> Node:
    return seg("E1EDP01", *below, POSEX=number, ACTION=action, **fields)


def schedule(qty: str, day: str = "") -> Node:
    return seg("E1EDP20", WMENG=qty, EDATU=day)


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ("001", _S.CANCELLED),
        ("002", _S.CHANGED),
        ("003", _S.CHANGED),
        ("004", _S.CHANGED),
        ("", _S.UNKNOWN),
        ("005", _S.UNKNOWN),
        ("ZZZ", _S.UNKNOWN),
    ],
)
def test_the_head_of_a_response_says_what_its_action_says(action: str, status: AckStatus) -> None:
    found = reading(ordrsp(head(action)))

    assert [one.status for one in found.acknowledgements] == [status]
    assert bool(found.faults) == (status is _S.UNKNOWN)


@pytest.mark.parametrize(
    ("action", "fields", "schedules", "status"),
    [
        ("004", {"MENGE": "2.000"}, (), _S.CONFIRMED),
        ("", {"MENGE": "2.000"}, (), _S.CONFIRMED),
        ("004", {}, (), _S.CONFIRMED),
        ("", {}, (), _S.UNKNOWN),
        ("001", {"MENGE": "2"}, (), _S.CHANGED),
        ("002", {"MENGE": "2"}, (), _S.CHANGED),
        ("003", {"MENGE": "2"}, (), _S.CANCELLED),
        ("003", {"MENGE": "2", "ABGRU": "Z1"}, (), _S.REJECTED),
        ("", {"MENGE": "2", "ABGRU": "Z1"}, (), _S.REJECTED),
        ("004", {"MENGE": "2", "ABGRU": "Z1"}, (), _S.REJECTED),
        ("005", {"MENGE": "2"}, (), _S.ON_HOLD),
        ("099", {"MENGE": "2"}, (), _S.UNKNOWN),
        ("099", {"MENGE": "2", "ABGRU": "Z1"}, (), _S.UNKNOWN),
        ("", {"MENGE": "2"}, (("2.000", "20261201"),), _S.CONFIRMED),
        ("004", {"MENGE": "2"}, (("1", "20261201"), ("1", "20261208")), _S.CONFIRMED),
        ("004", {"MENGE": "3"}, (("1", "20261201"), ("1", "20261208")), _S.CHANGED),
        ("", {"MENGE": "2"}, (("5", "20261201"),), _S.CHANGED),
        ("", {"MENGE": "2"}, (("0.000", ""),), _S.BACKORDER),
        ("004", {"MENGE": "2"}, (("0", "20261201"),), _S.BACKORDER),
        ("", {"MENGE": "2"}, (("0", "20261201"), ("2", "20261208")), _S.BACKORDER),
        ("", {"MENGE": "2"}, (("0", "20261201"), ("1", "20261208")), _S.CHANGED),
        ("", {}, (("2", "20261201"),), _S.UNKNOWN),
        ("", {"MENGE": "0"}, (), _S.UNKNOWN),
        ("004", {"MENGE": "0.000"}, (), _S.UNKNOWN),
    ],
)
def test_an_item_says_what_its_action_reason_and_schedules_say(
    action: str, fields: dict[str, str], schedules: tuple[tuple[str, str], ...], status: AckStatus
) -> None:
    found = only(ordrsp(head(), item(action, *(schedule(*one) for one in schedules), **fields)))

    assert found.status is status


@pytest.mark.parametrize(
    ("days", "status"),
    [(("20261201",), _S.CONFIRMED), (("20261202",), _S.BACKORDER), (("20261201", "20261202"), _S.CHANGED)],
)
@pytest.mark.parametrize("of_item", [True, False])
def test_what_comes_later_than_wished_is_no_plain_confirmation(
    days: tuple[str, ...], status: AckStatus, *, of_item: bool
) -> None:
    wished = seg("E1EDP03" if of_item else "E1EDK03", IDDAT="002", DATUM="20261201")
    schedules = [schedule("1", day) for day in days]
    below = [wished, *schedules] if of_item else schedules

    found = only(
        ordrsp(head(), *([] if of_item else [wished]), item("", *below, MENGE=str(len(days)))),
    )

    assert found.status is status
    assert found.lines[0].qty_backorder == (1 if "20261202" in days else None)


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        (("004", "004"), _S.CONFIRMED),
        (("004", "002"), _S.CHANGED),
        (("004", "003"), _S.CHANGED),
        (("003", "003"), _S.CANCELLED),
        (("005", "005"), _S.ON_HOLD),
        (("004", "099"), _S.UNKNOWN),
    ],
)
def test_the_items_decide_where_the_head_says_nothing(actions: tuple[str, ...], status: AckStatus) -> None:
    found = only(ordrsp(head(), *(item(one, number=str(place)) for place, one in enumerate(actions, 1))))

    assert found.status is status


def test_a_target_may_say_what_a_code_means() -> None:
    table = {
        "E1EDK01-ACTION:ZZ9": "on_hold",
        "e1edp01-action:002": "confirmed",
        "E1EDP01-ABGRU:Z9": "backorder",
        "STATUS:52": "rejected",
        "ja": "confirmed",
    }
    state = seg("E1ADHDR", seg("E1STATE", DOCNUM="123", STATUS="52"))

    on_hold = only(ordrsp(head("ZZ9")), status_map=table)
    confirmed = only(ordrsp(head(), item("002", MENGE="1")), status_map=table)
    backorder = only(ordrsp(head(), item("003", ABGRU="Z9", MENGE="1")), status_map=table)
    receipt = only(message("ALEAUD", state), status_map=table)

    assert [on_hold.status, confirmed.status, backorder.status] == [_S.ON_HOLD, _S.CONFIRMED, _S.BACKORDER]
    assert receipt.status is _S.REJECTED


def test_words_of_other_formats_in_the_table_change_no_code() -> None:
    found = only(ordrsp(head("ZZZ")), status_map={"unknown": "confirmed", "ZZZ": "confirmed", "1225:29": "confirmed"})

    assert found.status is _S.UNKNOWN


@pytest.mark.parametrize("key", ["E1EDP01-MENGE:2", "E1EDK02-QUALF:001", "EDI_DC40-MESTYP:ORDRSP"])
def test_a_field_that_holds_no_status_is_refused_in_the_table(key: str) -> None:
    with pytest.raises(ValueError, match="holds no status"):
        formats.build("idoc", {"status_map": {key: "confirmed"}})


def test_a_response_line_tells_article_quantities_price_date_and_reason() -> None:
    found = only(
        ordrsp(
            head("003", "0000012345"),
            ref("002", "SO-9"),
            seg("E1EDK03", IDDAT="012", DATUM="20261120"),
            seg(
                "E1EDKT1", seg("E1EDKT2", TDLINE="Delad", TDFORMAT="*"), seg("E1EDKT2", TDLINE="leverans"), TDID="0001"
            ),
            item(
                "002",
                seg("E1EDP02", QUALF="001", BELNR="48447", ZEILE="000002"),
                schedule("2.000", "20261201"),
                schedule("1.500", "20261215"),
                seg("E1EDP19", QUALF="001", IDTNR="ITEM001"),
                seg("E1EDP19", QUALF="002", IDTNR="000000000000004711"),
                seg("E1EDP19", QUALF="002", IDTNR="MAT-2"),
                seg("E1EDPT1", seg("E1EDPT2", TDLINE="Slu", TDFORMAT="*"), seg("E1EDPT2", TDLINE="t", TDFORMAT="=")),
                number="000010",
                MENGE="5.000",
                VPREI="300.25",
                PEINH="1",
            ),
        )
    )

    [line] = found.lines
    assert (found.erp_order_no, found.message_date, found.reason) == ("SO-9", dt.date(2026, 11, 20), "Delad leverans")
    assert (line.line_no, line.part_no, line.substitute_part_no) == ("2", "ITEM001", "MAT-2")
    assert (line.qty_ordered, line.qty_confirmed, line.qty_backorder) == (Decimal(5), Decimal("3.500"), None)
    assert (line.unit_price, line.date, line.reason) == (Decimal("300.25"), dt.date(2026, 12, 15), "Slut")
    assert [(one.qty, one.date) for one in line.schedules] == [
        (2, dt.date(2026, 12, 1)),
        (Decimal("1.5"), dt.date(2026, 12, 15)),
    ]


@pytest.mark.parametrize(("per", "price"), [("1", 300), ("", 300), ("0", 300), ("100", None)])
def test_a_price_of_several_units_is_none_that_could_be_compared(per: str, price: int | None) -> None:
    found = only(ordrsp(head(), item("004", MENGE="2", VPREI="300.00", PEINH=per)))

    assert found.lines[0].unit_price == price


def test_the_documents_number_is_the_erps_unless_it_repeats_ours_refuses_or_is_switched_off() -> None:
    confirmed = item("004", MENGE="1")

    told = only(ordrsp(head("", "0000012345"), confirmed)).erp_order_no
    echoed = only(ordrsp(head("", "48447"), confirmed)).erp_order_no
    refused = only(ordrsp(head("", "0000012345"), item("003", ABGRU="Z1"))).erp_order_no
    unclear = only(ordrsp(head("", "0000012345"))).erp_order_no
    off = only(ordrsp(head("", "0000012345"), confirmed), erp_number_from_belnr=False).erp_order_no

    assert [told, echoed, refused, unclear, off] == ["0000012345", None, None, None, None]


def test_several_orders_are_told_by_their_items() -> None:
    def of(order: str, line: str, action: str) -> Node:
        return item(action, seg("E1EDP02", QUALF="001", BELNR=order, ZEILE=line), MENGE="1")

    found = reading(message("ORDRSP", head(), of("48447", "000003", "004"), of("48448", "000001", "005")))

    assert [(one.order_ref, one.status, one.lines[0].line_no) for one in found.acknowledgements] == [
        ("48447", _S.CONFIRMED, "3"),
        ("48448", _S.ON_HOLD, "1"),
    ]


@pytest.mark.parametrize(
    "segments",
    [
        (head(), ref("001", "1"), ref("001", "2")),
        (head(), ref("001", "1"), ref("002", "A"), ref("002", "B")),
        (
            head(),
            item("004", seg("E1EDP02", QUALF="001", BELNR="1")),
            item("004", seg("E1EDP02", QUALF="001", BELNR="2")),
            item("004", number="3"),
        ),
        (head(), ref("001", "1"), item("004", MENGE="two")),
        (head(), ref("001", "1"), item("004", schedule("1,000"))),
        (head(), head(), ref("001", "1")),
        (ref("001", "1"), item("004")),
        (head(), item("004", MENGE="1")),
        (
            head(),
            ref("001", "1"),
            item("004", *(seg("E1EDP19", QUALF="002", IDTNR=one) for one in ("A", "B", "C"))),
        ),
    ],
)
def test_what_is_ambiguous_or_no_number_is_a_fault_and_no_answer(segments: tuple[Node, ...]) -> None:
    found = reading(message("ORDRSP", *segments))

    assert found.acknowledgements == ()
    [fault] = found.faults
    assert "IDoc 1" in fault.where


@pytest.mark.parametrize(
    ("text", "value"), [("2.000", 2), ("     2.000", 2), ("2.000-", -2), ("1234567.125", Decimal("1234567.125"))]
)
def test_a_quantity_is_read_as_sap_writes_it(text: str, value: Decimal | int) -> None:
    found = only(ordrsp(head(), item("002", MENGE=text)))

    assert found.lines[0].qty_confirmed == value


def test_a_decimal_comma_is_read_where_the_settings_say_so() -> None:
    found = only(ordrsp(head(), item("002", MENGE="2,5")), decimal=",")

    assert found.lines[0].qty_confirmed == Decimal("2.5")


@pytest.mark.parametrize(("day", "warns"), [("00000000", False), ("", False), ("2026113", True), ("20261332", True)])
def test_a_day_that_is_none_is_left_out_and_warned_of(day: str, *, warns: bool) -> None:
    found = only(ordrsp(head(), item("004", schedule("2", day), MENGE="2")))

    assert found.lines[0].date is None
    assert found.status is _S.CONFIRMED
    assert bool(found.warnings) == warns
