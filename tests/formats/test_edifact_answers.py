"""What the messages of an ERP amount to: codes, quantities, papers, receipts."""

import datetime as dt
from decimal import Decimal

import pytest

from bridge import formats
from bridge.model import AckKind, AckStatus
from tests.formats.edifact_files import file_of, only, ordrsp, reading

_S = AckStatus


@pytest.mark.parametrize(
    ("begin", "status"),
    [
        ("BGM+231+SO-1+29", _S.CONFIRMED),
        ("BGM+231+SO-1+27", _S.REJECTED),
        ("BGM+231+SO-1+28", _S.CHANGED),
        ("BGM+231+SO-1+30", _S.CHANGED),
        ("BGM+231+SO-1+34", _S.CHANGED),
        ("BGM+231+SO-1+4", _S.CHANGED),
        ("BGM+231+SO-1+5", _S.CHANGED),
        ("BGM+231+SO-1+1", _S.CANCELLED),
        ("BGM+231+SO-1+3", _S.CANCELLED),
        ("BGM+231+SO-1+9+AP", _S.CONFIRMED),
        ("BGM+231+SO-1+9+AD", _S.CONFIRMED),
        ("BGM+231+SO-1+9+AC", _S.CHANGED),
        ("BGM+231+SO-1++CA", _S.CHANGED),
        ("BGM+231+SO-1+9+RE", _S.REJECTED),
        ("BGM+231+SO-1+9+AB", _S.RECEIVED),
        ("BGM+231+SO-1+29+AB", _S.CONFIRMED),
        ("BGM+231+SO-1+29+RE", _S.REJECTED),
        ("BGM+231+SO-1+29+AC", _S.CHANGED),
        ("BGM+231+SO-1+27+AP", _S.REJECTED),
        ("BGM+231+SO-1+27+AC", _S.UNKNOWN),
        ("BGM+231+SO-1+9+NA", _S.UNKNOWN),
        ("BGM+231+SO-1+9", _S.UNKNOWN),
        ("BGM+231+SO-1", _S.UNKNOWN),
        ("BGM+231+SO-1+12", _S.UNKNOWN),
        ("BGM+231+SO-1+29+XX", _S.UNKNOWN),
        ("BGM+231+SO-1+XX+AP", _S.UNKNOWN),
    ],
)
def test_the_head_of_a_response_says_what_its_codes_say(begin: str, status: AckStatus) -> None:
    found = reading(ordrsp(begin))

    assert [one.status for one in found.acknowledgements] == [status]
    assert bool(found.faults) == (status is _S.UNKNOWN)


@pytest.mark.parametrize(
    ("lin", "quantities", "status"),
    [
        ("LIN+1+5", ("QTY+21:2",), _S.CONFIRMED),
        ("LIN+1+11", ("QTY+21:2", "QTY+113:2"), _S.CONFIRMED),
        ("LIN+1+3", ("QTY+21:2", "QTY+113:1"), _S.CHANGED),
        ("LIN+1+6", (), _S.CHANGED),
        ("LIN+1+24", (), _S.CHANGED),
        ("LIN+1+23", (), _S.CHANGED),
        ("LIN+1+1", (), _S.CHANGED),
        ("LIN+1+7", (), _S.REJECTED),
        ("LIN+1+10", (), _S.REJECTED),
        ("LIN+1+2", (), _S.CANCELLED),
        ("LIN+1+", ("QTY+21:2", "QTY+113:2"), _S.CONFIRMED),
        ("LIN+1+4", ("QTY+21:2", "QTY+12:1"), _S.CHANGED),
        ("LIN+1+", ("QTY+21:2", "QTY+113:0", "QTY+83:2"), _S.BACKORDER),
        ("LIN+1+", ("QTY+113:0", "DTM+67:20261201:102"), _S.BACKORDER),
        ("LIN+1+", ("QTY+21:2",), _S.UNKNOWN),
        ("LIN+1+", ("QTY+113:2",), _S.UNKNOWN),
        ("LIN+1+42", ("QTY+21:2", "QTY+113:2"), _S.UNKNOWN),
        ("LIN+1+5", ("QTY+21:2", "QTY+113:1"), _S.CHANGED),
        ("LIN+1+", ("QTY+21:5", "QTY+113:0"), _S.CHANGED),
        ("LIN+1+", ("QTY+21:-5", "QTY+113:-5"), _S.UNKNOWN),
        ("LIN+1+", ("QTY+21:5", "QTY+113:-5"), _S.UNKNOWN),
        ("LIN+1+", ("QTY+113:0", "QTY+83:-5"), _S.UNKNOWN),
    ],
)
def test_the_lines_decide_where_the_head_says_nothing(lin: str, quantities: tuple[str, ...], status: AckStatus) -> None:
    found = only(ordrsp("BGM+231+SO-1+9", f"{lin}+ITEM1:SA", *quantities, "UNS+S"))

    assert found.status is status


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("LIN+2+3",), _S.CHANGED),
        (("LIN+2+7",), _S.CHANGED),
        (("LIN+2+5",), _S.CONFIRMED),
        ((), _S.UNKNOWN),
    ],
)
def test_where_only_changes_are_listed_they_do_not_speak_for_the_other_lines(
    lines: tuple[str, ...], status: AckStatus
) -> None:
    found = only(ordrsp("BGM+231+SO-1+9+AI", *lines))

    assert found.status is status


