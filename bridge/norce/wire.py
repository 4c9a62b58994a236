"""The order as Norce writes it: every class and field of the contract, taken leniently (``norce/connect.md`` 1).

Norce's spelling lives here and nowhere else: the names of the fields are Norce's in small letters, and the alias
generator makes them Norce's again. The fields stand in the order of the contract, which is the order of the elements
when we write (``writing``); those that only Norce's documentation has come last. Unknown fields are ignored
(``unknown`` lists them), so is ``ExtensionData``, which is always null; nothing is required here (``rules`` says what
an order needs). Not for: meaning (``translate``).
"""

from collections.abc import Mapping

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_pascal

from bridge.model import Fault
from bridge.norce.bodies import Content, document_of
from bridge.norce.faults import invalid, kind_of_value, path_of
from bridge.norce.scalars import (
    Flag,
    MaybeFlag,
    Moment,
    Number,
    OrderType,
    Rows,
    Text,
    TextOrNumber,
    Whole,
    WholeOrText,
)

# The spelling of the contract, and that of Norce's documentation; neither field is required.
_CODES = AliasChoices("PricelistCodes", "PriceListCodes")
_LIMIT = AliasChoices("PricelistLimit", "PriceListLimit")


class _Wire(BaseModel):
    """What all classes of the contract share: Norce's spelling, values that stay, inputs that are never shown."""

    model_config = ConfigDict(  # type: ignore[pydantic-alias]  # no field is required
        alias_generator=to_pascal,
        frozen=True,
        hide_input_in_errors=True,
    )


class CodeValue(_Wire):
    """One custom value; ``code2`` is the real code, ``code`` carries the name by a known fault."""

    id: Whole = None
    code: Text = None
    value: Text = None
    code2: Text = None


class Header(_Wire):
    """Where the order was made."""

    application_key: Text = None


class Address(_Wire):
    """A postal address."""

    type: Text = None
    line1: Text = None
    line2: Text = None
    box: Text = None
    zip_code: Text = None
    city: Text = None
    region: Text = None
    country: Text = None
    care_of: Text = None
    shipping_phone_number: Text = None
    gln: Text = None


class Company(_Wire):
    """The company that buys, pays or receives; most of its fields are deprecated and always empty."""

    code: Text = None
    name: Text = None
    vat_no: Text = None
    phone: Text = None
    fax: Text = None
    email: Text = None
    addresses: Rows[Address] = ()
    pricelist_codes: Rows[Text] = Field(default=(), alias="PricelistCodes", validation_alias=_CODES)  # type: ignore[pydantic-alias]
    pricelist_limit: Flag = Field(default=False, alias="PricelistLimit", validation_alias=_LIMIT)  # type: ignore[pydantic-alias]
    payment_codes: Rows[Text] = ()
    payment_code_limit: Flag = False
    delivery_codes: Rows[Text] = ()
    delivery_code_limit: Flag = False
    is_active: MaybeFlag = None
    additional_info: Rows[CodeValue] = ()


class Person(_Wire):
    """The person who buys, or a company's contact; the contract calls the class Customer."""

    customer_code: Text = None
    company_code: Text = None
    first_name: Text = None
    last_name: Text = None
    job_title: Text = None
    private_phone: Text = None
    cell_phone: Text = None
    work_phone: Text = None
    email: Text = None
    ssn: Text = Field(default=None, alias="SSN")
    address: Address | None = None
    additional_info: Rows[CodeValue] = ()
    is_active: MaybeFlag = None


class ClientCustomer(_Wire):
    """Buyer, payer or receiver."""

    company: Company | None = None
    person: Person | None = None


class Payment(_Wire):
    """A payment or reservation; ``amount`` includes VAT."""

    payment_code: Whole = None
    payment_method_code: Text = None
    payment_ref: Text = None
    amount: Number = None
    currency_code: Text = None
    additional_info: Rows[CodeValue] = ()
    payment_name: Text = None


class Discount(_Wire):
    """A discount of the whole order that is no row."""

    type: Text = None
    code: Text = None
    amount: Number = None


class Fee(_Wire):
    """A fee of the whole order that is no row."""

    type: TextOrNumber = None
    description: Text = None
    amount: Number = None
    vat_rate: Number = None


