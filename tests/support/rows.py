"""A made-up order of three rows and what an ERP says of them, for tests of documents."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

from bridge.model import AckInvoice, AckKind, AckLine, Acknowledgement, AckStatus
from bridge.reports.brief import Brief, read_brief

TODAY = dt.date(2026, 11, 21)
SHOES, SOCKS, FREIGHT = "1", "2", "3"
ROWS = [
    [1, None, 1, "SHOE", "E-SHOE", "2", "375.00", "93.75", "25.00", "Shoes"],
    [2, None, 1, "SOCK", "E-SOCK", "10", "12.345", "3.09", "25.00", "Socks"],
    [3, None, 0, "FRT", None, "1", "49.00", "12.25", "25.00", "Freight"],
]
BRIEF = json.dumps(["SEK", "123e4567-e89b-12d3-a456-426614174000", ["PAY-1"], ROWS])


def brief() -> Brief:
    """The order as the journal keeps it."""
    return read_brief(BRIEF)


def row(line_no: str | None, qty: str | None = None, **more: Any) -> AckLine:
    """What the ERP says of one row."""
    return AckLine(line_no=line_no, qty_delivered=None if qty is None else Decimal(qty), **more)


def delivery(*lines: AckLine, note: str | None = "DN-1", ref: str = "48447", **more: Any) -> Acknowledgement:
    """A part of the order has left."""
    facts = {"status": AckStatus.PARTLY_DELIVERED, "note_no": note, "erp_order_no": "SO-1", "lines": lines} | more
    return Acknowledgement(AckKind.DESPATCH, order_ref=ref, **facts)


def invoice(*lines: AckLine, no: str | None = "F-1", ref: str = "48447", **more: Any) -> Acknowledgement:
    """The order was invoiced by these rows."""
    bill = AckInvoice(no=no, **more)
    return Acknowledgement(
        AckKind.INVOICE, AckStatus.INVOICED, order_ref=ref, erp_order_no="SO-1", invoice=bill, lines=lines
    )


def cancellation(*lines: AckLine, ref: str = "48447") -> Acknowledgement:
    """The order, or these rows of it, will not come."""
    return Acknowledgement(AckKind.CANCELLATION, AckStatus.CANCELLED, order_ref=ref, erp_order_no="SO-1", lines=lines)
