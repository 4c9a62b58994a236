"""An order written as Norce writes it: DataContract XML or JSON (``norce/connect.md`` 1 and 3).

Whoever plays Norce needs it: a simulator, a test, a person who sends an order again in the other form. Not for: what
an ERP reads (``formats/``), nor our answers (``answers``).
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

from pydantic import BaseModel

from bridge import safexml
from bridge.norce.bodies import BodyKind
from bridge.norce.namespaces import ENVELOPE, ORDER, PROMOTION
from bridge.norce.scalars import ORDER_TYPE_NAMES
from bridge.norce.wire import OrderRequest, Promotion

ITEM_NAMES: Mapping[str, str] = {
    "AdditionalInfo": "Value",
    "Addresses": "Address",
    "DeliveryCodes": "DeliveryCode",
    "Discounts": "Discount",
    "Fees": "Fee",
    "Items": "OrderItem",
    "PaymentCodes": "PaymentCode",
    "Payments": "Payment",
    "PriceLists": "Pricelist",
    "PricelistCodes": "PricelistCode",
    "Promotions": "Promotion",
}
"""What the rows of a list are called in XML."""

_NULLABLE = frozenset({"IsActive", "ParentLineNo", "PriceListNo", "Quantity2", "ReferId"})
"""Numbers and flags that the contract lets be nil; all others it has none for, so that no element is written."""

_VALUES = (int | None, Decimal | None, dt.datetime | None)
_PREFIXES = {"": ORDER, "i": safexml.INSTANCE}


def written(request: OrderRequest, kind: BodyKind) -> bytes:
    """The order as a body of this kind; what is decoded from it equals ``request``.

    Raises :class:`~bridge.safexml.XmlRefused` for a character that XML cannot carry; no decoded order has one.
    """
    if kind is BodyKind.JSON:
        return _json(request).encode()
    fields = _elements(request, ORDER)
    if kind is BodyKind.XML:
        return safexml.serialize(safexml.build(f"{{{ORDER}}}OrderRequest", fields, _PREFIXES))
    call = (f"{{{ORDER}}}CreateOrder", ((f"{{{ORDER}}}request", fields),))
    body = ((f"{{{ENVELOPE}}}Body", (call,)),)
    return safexml.serialize(safexml.build(f"{{{ENVELOPE}}}Envelope", body, {"s": ENVELOPE, **_PREFIXES}))


def _fields(group: BaseModel) -> Iterator[tuple[str, str, object]]:
    """Our name, Norce's name and the value of each field, in the order of the contract."""
    for name, field in type(group).model_fields.items():
        yield name, field.alias or name, getattr(group, name)


# --- XML --------------------------------------------------------------------------------------------------------------


def _elements(group: BaseModel, namespace: str) -> tuple[tuple[str, safexml.Content], ...]:
    return tuple(
        (f"{{{namespace}}}{alias}", _content(alias, value))
        for name, alias, value in _fields(group)
        if not _is_left_out(group, name, alias, value)
    )


def _is_left_out(group: BaseModel, name: str, alias: str, value: object) -> bool:
    """True for a missing value that has no nil: a DataContract reader takes its default where no element stands."""
    return value is None and alias not in _NULLABLE and type(group).model_fields[name].annotation in _VALUES


def _content(alias: str, value: object) -> safexml.Content:
    match value:
        case None:
            return safexml.NIL
        case tuple():
            return tuple((f"{{{ORDER}}}{ITEM_NAMES[alias]}", _content("", row)) for row in value)
        case Promotion():
            return _elements(value, PROMOTION)
        case BaseModel():
            return _elements(value, ORDER)
        case int() if alias == "OrderType":
            return ORDER_TYPE_NAMES.get(value, str(value))
        case _:
            return _word(value)


def _word(value: object) -> str:
    """A single value as both forms write it; a number keeps its digits, and needs no exponent."""
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case dt.datetime():
            return value.isoformat()
        case _:
            return str(value)


# --- JSON -------------------------------------------------------------------------------------------------------------


def _json(value: object) -> str:
    match value:
        case None:
            return "null"
        case BaseModel():
            fields = ", ".join(f'"{alias}": {_json(inner)}' for _, alias, inner in _fields(value))
            return f"{{{fields}}}"
        case tuple():
            return f"[{', '.join(_json(row) for row in value)}]"
        case int() | Decimal():
            return _word(value)
        case _:
            return json.dumps(_word(value), ensure_ascii=False)
