"""What the simulated Norce knows of each order, and which status calls it takes (``norce/connect.md`` 4). Pure.

Not for: HTTP, tokens and faults (``norce.py``), or sending (``norce_sending.py``).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

CREATED, ALLOCATED, CONFIRMED, CANCELLED = "Created", "Allocation", "Confirmed", "Cancelled"
LONGEST_NUMBER = 50
_LARGEST_INTEGER = 2**31 - 1
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


class RefusedCallError(Exception):
    """A call that Norce answers with 400; the text is what it says."""


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
        if not _is_backwards(record.status, reached):  # a status call may have overtaken this answer
            _move(record, reached)

    def send_order_status(self, call: Mapping[str, Any]) -> None:
        """Book a SendOrderStatus call. Raises :class:`RefusedCallError`."""
        status = call.get("OrderStatus")
        if not isinstance(status, str) or status not in RANKS:
            raise RefusedCallError("OrderStatus is not one of the order statuses")
        number = _number_in(call)
        record = self._found(_reference_in(call), number)
        if number and record.erp_order_no not in {None, number}:
            raise RefusedCallError(f"Order {record.order_ref} has another order number")
        if _is_backwards(record.status, status):
            raise RefusedCallError(f"Order {record.order_ref} cannot go from {record.status} to {status}")
        record.erp_order_no = number or record.erp_order_no
        _move(record, status)

    def _found(self, order_ref: str | None, number: str | None) -> OrderRecord:
        """The order that a call means: by reference, else by a number that Norce was given before."""
        if order_ref is None and number is None:
            raise RefusedCallError("ClientOrderRef or ErpOrderNo must be given")
        holder = next((each for each in self._orders.values() if number and each.erp_order_no == number), None)
        found = holder if order_ref is None else self._orders.get(order_ref)
        if found is None:
            raise RefusedCallError(f"No order was found by {order_ref or number}")
        if holder is not None and holder is not found:
            raise RefusedCallError(f"ErpOrderNo {number} belongs to another order")
        return found


OPERATIONS: Mapping[str, Callable[[Book, Mapping[str, Any]], None]] = MappingProxyType(
    {"SendOrderStatus": Book.send_order_status},
)
"""The Connect operations that are simulated, by the last part of their path; further ones are added here."""


def shown(records: Iterable[OrderRecord]) -> list[dict[str, Any]]:
    """Records as documents."""
    return [record.document() for record in records]


def _move(record: OrderRecord, status: str) -> None:
    record.history.append(status)
    if RANKS[status] is not None:
        record.status = status


def _is_backwards(now: str, wanted: str) -> bool:
    reached, asked = RANKS[now], RANKS[wanted]
    if reached is None or asked is None:
        return False
    return asked < reached


def _reference_in(call: Mapping[str, Any]) -> str | None:
    """``ClientOrderRef``, an integer of 32 bits; 0 is how the contract's class says *none*."""
    found = call.get("ClientOrderRef")
    if found is None or (found == 0 and not isinstance(found, bool)):
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found <= _LARGEST_INTEGER:
        raise RefusedCallError("ClientOrderRef is not an integer")
    return str(found)


def _number_in(call: Mapping[str, Any]) -> str | None:
    found = call.get("ErpOrderNo")
    if found is None or found == "":
        return None
    if not isinstance(found, str) or len(found) > LONGEST_NUMBER:
        raise RefusedCallError("ErpOrderNo is not a text of at most 50 characters")
    return found
