"""What Norce Checkout says of an order in its info types: the real provider, carrier, pickup point and ids.

Where Norce Checkout was used, the order itself only says so; the real choice is in these values. No order fails over
them: what cannot be read is warned of, and the simple codes count. Not for: which code an info type has (``rules``).
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from bridge.model import Checkout, Delivery, Party, PartyKind, Payment, PaymentKind, PickupStore, SalesOrder
from bridge.norce.scalars import UnfitError, read_number

SHIPPINGS = "norce-checkout-shippings"
PAYMENTS = "norce-checkout-payments"
REMOVED = "removed"

_HALVES = re.compile("[\ud800-\udfff]")  # half a character, which JSON can spell and no file can carry
_KINDS = {kind.value: kind for kind in PaymentKind}


class _Entry:
    """One group of fields of the checkout's JSON, whose names are found without case; what does not fit is missing."""

    __slots__ = ("_fields",)

    def __init__(self, value: object) -> None:
        fields = value if isinstance(value, Mapping) else {}
        self._fields = {str(name).casefold(): inner for name, inner in fields.items()}

    def text(self, name: str) -> str | None:
        """Text, or a number as it was written."""
        value = self._fields.get(name)
        return (_HALVES.sub("", value).strip() or None) if isinstance(value, str) else None

    def amount(self, name: str) -> Decimal | None:
        try:
            return read_number(self.text(name))
        except UnfitError:
            return None

    def group(self, name: str) -> "_Entry":
        return _Entry(self._fields.get(name))

    @property
    def is_active(self) -> bool:
        """False for what the buyer took back; the checkout never deletes."""
        return (self.text("state") or "").casefold() != REMOVED


_NOTHING = _Entry(None)


def filled(order: SalesOrder) -> tuple[SalesOrder, tuple[str, ...]]:
    """The order with all that the checkout knows better, and what could not be used; each value has its first source.

    The order of the sources is the table of ``norce/checkout.md`` 7.3.
    """
    if not order.info:
        return _plain(order), ()
    warnings: list[str] = []
    shipping = next(_active(order.info, SHIPPINGS, warnings), _NOTHING)
    payments = list(_active(order.info, PAYMENTS, warnings))
    main = next((paid for paid in payments if _kind(paid) is PaymentKind.DEFAULT), _NOTHING)
    made = replace(
        order,
        delivery=_delivery(order.delivery, shipping, order.info),
        payments=_payments(order, payments, warnings),
        payment_provider=main.text("adapterid") or main.text("name") or _provider(order.payments),
        payment_ref=main.text("reference") or _said(order.info, "NCOPaymentReference") or _reference(order.payments),
        customer_type=_customer_type(order),
        checkout=_checkout(order.info),
    )
    return made, tuple(warnings)


def _plain(order: SalesOrder) -> SalesOrder:
    """The same for an order without any info type, which most are: its own fields are the last source."""
    delivery = order.delivery
    return replace(
        order,
        delivery=replace(delivery, carrier=delivery.method) if delivery.method else delivery,
        payment_provider=_provider(order.payments),
        payment_ref=_reference(order.payments),
        customer_type=_customer_type(order),
    )


def _active(info: Mapping[str, str], code: str, warnings: list[str]) -> Iterator[_Entry]:
    """The entries of one value that were not taken back."""
    text = info.get(code)
    if not text:
        return
    try:
        value = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        warnings.append(f"AdditionalInfo {code} is not JSON; the simple codes count")
        return
    entries = value if isinstance(value, list) else [value] if value is not None else []
    if not all(isinstance(entry, Mapping) for entry in entries):
        warnings.append(f"AdditionalInfo {code} holds something else than groups of fields; that is left out")
    groups = (_Entry(entry) for entry in entries if isinstance(entry, Mapping) and entry)
    yield from (group for group in groups if group.is_active)


def _said(info: Mapping[str, str], code: str) -> str | None:
    return info.get(code) or None


