"""What an ERP says twice, of two orders, or out of its place: told once it is taken, told in two ways it is a fault."""

import datetime as dt
from decimal import Decimal

import pytest

from bridge.model import AckKind, AckStatus
from tests.formats.edifact_files import file_of, only, ordrsp, reading

_S = AckStatus
TWO_ORDERS = ("LIN+1+5", "RFF+ON:48447", "LIN+2+5", "RFF+ON:48448")


# --- which order, and its number --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "begin", "items"),
    [
        ("ORDRSP", ("BGM+231+R-1+29", "RFF+VN:SO-9"), ("LIN+1+5", "RFF+ON:48448", "RFF+VN:SO-8")),
        ("ORDRSP", ("BGM+231+R-1+29",), ("LIN+1+5", "RFF+ON:48448", "LIN+2+5", "RFF+ON:48449")),
        ("DESADV", ("BGM+351+FS-1+9",), ("LIN+1", "QTY+12:1", "RFF+ON:48448")),
        ("INVOIC", ("BGM+380+F-1+9",), ("LIN+1", "QTY+47:1", "RFF+ON:48448", "UNS+S", "MOA+77:1")),
    ],
)
def test_items_that_are_all_of_other_orders_than_the_head_are_a_fault(
    kind: str, begin: tuple[str, ...], items: tuple[str, ...]
) -> None:
    found = reading(file_of(kind, *begin, "RFF+ON:48447", *items))

    assert found.acknowledgements == ()
    assert "48447" in found.faults[0].what


def test_items_of_the_order_of_the_head_may_stand_beside_others() -> None:
    items = ("LIN+1+5", "LIN+2+5", "RFF+ON:48448", "RFF+VN:SO-8", "LIN+3+5", "RFF+ON:48447")

    found = reading(ordrsp("BGM+231+R-1+29", "RFF+VN:SO-9", *items))

    assert [(one.order_ref, one.erp_order_no) for one in found.acknowledgements] == [
        ("48447", "SO-9"),
        ("48448", "SO-8"),
    ]
    assert [[line.line_no for line in one.lines] for one in found.acknowledgements] == [["1", "3"], ["2"]]


@pytest.mark.parametrize(
    "segments",
    [
        ("RFF+ON:48447", "LIN+1+5", "RFF+VN:SO-1", "LIN+2+5", "RFF+VN:SO-2"),
        ("RFF+ON:48447", "RFF+VN:SO-9", "LIN+1+5", "RFF+VN:SO-8"),
        ("RFF+VN:SO-9", "LIN+1+5", "RFF+ON:48447", "RFF+VN:SO-8"),
        ("RFF+ON:48447", "RFF+VN:SO-9", *TWO_ORDERS, "LIN+3+5", "RFF+VN:SO-8"),
    ],
)
def test_two_numbers_of_one_order_are_a_fault(segments: tuple[str, ...]) -> None:
    found = reading(file_of("ORDRSP", "BGM+231+R-1+29", *segments))

    assert found.acknowledgements == ()
    assert "RFF+VN" in found.faults[0].what


def test_the_number_of_a_response_to_several_orders_is_the_number_of_none() -> None:
    found = reading(file_of("ORDRSP", "BGM+231+R-1+29", *TWO_ORDERS))

    assert [(one.order_ref, one.erp_order_no) for one in found.acknowledgements] == [("48447", None), ("48448", None)]


@pytest.mark.parametrize(
    ("kind", "begin", "items"),
    [
        ("ORDRSP", "BGM+231+R-1+29", TWO_ORDERS),
        ("DESADV", "BGM+351+FS-1+9", ("LIN+1", "QTY+12:1", "RFF+ON:48447", "LIN+2", "QTY+12:1", "RFF+ON:48448")),
    ],
)
def test_one_number_above_several_orders_is_left_out_and_told(kind: str, begin: str, items: tuple[str, ...]) -> None:
    found = reading(file_of(kind, begin, "RFF+VN:SO-9", *items))

    assert [one.erp_order_no for one in found.acknowledgements] == [None, None]
    assert ["RFF+VN" in one.warnings[0] for one in found.acknowledgements] == [True, True]


