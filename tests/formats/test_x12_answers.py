"""What the sets of an ERP amount to: codes, quantities, papers, receipts."""

import datetime as dt
from decimal import Decimal

import pytest

from bridge import formats
from bridge.model import AckKind, Acknowledgement, AckStatus, Reading
from bridge.simulators.sides import Said, side_of
from bridge.simulators.sides.x12 import file_receipt, syntax_receipt
from tests.formats.samples import golden
from tests.formats.x12_files import ack, file_of, interchange
from tests.support.needs import SHARED
from tests.support.orders import CONTROL

_S = AckStatus
SAMPLES = SHARED / "formats/samples-public"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason="the samples of other projects lie in ../shared/formats and are not part of the product",
)


def reading(content: bytes | str, **options: object) -> Reading:
    return formats.build("x12", options).read(content if isinstance(content, bytes) else content.encode())


def only(content: bytes | str, **options: object) -> Acknowledgement:
    [found] = reading(content, **options).acknowledgements
    return found


# --- order acknowledgements -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status"),
    [
        *((code, _S.CONFIRMED) for code in ("AT", "AD", "AK")),
        ("AC", _S.CHANGED),
        *((code, _S.REJECTED) for code in ("RD", "RF", "RJ", "RN", "RO", "RV")),
        ("AH", _S.ON_HOLD),
        ("NA", _S.RECEIVED),
        *((code, _S.UNKNOWN) for code in ("AP", "ZZ", "AE", "", "XX", "ak")),
    ],
)
def test_the_head_of_a_response_says_what_its_code_says(code: str, status: AckStatus) -> None:
    found = reading(ack(code))

    assert [one.status for one in found.acknowledgements] == [status]
    assert bool(found.faults) == (status is _S.UNKNOWN)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        *((code, _S.CONFIRMED) for code in ("IA", "AC", "AR", "AA")),
        ("IB", _S.BACKORDER),
        *((code, _S.CHANGED) for code in ("IC", "IP", "IQ", "IS", "DR", "BP", "IE", "SP")),
        ("ID", _S.CANCELLED),
        *((code, _S.REJECTED) for code in ("IR", "R1", "R4", "R9")),
        *((code, _S.ON_HOLD) for code in ("IH", "IF", "IW")),
        ("XX", _S.UNKNOWN),
        ("", _S.CONFIRMED),
    ],
)
def test_a_line_says_what_its_code_says_and_outweighs_an_accepted_head(code: str, status: AckStatus) -> None:
    found = only(ack("AD", "PO1*1*2*EA", f"ACK*{code}"))

    assert found.status is status
    assert found.lines[0].status is (None if code == "" else status)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("IA",), _S.CONFIRMED),
        (("IQ",), _S.CHANGED),
        (("IR",), _S.CHANGED),
        (("IA", "ID"), _S.CHANGED),
        ((), _S.UNKNOWN),
    ],
)
def test_where_only_exceptions_are_listed_they_do_not_speak_for_the_other_lines(
    lines: tuple[str, ...], status: AckStatus
) -> None:
    segments = [segment for place, code in enumerate(lines, 1) for segment in (f"PO1*{place}*2*EA", f"ACK*{code}")]

    assert only(ack("AE", *segments)).status is status