def test_a_refused_line_outweighs_an_accepted_head() -> None:
    found = only(ordrsp("BGM+231+SO-1+29", "LIN+1+5", "LIN+2+7", "UNS+S"))

    assert found.status is _S.CHANGED
    assert found.warnings


@pytest.mark.parametrize("function", ["7", "31"])
def test_a_copy_of_an_answer_settles_nothing(function: str) -> None:
    found = reading(ordrsp(f"BGM+231+SO-1+{function}+AP"))

    [said] = found.acknowledgements
    assert (said.kind, said.status) == (AckKind.RECEIPT, _S.RECEIVED)
    assert said.erp_order_no is None
    assert found.faults == ()


def test_a_target_may_say_what_a_code_means() -> None:
    table = {"1225:12": "on_hold", "4343:ap": "changed", "1229:42": "delivered", "ja": "confirmed"}

    on_hold = only(ordrsp("BGM+231+SO-1+12"), status_map=table)
    changed = only(ordrsp("BGM+231+SO-1++AP"), status_map=table)
    line = only(ordrsp("BGM+231+SO-1+9", "LIN+1+42", "UNS+S"), status_map=table)

    assert [on_hold.status, changed.status, line.status] == [_S.ON_HOLD, _S.CHANGED, _S.DELIVERED]


def test_words_of_other_formats_in_the_table_change_no_code() -> None:
    found = reading(ordrsp("BGM+231+SO-1+12"), status_map={"unknown": "confirmed", "29": "rejected"})
    confirmed = only(ordrsp("BGM+231+SO-1+29"), status_map={"confirmed": "rejected", "29": "rejected"})

    assert found.acknowledgements[0].status is _S.UNKNOWN
    assert confirmed.status is _S.CONFIRMED


def test_an_element_that_holds_no_status_is_refused_in_the_table() -> None:
    with pytest.raises(ValueError, match="1125"):
        formats.build("edifact", {"status_map": {"1125:29": "confirmed"}})


def test_a_response_line_tells_article_quantities_price_date_and_reason() -> None:
    content = ordrsp(
        "BGM+231+SO-1+4",
        "RFF+VN:SO-9",
        "DTM+137:202611211402:203",
        "FTX+AAO+++Delad:leverans",
        "LIN+10+3+ITEM001:SA",
        "PIA+1+7310:IN",
        "PIA+3+ITEM002:SA",
        "QTY+21:5:PCE",
        "QTY+113:3.50",
        "QTY+83:1.5",
        "PRI+AAB:400",
        "PRI+AAA:300.25",
        "FTX+AAI+++Slut",
        "RFF+LI:0002",
        "SCC+1",
        "QTY+113:2",
        "DTM+67:20261201:102",
        "SCC+1",
        "QTY+113:1.5",
        "DTM+67:261215:101",
        "UNS+S",
    )

    found = only(content)

    [line] = found.lines
    assert (found.erp_order_no, found.message_date, found.reason) == (
        "SO-9",
        dt.date(2026, 11, 21),
        "Delad leverans",
    )
    assert (line.line_no, line.part_no, line.substitute_part_no) == ("2", "7310", "ITEM002")
    assert (line.qty_ordered, line.qty_confirmed, line.qty_backorder) == (Decimal(5), Decimal("3.50"), Decimal("1.5"))
    assert (line.unit_price, line.reason) == (Decimal("300.25"), "Slut")
    assert [(one.qty, one.date) for one in line.schedules] == [
        (2, dt.date(2026, 12, 1)),
        (Decimal("1.5"), dt.date(2026, 12, 15)),
    ]