@pytest.mark.parametrize(
    ("begin", "lines", "status", "number"),
    [
        ("BGM+231+R-1+9", ("LIN+1+7", "LIN+2+7"), _S.REJECTED, None),
        ("BGM+231+R-1+29", ("LIN+1+7",), _S.REJECTED, None),
        ("BGM+231+R-1+9", ("LIN+1+2",), _S.CANCELLED, None),
        ("BGM+231+R-1+9", ("LIN+1+99",), _S.UNKNOWN, None),
        ("BGM+231+R-1+9", (), _S.UNKNOWN, None),
        ("BGM+231+R-1+9", ("LIN+1+5", "LIN+2+7"), _S.CHANGED, "R-1"),
        ("BGM+231+R-1+9+AI", ("LIN+1+7",), _S.CHANGED, "R-1"),
        ("BGM+231+R-1+9", ("LIN+1+5",), _S.CONFIRMED, "R-1"),
    ],
)
def test_a_refusal_by_its_lines_bears_no_number_of_an_order(
    begin: str, lines: tuple[str, ...], status: AckStatus, number: str | None
) -> None:
    found = only(ordrsp(begin, *lines))

    assert (found.status, found.erp_order_no) == (status, number)


# --- items behind UNS -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "segments",
    [
        ("UNS+D", "LIN+1+7", "QTY+21:5", "UNS+S"),
        ("UNS+S", "LIN+1+7", "QTY+21:5"),
        ("UNS", "LIN+1+7", "QTY+21:5", "UNS+S"),
    ],
)
def test_an_item_counts_wherever_uns_stands(segments: tuple[str, ...]) -> None:
    found = only(ordrsp("BGM+231+R-1+29", *segments))

    assert (found.status, len(found.lines)) == (_S.REJECTED, 1)


def test_what_stands_between_uns_and_the_first_item_is_of_the_head() -> None:
    found = only(file_of("ORDRSP", "BGM+231+R-1+29", "UNS+D", "RFF+ON:48447", "LIN+1+5", "UNS+S"))

    assert (found.order_ref, found.status) == ("48447", _S.CONFIRMED)


def test_a_line_of_another_order_behind_uns_is_not_lost_on_an_invoice() -> None:
    items = ("UNS+D", "LIN+1", "QTY+47:1", "RFF+ON:48448", "LIN+2", "QTY+47:1")

    found = reading(file_of("INVOIC", "BGM+380+F-1+9", "RFF+ON:48447", *items, "UNS+S", "MOA+77:1"))

    assert found.acknowledgements == ()
    assert "several orders" in found.faults[0].what


def test_amounts_between_items_are_those_of_the_invoice() -> None:
    segments = ("LIN+1", "QTY+47:2", "UNS+S", "MOA+77:750", "LIN+2", "QTY+47:3", "MOA+77:9", "UNS+S", "MOA+124:150")

    found = only(file_of("INVOIC", "BGM+380+F-1+9", "RFF+ON:48447", *segments))

    assert found.invoice is not None
    assert (found.invoice.total, found.invoice.vat) == (Decimal(750), Decimal(150))
    assert [line.qty_delivered for line in found.lines] == [2, 3]


# --- facts told twice -------------------------------------------------------------------------------------------------

