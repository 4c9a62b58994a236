"""The rows, payments and invoices of one order in the simulated Norce's book, read from the order as it was sent.

Not for: statuses (``norce_book.py``), or the calls that move these quantities and amounts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bridge.simulators.norce_fields import RefusedCallError

NOTHING = Decimal()


@dataclass(slots=True)
class Row:
    """One row of an order and how much of it has come how far."""

    line_no: int
    part_nos: tuple[str, ...]
    ordered: Decimal
    is_physical: bool
    delivered: Decimal = NOTHING
    invoiced: Decimal = NOTHING

    def document(self) -> dict[str, Any]:
        """The row as ``GET /sim/orders`` shows it."""
        return {
            "LineNo": self.line_no,
            "PartNo": self.part_nos[0],
            "ordered": self.ordered,
            "delivered": self.delivered,
            "invoiced": self.invoiced,
        }


@dataclass(slots=True)
class InvoiceRecord:
    """An invoice that Norce knows, and how much of it was captured and credited."""

    invoice_no: str
    captured: Decimal
    credited: Decimal = NOTHING
    credits: str | None = None
    """Of a credit: the invoice whose money went back."""

    def document(self) -> dict[str, Any]:
        """The invoice as ``GET /sim/orders`` shows it."""
        return {
            "InvoiceNo": self.invoice_no,
            "captured": self.captured,
            "credited": self.credited,
            "CreditedInvoiceNo": self.credits,
        }


def rows_of(order: Mapping[str, Any]) -> list[Row]:
    """The rows of an order as it was posted; none where it was not given whole."""
    return [
        Row(
            line_no=int(item["LineNo"]),
            part_nos=tuple(str(item[key]) for key in ("PartNo", "ErpPartNo") if item.get(key)),
            ordered=_decimal(item.get("Quantity2"), item.get("Quantity")),
            is_physical=item.get("TypeGroup") == "Physical",
        )
        for item in order.get("Items") or []
    ]


def payments_of(order: Mapping[str, Any]) -> dict[str, Decimal]:
    """What is reserved under each payment reference of an order."""
    return {str(payment["PaymentRef"]): _decimal(payment["Amount"]) for payment in order.get("Payments") or []}


def row_for(rows: list[Row], part_no: str, line_no: object, taken: str) -> Row:
    """The row that a line of a call means; its number may be the call's own, so the article decides.

    ``taken`` is the quantity that the call is about: of two rows with one article the first that is not full counts.
    """
    same = [row for row in rows if part_no in row.part_nos]
    if not same:
        raise RefusedCallError(f"Part {part_no} is not on the order")
    exact = next((row for row in same if row.line_no == line_no), None)
    return exact or next((row for row in same if getattr(row, taken) < row.ordered), same[-1])


def _decimal(*values: object) -> Decimal:
    found = next((value for value in values if isinstance(value, int | Decimal)), 0)
    return Decimal(found)
