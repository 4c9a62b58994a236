"""The values that pass between rooms: an order, an acknowledgement, a report. Neutral to Norce and to any ERP.

Not for: how they are spelt on any wire (``norce/``, ``formats/``), nor what happens to them (``states.py``).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from bridge.roles import Role, role_of


class Infos(Mapping[str, str]):
    """Values by code, in the order they came: told in the spelling that was sent, found without case (decision 6).

    Of two codes that differ in case only, the first counts.
    """

    __slots__ = ("_spelt",)

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._spelt: dict[str, tuple[str, str]] = {}
        for code, value in pairs:
            self._spelt.setdefault(code.casefold(), (code, value))

    def __getitem__(self, code: str) -> str:
        return self._spelt[code.casefold()][1]

    def __iter__(self) -> Iterator[str]:
        return (code for code, _ in self._spelt.values())

    def __len__(self) -> int:
        return len(self._spelt)

    def __repr__(self) -> str:
        return f"Infos({list(self._spelt.values())})"


class PartyKind(StrEnum):
    """Who a party is: a company buys with a company code and VAT number, a person without."""

    COMPANY = "company"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Phones:
    """Telephone numbers as they were given."""

    private: str | None = None
    cell: str | None = None
    work: str | None = None
    shipping: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """Buyer, payer, receiver or seller, with one address. Empty text and missing are both ``None``.

    ``code`` is the company's for a company, else the person's; ``person_code`` is a company's contact person.
    """

    kind: PartyKind
    code: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    vat_no: str | None = None
    org_no: str | None = None
    ssn: str | None = None
    street: str | None = None
    street2: str | None = None
    box: str | None = None
    care_of: str | None = None
    zip: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    gln: str | None = None
    phones: Phones = Phones()
    email: str | None = None
    contact: str | None = None
    person_code: str | None = None
    info: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SalesContact:
    """The seller's representative."""

    code: str | None = None
    division: str | None = None


@dataclass(frozen=True, slots=True)
class PickupStore:
    """Where the buyer fetches the goods."""

    code: str | None = None
    name: str | None = None
    is_drop_point: bool = False
    address: Party | None = None
    info: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the goods travel and what the shop promised about it.

    ``method`` is the code that was set up for the ERP. ``carrier`` and ``service`` are what the buyer chose, where the
    shop tells; ``carrier`` is the method where it does not.
    """

    method: str | None = None
    pickup: PickupStore | None = None
    sms: bool = False
    complete: bool = False
    fee_once: bool = False
    advisor_ref: str | None = None
    tms_ref: str | None = None
    carrier: str | None = None
    service: str | None = None
    shipping_ref: str | None = None


class PaymentKind(StrEnum):
    """What a payment is made with: money of the buyer, money paid in before, or a voucher."""

    DEFAULT = "default"
    PREPAID = "prepaid"
    VOUCHER = "voucher"


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment; ``amount`` includes VAT, after rounding rules; ``provider`` and ``kind`` where they are told."""

    code: int | None = None
    method: str | None = None
    name: str | None = None
    ref: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    info: Mapping[str, str] = field(default_factory=dict)
    provider: str | None = None
    kind: PaymentKind | None = None


@dataclass(frozen=True, slots=True)
class PriceList:
    """A price list that stood behind the original price of a line; prices per unit, excluding VAT."""

    name: str | None = None
    qty_break: Decimal | None = None
    unit_price: Decimal | None = None
    unit_price_vat: Decimal | None = None
    is_standard: bool = False
    is_active: bool = False


@dataclass(frozen=True, slots=True)
class Promotion:
    """A promotion applied to a line."""

    id: str | None = None
    name: str | None = None
    discount_code: str | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One row. Prices and VAT amounts are per unit, excluding VAT and net of discounts; ``vat_rate`` in percent.

    ``raw`` is the row as it came, by the sender's names; a number is the text it was written as.
    """

    line_no: int
    parent_line_no: int | None = None
    type: str | None = None
    group: str | None = None
    part_no: str | None = None
    erp_part_no: str | None = None
    product_id: int | None = None
    gtin: str | None = None
    manufacturer: str | None = None
    text: str | None = None
    qty: Decimal = Decimal(0)
    unit: str | None = None
    unit_price: Decimal = Decimal(0)
    unit_price_original: Decimal | None = None
    unit_price_original_vat: Decimal | None = None
    discount: Decimal | None = None
    unit_vat: Decimal = Decimal(0)
    vat_rate: Decimal | None = None
    price_list_no: int | None = None
    comment: str | None = None
    price_lists: tuple[PriceList, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    info: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)

    @property
    def role(self) -> Role:
        """What the row stands for."""
        return role_of(self.type, self.group)

    @property
    def line_net(self) -> Decimal:
        """Quantity times price, excluding VAT, not rounded."""
        return self.qty * self.unit_price

    @property
    def line_vat(self) -> Decimal:
        """Quantity times VAT per unit: Norce rounds VAT per unit first (``norce/connect.md`` 1.2)."""
        return self.qty * self.unit_vat

    @property
    def line_gross(self) -> Decimal:
        """The row's amount including VAT, not rounded."""
        return self.line_net + self.line_vat


