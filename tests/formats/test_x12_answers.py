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
from tests.support.orders import CONTROL

_S = AckStatus


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