def _kind(payment: _Entry) -> PaymentKind | None:
    """What sort of payment it is; one that does not say is an ordinary one."""
    return _KINDS.get((payment.text("type") or PaymentKind.DEFAULT).casefold())


def _provider(payments: Sequence[Payment]) -> str | None:
    return next((found for payment in payments if (found := payment.name or payment.method)), None)


def _reference(payments: Sequence[Payment]) -> str | None:
    return next((payment.ref for payment in payments if payment.ref), None)


def _payments(order: SalesOrder, found: Sequence[_Entry], warnings: list[str]) -> tuple[Payment, ...]:
    """One payment for each active one of the checkout when together they pay the order, else what Norce says."""
    if not found:
        return order.payments
    amounts = [amount for paid in found if (amount := paid.amount("amount")) is not None]
    if len(amounts) < len(found) or sum(amounts, Decimal()) not in _totals(order):
        warnings.append(f"AdditionalInfo {PAYMENTS} does not add up to the order's payments; Payments counts")
        return order.payments
    by_ref = {payment.ref: payment for payment in reversed(order.payments) if payment.ref}
    only = order.payments[0] if len(order.payments) == 1 else Payment()
    return tuple(_payment(paid, by_ref.get(paid.text("reference") or "", only)) for paid in found)


def _totals(order: SalesOrder) -> tuple[Decimal, ...]:
    """What an order comes to: by its payments, and by its rows."""
    paid = [payment.amount for payment in order.payments if payment.amount is not None]
    rows = sum((line.line_gross for line in order.lines), Decimal())
    return (sum(paid, Decimal()), rows) if paid else (rows,)


def _payment(paid: _Entry, behind: Payment) -> Payment:
    """A payment of the checkout; the codes that the ERP knows are those of Norce's payment behind it."""
    provider = paid.text("adapterid") or paid.text("name")
    return replace(
        behind,
        name=paid.text("name") or behind.name,
        ref=paid.text("reference") or behind.ref,
        amount=paid.amount("amount"),
        currency=paid.text("currency") or behind.currency,
        provider=provider,
        kind=_kind(paid),
    )


def _delivery(delivery: Delivery, shipping: _Entry, info: Mapping[str, str]) -> Delivery:
    details = shipping.group("deliverydetails")
    product, name = details.group("product").text("name"), shipping.text("name")
    return replace(
        delivery,
        carrier=details.text("carrier") or product or name or delivery.method,
        service=product or name,
        tms_ref=delivery.tms_ref or _said(info, "NCOShippingTmsReference") or shipping.text("tmsreference"),
        shipping_ref=_said(info, "NCOShippingReference") or shipping.text("reference"),
        pickup=_pickup(delivery.pickup, details.group("pickuplocation")),
    )


def _pickup(store: PickupStore | None, location: _Entry) -> PickupStore | None:
    """The pickup store when it has a code; else the checkout's place, in the store's own words where it has some."""
    reference, name = location.text("reference"), location.text("name")
    if (store is not None and store.code) or not (reference or name):
        return store
    known = store or PickupStore(is_drop_point=True)
    return replace(
        known,
        code=reference,
        name=known.name or name,
        address=known.address or _address(location.group("address")),
    )


def _address(address: _Entry) -> Party | None:
    found = Party(
        PartyKind.COMPANY,
        street=address.text("streetaddress"),
        street2=address.text("streetaddress2"),
        zip=address.text("postalcode"),
        city=address.text("city"),
        country=address.text("country"),
    )
    return None if found == Party(PartyKind.COMPANY) else found


def _checkout(info: Mapping[str, str]) -> Checkout | None:
    found = Checkout(_said(info, "NCOOrderId"), _said(info, "NCOMerchant"), _said(info, "NCOChannel"))
    return None if found == Checkout() else found


def _customer_type(order: SalesOrder) -> str | None:
    said = _said(order.info, "NCOCustomerType")
    if said:
        return said.casefold()
    if order.sold_to is None:
        return None
    return "organization" if order.sold_to.kind is PartyKind.COMPANY else "person"
