"""The settings of ``idoc``: shape of the file, partners, and the tables of codes with their rules.

Not for: what is written with them (``order``, ``rows``).
"""

import codecs
import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic.config import JsonDict

from bridge.formats._edi.letters import Letters
from bridge.formats._edi.options import Seller, Table, common_units
from bridge.formats._edi.values import Values as Words
from bridge.formats._idoc.codes import known_tables
from bridge.formats._idoc.segments import CONTROL_NAME, ORDERS05, room_of
from bridge.formats._idoc.values import Values
from bridge.formats._layout.options import LEAVE_OUT, REFUSE, REST
from bridge.formats._options import TextOptions, word
from bridge.formats._text import AUTO, known_encoding, shown, unencodable
from bridge.model import AckStatus

_WRITE: JsonDict = {"side": "write"}
_READ: JsonDict = {"side": "read"}
_ASCII = "".join(chr(code) for code in range(32, 127))
_PLACE = re.compile(r"[0-9A-Z]{2,3}")
_QUALIFIER = re.compile(r"[0-9A-Z]{0,4}")
_FLAT_NAME = re.compile(r"[A-Z0-9_/]{3,30}")
_AREA = re.compile(r"[0-9A-Z]{1,4}/[0-9A-Z]{1,2}(?:/[0-9A-Z]{1,2})?")


def _plain(text: str) -> str:
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise ValueError(f'"{shown(text)}" is not plain printable ASCII without blanks around it')
    return text


def _places(table: Mapping[str, str]) -> Mapping[str, str]:
    for name, place in table.items():
        if place and not _PLACE.fullmatch(place):
            raise ValueError(
                f'"{shown(place)}" for {shown(name)} is neither a qualifier of E1EDK02 (018) nor a role (AG)'
            )
    return table


def _qualifiers(table: Mapping[str, str]) -> Mapping[str, str]:
    for name, code in table.items():
        if not _QUALIFIER.fullmatch(code):
            raise ValueError(f'"{shown(code)}" for {shown(name)} is no code: at most four capitals or digits')
    return table


def _names(table: Mapping[str, str]) -> Mapping[str, str]:
    for segment, name in table.items():
        if segment not in ORDERS05:
            raise ValueError(f'"{shown(segment)}" is no segment of ORDERS05 that is written; write it like E1EDP01')
        if not _FLAT_NAME.fullmatch(name):
            raise ValueError(f'"{shown(name)}" is no name of a segment, such as E2EDP01008')
    return table


def _areas(table: Mapping[str, str]) -> Mapping[str, str]:
    if REST not in table:
        raise ValueError(f'a table needs a rule for the rest: "{REST}" = "refuse", "leave_out" or an area')
    for name, area in table.items():
        if not _AREA.fullmatch(area) and not (name == REST and area in {REFUSE, LEAVE_OUT}):
            raise ValueError(f'"{shown(area)}" for {shown(name)} is no sales area; write it like 1000/10 or 1000/10/00')
    return table


Code = Annotated[str, AfterValidator(_plain)]
Places = Annotated[Mapping[str, str], AfterValidator(_places)]
Qualifiers = Annotated[Mapping[str, str], AfterValidator(_qualifiers)]
_UNITS = common_units("PCE")


def _part(field: str, default: str, what: str) -> Code:
    made: Code = Field(
        default,
        max_length=room_of(f"{CONTROL_NAME}-{field}"),
        description=f"{field} of the control record: {what}.",
        json_schema_extra=_WRITE,
    )
    return made