def test_the_number_of_the_response_is_the_erps_unless_it_repeats_ours_refuses_or_is_switched_off() -> None:
    told = only(ordrsp("BGM+231+SO-1+29")).erp_order_no
    echoed = only(ordrsp("BGM+231+48447+29")).erp_order_no
    refused = only(ordrsp("BGM+231+R-1+27")).erp_order_no
    off = only(ordrsp("BGM+231+SO-1+29"), erp_number_from_bgm=False).erp_order_no

    assert [told, echoed, refused, off] == ["SO-1", None, None, None]


def test_the_order_may_be_named_by_its_lines_and_several_orders_by_theirs() -> None:
    content = file_of(
        "ORDRSP",
        "BGM+231+9+29",
        "LIN+1+5",
        "RFF+ON:48447:3",
        "LIN+2+7",
        "RFF+ON:48448:1",
        "RFF+VN:SO-2",
        "UNS+S",
    )

    found = reading(content)

    assert [(one.order_ref, one.erp_order_no, one.lines[0].line_no) for one in found.acknowledgements] == [
        ("48447", None, "3"),
        ("48448", "SO-2", "1"),
    ]
    assert [one.status for one in found.acknowledgements] == [_S.CONFIRMED, _S.REJECTED]


@pytest.mark.parametrize(
    "segments",
    [
        ("BGM+231+9+29", "RFF+ON:1", "RFF+ON:2"),
        ("BGM+231+9+29", "RFF+ON:1", "RFF+VN:A", "RFF+VN:B"),
        ("BGM+231+9+29", "LIN+1", "RFF+ON:1", "LIN+2", "RFF+ON:2", "LIN+3"),
        ("BGM+231+9+29", "LIN+1", "RFF+ON:1", "LIN+2"),
        ("BGM+231+9+29", "RFF+ON:1", "LIN+1+5", "QTY+113:two"),
        ("BGM+231+9+29", "RFF+ON:1", "LIN+1+5", "QTY+113:1 000"),
        ("RFF+ON:1",),
        ("BGM+231++29",),
    ],
)
def test_what_is_ambiguous_or_no_number_is_a_fault_and_no_answer(segments: tuple[str, ...]) -> None:
    found = reading(file_of("ORDRSP", *segments))

    assert found.acknowledgements == ()
    [fault] = found.faults
    assert "message 1" in fault.where


@pytest.mark.parametrize(
    ("signs", "text", "value"),
    [
        ("UNA:+.? '", "1.5", "1.5"),
        ("UNA:+,? '", "1,5", "1.5"),
        ("UNA:+.? '", "1,5", "1.5"),
        ("UNA:+,? '", "1.25", "1.25"),
        ("", "1,250", "1.250"),
        ("", "1.250", "1.250"),
        ("UNA:+.? '", "1,250", None),
        ("UNA:+,? '", "1.250", None),
        ("UNA:+,? '", "1,250", "1.250"),
        ("UNA:+.? '", "1E3", None),
        ("UNA:+.? '", "-2", "-2"),
    ],
)
def test_a_quantity_is_read_by_the_files_own_mark_and_never_by_guess(signs: str, text: str, value: str | None) -> None:
    content = signs.encode() + ordrsp("BGM+231+1+4", "LIN+1", f"QTY+21:{text}", "UNS+S")

    found = reading(content)

    quantities = [line.qty_ordered for one in found.acknowledgements for line in one.lines]
    assert quantities == ([] if value is None else [Decimal(value)])
    assert bool(found.faults) == (value is None)


# --- despatch advices and invoices ------------------------------------------------------------------------------------