@dataclass(frozen=True, slots=True)
class Charge:
    """A fee or a discount of the whole order; ``amount`` as sent."""

    type: str | None = None
    text: str | None = None
    code: str | None = None
    amount: Decimal | None = None
    vat_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Checkout:
    """The same order in the checkout it was made in: its id there, the merchant and the channel."""

    order_id: str | None = None
    merchant: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class SalesOrder:
    """An order as every format writes it. Amounts are carried as they came, never recomputed (decision 5).

    ``payment_provider`` and ``payment_ref`` are those of the payment that matters most; ``customer_type`` is
    ``person`` or ``organization``, or whatever word the shop has for it.

    ``raw`` is the request as it came, by the sender's names; a number is the text it was written as. It says nothing
    new, so it is neither compared nor written, unless a layout asks for a part of it.
    """

    order_ref: str
    application: str
    ordered_at: dt.datetime | None
    currency: str | None
    lines: tuple[Line, ...]
    order_type: int | None = None
    source: str | None = None
    hold: bool = False
    customer_order_ref: str | None = None
    customer_invoice_ref: str | None = None
    comment: str | None = None
    discount_code: str | None = None
    refer_id: int | None = None
    sales_contact: SalesContact = SalesContact()
    sold_to: Party | None = None
    bill_to: Party | None = None
    ship_to: Party | None = None
    seller: Party | None = None
    delivery: Delivery = Delivery()
    payments: tuple[Payment, ...] = ()
    fees: tuple[Charge, ...] = ()
    discounts: tuple[Charge, ...] = ()
    info: Mapping[str, str] = field(default_factory=dict)
    suggested_erp_no: str | None = None
    payment_provider: str | None = None
    payment_ref: str | None = None
    customer_type: str | None = None
    checkout: Checkout | None = None
    raw: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of an order by number; ``charges`` tells whether its fees, discounts and payments go with them."""

    lines: tuple[int, ...]
    charges: bool


class AckKind(StrEnum):
    """What sort of message an acknowledgement is; a receipt only says *readable* (decision 8)."""

    RECEIPT = "receipt"
    RESPONSE = "response"
    DESPATCH = "despatch"
    INVOICE = "invoice"
    CANCELLATION = "cancellation"


class AckStatus(StrEnum):
    """What an acknowledgement says of the order or of one line; ``unknown`` is never a confirmation."""

    RECEIVED = "received"
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    BACKORDER = "backorder"
    PARTLY_DELIVERED = "partly_delivered"
    DELIVERED = "delivered"
    INVOICED = "invoiced"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    ON_HOLD = "on_hold"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A quantity promised for a day."""

    qty: Decimal
    date: dt.date | None = None


@dataclass(frozen=True, slots=True)
class AckLine:
    """What the ERP says of one line. ``line_no`` carries no leading zeros."""

    line_no: str | None = None
    part_no: str | None = None
    substitute_part_no: str | None = None
    status: AckStatus | None = None
    qty_ordered: Decimal | None = None
    qty_confirmed: Decimal | None = None
    qty_backorder: Decimal | None = None
    qty_delivered: Decimal | None = None
    qty_outstanding: Decimal | None = None
    unit_price: Decimal | None = None
    date: dt.date | None = None
    reason: str | None = None
    schedules: tuple[Schedule, ...] = ()


@dataclass(frozen=True, slots=True)
class AckInvoice:
    """The invoice that an acknowledgement announces."""

    no: str | None = None
    date: dt.date | None = None
    due: dt.date | None = None
    total: Decimal | None = None
    vat: Decimal | None = None
    currency: str | None = None
    credited_no: str | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One order's mention in a file of the ERP. Without lines it speaks for the whole order.

    A receipt may name no order but the control number of our own file, as ``control``.
    """

    kind: AckKind
    status: AckStatus
    order_ref: str | None = None
    erp_order_no: str | None = None
    message_date: dt.date | None = None
    date: dt.date | None = None
    reason: str | None = None
    note: str | None = None
    note_no: str | None = None
    carrier: str | None = None
    tracking: tuple[str, ...] = ()
    invoice: AckInvoice | None = None
    lines: tuple[AckLine, ...] = ()
    warnings: tuple[str, ...] = ()
    control: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a file that could not be used: where (line, segment, path) and what."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a file says: what can be used, and what cannot."""

    acknowledgements: tuple[Acknowledgement, ...] = ()
    faults: tuple[Fault, ...] = ()
