"""The settings of ``ubl``: the profile, the parties of it, and the tables of codes with their rules.

Not for: what is written with them (``order``, ``parties``, ``rows``).
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic.config import JsonDict

from bridge.formats._edi.options import Seller as Merchant, Table, common_units
from bridge.formats._layout.options import KEEP, LEAVE_OUT, REFUSE, REST
from bridge.formats._options import TextOptions
from bridge.formats._text import shown
from bridge.formats._ubl.codes import known_tables
from bridge.formats._ubl.lists import COUNTRIES, GLN, SCHEMES, is_numbered_well
from bridge.model import AckStatus

PEPPOL = "peppol"
RULES = (REFUSE, KEEP, LEAVE_OUT)
ACCOUNTING_COST = "AccountingCost"
_WRITE: JsonDict = {"side": "write"}
_READ: JsonDict = {"side": "read"}
_ENDPOINT = re.compile(r"([A-Za-z0-9]{1,10}):([^\s:]{1,50})")
_UNIT = re.compile(r"X?[A-Z0-9]{2,3}")


def _endpoint(text: str) -> str:
    if text and not _ENDPOINT.fullmatch(text):
        raise ValueError(f'"{shown(text)}" is no endpoint; write scheme and number, like 0088:7350000000009')
    return text


def _countries(code: str) -> str:
    if code and code not in COUNTRIES:
        raise ValueError(f'"{shown(code)}" is no country; write its two capitals, like SE')
    return code


Endpoint = Annotated[str, AfterValidator(_endpoint)]


class Seller(Merchant):
    """``[targets.T.order.seller]``: the merchant as the ERP knows him, with an address in the network."""

    endpoint: Endpoint = Field("", description="Electronic address as scheme:id; the GLN where there is none.")
    gln: str = Field("", description="Global location number.")
    country: Annotated[str, AfterValidator(_countries)] = Field("", description="Country by its two letters.")

    def address(self) -> tuple[str, str]:
        """Scheme and number of the electronic address, both empty where there is none."""
        return parted(self.endpoint) if self.endpoint else (GLN if self.gln else "", self.gln)


_UNITS = common_units("C62")


class UblOptions(TextOptions):
    """Settings of ``ubl``."""

    decimal: Literal[".", ","] = Field(
        default=".",
        description="A decimal mark that is read beside the point of XML.",
        json_schema_extra=_READ,
    )
    status_map: Annotated[Mapping[str, AckStatus], AfterValidator(known_tables)] = Field(
        default_factory=dict,
        description='Codes of the ERP and our status: "OrderResponseCode:AP", "LineStatusCode:5", '
        '"AcceptedIndicator:true", "ResponseCode:RE" of an ApplicationResponse. They go before our tables.',
        json_schema_extra=_READ,
    )
    profile: Literal["plain", "peppol"] = Field(
        "plain",
        description="plain UBL 2.1, or peppol for BIS Order 3, which has rules of its own and needs buyer_endpoint.",
        json_schema_extra=_WRITE,
    )
    process: Literal["ordering", "order_only", "advanced_ordering"] = Field(
        "ordering", description="The Peppol process that the order belongs to.", json_schema_extra=_WRITE
    )
    buyer_endpoint: Endpoint = Field(
        "", description="The buyer's electronic address as scheme:id; obligatory for peppol.", json_schema_extra=_WRITE
    )
    seller: Seller = Field(Seller(), description="The merchant, as SellerSupplierParty.", json_schema_extra=_WRITE)
    charge_rows: Literal["charge", "line"] = Field(
        "charge",
        description="How rows of freight, fees, rounding and gift cards are written: as charges and allowances of the "
        "order, or as lines. Rows of less than nothing are allowances in any case.",
        json_schema_extra=_WRITE,
    )
    references: Mapping[str, str] = Field(
        default_factory=lambda: {"customer_invoice_ref": "Invoice reference", "discount_code": "Discount code"},
        description="Facts of the order and the DocumentType of the AdditionalDocumentReference that carries each; "
        'info.CODE too; AccountingCost writes that element; "" leaves out.',
        json_schema_extra=_WRITE,
    )
    units: Table = Field(
        default_factory=lambda: dict(_UNITS),
        description="Units of the shop (case does not count) and of UN/ECE recommendation 20; "
        '"*" is the rule for the rest: refuse, keep, leave_out, or a unit. A table of one\'s own replaces the default.',
        json_schema_extra=_WRITE,
    )
    vat_categories: Table = Field(
        default_factory=lambda: {"0": "Z", REST: "S"},
        description='VAT rates and their category (5305); "*" as in units.',
        json_schema_extra=_WRITE,
    )
    payments: Table = Field(
        default_factory=lambda: {REST: LEAVE_OUT},
        description='Payment methods and their PaymentMeansCode (4461), such as 48; "*" as in units. Not for peppol.',
        json_schema_extra=_WRITE,
    )
    prepaid: tuple[str, ...] = Field(
        (), description="Payment methods that count as paid (PrepaidAmount); * for all.", json_schema_extra=_WRITE
    )
    delivery: Table = Field(
        default_factory=lambda: {REST: KEEP},
        description='Delivery methods and the DeliveryTerms/ID for each; "*" as in units.',
        json_schema_extra=_WRITE,
    )
    charges: Table = Field(
        default_factory=lambda: {"freight": "FC", "fee": "SH", REST: LEAVE_OUT},
        description="Reason of charges (7161) by what the row is: freight, fee, rounding, gift_card, compensation, "
        'tax, goods, service; "*" as in units.',
        json_schema_extra=_WRITE,
    )
    allowances: Table = Field(
        default_factory=lambda: {REST: "95"},
        description='Reason of allowances (5189) by what the row is, discount too; "*" as in units.',
        json_schema_extra=_WRITE,
    )
    payment_texts: bool = Field(
        default=True, description="Whether payments are told as text (PaymentTerms/Note).", json_schema_extra=_WRITE
    )
    properties: bool = Field(
        default=True,
        description="Whether manufacturer and AdditionalInfo of a row are written as AdditionalItemProperty.",
        json_schema_extra=_WRITE,
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.profile == PEPPOL:
            self._known_parties()
            rest = self.units[REST]
            bad = next((unit for unit in self.units.values() if unit not in RULES and not _UNIT.fullmatch(unit)), None)
            if rest in {KEEP, LEAVE_OUT} or bad is not None:
                what = f'"*" = "{rest}"' if bad is None else f'"{shown(bad)}"'
                raise ValueError(f"units: {what} is no unit of UN/ECE recommendation 20, and peppol takes no other")
        return self

    def _known_parties(self) -> None:
        seller, remedy = self.seller, "or set profile to plain"
        if not self.buyer_endpoint:
            raise ValueError(f"peppol needs buyer_endpoint, the electronic address of the buyer as scheme:id, {remedy}")
        for name, (scheme, number) in (("buyer_endpoint", parted(self.buyer_endpoint)), ("seller", seller.address())):
            if not number:
                raise ValueError(f"peppol needs seller.endpoint or seller.gln, {remedy}")
            if scheme not in SCHEMES:
                raise ValueError(f'{name}: "{shown(scheme)}" is no scheme of electronic addresses, like 0088')
            if not is_numbered_well(scheme, number):
                raise ValueError(f'{name}: "{shown(number)}" is no number of scheme {scheme}; look at its check digit')
        if seller.gln and not is_numbered_well(GLN, seller.gln):
            raise ValueError(f'seller.gln: "{shown(seller.gln)}" is no GLN; look at its check digit')
        missing = [name for name in ("name", "country") if not getattr(seller, name).strip()]
        if missing:
            raise ValueError(f"peppol needs {' and '.join(f'seller.{name}' for name in missing)}, {remedy}")

    @property
    def is_peppol(self) -> bool:
        """Whether Peppol's rules hold."""
        return self.profile == PEPPOL

    def tables(self) -> dict[str, Mapping[str, str]]:
        """The tables by name."""
        names = ("units", "vat_categories", "payments", "delivery", "charges", "allowances")
        return {name: getattr(self, name) for name in names}


def parted(endpoint: str) -> tuple[str, str]:
    """Scheme and number of an endpoint."""
    scheme, _, number = endpoint.partition(":")
    return scheme, number
