"""The settings of ``x12``: envelope, character set, parties, and the tables of codes with their rules.

Not for: what is written with them (``order``, ``rows``).
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic.config import JsonDict

from bridge.formats._edi.letters import Letters
from bridge.formats._edi.options import PIECES, Seller, Table
from bridge.formats._edi.tokens import Signs
from bridge.formats._edi.values import Values
from bridge.formats._layout.options import KEEP, LEAVE_OUT, REFUSE, REST
from bridge.formats._options import TextOptions, word
from bridge.formats._text import AUTO, known_encoding, shown, unencodable
from bridge.formats._x12.codes import known_tables
from bridge.model import AckStatus

USUAL_SIGNS = "*>~"
_WRITE: JsonDict = {"side": "write"}
_READ: JsonDict = {"side": "read"}
_PARTNER = re.compile(r"([^:]{2,15})(?::([A-Z0-9]{2}))?")
_NO_SIGN = re.compile(r"[A-Za-z0-9 .+\-\r\n]")
_CODECS = {"basic": "ascii", "extended": "ascii", "latin": "iso8859-1", "utf-8": "utf-8"}
# The basic set of X12.6 has capitals alone; the extended one adds small letters and these.
_BASIC = r"""A-Z0-9!"&'()*+,./:;?= \-"""
# Signs that are written as others like them where the set lacks them.
_LIKE = {ord(sign): like for sign, like in zip("^`[{<]}>|\\", "''((()))//", strict=True)}
_SETS = {"basic": _BASIC, "extended": _BASIC + r"a-z%~@\[\]_{}\\|<>#$"}


def _partner(text: str) -> str:
    if not _PARTNER.fullmatch(text) or not text.isascii() or not text.isprintable() or text != text.strip():
        raise ValueError(f'"{shown(text)}" is no partner; write it like 7350000000009:14, 2 to 15 letters before :')
    return text


def _three_signs(text: str) -> str:
    if len(text) != len(USUAL_SIGNS) or not text.isascii() or len(set(text)) != len(text):
        raise ValueError(
            f'"{shown(text)}" is not three different signs, of elements, components and segments, such as {USUAL_SIGNS}'
        )
    if any(_NO_SIGN.match(sign) for sign in text):
        raise ValueError("a separator is neither a letter, a digit, a blank, a line end nor one of . + -")
    return text


def _qualifiers(table: Mapping[str, str]) -> Mapping[str, str]:
    for name, code in table.items():
        if code and not re.fullmatch(r"[A-Z0-9]{2,3}", code):
            raise ValueError(f'"{shown(code)}" for {shown(name)} is no qualifier: two or three capitals or digits')
    return table


def _kinds(table: Mapping[str, str]) -> Mapping[str, str]:
    for name, code in table.items():
        if name not in ITEM_NUMBERS or (code and not re.fullmatch(r"[A-Z0-9]{2}", code)):
            known = ", ".join(ITEM_NUMBERS)
            raise ValueError(f'{shown(name)} = "{shown(code)}": write {known}, and a qualifier of two letters or ""')
    return table


Partner = Annotated[str, AfterValidator(_partner)]
References = Annotated[Mapping[str, str], AfterValidator(_qualifiers)]
Code = Annotated[str, Field(pattern=r"^[A-Z0-9]{2}$")]
ITEM_NUMBERS = {"erp_part_no": "VP", "gtin": "EN", "part_no": "BP", "manufacturer": ""}
_UNITS = {
    **dict.fromkeys(PIECES, "EA"),
    "kg": "KG",
    "g": "GR",
    "m": "MR",
    "cm": "CM",
    "mm": "MM",
    "m2": "SM",
    "m3": "CR",
    "l": "LT",
    "h": "HR",
    "set": "ST",
    REST: REFUSE,
}