HEADS = {"ORDRSP": ("BGM+231+R-1+4",), "DESADV": ("BGM+351+FS-1+9",), "INVOIC": ("BGM+380+F-1+9",)}
TWICE: list[tuple[str, str, tuple[str, ...], str]] = [
    ("line", "ORDRSP", ("LIN+9+3", "RFF+LI:1"), "RFF+LI:2"),
    ("line of the order", "ORDRSP", ("LIN+9+3", "RFF+ON:48447:1"), "RFF+ON:48447:2"),
    ("article", "ORDRSP", ("LIN+9+3", "PIA+1+A:IN"), "PIA+5+B:IN"),
    ("substitute", "ORDRSP", ("LIN+9+3", "PIA+3+A:SA"), "PIA+3+B:SA"),
    ("ordered", "ORDRSP", ("LIN+9+3", "QTY+21:8"), "QTY+21:5"),
    ("confirmed", "ORDRSP", ("LIN+9+3", "QTY+21:8", "QTY+113:5"), "QTY+113:3"),
    ("backorder", "ORDRSP", ("LIN+9+3", "QTY+83:5"), "QTY+83:3"),
    ("price", "ORDRSP", ("LIN+9+3", "PRI+AAA:300"), "PRI+AAA:30"),
    ("promised", "ORDRSP", ("LIN+9+3", "DTM+67:20261201:102"), "DTM+67:20261202:102"),
    ("promised of all", "ORDRSP", ("DTM+67:20261201:102",), "DTM+67:20261202:102"),
    ("date", "ORDRSP", ("DTM+137:20261201:102",), "DTM+137:tomorrow"),
    ("function", "ORDRSP", (), "BGM+231+R-1+29"),
    ("number", "ORDRSP", (), "BGM+231+R-2+4"),
    ("sent", "DESADV", ("LIN+1", "QTY+12:5"), "QTY+12:3"),
    ("carrier", "DESADV", ("TDT+20++30++:::PostNord",), "TDT+20++30++:::DHL"),
    ("note", "DESADV", (), "BGM+351+FS-2+9"),
    ("total", "INVOIC", ("UNS+S", "MOA+77:100"), "MOA+77:10"),
    ("vat", "INVOIC", ("UNS+S", "MOA+124:20"), "MOA+124:10"),
    ("vat of a rate", "INVOIC", ("UNS+S", "TAX+7+VAT+++:::25", "MOA+124:20"), "MOA+124:10"),
    ("currency", "INVOIC", ("CUX+2:SEK:4",), "CUX+2:EUR:4"),
    ("due", "INVOIC", ("PAT+1", "DTM+13:20261222:102"), "DTM+13:20261122:102"),
    ("invoiced", "INVOIC", ("LIN+1", "QTY+47:2"), "QTY+47:1"),
    ("kind of paper", "INVOIC", (), "BGM+381+F-1+9"),
    ("receipt", "APERAK", ("BGM++A-1+9",), "BGM++A-1+27"),
]


@pytest.mark.parametrize(("kind", "segments", "other"), [one[1:] for one in TWICE], ids=[one[0] for one in TWICE])
def test_one_fact_told_in_two_ways_is_a_fault(kind: str, segments: tuple[str, ...], other: str) -> None:
    told_once = (*HEADS.get(kind, ()), "RFF+ON:48447", *segments)

    good, bad = reading(file_of(kind, *told_once)), reading(file_of(kind, *told_once, other))

    assert len(good.acknowledgements) == 1
    assert bad.acknowledgements == ()
    assert len(bad.faults) == 1


@pytest.mark.parametrize(
    "again",
    [
        "RFF+LI:1",
        "RFF+LI:0001",
        "PIA+5+A:IN",
        "PIA+5+B:EN",
        "PIA+3+B:SA",
        "PIA+3+7310:EN",
        "QTY+113:3",
        "QTY+113:3.0:PCE",
        "QTY+12:9",
        "PRI+AAA:300.00",
        "PRI+AAA:3000:::10",
        "DTM+67:202612010800:203",
        "DTM+67:261201:101",
        "DTM+2:20261130:102",
    ],
)
def test_the_same_told_twice_or_another_fact_beside_it_changes_nothing(again: str) -> None:
    item = ("LIN+9+3", "PIA+1+A:IN", "PIA+3+B:SA", "QTY+21:8", "QTY+113:3", "PRI+AAA:300", "DTM+67:20261201:102")
    content = ("BGM+231+R-1+4", *item, "RFF+LI:1")

    once, twice = reading(ordrsp(*content)), reading(ordrsp(*content, again))

    assert once == twice
    assert once.acknowledgements[0].lines[0].qty_confirmed == 3


@pytest.mark.parametrize(
    ("kind", "segments"),
    [
        ("ORDRSP", ("BGM+231+R-1+29", "BGM+231+R-1+29", "RFF+ON:48447")),
        ("INVOIC", ("BGM+380+F-1+9", "CUX+2:SEK:4", "CUX+2:SEK:9", "RFF+ON:48447", "UNS+S", "MOA+77:1", "MOA+77:1.00")),
    ],
)
def test_a_head_and_an_end_may_say_the_same_twice(kind: str, segments: tuple[str, ...]) -> None:
    found = reading(file_of(kind, *segments))

    assert [one.status for one in found.acknowledgements] != [_S.UNKNOWN]
    assert found.faults == ()


def test_equal_taxes_are_counted_once_in_a_rate_and_each_in_two() -> None:
    rate = ("TAX+7+VAT+++:::25", "MOA+124:20", "MOA+124:20.00")

    found = only(file_of("INVOIC", "BGM+380+F-1+9", "RFF+ON:48447", "UNS+S", "MOA+77:1", *rate, *rate))

    assert found.invoice is not None
    assert found.invoice.vat == 40