@pytest.mark.parametrize(
    ("acks", "status", "confirmed", "backorder"),
    [
        (("ACK*IA",), _S.CONFIRMED, "5", None),
        (("ACK*IA*5*EA",), _S.CONFIRMED, "5", None),
        (("ACK*IA*3*EA",), _S.CHANGED, "3", None),
        (("ACK*IA*3*EA", "ACK*IA*2*EA"), _S.CONFIRMED, "5", None),
        (("ACK*IA*3*EA", "ACK*IB*2*EA"), _S.CHANGED, "3", "2"),
        (("ACK*BP*3*EA",), _S.CHANGED, "3", "2"),
        (("ACK*IQ*3*EA",), _S.CHANGED, "3", None),
        (("ACK*IB*5*EA*067*20261201",), _S.BACKORDER, None, "5"),
        (("ACK*IR*3*EA", "ACK*ID*2*EA"), _S.REJECTED, None, None),
        (("ACK*IA*3*EA", "ACK*IA"), _S.CONFIRMED, None, None),
        (("ACK*IA*3*EA", "ACK*QQ*2*EA"), _S.UNKNOWN, "3", None),
    ],
)
def test_several_acks_of_a_line_are_added_up(
    acks: tuple[str, ...], status: AckStatus, confirmed: str | None, backorder: str | None
) -> None:
    found = only(ack("AD", "PO1*1*5*EA", *acks, "CTT*1"))

    [line] = found.lines
    assert found.status is status
    assert line.qty_confirmed == (None if confirmed is None else Decimal(confirmed))
    assert line.qty_backorder == (None if backorder is None else Decimal(backorder))


def test_a_line_tells_article_quantities_price_date_schedule_and_reason() -> None:
    found = only(
        ack(
            "AC",
            "REF*VN*SO-9",
            "DTM*067*20261201",
            "N9*ZZ*NOTE",
            "MSG*Split delivery",
            "PO1*002*5.0*EA*300.25*PE*VP*ITEM001*BP*7310",
            "ACK*IS*3*EA*067*20261201**VP*ITEM002",
            "ACK*IB*2.0*EA*067*20261215",
            "N9*ZZ*NOTE",
            "MSG*Sold out",
            "CTT*1",
            number="",
        )
    )

    [line] = found.lines
    assert (found.erp_order_no, found.message_date, found.date) == ("SO-9", dt.date(2026, 11, 21), dt.date(2026, 12, 1))
    assert found.reason == "Split delivery"
    assert (line.line_no, line.part_no, line.substitute_part_no) == ("2", "7310", "ITEM002")
    assert (line.qty_ordered, line.unit_price, line.date) == (Decimal(5), Decimal("300.25"), dt.date(2026, 12, 1))
    assert line.reason == "Sold out / ACK01 IS / ACK01 IB"
    assert [(one.qty, str(one.date)) for one in line.schedules] == [
        (Decimal(3), "2026-12-01"),
        (Decimal(2), "2026-12-15"),
    ]


def test_a_price_of_a_hundred_is_none_that_could_be_compared() -> None:
    assert only(ack("AK", "PO1*1*5*EA*3000*HP")).lines[0].unit_price is None


def test_a_refusal_with_a_counter_offer_is_told_to_a_person() -> None:
    assert any("counter offer" in one for one in only(ack("RO")).warnings)


@pytest.mark.parametrize("purpose", ["07", "22"])
def test_a_copy_of_an_answer_settles_nothing(purpose: str) -> None:
    for content in (
        file_of("855", f"BAK*{purpose}*AK*48447*20241218"),
        file_of("856", f"BSN*{purpose}*S-1*20261121*1200", "HL*1**O", "PRF*48447"),
        file_of("810", f"BIG*20261121*F-1**48447***DI*{purpose}", "TDS*100"),
    ):
        found = reading(content)

        assert [(one.kind, one.status) for one in found.acknowledgements] == [(AckKind.RECEIPT, _S.RECEIVED)]
        assert found.faults == ()


@pytest.mark.parametrize("purpose", ["01", "05", "ZZ"])
def test_a_paper_that_takes_back_or_replaces_another_is_for_a_person(purpose: str) -> None:
    notice = reading(file_of("856", f"BSN*{purpose}*S-1*20261121*1200", "HL*1**O", "PRF*48447"))
    invoice = reading(file_of("810", f"BIG*20261121*F-1**48447***DI*{purpose}", "TDS*100"))

    for found in (notice, invoice):
        assert [one.status for one in found.acknowledgements] == [_S.UNKNOWN]
        assert found.faults