class IdocOptions(TextOptions):
    """Settings of ``idoc``."""

    variant: Literal["flat", "xml"] = Field(
        "flat",
        description="Shape of the order file: records of fixed columns, as a file port takes them, or XML.",
        json_schema_extra=_WRITE,
    )
    encoding: Annotated[str, AfterValidator(known_encoding)] = Field(
        default=AUTO,
        description="Python's name of the code page. auto writes UTF-8, and reads by the byte order mark or what XML "
        "declares, then UTF-8, then cp1252.",
    )
    count: Literal["characters", "bytes"] = Field(
        "characters",
        description="What the columns of a flat file count: characters, as Unicode systems do and every code page of "
        "one byte does, or bytes, as older systems count UTF-8.",
    )
    status_map: Annotated[Mapping[str, AckStatus], AfterValidator(known_tables)] = Field(
        default_factory=dict,
        description='Codes of SAP and our status: "E1EDK01-ACTION:001", "E1EDP01-ACTION:002", a reason of refusal '
        '"E1EDP01-ABGRU:Z1", and where our IDoc stands "STATUS:52". They go before the tables of this format.',
        json_schema_extra=_READ,
    )
    erp_number_from_belnr: bool = Field(
        default=True,
        description="Whether BELNR in E1EDK01 of an ORDRSP is the ERP's order number where no E1EDK02 002 tells it.",
        json_schema_extra=_READ,
    )
    message_types: Mapping[str, Literal["response", "despatch", "invoice", "receipt", "status"]] = Field(
        default_factory=dict,
        description="Message types (MESTYP) of your own and what they are: response, despatch, invoice, receipt "
        "(ALEAUD) or status; they go before the usual ones.",
        json_schema_extra=_READ,
    )
    invoice_types: Mapping[str, Literal["invoice", "credit_note"]] = Field(
        default_factory=dict,
        description="Types (BSART) of an INVOIC and what they are: invoice or credit_note; INVO and CRME are known, "
        "and one without type is an invoice.",
        json_schema_extra=_READ,
    )
    unencodable: Literal["refuse", "table", "question_mark"] = Field(
        "refuse",
        description="What happens to letters that the code page lacks: refuse the order, write plain ones by a table "
        "(curly quotes, dashes, the euro, no accents), or a question mark. References are refused.",
        json_schema_extra=_WRITE,
    )
    long_text: Literal["refuse", "cut"] = Field(
        "refuse",
        description="What happens to a name or an address that does not fit its fields; codes and references are "
        "refused, comments and descriptions go on in further segments.",
        json_schema_extra=_WRITE,
    )
    client: Annotated[str, Field(pattern=r"^[0-9A-Za-z]{0,3}$")] = Field(
        "", description="SAP client (MANDT), such as 100.", json_schema_extra=_WRITE
    )
    sndpor: Code = _part("SNDPOR", "ERPBRIDGE", "our port")
    sndprt: Code = _part("SNDPRT", "LS", "what the sender is, LS (a system) or KU (a customer)")
    sndpfc: Code = _part("SNDPFC", "", "the sender's role")
    sndprn: Code = _part("SNDPRN", "SHOP", "the sender's number or logical system")
    rcvpor: Code = _part("RCVPOR", "SAP", "the port of SAP")
    rcvprt: Code = _part("RCVPRT", "LS", "what the receiver is")
    rcvpfc: Code = _part("RCVPFC", "", "the receiver's role")
    rcvprn: Code = _part("RCVPRN", "ERP", "the receiver's number or logical system")
    docrel: Code = _part("DOCREL", "", "release of SAP, such as 700")
    cimtyp: Code = _part("CIMTYP", "", "an extension of ORDERS05")
    mescod: Code = _part("MESCOD", "", "variant of the message")
    mesfct: Code = _part("MESFCT", "", "function of the message")
    test_indicator: bool = Field(
        default=True,
        description="Whether the control record calls the file a test (TEST). Turn it off when orders shall count.",
        json_schema_extra=_WRITE,
    )
    segment_names: Annotated[Mapping[str, str], AfterValidator(_names)] = Field(
        default_factory=dict,
        description='Names of segments in a flat file where your release has others, such as E1EDP01 = "E2EDP01008".',
        json_schema_extra=_WRITE,
    )
    seller: Seller = Field(Seller(), description="The merchant, as partner LF.", json_schema_extra=_WRITE)
    order_type: Annotated[Code, Field(max_length=35)] = Field(
        "OR", description='Order type in E1EDK14; "" leaves it out.', json_schema_extra=_WRITE
    )
    order_type_qualifier: Literal["012", "019"] = Field(
        "012", description="Qualifier of the order type: 012 sales, 019 purchase order type.", json_schema_extra=_WRITE
    )
    sales_areas: Annotated[Mapping[str, str], AfterValidator(_areas)] = Field(
        default_factory=lambda: {REST: LEAVE_OUT},
        description="Shops by their name in [applications] and their sales area (E1EDK14 008, 007, 006), such as "
        '"1000/10/00"; "*" is the rule for the rest: refuse, leave_out or an area.',
        json_schema_extra=_WRITE,
    )
    division: Literal["006", "016", "leave_out"] = Field(
        "006",
        description="Qualifier of E1EDK14 for the seller's division that came with the order: 006 division or 016 "
        "sales office.",
        json_schema_extra=_WRITE,
    )
    references: Places = Field(
        default_factory=lambda: {
            "customer_order_ref": "018",
            "customer_invoice_ref": "RE",
            "suggested_erp_no": "002",
        },
        description="Facts of the order and where each goes: a qualifier of E1EDK02, or a role (AG, RE, WE) whose "
        'IHREZ it is; info.CODE too; "" leaves out.',
        json_schema_extra=_WRITE,
    )
    additional: Qualifiers = Field(
        default_factory=dict,
        description="Facts of the order, info.CODE too, and the qualifier of the E1EDK35 that carries each.",
        json_schema_extra=_WRITE,
    )
    text_ids: Qualifiers = Field(
        default_factory=lambda: {
            "comment": "0001",
            "payments": "0002",
            "discount_code": "0003",
            "delivery": "0012",
            "lines.comment": "0001",
            "lines.text": "0002",
        },
        description="Ids (TDID) of texts: comment, payments, delivery (pickup and service), any fact of the order, "
        'info.CODE; of lines: lines.comment, and lines.text for a description longer than KTEXT; "" leaves out.',
        json_schema_extra=_WRITE,
    )
    text_language: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = Field(
        "", description="Language of the texts (TSSPRAS_ISO), such as SV.", json_schema_extra=_WRITE
    )
    partner_field: Literal["both", "partn", "lifnr"] = Field(
        "both",
        description="Which field of E1EDKA1 carries a party's code: PARTN, LIFNR (which setups that convert partner "
        "numbers read), or both.",
        json_schema_extra=_WRITE,
    )
    payer: bool = Field(
        default=False,
        description="Whether the payer (RG) is written beside the bill-to party.",
        json_schema_extra=_WRITE,
    )
    email_qualifier: Annotated[str, Field(pattern=r"^[0-9A-Z]{0,3}$")] = Field(
        "005", description='Qualifier of the E1EDKA3 with a mail address; "" leaves it out.', json_schema_extra=_WRITE
    )
    carrier_role: Annotated[str, Field(pattern=r"^([A-Z0-9]{2,3})?$")] = Field(
        "SP", description='Role of the partner that names the delivery method; "" for none.', json_schema_extra=_WRITE
    )
    pickup_role: Annotated[str, Field(pattern=r"^([A-Z0-9]{2,3})?$")] = Field(
        "", description='Role of the partner that is the pickup store; "" tells it as text.', json_schema_extra=_WRITE
    )
    delivery_block: Annotated[str, Field(pattern=r"^[0-9A-Z]{0,2}$")] = Field(
        "", description="Delivery block (LIFSK) of an order that shall be held.", json_schema_extra=_WRITE
    )
    original_price: bool = Field(
        default=True, description="Whether a line's price before discounts is told (E1EDP05).", json_schema_extra=_WRITE
    )
    payment_texts: bool = Field(
        default=True, description="Whether payments are told as text.", json_schema_extra=_WRITE
    )
    charge_rows: Literal["charge", "line"] = Field(
        "charge",
        description="How rows of freight, fees, rounding and gift cards, and rows of less than nothing, are written: "
        "as charges and allowances of the order (E1EDK05), which have no field for article and quantity, or as lines.",
        json_schema_extra=_WRITE,
    )
    charges: Table = Field(
        default_factory=lambda: {REST: LEAVE_OUT},
        description="Condition types (KSCHL) of charges and allowances by what they are: freight, fee, rounding, "
        'gift_card, compensation, tax, goods, service, discount; "*" as in units.',
        json_schema_extra=_WRITE,
    )
    units: Table = Field(
        default_factory=lambda: dict(_UNITS),
        description='Units of the shop (case does not count) and of SAP; "*" is the rule for the rest: refuse, keep, '
        "leave_out, or a unit. A table of one's own replaces the whole default one.",
        json_schema_extra=_WRITE,
    )
    vat_codes: Table = Field(
        default_factory=lambda: {REST: LEAVE_OUT},
        description='VAT rates and their tax code (MWSKZ); "*" as in units.',
        json_schema_extra=_WRITE,
    )
    delivery: Table = Field(
        default_factory=lambda: {REST: LEAVE_OUT},
        description='Delivery methods and the shipping type (VSART); "*" as in units.',
        json_schema_extra=_WRITE,
    )
    payments: Table = Field(
        default_factory=lambda: {REST: LEAVE_OUT},
        description='Payment methods that are cards and their type (CCINS in E1EDK36); "*" as in units.',
        json_schema_extra=_WRITE,
    )
    payment_terms: Table = Field(
        default_factory=lambda: {REST: LEAVE_OUT},
        description='Payment methods and the terms of payment (ZTERM); "*" as in units.',
        json_schema_extra=_WRITE,
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        codec = self.codec()
        if unencodable(_ASCII, codec) is not None or _ASCII.encode(codec).decode(codec) != _ASCII:
            raise ValueError(f"{self.encoding} cannot write plain ASCII")
        if self.count == "bytes" and len("A".encode(codec)) > 1:
            raise ValueError(f'count = "bytes" is for UTF-8 and code pages of one byte, not {self.encoding}')
        if self.division == "006" and any(area.count("/") == 2 for area in self.sales_areas.values()):  # noqa: PLR2004
            raise ValueError('sales_areas tells the division (006) as well; set division = "016" or "leave_out"')
        values = self.values()
        for text in map(str, self.seller.model_dump().values()):
            if values.letters.missing(values.letters.fitted(text)) is not None:
                raise ValueError(f'{codec} cannot write "{shown(text)}"')
        return self

    def codec(self) -> str:
        """Python's name of the code page that is written."""
        return "utf-8" if self.encoding == AUTO else codecs.lookup(self.encoding).name

    def values(self) -> Values:
        """How values are written."""
        codec = "utf-8" if self.variant == "xml" else self.codec()
        letters = Letters(codec, codec, self.unencodable)
        given = {
            "charges": self.charges,
            "units": self.units,
            "vat_codes": self.vat_codes,
            "delivery": self.delivery,
            "payments": self.payments,
            "payment_terms": self.payment_terms,
        }
        tables = {name: {word(key): instead for key, instead in table.items()} for name, table in given.items()}
        is_xml = self.variant == "xml"
        words = Words(letters, tables=tables)
        in_bytes = self.count == "bytes" and not is_xml
        return Values(letters, words, cuts=self.long_text == "cut", in_bytes=in_bytes, is_xml=is_xml)