class PickupStore(_Wire):
    """Where the buyer fetches the goods."""

    code: Text = None
    name: Text = None
    additional_info: Rows[CodeValue] = ()
    is_drop_point: Flag = False
    address: Address | None = None


class ShippingAdvice(_Wire):
    """How the goods shall travel."""

    delivery_method_code: Text = None
    do_sms_notify: Flag = Field(default=False, alias="DoSMSNotify")
    pickup_store: PickupStore | None = None
    is_fee_charged_once: Flag = False
    is_complete: Flag = False
    ship_advisor_order_code: Text = None
    tms_reference: Text = None


class PriceListItem(_Wire):
    """A price list behind a row's original price."""

    price_list_name: Text = None
    qty_break: Number = None
    unit_price: Number = None
    is_standard_price_list: Flag = False
    is_active: Flag = False
    unit_price_vat: Number = None


class Promotion(_Wire):
    """A promotion applied to a row."""

    id: TextOrNumber = None
    name: Text = None
    discount_code: Text = None
    applied_amount: Number = None


class OrderItem(_Wire):
    """One row; freight and fees are rows too."""

    line_no: Whole = None
    parent_line_no: Whole = None
    type: Text = None
    type_group: Text = None
    part_no: Text = None
    erp_part_no: Text = None
    internal_product_id: WholeOrText = None
    description: Text = None
    quantity: Number = None
    unit_of_measure: Text = None
    unit_price: Number = None
    unit_price_original: Number = None
    discount: Number = None
    unit_vat: Number = None
    price_list_no: Whole = None
    vat_rate: Number = None
    comment: Text = None
    additional_info: Rows[CodeValue] = ()
    price_lists: Rows[PriceListItem] = ()
    promotions: Rows[Promotion] = ()
    manufacturer_code: Text = None
    quantity2: Number = None
    unit_price_original_vat: Number = None


class OrderRequest(_Wire):
    """An order as Norce sends it."""

    __slots__ = ("_document",)  # no field: it says nothing of its own, and counts for no comparison

    sell_to: ClientCustomer | None = None
    bill_to: ClientCustomer | None = None
    ship_to: ClientCustomer | None = None
    sales_contact_code: Text = None
    sales_contact_division: Text = None
    do_hold: Flag = False
    client_order_ref: Text = None
    erp_order_no: Text = None
    customer_order_ref: Text = None
    customer_order_comment: Text = None
    submit_date: Moment = None
    currency_code: Text = None
    refer_id: Whole = None
    payments: Rows[Payment] = ()
    discounts: Rows[Discount] = ()
    shipping_advice: ShippingAdvice | None = None
    items: Rows[OrderItem] = ()
    fees: Rows[Fee] = ()
    additional_info: Rows[CodeValue] = ()
    header: Header | None = None
    order_type: OrderType = None
    source: Text = None
    customer_invoice_ref: Text = None
    discount_code: Text = None

    @property
    def document(self) -> Mapping[str, object]:
        """The whole body that this was decoded from, unknown fields too; numbers are text. Empty if made by hand."""
        found: Mapping[str, object] = getattr(self, "_document", {})
        return found


def decode(body: bytes, content: Content) -> OrderRequest:
    """The order in a body.

    Raises ``PermanentError``: *order_unreadable* for bytes that are not what they claim to be, *order_invalid* with
    the field path for a value that is not what the field holds.
    """
    document = document_of(body, content)
    try:
        request = OrderRequest.model_validate(document)
        object.__setattr__(request, "_document", document)  # by reference: admission is bound by the processor
        return request  # noqa: TRY300 - the other way out is below
    except ValidationError as error:
        faults = [
            Fault(path_of(fault["loc"]), _words(fault.get("ctx", {}), fault["input"]))
            for fault in error.errors(include_url=False)
        ]
    raise invalid(faults)  # out here, so that it does not carry the input along as its context


def _words(context: Mapping[str, object], value: object) -> str:
    """What our own reading of a value said, or what pydantic finds wrong with a class: that it is none."""
    return str(context.get("error") or f"is {kind_of_value(value)}, not a group of fields")
