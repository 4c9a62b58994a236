"""The settings of ``edifact``: envelope, character set, parties, and the tables of codes with their rules.

Not for: what is written with them (``_edifact_order``).
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic.config import JsonDict

from bridge.formats._edi.letters import Letters
from bridge.formats._edi.options import Seller, Table, common_units
from bridge.formats._edi.tokens import Signs
from bridge.formats._edi.values import Values
from bridge.formats._edifact.codes import known_tables
from bridge.formats._layout.options import KEEP, LEAVE_OUT, REFUSE, REST
from bridge.formats._options import TextOptions, word
from bridge.formats._text import AUTO, known_encoding, shown, unencodable
from bridge.model import AckStatus

USUAL_SIGNS = ":+.? '"
RULES = (REFUSE, KEEP, LEAVE_OUT)
_WRITE: JsonDict = {"side": "write"}
_READ: JsonDict = {"side": "read"}
_PARTNER = re.compile(r"([^:]{1,35})(?::([A-Za-z0-9]{1,4}))?")
_CODE = re.compile(r"[A-Z0-9]{1,3}")
_LETTERS_OF_CODES = re.compile(r"[A-Za-z0-9 ]")


def _partner(text: str) -> str:
    if not _PARTNER.fullmatch(text) or not text.isprintable():
        raise ValueError(f'"{shown(text)}" is no partner; write it like 7350000000009:14, at most 35 letters before :')
    return text


def _six_signs(text: str) -> str:
    if len(text) != len(USUAL_SIGNS) or not text.isascii() or not text.isprintable():
        raise ValueError(f'"{shown(text)}" is not six printable signs as UNA has them, such as {USUAL_SIGNS}')
    component, element, decimal, release, reserved, terminator = tuple(text)
    signs = [component, element, release, terminator, *([] if reserved == " " else [reserved])]
    if decimal not in ".," or len({*signs, decimal}) != len(signs) + 1:
        raise ValueError("the third of the six signs is . or , and no sign stands twice")
    if any(_LETTERS_OF_CODES.match(sign) or sign == "-" for sign in signs):
        raise ValueError("a separator is neither a letter, a digit, a blank nor a minus")
    return text


def _qualifiers(table: Mapping[str, str]) -> Mapping[str, str]:
    for name, code in table.items():
        if code and not _CODE.fullmatch(code):
            raise ValueError(f'"{shown(code)}" for {shown(name)} is no qualifier: one to three capitals or digits')
    return table


Partner = Annotated[str, AfterValidator(_partner)]
References = Annotated[Mapping[str, str], AfterValidator(_qualifiers)]


_UNITS = common_units("PCE")


class EdifactOptions(TextOptions):
    """Settings of ``edifact``."""

    newline: Literal["none", "lf", "crlf"] = Field(  # type: ignore[assignment]  # EDIFACT needs no line ends at all
        default="none",
        description="What is written behind the end of each segment: nothing, or a line end.",
        json_schema_extra=_WRITE,
    )
    encoding: Annotated[str, AfterValidator(known_encoding)] = Field(
        default=AUTO,
        description="Python's name of the encoding. auto writes what syntax says, and reads by the byte order mark, "
        "then by the UNB of the file; letters that it cannot hold are read as UTF-8, then as cp1252.",
    )
    decimal: Literal[".", ","] = Field(
        default=".",
        description="A decimal mark that is read beside the one that the file's UNA names.",
        json_schema_extra=_READ,
    )
    status_map: Annotated[Mapping[str, AckStatus], AfterValidator(known_tables)] = Field(
        default_factory=dict,
        description='Codes of the ERP and our status: "1225:29" and "4343:AP" of BGM, "1229:5" of LIN, "0083:7" of a '
        "CONTRL (received or rejected). They go before the tables of this format.",
        json_schema_extra=_READ,
    )
    erp_number_from_bgm: bool = Field(
        default=True,
        description="Whether the number of an ORDRSP of one order is its number at the ERP where no RFF+VN tells it.",
        json_schema_extra=_READ,
    )
    directory: Literal["D96A", "D01B"] = Field("D96A", description="UN directory.", json_schema_extra=_WRITE)
    association: str = Field(
        "", max_length=6, description="Code of a subset in UNH, such as EAN008.", json_schema_extra=_WRITE
    )
    syntax: Literal["UNOA", "UNOB", "UNOC", "UNOW", "UNOY"] = Field(
        "UNOC",
        description="Character set: UNOA capitals, UNOB ASCII, UNOC Latin-1, UNOW and UNOY Unicode (syntax version 4).",
        json_schema_extra=_WRITE,
    )
    unencodable: Literal["refuse", "table", "question_mark"] = Field(
        "refuse",
        description="What happens to letters that the character set lacks: refuse the order, write plain ones by a "
        "table (curly quotes, dashes, the euro, no accents), or a question mark. References are refused.",
        json_schema_extra=_WRITE,
    )
    long_text: Literal["refuse", "cut"] = Field(
        "refuse",
        description="What happens to a name or an address that does not fit its lines; codes and references are "
        "refused, comments go on in further segments.",
        json_schema_extra=_WRITE,
    )
    una: bool = Field(default=True, description="Whether the file begins with UNA.", json_schema_extra=_WRITE)
    service_characters: Annotated[str, AfterValidator(_six_signs)] = Field(
        USUAL_SIGNS,
        description="The six signs of UNA: between components, between elements, decimal mark, release, reserved, end.",
        json_schema_extra=_WRITE,
    )
    sender: Partner = Field("SHOP:ZZZ", description="Our id and its qualifier, in UNB.", json_schema_extra=_WRITE)
    receiver: Partner = Field("ERP:ZZZ", description="The ERP's id and its qualifier.", json_schema_extra=_WRITE)
    application_reference: str = Field(
        "ORDERS", max_length=14, description="Application reference (0026) in UNB.", json_schema_extra=_WRITE
    )
    agreement: str = Field("", max_length=35, description="Agreement (0032) in UNB.", json_schema_extra=_WRITE)
    acknowledgement_request: bool = Field(
        default=False,
        description="Whether UNB asks for a CONTRL (0031).",
        json_schema_extra=_WRITE,
    )
    test_indicator: bool = Field(
        default=True,
        description="Whether UNB calls the file a test (0035). Turn it off when orders shall be delivered.",
        json_schema_extra=_WRITE,
    )
    seller: Seller = Field(Seller(), description="The merchant, as NAD+SU.", json_schema_extra=_WRITE)
    party_id: Literal["gln", "code"] = Field(
        "gln",
        description="What identifies a party in NAD: its GLN where there is one, with its code as RFF+IT; or its code.",
        json_schema_extra=_WRITE,
    )
    code_agency: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")] = Field(
        "92", description="Who gave out the codes of parties (3055).", json_schema_extra=_WRITE
    )
    item_number: Literal["erp_part_no", "gtin", "part_no"] = Field(
        "erp_part_no",
        description="Number that LIN carries where the row has it; the others follow in PIA. erp_part_no is written "
        "with SA (the seller's), part_no with IN (the buyer's), gtin with EN.",
        json_schema_extra=_WRITE,
    )
    charge_rows: Literal["charge", "line"] = Field(
        "charge",
        description="How rows of freight, fees, rounding and gift cards, and rows of less than nothing, are written: "
        "as charges and allowances of the order (ALC), or as lines.",
        json_schema_extra=_WRITE,
    )
    references: References = Field(
        default_factory=lambda: {
            "customer_order_ref": "CR",
            "customer_invoice_ref": "IV",
            "discount_code": "PD",
            "suggested_erp_no": "VN",
        },
        description='Facts of the order and the qualifier of the RFF that carries each; info.CODE too; "" leaves out.',
        json_schema_extra=_WRITE,
    )
    units: Table = Field(
        default_factory=lambda: dict(_UNITS),
        description='Units of the shop (case does not count) and of the ERP; "*" is the rule for the rest: refuse, '
        "or keep, leave_out or a unit, which is noted with the order. A table of one's own replaces the whole default "
        "one.",
        json_schema_extra=_WRITE,
    )
    vat_categories: Table = Field(
        default_factory=lambda: {"0": "Z", REST: "S"},
        description='VAT rates and their category (5305); "*" as in units.',
        json_schema_extra=_WRITE,
    )
    payments: Table = Field(
        default_factory=lambda: {REST: LEAVE_OUT},
        description='Payment methods and their code in PAI (4461), such as 42; "*" as in units.',
        json_schema_extra=_WRITE,
    )
    prepaid: tuple[str, ...] = Field(
        (), description="Payment methods that count as paid (MOA+113); * for all.", json_schema_extra=_WRITE
    )
    delivery: Table = Field(
        default_factory=lambda: {REST: KEEP},
        description='Delivery methods and the carrier in TDT; "*" as in units.',
        json_schema_extra=_WRITE,
    )
    charges: Table = Field(
        default_factory=lambda: {"freight": "FC", "fee": "SH", "discount": "DI", REST: LEAVE_OUT},
        description="Reason of charges and allowances (7161) by what the row is: freight, fee, rounding, gift_card, "
        'compensation, tax, goods, service, discount; "*" as in units.',
        json_schema_extra=_WRITE,
    )
    pickup: bool = Field(
        default=True, description="Whether a pickup store is written (TOD, LOC).", json_schema_extra=_WRITE
    )
    payment_texts: bool = Field(
        default=True, description="Whether payments are told as text (FTX+PMT).", json_schema_extra=_WRITE
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if not self.una and self.service_characters not in {USUAL_SIGNS, USUAL_SIGNS.replace(".", ",")}:
            raise ValueError("other service_characters than the usual ones need una = true")
        if self.encoding != AUTO and unencodable(USUAL_SIGNS + "ABC1", self.encoding) is not None:
            raise ValueError(f"{self.encoding} cannot write the signs of EDIFACT")
        letters = self.letters()
        texts = [self.sender, self.receiver, self.association, self.application_reference, self.agreement]
        texts += [str(value) for value in self.seller.model_dump().values()]
        bad = next((text for text in texts if letters.missing(letters.fitted(text)) is not None), None)
        if bad is not None:
            raise ValueError(f'{self.syntax} cannot write "{shown(bad)}"')
        return self

    def letters(self) -> Letters:
        """The letters that a file may hold."""
        return Letters.of(self.syntax, self.encoding, self.unencodable)

    def signs(self) -> Signs:
        """The separators that are written."""
        component, element, _, release, reserved, terminator = tuple(self.service_characters)
        return Signs(component, element, terminator, release, reserved.strip())

    def values(self) -> Values:
        """How values are written."""
        given = {
            "units": self.units,
            "vat_categories": self.vat_categories,
            "payments": self.payments,
            "delivery": self.delivery,
            "charges": self.charges,
        }
        tables = {name: {word(key): instead for key, instead in table.items()} for name, table in given.items()}
        return Values(self.letters(), self.service_characters[2], self.long_text == "cut", tables)
