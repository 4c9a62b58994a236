"""The fields of Norce's report calls and their types, and the refusal of a call that does not keep to them.

Not for: what a call means for an order (``norce_status.py`` and its siblings).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

LONGEST_NUMBER = 50
_LARGEST_INTEGER = 2**31 - 1
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Call = Mapping[str, Any]


class RefusedCallError(Exception):
    """A call that Norce answers with 400; the text is what it says."""


class Kind(StrEnum):
    """A type of the contract, as a refusal names it."""

    WHOLE = "an integer"
    NUMBER = "a number"
    TEXT = "a text"
    NAME = f"a text of at most {LONGEST_NUMBER} characters"
    CURRENCY = "a currency code"
    FLAG = "true or false"
    MOMENT = "a date and time"
    GUID = "a GUID"
    OBJECT = "an object"
    LIST = "a list of objects"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its type, whether it must be there, and the fields of what is in it."""

    kind: Kind
    is_required: bool = False
    of: Mapping[str, "Field"] = field(default_factory=dict)


def checked(call: object, fields: Mapping[str, Field], where: str = "") -> Call:
    """``call`` if each field that is there has its type and none is wanting. Raises :class:`RefusedCallError`.

    A null is the same as nothing; a field that nobody knows is passed over, as Norce's reader does.
    """
    if not isinstance(call, dict):
        raise RefusedCallError(f"{where.rstrip('.') or 'The request'} is not {Kind.OBJECT}")
    for name, one in fields.items():
        value = call.get(name)
        if value is None:
            if one.is_required:
                raise RefusedCallError(f"{where}{name} is required")
        elif not _is(value, one.kind):
            raise RefusedCallError(f"{where}{name} is not {one.kind}")
        else:
            for place, inner in _inner(value, one.kind, f"{where}{name}"):
                checked(inner, one.of, f"{place}.")
    return call


def _inner(value: Any, kind: Kind, where: str) -> Iterator[tuple[str, object]]:
    if kind is Kind.OBJECT:
        yield where, value
    elif kind is Kind.LIST:
        yield from ((f"{where}[{number}]", item) for number, item in enumerate(value))


def _is(value: Any, kind: Kind) -> bool:
    match kind:
        case Kind.FLAG:
            return isinstance(value, bool)
        case Kind.WHOLE:
            return is_whole(value)
        case Kind.NUMBER:
            return isinstance(value, int | Decimal) and not isinstance(value, bool)
        case Kind.OBJECT:
            return isinstance(value, dict)
        case Kind.LIST:
            return isinstance(value, list)
        case _:
            return isinstance(value, str) and _reads(value, kind)


def is_whole(value: object) -> bool:
    """True for an integer of 32 bits; ``2.0`` and ``true`` are none."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_INTEGER


def _reads(text: str, kind: Kind) -> bool:
    match kind:
        case Kind.NAME:
            return len(text) <= LONGEST_NUMBER
        case Kind.CURRENCY:
            return re.fullmatch(r"[A-Z]{3}", text) is not None
        case Kind.GUID:
            return _GUID.fullmatch(text) is not None
        case Kind.MOMENT:
            return _is_moment(text)
        case _:
            return True


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return "T" in text


def _all(kind: Kind, *names: str) -> dict[str, Field]:
    return {name: Field(kind) for name in names}


def _needed(kind: Kind, *names: str) -> dict[str, Field]:
    return {name: Field(kind, is_required=True) for name in names}


ORDER_STATUS = {
    **_all(Kind.WHOLE, "ClientOrderRef", "AccountId"),
    **_all(Kind.NAME, "ErpOrderNo"),
    "Infos": Field(Kind.LIST, of={**_needed(Kind.TEXT, "Code"), **_all(Kind.TEXT, "Value")}),
    "ItemStatuses": Field(Kind.LIST, of=_needed(Kind.TEXT, "LineNo", "ItemStatus")),
}

_PAYMENT = {
    **_all(Kind.WHOLE, "PaymentCode"),
    **_all(Kind.TEXT, "PaymentMethodCode", "PaymentRef", "PaymentName"),
    **_all(Kind.NUMBER, "Amount"),
    **_all(Kind.CURRENCY, "CurrencyCode"),
}

CANCEL_ORDER = {
    **_all(Kind.WHOLE, "ClientOrderRef"),
    **_all(Kind.NAME, "ErpOrderNo"),
    "Payments": Field(Kind.LIST, of={**_PAYMENT, **_needed(Kind.TEXT, "PaymentRef")}),
}

DELIVERY_NOTE = {
    **_needed(Kind.NAME, "OrderNo", "NoteNo"),
    **_needed(Kind.MOMENT, "DeliveryDate"),
    **_all(Kind.TEXT, "BuyerCompanyCode", "BuyerCustomerCode", "DeliveryName", "DeliveryAttention", "DeliveryMode"),
    **_all(Kind.TEXT, "NoteText", "DivisionCode"),
    **_all(Kind.WHOLE, "StatusId"),
    **_all(Kind.FLAG, "IsPrinted"),
    **_all(Kind.OBJECT, "DeliveryAddress"),
    "DeliveryNotePackages": Field(Kind.LIST, of={**_all(Kind.TEXT, "ParcelNumber"), **_all(Kind.WHOLE, "StatusId")}),
    "DeliveryNoteItems": Field(
        Kind.LIST,
        of={
            **_needed(Kind.NUMBER, "RowNumber", "Qty"),
            **_needed(Kind.TEXT, "ItemNo"),
            **_all(Kind.TEXT, "Description", "Comment"),
        },
    ),
}

INVOICE = {
    **_all(Kind.NAME, "InvoiceNo", "CreditedInvoiceNo", "GroupCode"),
    **_all(Kind.WHOLE, "ClientOrderRef"),
    **_needed(Kind.NAME, "ErpOrderNo"),
    **_needed(Kind.CURRENCY, "CurrencyCode"),
    **_needed(Kind.MOMENT, "InvoiceDate"),
    **_all(Kind.MOMENT, "DeliveryDate", "InvoiceDueDate"),
    **_all(Kind.NUMBER, "TotalAmount", "InvoiceRoundOff", "Vat", "VatRoundOff"),
    **_all(Kind.TEXT, "Name", "AddressLine1", "AddressLine2", "ZipCode", "City", "Region", "Country", "CareOf"),
    **_all(Kind.TEXT, "Attention", "Comment", "Gln", "PaymentMethodCode", "PaymentMethodName", "CultureCode"),
    **_all(Kind.TEXT, "CountryCode"),
    **_all(Kind.GUID, "ApplicationKey"),
    **_all(Kind.FLAG, "IsLastInvoiceForOrder", "SuppressPspCall"),
    "Payment": Field(Kind.OBJECT, of=_PAYMENT),
    "Items": Field(
        Kind.LIST,
        of={
            **_needed(Kind.TEXT, "PartNo"),
            **_needed(Kind.WHOLE, "Quantity"),
            **_needed(Kind.NUMBER, "UnitPrice"),
            **_all(Kind.NUMBER, "LineNo", "UnitVat", "VatRate", "SalePrice", "LineAmount", "Discount"),
            **_all(Kind.TEXT, "Description", "PriceList", "ProductName"),
        },
    ),
}
