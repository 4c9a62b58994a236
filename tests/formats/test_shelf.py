import asyncio
import datetime as dt
from decimal import Decimal

import pytest

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.model import (
    AckInvoice,
    AckKind,
    AckLine,
    Acknowledgement,
    AckStatus,
    Reading,
    SalesOrder,
    Schedule,
)
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order


class Broken:
    """A format that fails on cue."""

    extension = "txt"

    def __init__(self, failure: BaseException) -> None:
        self.failure = failure

    def render(self, order: SalesOrder, control: int, at: dt.datetime) -> bytes:  # noqa: ARG002  # the protocol's parameters
        raise self.failure

    def read(self, content: bytes) -> Reading:  # noqa: ARG002  # the protocol's parameters
        raise self.failure

    def recognises(self, content_head: bytes) -> bool:  # noqa: ARG002  # the protocol's parameters
        raise self.failure

    def is_whole(self, content: bytes) -> bool:  # noqa: ARG002  # the protocol's parameters
        raise self.failure


def test_the_shelf_is_what_lies_in_its_folder() -> None:
    names = formats.available()

    assert {"delimited", "json"} <= set(names)
    assert formats.AUTO not in names
    assert not any(name.startswith("_") for name in names)


@pytest.mark.parametrize("name", ["edifcat", "_text", "", "os"])
def test_a_format_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(PermanentError) as refused:
        formats.build(name, {})

    assert refused.value.name is ErrorName.CONFIG_INVALID
    assert "delimited" in refused.value.hint


@pytest.mark.parametrize("failure", [KeyError("x"), RecursionError(), ZeroDivisionError(), MemoryError()])
def test_a_formats_bug_stops_one_file_and_one_order_only(failure: Exception) -> None:
    broken = Broken(failure)

    with pytest.raises(formats.Unreadable) as unreadable:
        formats.read(broken, b"x")
    with pytest.raises(PermanentError) as refused:
        formats.render(broken, guide_order(), CONTROL, RECEIVED_AT)

    assert "test_shelf" in unreadable.value.message
    assert type(failure).__name__ in unreadable.value.message
    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE


@pytest.mark.parametrize("failure", [asyncio.CancelledError(), KeyboardInterrupt()])
def test_a_stop_is_not_taken_for_a_bug(failure: BaseException) -> None:
    broken = Broken(failure)

    with pytest.raises(type(failure)):
        formats.read(broken, b"x")
    with pytest.raises(type(failure)):
        formats.render(broken, guide_order(), CONTROL, RECEIVED_AT)


def test_auto_takes_each_setting_for_reading_and_none_for_writing() -> None:
    fields = formats.options_of(formats.AUTO).model_fields

    assert {"encoding", "decimal", "date", "status_map", "unknown_status", "columns", "delimiter"} <= set(fields)
    assert not {"newline", "time_zone"} & set(fields)
    assert all(field.description for field in fields.values())


def test_auto_gives_its_settings_to_the_format_that_reads() -> None:
    auto = formats.build(
        formats.AUTO, {"status_map": {"ja": "confirmed"}, "columns": {"Nr": "order_ref", "S": "status"}}
    )

    as_text = formats.read(auto, b"Nr;S\n1;Ja\n")
    as_json = formats.read(auto, b'\xef\xbb\xbf {"order_ref": 1, "status": "JA"}')

    assert as_text == as_json
    assert as_text.acknowledgements[0].status is AckStatus.CONFIRMED


@pytest.mark.parametrize(
    "options", [{"newline": "lf"}, {"colour": "red"}, {"decimal": ";"}, {"positions": ["order_ref"]}]
)
def test_auto_refuses_what_no_format_would_take(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        formats.build(formats.AUTO, options)


def test_auto_does_not_write() -> None:
    auto = formats.build(formats.AUTO, {})

    with pytest.raises(PermanentError) as refused:
        formats.render(auto, guide_order(), CONTROL, RECEIVED_AT)

    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE


def test_options_that_were_checked_before_are_taken_as_they_are() -> None:
    checked = formats.options_of(formats.AUTO).model_validate({"decimal": ","})

    auto = formats.build(formats.AUTO, checked)

    [said] = formats.read(auto, b"order_ref;status;line_no;qty_confirmed\n1;confirmed;1;2,5\n").acknowledgements
    assert said.lines[0].qty_confirmed == Decimal("2.5")


FULL = Acknowledgement(
    kind=AckKind.DESPATCH,
    status=AckStatus.PARTLY_DELIVERED,
    order_ref="48447",
    erp_order_no="SO-1",
    message_date=dt.date(2026, 11, 21),
    date=dt.date(2026, 11, 22),
    reason="r",
    note="n",
    note_no="N-1",
    carrier="PostNord",
    tracking=("A", "B"),
    invoice=AckInvoice("F-1", dt.date(2026, 11, 23), None, Decimal("811.250"), Decimal("1E+2"), "SEK", "F-0"),
    lines=(
        AckLine(
            line_no="10",
            status=AckStatus.DELIVERED,
            qty_delivered=Decimal("2.000"),
            schedules=(Schedule(Decimal(2), dt.date(2026, 12, 1)), Schedule(Decimal(1))),
        ),
    ),
    warnings=("w",),
)


def test_an_acknowledgement_survives_its_document() -> None:
    document = formats.to_document(FULL)

    again = formats.from_document(document)

    assert again == FULL


def test_a_document_has_numbers_as_text_and_names_what_is_missing() -> None:
    document = formats.to_document(FULL)

    invoice, lines = document["invoice"], document["lines"]
    assert isinstance(invoice, dict)
    assert isinstance(lines, list)
    assert (invoice["total"], invoice["vat"], invoice["due"]) == ("811.250", "100", None)
    assert lines[0]["schedules"] == [{"qty": "2", "date": "2026-12-01"}, {"qty": "1", "date": None}]
    assert document["status"] == "partly_delivered"


def test_an_orders_document_leaves_personal_numbers_out() -> None:
    document = formats.order_document(guide_order())

    sold_to = document["sold_to"]
    assert isinstance(sold_to, dict)
    assert "ssn" not in sold_to
    assert document["ordered_at"] == "2024-12-18T11:00:00+00:00"


def test_a_document_names_a_control_number_only_where_there_is_one() -> None:
    """A repeat is known by its document, so the documents of other acknowledgements stay as they were."""
    receipt = Acknowledgement(AckKind.RECEIPT, AckStatus.REJECTED, control=7)

    assert formats.to_document(receipt)["control"] == 7
    assert formats.from_document(formats.to_document(receipt)) == receipt
    assert "control" not in formats.to_document(FULL)