DESPATCH = (
    "BGM+351+FS-1+9",
    "DTM+137:20261122:102",
    "DTM+11:20261122:102",
    "RFF+ON:48447",
    "RFF+CN:JD01",
    "TDT+20++30++X1:::PostNord",
    "CPS+1",
    "PAC+1++CT",
    "PCI+33E",
    "GIN+BJ+3730:3731+3732",
)


@pytest.mark.parametrize(
    ("quantities", "outstanding", "status"),
    [
        (("QTY+12:2",), None, _S.DELIVERED),
        (("QTY+12:2", "QTY+21:2"), 0, _S.DELIVERED),
        (("QTY+12:2", "QTY+21:5"), 3, _S.PARTLY_DELIVERED),
        (("QTY+12:2", "QTY+83:1"), 1, _S.PARTLY_DELIVERED),
        (("QTY+12:5", "QTY+21:2"), 0, _S.DELIVERED),
        (("QTY+12:2", "LIN+2", "QTY+12:0"), None, _S.PARTLY_DELIVERED),
        (("QTY+12:2", "LIN+2", "QTY+12:0", "QTY+83:0"), None, _S.DELIVERED),
    ],
)
def test_a_despatch_advice_tells_what_was_sent_and_what_is_to_come(
    quantities: tuple[str, ...], outstanding: int | None, status: AckStatus
) -> None:
    found = only(file_of("DESADV", *DESPATCH, "LIN+1++ITEM001:SA", *quantities, "RFF+LI:1"))

    assert (found.kind, found.status, found.note_no) == (AckKind.DESPATCH, status, "FS-1")
    assert (found.carrier, found.tracking) == ("PostNord", ("JD01", "3730", "3731", "3732"))
    assert found.lines[0].qty_outstanding == outstanding
    assert found.erp_order_no is None


def test_a_quantity_of_a_package_is_not_that_of_the_item() -> None:
    item = ("LIN+1++ITEM001:SA", "PAC+1++CT", "QTY+12:99", "RFF+LI:1", "QTY+12:2")

    found = only(file_of("DESADV", *DESPATCH, *item))

    assert found.lines[0].qty_delivered == 2


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ((), "no LIN"),
        (("LIN+1", "QTY+12:0"), "nothing was sent"),
        (("LIN+1", "QTY+12:0", "QTY+21:5"), "nothing was sent"),
        (("LIN+1", "QTY+12:-5"), "less than nothing"),
        (("LIN+1", "QTY+12:5", "LIN+2", "QTY+12:-5"), "less than nothing"),
    ],
)
def test_a_despatch_advice_by_which_nothing_was_sent_is_for_a_person(items: tuple[str, ...], why: str) -> None:
    found = reading(file_of("DESADV", *DESPATCH, *items))

    assert [(one.kind, one.status) for one in found.acknowledgements] == [(AckKind.DESPATCH, _S.UNKNOWN)]
    assert why in found.faults[0].what


def test_a_copy_of_a_despatch_advice_needs_no_items() -> None:
    found = reading(file_of("DESADV", "BGM+351+FS-1+7", "RFF+ON:48447"))

    assert [one.kind for one in found.acknowledgements] == [AckKind.RECEIPT]
    assert found.faults == ()


@pytest.mark.parametrize("function", ["1", "3", "5", "ZZ"])
def test_a_paper_that_takes_back_or_replaces_another_is_for_a_person(function: str) -> None:
    despatch = reading(file_of("DESADV", f"BGM+351+FS-1+{function}", "RFF+ON:48447", "LIN+1", "QTY+12:1"))
    invoice = reading(file_of("INVOIC", f"BGM+380+F-1+{function}", "RFF+ON:48447", "UNS+S", "MOA+77:1"))

    for found in (despatch, invoice):
        assert [one.status for one in found.acknowledgements] == [_S.UNKNOWN]
        assert found.faults