def test_a_target_may_say_what_each_code_means() -> None:
    table = {
        "bak02:at": "changed",
        "ACK01:QQ": "confirmed",
        "BIG07:ME": "invoiced",
        "AK501:Q": "rejected",
        "AK901:P": "rejected",
        "TA104:E": "rejected",
        "BAK01:01": "cancelled",
        "BSN01:05": "delivered",
        "BIG08:05": "invoiced",
        "BAK01:07": "on_hold",
    }
    files = {
        ack("AT"): _S.CHANGED,
        ack("AE", "PO1*1*2*EA", "ACK*QQ"): _S.CONFIRMED,
        file_of("810", "BIG*20261121*F-1**48447***ME", "TDS*1"): _S.INVOICED,
        file_of("997", "AK1*PO*1", "AK2*850*0001", "AK5*Q", "AK9*A*1*1*1"): _S.REJECTED,
        file_of("997", "AK1*PO*1", "AK9*P*1*1*1"): _S.REJECTED,
        interchange(before=("TA1*000000001*261121*1402*E*000",)): _S.REJECTED,
        file_of("855", "BAK*01*AK*48447*20241218"): _S.CANCELLED,
        file_of("856", "BSN*05*S-1*20261121*1200", "HL*1**O", "PRF*48447"): _S.DELIVERED,
        file_of("810", "BIG*20261121*F-1**48447****05", "TDS*1"): _S.INVOICED,
        file_of("855", "BAK*07*AK*48447*20241218"): _S.ON_HOLD,
    }

    assert [only(content, status_map=table).status for content in files] == list(files.values())


def test_words_of_other_formats_in_the_table_change_no_code() -> None:
    table = {"unknown": "confirmed", "AP": "confirmed", "1225:29": "rejected", "confirmed": "rejected"}

    assert only(ack("AP"), status_map=table).status is _S.UNKNOWN
    assert only(ack("AK"), status_map=table).status is _S.CONFIRMED


def test_an_element_that_holds_no_status_is_refused_in_the_table() -> None:
    with pytest.raises(ValueError, match="BAK03"):
        formats.build("x12", {"status_map": {"BAK03:AT": "confirmed"}})


@pytest.mark.parametrize(
    "segments",
    [
        ("PO1*1*2*EA",),
        ("BAK*00*AK*48447*20241218", "BAK*00*RJ*48448*20241218"),
        ("BAK*00*AK*48447*20241218", "REF*VN*A", "REF*VN*B"),
        ("BAK*00*AK*48447*20241218", "PO1*1*two*EA"),
        ("BAK*00*AK*48447*20241218", "PO1*1*2*EA", "ACK*IA*1,000*EA"),
        ("BAK*00*AK*48447*20241218", "PO1*1*2*EA", "ACK*IA*1E3*EA"),
        ("BAK*00*AK**20241218",),
    ],
)
def test_what_is_ambiguous_or_no_number_is_a_fault_and_no_answer(segments: tuple[str, ...]) -> None:
    found = reading(file_of("855", *segments))

    assert found.acknowledgements == ()
    [fault] = found.faults
    assert "set 1" in fault.where


def test_a_decimal_comma_is_read_where_the_settings_say_so() -> None:
    content = ack("AK", "PO1*1*1,5*EA")

    assert only(content, decimal=",").lines[0].qty_ordered == Decimal("1.5")
    assert reading(content).faults


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("20261201", "", dt.date(2026, 12, 1)),
        ("261201", "", dt.date(2026, 12, 1)),
        ("01.12.2026", "%d.%m.%Y", dt.date(2026, 12, 1)),
        ("00000000", "", None),
        ("soon", "", None),
    ],
)
def test_a_date_is_read_and_one_that_is_not_understood_is_warned_of(text: str, form: str, day: dt.date | None) -> None:
    found = only(ack("AK", f"DTM*067*{text}"), date=form)

    assert found.date == day
    assert bool(found.warnings) == (text == "soon")