def test_what_stands_below_a_reference_or_a_package_does_not_contradict_the_message_or_the_item() -> None:
    head = ("BGM+351+FS-1+9", "DTM+137:20261122:102", "RFF+ON:48447", "DTM+137:20261101:102")
    item = ("LIN+1", "QTY+12:5", "PCI+33E", "QTY+12:3", "GIN+BJ+1", "PCI+33E", "QTY+12:2", "GIN+BJ+2", "RFF+LI:1")

    found = only(file_of("DESADV", *head, *item))

    assert found.message_date == dt.date(2026, 11, 22)
    assert found.lines[0].qty_delivered == 5


def test_what_stands_below_a_reference_alone_is_taken_since_partners_bend_the_sequence() -> None:
    found = only(file_of("ORDRSP", "BGM+231+R-1+4", "RFF+ON:48447", "DTM+137:20261122:102", "LIN+1+3", "QTY+21:2"))

    assert found.message_date == dt.date(2026, 11, 22)


def test_the_carrier_of_the_main_way_is_the_carrier() -> None:
    ways = ("TDT+10++30++:::Nolte", "TDT+20++30", "TDT+20++30++:::PostNord", "TDT+30++30++:::Bring")

    found = only(file_of("DESADV", "BGM+351+FS-1+9", "RFF+ON:48447", *ways, "LIN+1", "QTY+12:5"))

    assert found.carrier == "PostNord"


@pytest.mark.parametrize(
    ("currencies", "currency"),
    [(("CUX+2:EUR:9", "CUX+2:SEK:4"), "SEK"), (("CUX+3:EUR", "CUX+2:SEK"), "SEK"), (("CUX+3:EUR",), "EUR")],
)
def test_the_currency_of_an_invoice_is_the_one_that_it_is_billed_in(currencies: tuple[str, ...], currency: str) -> None:
    found = only(file_of("INVOIC", "BGM+380+F-1+9", "RFF+ON:48447", *currencies, "UNS+S", "MOA+77:1"))

    assert found.invoice is not None
    assert found.invoice.currency == currency


def test_several_deliveries_below_one_schedule_are_several() -> None:
    deliveries = ("QTY+113:2", "DTM+67:20261201:102", "QTY+113:3", "DTM+67:20261215:102", "QTY+21:5")

    found = only(ordrsp("BGM+231+R-1+4", "LIN+1+3", "QTY+113:5", "SCC+1", *deliveries))

    [line] = found.lines
    assert line.qty_confirmed == 5
    assert [(str(one.qty), one.date) for one in line.schedules] == [
        ("2", dt.date(2026, 12, 1)),
        ("3", dt.date(2026, 12, 15)),
    ]


def test_a_copy_of_an_answer_to_several_orders_tells_what_it_leaves_out() -> None:
    found = reading(file_of("ORDRSP", "BGM+231+R-1+7", "RFF+VN:SO-9", *TWO_ORDERS))

    assert [one.kind for one in found.acknowledgements] == [AckKind.RECEIPT, AckKind.RECEIPT]
    assert all("RFF+VN" in one.warnings[0] for one in found.acknowledgements)


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "form", "is_read"),
    [
        ("261122", "101", True),
        ("2611221402", "201", True),
        ("261122140201", "202", True),
        ("2611221402CET", "301", True),
        ("20121120", "101", False),
        ("26112", "101", False),
        ("261122", "201", False),
        ("202611221402", "201", False),
        ("20261122140201", "202", False),
        ("202611221402CET", "301", False),
        ("20261122", "102", True),
        ("202611221402", "203", True),
        ("20261122140201", "204", True),
        ("202611221402CET", "303", True),
        ("20261122", "203", True),
        ("20261122", "", True),
        ("261122", "102", False),
    ],
)
def test_a_date_with_a_short_year_is_read_at_its_own_length_alone(text: str, form: str, *, is_read: bool) -> None:
    found = only(ordrsp("BGM+231+R-1+29", f"DTM+137:{text}:{form}"))

    assert found.message_date == (dt.date(2026, 11, 22) if is_read else None)
    assert bool(found.warnings) != is_read
