"""OrderResponse, that of Peppol's advanced ordering too, OrderResponseSimple and OrderCancellation of the ERP.

Not for: the verdict of an order from header and lines (``_answer/verdict``), nor codes (``codes``).
"""

from collections.abc import Iterable, Sequence

from bridge.formats._answer.fields import Statement
from bridge.formats._ubl.codes import ACCEPTED, LINE, ORDER
from bridge.formats._ubl.reading import (
    Reader,
    all_of,
    code,
    copied,
    day,
    first_code,
    is_true,
    note,
    number,
    one_of,
    only,
    part_no,
    present,
    price,
    texts,
    told,
    where,
)
from bridge.model import AckStatus
from bridge.safexml import Element

_PROMISED = tuple(f"cac:PromisedDeliveryPeriod/cbc:{end}Date" for end in ("Start", "End"))
_OF = "cac:OrderLineReference/cac:OrderReference"
_REFUSED = frozenset({AckStatus.REJECTED, AckStatus.CANCELLED})


def response(root: Element, reader: Reader) -> list[Statement]:
    """The verdict of the order, of each line, or of both."""
    lines = all_of(root, "cac:OrderLine")
    facts: dict[str, object] = _order(root, lines)
    if is_true(root, "cbc:CopyIndicator"):
        return [copied(facts, where(root), reader)]
    warnings: list[str] = []
    facts |= {
        "lines": [_line(line, reader, warnings) for line in lines],
        "status": reader.codes.status(ORDER, code(root, "cbc:OrderResponseCode"), warnings),
        "message_date": day(root, warnings, reader, "cbc:IssueDate"),
        "date": _promised(all_of(root, "cac:Delivery"), reader, warnings),
        "reason": note(root, "cbc:Note"),
    }
    return [told(facts, where(root), reader, warnings)]


def simple_response(root: Element, reader: Reader) -> list[Statement]:
    """Yes or no to the order as a whole."""
    facts: dict[str, object] = _order(root)
    if is_true(root, "cbc:CopyIndicator"):
        return [copied(facts, where(root), reader)]
    warnings: list[str] = []
    facts |= {
        "status": reader.codes.status(ACCEPTED, code(root, "cbc:AcceptedIndicator"), warnings),
        "message_date": day(root, warnings, reader, "cbc:IssueDate"),
        "reason": note(root, "cbc:RejectionNote", "cbc:Note"),
    }
    return [told(facts, where(root), reader, warnings)]


def cancellation(root: Element, reader: Reader) -> list[Statement]:
    """The ERP takes the order back."""
    facts: dict[str, object] = _order(root)
    if is_true(root, "cbc:CopyIndicator"):
        return [copied(facts, where(root), reader)]
    warnings: list[str] = []
    facts |= {
        "status": AckStatus.CANCELLED,
        "message_date": day(root, warnings, reader, "cbc:IssueDate"),
        "reason": note(root, "cbc:CancellationNote", "cbc:Note"),
    }
    return [told(facts, where(root), reader, warnings)]


def _order(root: Element, lines: Sequence[Element] = ()) -> dict[str, object]:
    """The one order that an answer and its lines name. Its number is never that of the answer itself."""
    numbers = texts(root, "cbc:SalesOrderID", "cac:OrderReference/cbc:SalesOrderID")
    refs, of_lines = [code(root, "cac:OrderReference/cbc:ID")], [part for line in lines for part in all_of(line, _OF)]
    refs += (code(part, "cbc:ID") for part in of_lines)
    return {
        "order_ref": only(root, "the order of this response", refs),
        "erp_order_no": only(root, "SalesOrderID", [*numbers, *(code(part, "cbc:SalesOrderID") for part in of_lines)]),
    }


def _line(line: Element, reader: Reader, warnings: list[str]) -> dict[str, object]:
    found = one_of(line, "cac:LineItem")
    item = line if found is None else found
    status = reader.codes.status(LINE, code(item, "cbc:LineStatusCode"), warnings)
    deliveries = all_of(item, "cac:Delivery")
    facts = {
        "line_no": code(line, "cac:OrderLineReference/cbc:LineID"),
        "part_no": part_no(one_of(item, "cac:Item")),
        "substitute_part_no": _substitute(line),
        "status": status,
        "qty_confirmed": None if status in _REFUSED else number(item, "cbc:Quantity", reader),
        "qty_backorder": number(item, "cbc:MaximumBackorderQuantity", reader),
        "unit_price": price(item, reader),
        "date": _promised(deliveries, reader, warnings),
        "reason": note(line, "cac:LineItem/cbc:Note", "cbc:Note"),
        "schedules": _schedules(deliveries, reader, warnings),
    }
    return present(facts)


def _promised(deliveries: Iterable[Element], reader: Reader, warnings: list[str]) -> str | None:
    """The day that is promised; of several parts the last one."""
    days = [found for one in deliveries if (found := day(one, warnings, reader, *_PROMISED))]
    return max(days, default=None)


def _schedules(deliveries: Iterable[Element], reader: Reader, warnings: list[str]) -> list[dict[str, object]]:
    parts = (
        {"qty": number(one, "cbc:Quantity", reader), "date": day(one, warnings, reader, *_PROMISED)}
        for one in deliveries
    )
    return [present(part) for part in parts if part["qty"]]


def _substitute(line: Element) -> str | None:
    kinds = ("SellerSubstitutedLineItem", "SellerProposedSubstituteLineItem")
    items = next((found for kind in kinds if (found := all_of(line, f"cac:{kind}/cac:Item"))), [])
    numbers = [f"cac:{name}ItemIdentification/cbc:ID" for name in ("Sellers", "Standard", "Buyers")]
    return next((number_ for item in items if (number_ := first_code(item, *numbers))), None)