# --- ship notices and invoices ----------------------------------------------------------------------------------------

NOTICE = ("BSN*00*FS-1*20261122*1200", "HL*1**S", "TD5**2*PNOR**PostNord", "REF*CN*JD01", "DTM*011*20261122")


@pytest.mark.parametrize(
    ("sn1", "outstanding", "status"),
    [
        ("SN1**2*EA", None, _S.DELIVERED),
        ("SN1**2*EA**2*EA", 0, _S.DELIVERED),
        ("SN1**2*EA**5*EA", 3, _S.PARTLY_DELIVERED),
        ("SN1**2*EA*5*5*EA", 0, _S.DELIVERED),
        ("SN1**5*EA**2*EA", 0, _S.DELIVERED),
        ("SN1**0*EA**2*EA", 2, _S.UNKNOWN),
    ],
)
def test_a_ship_notice_tells_what_was_sent_and_what_is_to_come(
    sn1: str, outstanding: int | None, status: AckStatus
) -> None:
    levels = ("HL*2*1*O", "PRF*48447", "HL*3*2*P", "MAN*GM*3730**CP*3731", "HL*4*3*I", "LIN*1*VP*ITEM001", sn1)

    found = only(file_of("856", *NOTICE, *levels, "CTT*4"))

    assert (found.kind, found.status, found.note_no) == (AckKind.DESPATCH, status, "FS-1")
    assert (found.carrier, found.tracking) == ("PostNord", ("JD01", "3730", "3731"))
    assert (found.message_date, found.date) == (dt.date(2026, 11, 22), dt.date(2026, 11, 22))
    assert (found.lines[0].line_no, found.lines[0].qty_outstanding) == ("1", outstanding)


def test_what_stands_in_several_packages_is_added_up() -> None:
    packages = [
        segment
        for level, sent in ((3, 3), (5, 2))
        for segment in (f"HL*{level}*2*P", f"HL*{level + 1}*{level}*I", "LIN*1*VP*A", f"SN1**{sent}*EA**5*EA")
    ]

    found = only(file_of("856", *NOTICE, "HL*2*1*O", "PRF*48447", *packages))

    assert found.status is _S.DELIVERED
    assert [(line.qty_delivered, line.qty_outstanding) for line in found.lines] == [(Decimal(5), Decimal(0))]


def test_each_order_of_a_notice_has_its_own_lines_and_packages() -> None:
    levels = (
        *("HL*2*1*O", "PRF*48447", "REF*VN*SO-1", "HL*3*2*P", "MAN*GM*111", "HL*4*3*I", "LIN*1*VP*A", "SN1**1*EA"),
        *("HL*5*1*O", "PRF*48448", "HL*6*5*I", "LIN*1*VP*B", "SN1**1*EA**3*EA"),
        *("HL*7*1*O", "PRF*48447", "HL*8*7*I", "LIN*2*VP*C", "SN1**1*EA"),
    )

    found = reading(file_of("856", *NOTICE, *levels))

    assert found.faults == ()
    assert [(one.order_ref, one.status, one.tracking) for one in found.acknowledgements] == [
        ("48447", _S.DELIVERED, ("JD01", "111")),
        ("48448", _S.PARTLY_DELIVERED, ("JD01",)),
    ]
    assert [line.part_no for line in found.acknowledgements[0].lines] == ["A", "C"]


def test_very_many_packages_of_several_orders_are_told_of_none_and_warned_of() -> None:
    packages = tuple(f"MAN*GM*{number}" for number in range(51))

    one = only(file_of("856", *NOTICE, *packages, "HL*2*1*O", "PRF*1"))
    two = reading(file_of("856", *NOTICE, *packages, "HL*2*1*O", "PRF*1", "HL*3*1*O", "PRF*2"))

    assert len(one.tracking) == 52
    assert [(each.tracking, "52 package numbers" in str(each.warnings)) for each in two.acknowledgements] == [
        ((), True)
    ] * 2