@pytest.mark.parametrize(("count", "told"), [(99, 99), (100, 0)])
def test_packages_of_several_orders_are_told_of_each_as_long_as_they_are_few(count: int, told: int) -> None:
    packages = [f"GIN+BJ+{at}" for at in range(count)]
    items = [one for ref in ("48447", "48448") for one in ("LIN+1++X:SA", "QTY+12:1", f"RFF+ON:{ref}")]

    found = reading(file_of("DESADV", "BGM+351+1+9", "CPS+1", "PAC+1", "PCI+33E", *packages, *items))

    assert [len(one.tracking) for one in found.acknowledgements] == [told, told]
    warned = [text for one in found.acknowledgements for text in one.warnings]
    assert warned == ["its 100 packages are left out: nothing says of which of 2 orders each is"] * (0 if told else 2)


def test_a_despatched_item_without_a_quantity_is_a_fault() -> None:
    found = reading(file_of("DESADV", *DESPATCH, "LIN+1++ITEM001:SA", "QTY+21:2"))

    assert found.acknowledgements == ()
    assert "QTY+12" in found.faults[0].what


INVOICE = (
    "DTM+137:20261122:102",
    "RFF+ON:48447",
    "RFF+DQ:FS-1",
    "CUX+2:SEK:4",
    "PAT+1",
    "DTM+13:20261222:102",
    "LIN+1++ITEM001:SA",
    "QTY+47:2",
    "MOA+203:600",
    "PRI+AAA:300",
    "RFF+LI:1",
    "TAX+7+VAT+++:::25+S",
    "MOA+124:150",
    "UNS+S",
)


def test_an_invoice_tells_number_dates_and_amounts() -> None:
    found = only(file_of("INVOIC", "BGM+380+F-1+9", *INVOICE, "MOA+79:600", "MOA+77:750", "MOA+124:150"))

    assert found.invoice is not None
    assert (found.kind, found.status, found.note_no) == (AckKind.INVOICE, _S.INVOICED, "FS-1")
    assert (found.invoice.no, found.invoice.total, found.invoice.vat) == ("F-1", Decimal(750), Decimal(150))
    assert (found.invoice.date, found.invoice.due) == (dt.date(2026, 11, 22), dt.date(2026, 12, 22))
    assert (found.invoice.currency, found.invoice.credited_no) == ("SEK", None)
    assert (found.lines[0].qty_delivered, found.lines[0].unit_price) == (Decimal(2), Decimal(300))


@pytest.mark.parametrize(
    "amounts",
    [
        ("MOA+77:750", "TAX+7+VAT+++:::25+S", "MOA+124:100", "TAX+7+VAT+++:::12+S", "MOA+124:50"),
        ("MOA+139:750", "MOA+124:150", "TAX+7+VAT+++:::25+S", "MOA+124:150"),
    ],
)
def test_the_vat_of_an_invoice_is_that_of_all_rates_counted_once(amounts: tuple[str, ...]) -> None:
    found = only(file_of("INVOIC", "BGM+380+F-1+9", *INVOICE, *amounts))

    assert found.invoice is not None
    assert (found.invoice.total, found.invoice.vat) == (Decimal(750), Decimal(150))


def test_a_credit_note_names_the_invoice_that_it_credits() -> None:
    found = only(file_of("INVOIC", "BGM+381+K-1+9", "RFF+ON:48447", "RFF+IV:F-1", "UNS+S", "MOA+77:750"))

    assert found.invoice is not None
    assert (found.invoice.no, found.invoice.credited_no) == ("K-1", "F-1")


@pytest.mark.parametrize("begin", ["BGM+381+K-1+9", "BGM+384+F-1+9", "BGM+383+F-1+9", "BGM++F-1+9"])
def test_a_paper_that_is_no_plain_invoice_is_never_taken_for_one(begin: str) -> None:
    found = reading(file_of("INVOIC", begin, "RFF+ON:48447", "UNS+S", "MOA+77:750"))

    assert [one.status for one in found.acknowledgements] == [_S.UNKNOWN]
    assert found.faults


def test_an_invoice_for_several_orders_is_for_a_person() -> None:
    lines = ("LIN+1", "RFF+ON:1", "LIN+2", "RFF+ON:2", "UNS+S", "MOA+77:1")

    found = reading(file_of("INVOIC", "BGM+380+F-1+9", *lines))

    assert found.acknowledgements == ()
    assert "several orders" in found.faults[0].what


