"""What ship notices, invoices and receipts of X12 are read as, and the files of other projects."""

import datetime as dt
from decimal import Decimal

import pytest

from bridge.model import AckKind, AckStatus
from tests.formats.test_x12_answers import only, reading
from tests.formats.x12_files import file_of, interchange
from tests.support.needs import SHARED

_S = AckStatus
SAMPLES = SHARED / "formats/samples-public"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason="the samples of other projects lie in ../shared/formats and are not part of the product",
)


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