@pytest.mark.parametrize(
    "levels",
    [
        ("HL*2*1*O", "PRF*48447", "HL*3*2*I", "LIN*1*VP*A"),
        ("HL*2*1*O", "PRF*48447", "HL*2*1*O", "PRF*48448"),
        ("HL*2*1*O", "PRF*48447", "HL*9*77*I", "LIN*1*VP*A", "SN1**1*EA"),
        ("HL*2*1*I", "LIN*1*VP*A", "SN1**1*EA"),
    ],
)
def test_a_notice_whose_items_belong_nowhere_or_tell_no_quantity_is_a_fault(levels: tuple[str, ...]) -> None:
    found = reading(file_of("856", *NOTICE, *levels))

    assert found.acknowledgements == ()
    assert found.faults


INVOICE = ("CUR*SE*SEK", "REF*VN*SO-1", "REF*PK*FS-1", "ITD*01*3****20261222", "IT1*1*2*EA*300*PE*VP*ITEM001")


def test_an_invoice_tells_number_dates_and_amounts() -> None:
    found = only(file_of("810", "BIG*20261122*F-1**48447***DI*00", *INVOICE, "TDS*75000", "TXI*VA*150.00"))

    assert found.invoice is not None
    assert (found.kind, found.status, found.note_no) == (AckKind.INVOICE, _S.INVOICED, "FS-1")
    assert (found.order_ref, found.erp_order_no) == ("48447", "SO-1")
    assert (found.invoice.no, found.invoice.total, found.invoice.vat) == ("F-1", Decimal("750.00"), Decimal(150))
    assert (found.invoice.date, found.invoice.due) == (dt.date(2026, 11, 22), dt.date(2026, 12, 22))
    assert (found.invoice.currency, found.invoice.credited_no) == ("SEK", None)
    assert (found.lines[0].qty_delivered, found.lines[0].unit_price) == (Decimal(2), Decimal(300))


@pytest.mark.parametrize(
    ("end", "total", "vat"),
    [
        (("TDS*5",), "0.05", None),
        (("TDS*-37500", "TXI*VA*75"), "-375.00", "75"),
        (("TDS*37500", "TXI*ST*50.5", "TXI*CP*24.5"), "375.00", "75.0"),
        (("TDS*37500", "TXI*TX*75", "TXI*ST*50.5", "TXI*CP*24.5"), "375.00", "75"),
    ],
)
def test_the_amounts_of_an_invoice_are_cents_and_taxes_counted_once(
    end: tuple[str, ...], total: str, vat: str | None
) -> None:
    found = only(file_of("810", "BIG*20261122*F-1**48447", *end))

    assert found.invoice is not None
    assert found.invoice.total == Decimal(total)
    assert found.invoice.vat == (None if vat is None else Decimal(vat))


@pytest.mark.parametrize("tds", ["TDS*375.00", "TDS*many"])
def test_a_total_that_is_no_whole_number_of_cents_is_never_guessed(tds: str) -> None:
    found = reading(file_of("810", "BIG*20261122*F-1**48447", tds))

    assert found.acknowledgements == ()
    assert "TDS01" in found.faults[0].what


@pytest.mark.parametrize("kind", ["CR", "CN"])
def test_a_credit_note_names_the_invoice_that_it_credits(kind: str) -> None:
    named = only(file_of("810", f"BIG*20261122*K-1**48447***{kind}", "REF*OI*F-1", "TDS*100"))
    silent = reading(file_of("810", f"BIG*20261122*K-1**48447***{kind}", "TDS*100"))

    assert named.invoice is not None
    assert (named.invoice.no, named.invoice.credited_no) == ("K-1", "F-1")
    assert [one.status for one in silent.acknowledgements] == [_S.UNKNOWN]
    assert silent.faults


