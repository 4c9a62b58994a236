"""Reports as JSON text and back: what is owed is complete at birth and read again as it was (invariant 9).

Not for: what Norce is sent (``norce/reports.py``), nor what people are shown.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, assert_never

from bridge.model import AckStatus
from bridge.reports.kinds import (
    Bill,
    CancellationReport,
    CreditReport,
    DeliveryLine,
    DeliveryReport,
    InvoiceLine,
    InvoiceReport,
    ItemStatus,
    Report,
    StatusReport,
)
from bridge.states import ReportKind

Told = Mapping[str, Any]
"""What :func:`written` wrote; the journal is the edge of ours."""


def written(report: Report) -> str:
    """``report`` as JSON text: numbers and dates as text."""
    return json.dumps(asdict(report), ensure_ascii=False, default=str)


def read(kind: ReportKind, text: str) -> Report:
    """The report that was written as ``text``."""
    told = json.loads(text)
    match kind:
        case ReportKind.STATUS:
            return _status(told)
        case ReportKind.DELIVERY:
            lines = tuple(_delivery_line(line) for line in told["lines"])
            return DeliveryReport(**_dated(told, "date") | {"lines": lines, "parcels": tuple(told["parcels"])})
        case ReportKind.INVOICE:
            return InvoiceReport(_bill(told["bill"]), told["is_last"])
        case ReportKind.CANCELLATION:
            return CancellationReport(told["erp_order_no"], tuple(told["payment_refs"]))
        case ReportKind.CREDIT:
            return CreditReport(_bill(told["bill"]), told["credited_no"])
        case _:
            assert_never(kind)


def _status(told: Told) -> StatusReport:
    items = tuple(ItemStatus(item["line_no"], AckStatus(item["status"]), item["called"]) for item in told["items"])
    return StatusReport(AckStatus(told["status"]), told["erp_order_no"], told["called"], items)


def _bill(told: Told) -> Bill:
    lines = tuple(_invoice_line(line) for line in told["lines"])
    return Bill(**_numbered(_dated(told, "date", "due"), "vat") | {"lines": lines})


def _delivery_line(told: Told) -> DeliveryLine:
    return DeliveryLine(**_numbered(told, "qty"))


def _invoice_line(told: Told) -> InvoiceLine:
    return InvoiceLine(**_numbered(told, "qty", "unit_price", "unit_vat", "vat_rate"))


def _dated(told: Told, *names: str) -> dict[str, Any]:
    days = {name: dt.date.fromisoformat(told[name]) for name in names if told[name] is not None}
    return {**told, **days}


def _numbered(told: Told, *names: str) -> dict[str, Any]:
    numbers = {name: Decimal(told[name]) for name in names if told[name] is not None}
    return {**told, **numbers}
