"""What the simulated Norce knows of each order: status, number, rows, payments, notes and invoices. Pure.

Not for: the calls that change it (``norce_status.py`` and its siblings), HTTP, tokens and faults (``norce.py``), or
sending (``norce_sending.py``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from bridge.simulators.norce_fields import Call, RefusedCallError
from bridge.simulators.norce_rows import NOTHING, InvoiceRecord, Row, payments_of, rows_of

CREATED, ALLOCATED, CONFIRMED, CANCELLED = "Created", "Allocation", "Confirmed", "Cancelled"
_END = 9

RANKS: Mapping[str, int | None] = MappingProxyType(
    {
        CREATED: 0,
        ALLOCATED: 1,
        CONFIRMED: 3,
        "BackOrder": 3,
        "Delivered": 5,
        "Invoiced": 7,
        CANCELLED: _END,
        "CreditControl": 2,
        "PartlyDelivered": 4,
        "Acknowledged": 2,
        "ErpConfirmed": 3,
        "ReadyForPickup": 4,
        "PickedUp": 6,
        "NotPickedUp": 6,
        "OnHold": 3,
        "WaitingForCancel": None,
        "WaitingForOnHoldRemoved": None,
        "CancelError": None,
        "AcknowledgementError": None,
        "ReadyForReservation": 2,
        "Reserved": 2,
    },
)
"""Norce's 21 statuses, each with how far it stands; ``None`` stands aside and moves nothing."""


@dataclass(slots=True)
class OrderRecord:
    """One order in the shop: what Norce shows of it, and what it was told."""

    order_ref: str
    status: str = CREATED
    erp_order_no: str | None = None
    attempts: int = 0
    answer: str | None = None
    """``OK`` or ``Failed`` once the receiver said so."""

    given_up: bool = False
    history: list[str] = field(default_factory=list)
    currency: str | None = None
    rows: list[Row] = field(default_factory=list)
    """Empty where the order was not given whole: then quantities and amounts are taken as they come."""

    payments: dict[str, Decimal] = field(default_factory=dict)
    annulled: list[str] = field(default_factory=list)
    """References of payments whose rest was let go; nothing can be captured from them any more."""

    notes: list[str] = field(default_factory=list)
    invoices: list[InvoiceRecord] = field(default_factory=list)
    is_paid_up: bool = False
    """True after the last invoice: Norce takes no further one."""

    @property
    def captured(self) -> Decimal:
        """What all invoices have taken from the buyer."""
        return sum((invoice.captured for invoice in self.invoices), NOTHING)

    @property
    def credited(self) -> Decimal:
        """What was given back."""
        return sum((invoice.credited for invoice in self.invoices), NOTHING)

    def learn(self, order: Mapping[str, Any]) -> None:
        """Take over rows, payments and currency of the order as it was posted. Raises ``ValueError`` or its like."""
        self.rows = rows_of(order)
        self.payments = payments_of(order)
        self.currency = order.get("CurrencyCode")

    def advance(self, status: str) -> None:
        """Come to ``status`` unless the order is further already, as papers do that come late."""
        if not is_backwards(self.status, status):
            move(self, status)

    def document(self) -> dict[str, Any]:
        """The record as ``GET /sim/orders`` shows it."""
        return {
            "ClientOrderRef": self.order_ref,
            "OrderStatus": self.status,
            "ErpOrderNo": self.erp_order_no,
            "attempts": self.attempts,
            "answer": self.answer,
            "given_up": self.given_up,
            "history": list(self.history),
            "rows": [row.document() for row in self.rows],
            "reserved": sum(self.payments.values(), NOTHING),
            "captured": self.captured,
            "credited": self.credited,
            "annulled": list(self.annulled),
            "notes": list(self.notes),
            "invoices": [invoice.document() for invoice in self.invoices],
        }


class Book:
    """All orders of the shop. Nothing is taken back: a call is either booked whole or refused."""

    def __init__(self) -> None:
        self._orders: dict[str, OrderRecord] = {}

    def orders(self) -> list[OrderRecord]:
        """Every order, in the order in which they were placed."""
        return list(self._orders.values())

    def place(self, order_ref: str) -> OrderRecord:
        """The record of an order that the shop has; made when it is new."""
        return self._orders.setdefault(order_ref, OrderRecord(order_ref))

    def answered(self, order_ref: str, erp_order_no: str | None, *, ok: bool) -> None:
        """Book what the receiver answered to the order itself: Allocated, Confirmed with a number, or nothing."""
        record = self.place(order_ref)
        record.answer = "OK" if ok else "Failed"
        if not ok:
            return
        if erp_order_no:
            record.erp_order_no = record.erp_order_no or erp_order_no
        reached = CONFIRMED if erp_order_no else ALLOCATED
        record.advance(reached)  # a status call may have overtaken this answer

    def ordered(self, call: Call) -> OrderRecord:
        """The order that a call with ``ClientOrderRef`` and ``ErpOrderNo`` means. Raises :class:`RefusedCallError`."""
        reference, number = _reference_in(call), call.get("ErpOrderNo") or None
        record = self.found(reference, number)
        if number and record.erp_order_no not in {None, number}:
            raise RefusedCallError(f"Order {record.order_ref} has another order number")
        return record

    def found(self, order_ref: str | None, number: str | None) -> OrderRecord:
        """The order that a call means: by reference, else by a number that Norce was given before.

        Raises :class:`RefusedCallError`.
        """
        if order_ref is None and number is None:
            raise RefusedCallError("ClientOrderRef or ErpOrderNo must be given")
        holder = next((each for each in self._orders.values() if number and each.erp_order_no == number), None)
        found = holder if order_ref is None else self._orders.get(order_ref)
        if found is None:
            raise RefusedCallError(f"No order was found by {order_ref or number}")
        if holder is not None and holder is not found:
            raise RefusedCallError(f"ErpOrderNo {number} belongs to another order")
        return found


def shown(records: Iterable[OrderRecord]) -> list[dict[str, Any]]:
    """Records as documents."""
    return [record.document() for record in records]


def move(record: OrderRecord, status: str) -> None:
    """Book a status; one that stands aside is remembered and moves nothing."""
    record.history.append(status)
    if RANKS[status] is not None:
        record.status = status


def is_backwards(now: str, wanted: str) -> bool:
    """True when ``wanted`` stands before what is reached."""
    reached, asked = RANKS[now], RANKS[wanted]
    if reached is None or asked is None:
        return False
    return asked < reached


def _reference_in(call: Call) -> str | None:
    """``ClientOrderRef``; 0 is how the contract's class says *none*."""
    found = call.get("ClientOrderRef") or 0
    if found < 0:
        raise RefusedCallError("ClientOrderRef is not an integer above 0")
    return str(found) if found else None