@pytest.mark.parametrize("kind", ["DR", "CI", "ME", "ZZ"])
def test_a_paper_that_is_no_plain_invoice_is_never_taken_for_one(kind: str) -> None:
    found = reading(file_of("810", f"BIG*20261122*F-1**48447***{kind}", "TDS*100"))

    assert [one.status for one in found.acknowledgements] == [_S.UNKNOWN]
    assert found.faults


def test_an_invoice_for_several_orders_is_for_a_person() -> None:
    found = reading(file_of("810", "BIG*20261122*F-1", "IT1*1", "REF*PO*1", "IT1*2", "REF*PO*2", "TDS*1"))

    assert found.acknowledgements == ()
    assert "several orders" in found.faults[0].what


# --- receipts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("segments", "status"),
    [
        (("AK2*850*0001", "AK5*A", "AK9*A*1*1*1"), _S.RECEIVED),
        (("AK9*A*1*1*1",), _S.RECEIVED),
        (("AK2*850*0001", "AK5*E*5", "AK9*E*1*1*1"), _S.RECEIVED),
        (("AK2*850*0001", "AK5*R*5", "AK9*R*1*1*0"), _S.REJECTED),
        (("AK2*850*0001", "AK5*R*5", "AK9*P*1*1*0"), _S.REJECTED),
        (("AK2*850*0001", "AK5*A", "AK9*P*1*1*1"), _S.RECEIVED),
        (("AK9*P*1*1*1",), _S.UNKNOWN),
        (("AK9*X*1*1*0",), _S.REJECTED),
        (("AK9*M*1*1*0",), _S.REJECTED),
        (("AK9*Q*1*1*1",), _S.UNKNOWN),
        (("AK2*850*0001", "AK5*Q", "AK9*A*1*1*1"), _S.UNKNOWN),
        (("AK2*850*0001", "AK5*Q", "AK9*R*1*1*0"), _S.REJECTED),
        (("AK9**1*1*1",), _S.UNKNOWN),
        (("AK9*A*1*1*0",), _S.UNKNOWN),
    ],
)
def test_a_group_receipt_names_our_file_and_never_confirms(segments: tuple[str, ...], status: AckStatus) -> None:
    found = reading(file_of("997", "AK1*PO*000000123", *segments))

    [said] = found.acknowledgements
    assert (said.kind, said.status, said.control, said.order_ref) == (AckKind.RECEIPT, status, 123, None)
    assert bool(found.faults) == (status is _S.UNKNOWN)


def test_a_refusal_tells_where_the_errors_are() -> None:
    body = ("AK1*PO*123", "AK2*850*0001", "AK3*N1*8**8", "AK4*4*67*1", "AK5*R*5", "AK9*R*1*1*0*2")

    assert only(file_of("997", *body)).reason == (
        "AK3: error 8 in segment 8 (N1); AK4: error 1 in element 4; AK5: error 5 in the set; AK9: error 2 in the group"
    )


def test_the_receipt_of_later_versions_is_read_too() -> None:
    body = ("AK1*PO*123", "AK2*850*0001", "IK3*N1*8**8", "IK5*R*5", "AK9*R*1*1*0")

    assert (only(file_of("999", *body)).status, only(file_of("999", *body)).control) == (_S.REJECTED, 123)


@pytest.mark.parametrize(
    "segments",
    [
        ("AK1*IN*123", "AK9*A*1*1*1"),
        ("AK1*PO*X9", "AK9*A*1*1*1"),
        ("AK1*PO*1234567890", "AK9*A*1*1*1"),
        ("AK1*PO*1", "AK1*PO*2", "AK9*A*1*1*1"),
        ("AK1*PO*1",),
        (),
    ],
)
def test_a_group_receipt_of_a_file_that_cannot_be_ours_is_a_fault(segments: tuple[str, ...]) -> None:
    found = reading(file_of("997", *segments))

    assert found.acknowledgements == ()
    assert found.faults


