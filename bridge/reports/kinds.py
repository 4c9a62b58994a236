"""The reports: a status, a delivery note, an invoice, a cancellation, a credit. Neutral to how Norce spells them.

Not for: deciding which of them is owed (``owing.py``). An amount or quantity has the digits that came.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from bridge.model import AckStatus
from bridge.states import ReportKind


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """What the ERP says of one row; ``called`` is Norce's name of it where that is not the usual one."""

    line_no: str
    status: AckStatus
    called: str | None = None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The wish that Norce shows an order with this status; ``called`` is Norce's name where not the usual one."""

    status: AckStatus
    erp_order_no: str | None
    called: str | None = None
    items: tuple[ItemStatus, ...] = ()

    @property
    def kind(self) -> ReportKind:
        """What sort of call tells it."""
        return ReportKind.STATUS

    @property
    def moves_money(self) -> bool:
        """A status never does."""
        return False


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """Pieces of one row in a delivery."""

    line_no: str
    part_no: str
    qty: Decimal
    text: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """Goods left for the buyer; ``is_complete`` tells that nothing of the order is still to come."""

    erp_order_no: str | None
    note_no: str
    date: dt.date
    is_complete: bool
    lines: tuple[DeliveryLine, ...] = ()
    parcels: tuple[str, ...] = ()
    carrier: str | None = None
    text: str | None = None

    @property
    def kind(self) -> ReportKind:
        """What sort of call tells it."""
        return ReportKind.DELIVERY

    @property
    def moves_money(self) -> bool:
        """A delivery note never does; the invoice that follows it may."""
        return False


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """Pieces of one row in an invoice; prices and VAT per unit, ``vat_rate`` in percent, as the order came with."""

    line_no: str | None
    part_no: str
    qty: Decimal
    unit_price: Decimal | None
    unit_vat: Decimal | None = None
    vat_rate: Decimal | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """What an invoice and a credit have in common."""

    erp_order_no: str | None
    no: str
    date: dt.date
    lines: tuple[InvoiceLine, ...]
    currency: str | None = None
    due: dt.date | None = None
    vat: Decimal | None = None
    application_key: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceReport:
    """The buyer owes for these rows. Norce takes the money; the last invoice of an order closes its payment."""

    bill: Bill
    is_last: bool

    @property
    def kind(self) -> ReportKind:
        """What sort of call tells it."""
        return ReportKind.INVOICE

    @property
    def moves_money(self) -> bool:
        """It captures what was reserved."""
        return True


@dataclass(frozen=True, slots=True)
class CancellationReport:
    """What is not delivered will not be; the reservations named by ``payment_refs`` are given up."""

    erp_order_no: str | None
    payment_refs: tuple[str, ...] = ()

    @property
    def kind(self) -> ReportKind:
        """What sort of call tells it."""
        return ReportKind.CANCELLATION

    @property
    def moves_money(self) -> bool:
        """It does where a payment is named."""
        return bool(self.payment_refs)


@dataclass(frozen=True, slots=True)
class CreditReport:
    """Money of an earlier invoice goes back to the buyer; quantities are positive."""

    bill: Bill
    credited_no: str

    @property
    def kind(self) -> ReportKind:
        """What sort of call tells it."""
        return ReportKind.CREDIT

    @property
    def moves_money(self) -> bool:
        """It pays back."""
        return True


Report: TypeAlias = StatusReport | DeliveryReport | InvoiceReport | CancellationReport | CreditReport


def number_of(report: Report) -> str | None:
    """The number by which Norce would know a document again; ``None`` for what has none."""
    match report:
        case DeliveryReport():
            return report.note_no
        case InvoiceReport() | CreditReport():
            return report.bill.no
        case StatusReport() | CancellationReport():
            return None


def erp_order_no_of(report: Report) -> str | None:
    """The ERP's number of the order, as it goes with the report."""
    match report:
        case InvoiceReport() | CreditReport():
            return report.bill.erp_order_no
        case StatusReport() | DeliveryReport() | CancellationReport():
            return report.erp_order_no