class X12Options(TextOptions):
    """Settings of ``x12``."""

    newline: Literal["none", "lf", "crlf"] = Field(  # type: ignore[assignment]  # X12 needs no line ends at all
        default="none",
        description="What is written behind the end of each segment: nothing, or a line end.",
        json_schema_extra=_WRITE,
    )
    encoding: Annotated[str, AfterValidator(known_encoding)] = Field(
        default=AUTO,
        description="Python's name of the encoding. auto writes what character_set says, and reads by the byte order "
        "mark, then UTF-8, then cp1252.",
    )
    decimal: Literal[".", ","] = Field(
        default=".",
        description="A decimal mark that is read beside the point, which X12 itself has.",
        json_schema_extra=_READ,
    )
    status_map: Annotated[Mapping[str, AckStatus], AfterValidator(known_tables)] = Field(
        default_factory=dict,
        description='Codes of the ERP and our status by element: "BAK02:AT", "ACK01:IC", "BIG07:PR", "AK501:P", '
        '"AK901:P", "TA104:E", and the purposes "BAK01:01", "BSN01:05", "BIG08:01". They go before the tables of '
        "this format.",
        json_schema_extra=_READ,
    )
    version: str = Field(
        "004010",
        pattern=r"^004010[A-Z0-9]{0,6}$",
        description="Version in GS08, such as 004010VICS; the version of a subset goes behind 004010.",
        json_schema_extra=_WRITE,
    )
    separators: Annotated[str, AfterValidator(_three_signs)] = Field(
        USUAL_SIGNS,
        description="The three signs of ISA: between elements, between components, end of a segment.",
        json_schema_extra=_WRITE,
    )
    character_set: Literal["basic", "extended", "latin", "utf-8"] = Field(
        "extended",
        description="Letters that the ERP reads: basic capitals, extended ASCII, latin Latin-1, or utf-8. X12 cannot "
        "release separators, so they count as letters that the set lacks.",
        json_schema_extra=_WRITE,
    )
    unencodable: Literal["refuse", "table", "question_mark"] = Field(
        "table",
        description="What happens to letters that the set lacks: refuse the order, write plain ones by a table (no "
        "accents, curly quotes, dashes, the euro, separators), or a question mark. References are refused.",
        json_schema_extra=_WRITE,
    )
    long_text: Literal["refuse", "cut"] = Field(
        "refuse",
        description="What happens to a name or an address that does not fit its elements; codes and references are "
        "refused, comments go on in further segments.",
        json_schema_extra=_WRITE,
    )
    sender: Partner = Field("SHOP:ZZ", description="Our id and its qualifier, in ISA.", json_schema_extra=_WRITE)
    receiver: Partner = Field("ERP:ZZ", description="The ERP's id and its qualifier.", json_schema_extra=_WRITE)
    group_sender: str = Field(
        "", max_length=15, description="Our code in GS; empty takes the id of sender.", json_schema_extra=_WRITE
    )
    group_receiver: str = Field(
        "", max_length=15, description="The ERP's code in GS; empty takes the id of receiver.", json_schema_extra=_WRITE
    )
    acknowledgement_request: bool = Field(
        default=False, description="Whether ISA asks for a TA1 (ISA14).", json_schema_extra=_WRITE
    )
    test_indicator: bool = Field(
        default=True,
        description="Whether ISA calls the file a test (ISA15). Turn it off when orders shall be delivered.",
        json_schema_extra=_WRITE,
    )
    order_type: Code = Field("SA", description="Type of the order (BEG02), such as SA or NE.", json_schema_extra=_WRITE)
    ship_complete: str = Field(
        "SC",
        pattern=r"^[A-Z0-9]{0,2}$",
        description='Code in CSH for an order that shall not be parted, SC or N; "" leaves it out.',
        json_schema_extra=_WRITE,
    )
    seller: Seller = Field(Seller(), description="The merchant, as N1*SE.", json_schema_extra=_WRITE)
    party_id: Literal["gln", "code"] = Field(
        "gln",
        description="What identifies a party in N1: its GLN (UL) where there is one, with its code as REF*11, "
        "or its code.",
        json_schema_extra=_WRITE,
    )
    code_qualifier: Code = Field(
        "92",
        description="Who gave out the codes of parties (N103): 92 the buyer, 91 the seller.",
        json_schema_extra=_WRITE,
    )
    item_numbers: Annotated[Mapping[str, str], AfterValidator(_kinds)] = Field(
        default_factory=lambda: dict(ITEM_NUMBERS),
        description='Numbers of a row in the sequence of PO1, with their qualifiers; "" leaves out.',
        json_schema_extra=_WRITE,
    )
    charge_rows: Literal["charge", "line"] = Field(
        "charge",
        description="How rows of freight, fees, rounding and gift cards, and rows of less than nothing, are written: "
        "as charges and allowances of the order (SAC), or as lines.",
        json_schema_extra=_WRITE,
    )
    references: References = Field(
        default_factory=lambda: {
            "customer_order_ref": "CO",
            "customer_invoice_ref": "IV",
            "discount_code": "PD",
            "suggested_erp_no": "VN",
        },
        description='Facts of the order and the qualifier of the REF that carries each; info.CODE too; "" leaves out.',
        json_schema_extra=_WRITE,
    )
    units: Table = Field(
        default_factory=lambda: dict(_UNITS),
        description='Units of the shop (case does not count) and of the ERP; "*" is the rule for the rest: refuse, '
        "keep, leave_out, or a unit. A table of one's own replaces the whole default one.",
        json_schema_extra=_WRITE,
    )
    payments: Table = Field(
        default_factory=lambda: {REST: LEAVE_OUT},
        description='Payment methods and their terms in ITD (ITD01), such as 05; "*" as in units.',
        json_schema_extra=_WRITE,
    )
    delivery: Table = Field(
        default_factory=lambda: {REST: KEEP},
        description='Delivery methods and the routing in TD5; "*" as in units.',
        json_schema_extra=_WRITE,
    )
    charges: Table = Field(
        default_factory=lambda: {"freight": "D240", "fee": "D500", "discount": "C310", REST: "ZZZZ"},
        description="Code of charges and allowances (SAC02) by what the row is: freight, fee, rounding, gift_card, "
        'compensation, tax, goods, service, discount; "*" as in units.',
        json_schema_extra=_WRITE,
    )
    pickup: bool = Field(
        default=True, description="Whether a pickup store is written (N1*DA).", json_schema_extra=_WRITE
    )
    payment_texts: bool = Field(
        default=True, description="Whether payments are told as text (N9 and MSG).", json_schema_extra=_WRITE
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.encoding != AUTO and unencodable(USUAL_SIGNS + "ABC1", self.encoding) is not None:
            raise ValueError(f"{self.encoding} cannot write the letters of X12")
        letters = self.letters()
        envelope = (
            self.sender.replace(":", ""),
            self.receiver.replace(":", ""),
            self.group_sender,
            self.group_receiver,
        )
        bad = next((text for text in envelope if letters.missing(text) is not None or text != text.strip()), None)
        if bad is not None or any(len(text) == 1 for text in envelope[2:]):
            raise ValueError(f'"{shown(bad or envelope[2] or envelope[3])}" cannot stand in ISA or GS')
        values = [str(value) for value in self.seller.model_dump().values()]
        bad = next((text for text in values if letters.missing(letters.fitted(text)) is not None), None)
        if bad is not None:
            raise ValueError(f'character_set = "{self.character_set}" cannot write "{shown(bad)}"')
        return self

    def letters(self) -> Letters:
        """The letters that a value may hold: those of the set without the separators."""
        held, signs = _SETS.get(self.character_set), re.escape(self.separators)
        outside = re.compile(rf"[\x00-\x1f\x7f-\x9f{signs}]" if held is None else f"[^{held}]|[{signs}]")
        return Letters(
            f"X12 with these separators in the set {self.character_set}",
            _CODECS[self.character_set] if self.encoding == AUTO else self.encoding,
            self.unencodable,
            outside,
            self.character_set == "basic",
            _LIKE | {ord(sign): " " for sign in self.separators},
            "character_set (or separators)",
        )

    def signs(self) -> Signs:
        """The separators that are written."""
        element, component, terminator = tuple(self.separators)
        return Signs(component, element, terminator)

    def values(self) -> Values:
        """How values are written."""
        given = {"units": self.units, "payments": self.payments, "delivery": self.delivery, "charges": self.charges}
        tables = {name: {word(key): instead for key, instead in table.items()} for name, table in given.items()}
        return Values(self.letters(), ".", self.long_text == "cut", tables)