@pytest.mark.parametrize(
    ("code", "status"),
    [("A", _S.RECEIVED), ("E", _S.RECEIVED), ("R", _S.REJECTED), ("", _S.UNKNOWN), ("P", _S.UNKNOWN)],
)
def test_each_file_receipt_names_its_file_and_never_confirms(code: str, status: AckStatus) -> None:
    lines = (f"TA1*000000123*261121*1402*{code}*006", "TA1*000000124*261121*1402*A*000")

    found = reading(interchange(before=lines))

    first, second = found.acknowledgements
    assert (first.kind, first.status, first.control, first.reason) == (AckKind.RECEIPT, status, 123, "TA1: note 006")
    assert (second.status, second.control, second.reason) == (_S.RECEIVED, 124, None)
    assert bool(found.faults) == (status is _S.UNKNOWN)


@pytest.mark.parametrize("kind", ["850", "860", "", "824"])
def test_a_set_that_is_no_answer_is_a_fault(kind: str) -> None:
    found = reading(file_of(kind, "BEG*00*SA*48447**20241218"))

    assert found.acknowledgements == ()
    [fault] = found.faults
    assert "is no answer" in fault.what


# --- the simulated ERP ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status",
    [
        *("confirmed", "changed", "rejected", "cancelled", "received", "on_hold", "backorder"),
        *("delivered", "partly_delivered", "invoiced"),
    ],
)
def test_the_simulated_erp_says_what_the_bridge_understands(status: str) -> None:
    content = side_of("x12").answer(Said("4+8'447", status, "SO-1", "because"))

    [said] = reading(content).acknowledgements

    assert (said.order_ref, said.status) == ("4+8'447", status)


@pytest.mark.parametrize(("code", "status"), [("A", "received"), ("R", "rejected")])
def test_the_simulated_erp_receipts_our_file_by_its_control_number(code: str, status: str) -> None:
    for receipt in (syntax_receipt, file_receipt):
        [said] = reading(receipt(golden("x12", "order"), code)).acknowledgements

        assert (said.control, said.status) == (CONTROL, status)


# --- samples of other projects ----------------------------------------------------------------------------------------


@needs_samples
def test_the_invoice_of_another_project_is_read_though_its_isa_is_too_short() -> None:
    found = reading((SAMPLES / "edi.net-x12.810a.edi").read_bytes())

    [said] = found.acknowledgements
    assert found.faults == ()
    assert (said.order_ref, said.erp_order_no, said.status) == ("DO091003", "DO091003", _S.INVOICED)
    assert said.invoice is not None
    assert (said.invoice.no, said.invoice.total, said.invoice.currency) == (
        "DO091003TESTINV01",
        Decimal("365.96"),
        "USD",
    )
    assert [(line.line_no, line.part_no, line.unit_price) for line in said.lines] == [
        ("1", "ID001", Decimal("99.99")),
        ("2", "ID002", Decimal("79.99")),
    ]


@needs_samples
@pytest.mark.parametrize("name", ["edi.net-x12.850.edi", "edi.net-x12.850a.edi"])
def test_the_orders_of_another_project_are_taken_for_no_answer(name: str) -> None:
    content = (SAMPLES / name).read_bytes()

    broken, mended = reading(content), reading(content.replace(b"IEA*1*000000001", b"IEA*1*000000055"))

    assert (broken.acknowledgements, mended.acknowledgements) == ((), ())
    assert 'IEA is of "000000001" and ISA of "000000055"' in broken.faults[0].what
    assert ['"850" is no answer' in fault.what for fault in mended.faults] == [True]


@needs_samples
def test_of_two_groups_the_invoices_count_and_the_order_does_not() -> None:
    found = reading((SAMPLES / "staedi-invoice810_po850_dual.edi").read_bytes())

    assert [one.order_ref for one in found.acknowledgements] == ["A99999-01", "A99999-04"]
    assert [one.invoice.total for one in found.acknowledgements if one.invoice] == [Decimal("2554.38")] * 2
    assert ["is no answer" in fault.what for fault in found.faults] == [True]