# --- receipts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("segments", "status"),
    [
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+7",), _S.RECEIVED),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+8",), _S.RECEIVED),
        (("UCI+000123+SHOP:ZZZ+ERP:ZZZ+7", "UCM+1+ORDERS:D:96A:UN+7"), _S.RECEIVED),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+7", "UCM+1+ORDERS:D:96A:UN+4+12"), _S.REJECTED),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+4+13",), _S.REJECTED),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+5",), _S.UNKNOWN),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+5", "UCM+1+ORDERS:D:96A:UN+7"), _S.RECEIVED),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ",), _S.UNKNOWN),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+29",), _S.UNKNOWN),
    ],
)
def test_a_syntax_receipt_names_our_file_and_never_confirms(segments: tuple[str, ...], status: AckStatus) -> None:
    found = reading(file_of("CONTRL", *segments))

    [said] = found.acknowledgements
    assert (said.kind, said.status, said.control) == (AckKind.RECEIPT, status, 123)
    assert bool(found.faults) == (status is _S.UNKNOWN)


@pytest.mark.parametrize(
    ("segments", "status"),
    [
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+29",), _S.RECEIVED),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+8",), _S.REJECTED),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+7", "UCM+1+ORDERS:D:96A:UN+8"), _S.REJECTED),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+5",), _S.RECEIVED),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+4",), _S.UNKNOWN),
        (("UCI+123+SHOP:ZZZ+ERP:ZZZ+7",), _S.RECEIVED),
    ],
)
def test_a_target_says_what_the_actions_of_its_receipts_mean(segments: tuple[str, ...], status: AckStatus) -> None:
    table = {"0083:29": "received", "0083:8": "rejected", "0083:5": "received", "0083:4": "unknown"}

    [said] = reading(file_of("CONTRL", *segments), status_map=table).acknowledgements

    assert (said.kind, said.status) == (AckKind.RECEIPT, status)


@pytest.mark.parametrize("status", ["confirmed", "changed", "delivered", "cancelled"])
def test_no_setting_makes_a_receipt_more_than_one(status: str) -> None:
    with pytest.raises(ValueError, match="write received or rejected"):
        formats.build("edifact", {"status_map": {"0083:7": status}})


@pytest.mark.parametrize("segments", [("UCI+X9+SHOP:ZZZ+ERP:ZZZ+7",), (), ("UCI+1+A+B+7", "UCI+2+A+B+7")])
def test_a_syntax_receipt_of_a_file_that_cannot_be_ours_is_a_fault(segments: tuple[str, ...]) -> None:
    found = reading(file_of("CONTRL", *segments))

    assert found.acknowledgements == ()
    assert found.faults


@pytest.mark.parametrize(
    ("segments", "status"),
    [
        (("BGM++A-1+9", "RFF+ON:48447"), _S.RECEIVED),
        (("BGM++A-1+29", "RFF+ON:48447"), _S.RECEIVED),
        (("BGM++A-1+9+AP", "RFF+ON:48447"), _S.RECEIVED),
        (("BGM++A-1+27", "RFF+ON:48447"), _S.REJECTED),
        (("BGM++A-1+9+RE", "RFF+ON:48447"), _S.REJECTED),
        (("BGM++A-1+9", "RFF+ACW:48447", "ERC+42", "FTX+AAO+++Fel"), _S.REJECTED),
        (("BGM++A-1+9+AP", "RFF+ON:48447", "ERC+42"), _S.UNKNOWN),
        (("BGM++A-1+12", "RFF+ON:48447"), _S.UNKNOWN),
    ],
)
def test_an_application_receipt_never_confirms(segments: tuple[str, ...], status: AckStatus) -> None:
    [said] = reading(file_of("APERAK", *segments)).acknowledgements

    assert (said.kind, said.status, said.order_ref) == (AckKind.RECEIPT, status, "48447")


@pytest.mark.parametrize("kind", ["ORDERS", "ORDCHG", "", "PAXLST"])
def test_a_message_that_is_no_answer_is_a_fault(kind: str) -> None:
    found = reading(file_of(kind, "BGM+220+48447+29", "RFF+ON:48447"))

    assert found.acknowledgements == ()
    [fault] = found.faults
    assert "is no answer" in fault.what
