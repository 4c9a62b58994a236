"""What a merchant writes to describe a file: fields, the records they stand in, and tables of other words.

Not for: whether the names in it exist (``_layout_plan``), nor what one format adds, such as a separator or a path.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bridge.formats._layout.dates import known_form
from bridge.formats._options import TextOptions
from bridge.formats._text import shown

FieldT = TypeVar("FieldT")
REST = "*"
REFUSE, KEEP = "refuse", "keep"
LEAVE_OUT = "leave_out"
_SOURCES = ("from", "const", "join", "sum")


def _single(value: object) -> object:
    if value is None or isinstance(value, str | bool | int):
        return value
    raise ValueError("expects text, a whole number, true or false; write an amount as text")


def _words(value: object) -> object:
    """The values that a condition accepts; a single one needs no brackets."""
    values = value if isinstance(value, list | tuple) else (value,)
    if not all(isinstance(one, str | bool | int | float | Decimal) for one in values):
        raise ValueError('expects words, such as ["Physical", "Service"]')
    return tuple(one if isinstance(one, str | bool) else str(one) for one in values)


def _names(value: object) -> object:
    """The names of a condition; one with points needs no quotation marks."""
    return dict(_flat(value)) if isinstance(value, Mapping) else value


def _flat(tables: Mapping[Any, Any]) -> Iterator[tuple[str, object]]:
    for name, value in tables.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{below}", words) for below, words in _flat(value))
        else:
            yield str(name), value


def _with_rest(tables: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    for name, table in tables.items():
        if REST not in table:
            raise ValueError(
                f'map "{shown(name)}" has no rule for the rest; add "{REST}" = "refuse", "keep" or the word to write',
            )
    return tables


def filled(fields: tuple[FieldT, ...]) -> tuple[FieldT, ...]:
    """The fields themselves when there are any; else ``ValueError``."""
    if not fields:
        raise ValueError("a record needs at least one field")
    return fields


Word: TypeAlias = str | bool
Conditions = Annotated[
    Mapping[str, Annotated[tuple[Word, ...], BeforeValidator(_words)]],
    BeforeValidator(_names),
]
Constant = Annotated[object, AfterValidator(_single)]


class FieldOptions(BaseModel):
    """One value of a written file: where it comes from, and what is done to it on the way."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    source: str = Field("", alias="from", description="Neutral name, info.CODE or raw.PATH.")
    const: Constant = Field(None, description="The same in every file.")
    join: tuple[str, ...] = Field((), description="Several names in one value.")
    between: str = Field(" ", alias="with", description="What stands between joined values.")
    sum: str = Field(
        "",
        description="Amount or quantity that is added up, as line_net or qty, then rounded. Where the records of "
        "the same file round each of it to another sum, both are noted with the order.",
    )
    of: str = Field("", description="Whose amounts: lines, payments, fees, discounts.")
    where: Conditions = Field(default_factory=dict, description="Which of them count; as in record.")
    default: Constant = Field(None, description="Written when nothing came.")
    map: str = Field("", description="Table in maps that gives the ERP's word.")
    max: int | None = Field(None, ge=1, description="Most letters.")
    overflow: Literal["refuse", "cut", "split"] = Field("refuse", description="What is done with more letters.")
    parts: int = Field(2, ge=2, le=99, description="With split: over how many fields.")
    decimals: int | None = Field(None, ge=0, le=10, description="Digits behind the decimal mark.")
    implied: int | None = Field(None, ge=0, le=10, description="Such digits, without a mark.")
    rounding: Literal["half_up", "half_even", "down", "up"] = Field("half_up", description="How digits are dropped.")
    date: Annotated[str, AfterValidator(known_form)] = Field(
        "", description="Form of a date or a time, as for strftime: %d.%m.%Y, %y%m%d, %Y-%m-%dT%H:%M:%S."
    )

    @model_validator(mode="after")
    def _agree(self) -> Self:
        given = [name for name, value in zip(_SOURCES, self._sources(), strict=True) if value]
        if len(given) != 1:
            said = "both " + " and ".join(given) if given else "none of them"
            raise ValueError(f"a field has one of {', '.join(_SOURCES)}; this one has {said}")
        if self.sum and not self.of:
            raise ValueError('sum needs of, such as of = "lines"')
        if not self.sum and (self.of or self.where):
            raise ValueError("of and where belong to sum; a record has a where of its own")
        if self.overflow != "refuse" and self.limit() is None:
            raise ValueError(f"overflow = {self.overflow} needs max")
        if self.decimals is not None and self.implied is not None:
            raise ValueError("decimals and implied exclude each other")
        return self

    def _sources(self) -> tuple[bool, ...]:
        return bool(self.source), self.const is not None, bool(self.join), bool(self.sum)

    def limit(self) -> int | None:
        """The most letters that the value may have."""
        return self.max

    def place(self) -> str:
        """Where it stands in the file, if it has a name there."""
        return ""

    def letters_of(self, number: str) -> int:
        """How many letters a number takes."""
        return len(number)

    def has_sign(self) -> bool:
        """True when something is said of the sign, which only numbers have."""
        return False

    def digits(self) -> int | None:
        """How many digits behind the point a number may have; ``None`` for all of them."""
        return self.decimals if self.implied is None else self.implied

    def is_numeric(self) -> bool:
        """True when the value is to be read as a number, whatever it came as."""
        return self.decimals is not None or self.implied is not None or bool(self.sum)


class RecordOptions(BaseModel):
    """A record: which part of the order it is written for, and for which of those."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    each: str = Field("order", description="order, line, payment, fee, discount, info; in a line its parts.")
    name: str = Field(
        "", description="Name for count_of_NAME; without it the first constant. count_of_all counts all records."
    )
    where: Conditions = Field(
        default_factory=dict,
        description='Which of them are written: names and the words that fit, as { group = ["Physical", "Service"] }; '
        "all names have to hold. * is any signs and ? one, case does not count: "
        '{ comment = "*" } where there is a comment, { comment = "" } where there is none.',
    )
    fields: tuple[FieldOptions, ...] = Field((), description="What stands in it.")
    record: tuple["RecordOptions", ...] = Field((), description="Records within it, for the same part or its parts.")

    def place(self) -> str:
        """Where it stands in the file, if it has a name there."""
        return ""


class LayoutOptions(TextOptions):
    """What all formats with a layout have in common."""

    maps: Annotated[Mapping[str, Mapping[str, str]], AfterValidator(_with_rest)] = Field(
        default_factory=dict,
        description='Tables of the ERP\'s words by ours; "*" says what happens to the rest: refuse, keep, or a word. '
        "A unit that only this rule takes is noted with the order.",
        json_schema_extra={"side": "write"},
    )
    unmatched_lines: Literal["refuse", "leave_out"] = Field(
        default="refuse",
        description="What happens in a layout with records for lines to an order of which a line is in none of them: "
        "refuse it, or leave the line out. Lines that a field adds up with sum, of and where count as written; not "
        "those of which a record chosen by a * holds neither item, quantity nor price, but a comment, say.",
        json_schema_extra={"side": "write"},
    )


class FlatOptions(LayoutOptions):
    """What formats of plain text, which cannot escape a letter, have in common."""

    unencodable: Literal["refuse", "table", "question_mark"] = Field(
        default="refuse",
        description="What happens in a layout to letters that the encoding lacks: refuse the order, write plain ones "
        "by a table (curly quotes, dashes, the euro), or a question mark. References are refused.",
        json_schema_extra={"side": "write"},
    )
