"""The settings that all text formats share.

Not for: settings of one format; they stand in its own file. ``side`` says where a setting is valid alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridge.formats._numbers import known_day_form
from bridge.formats._text import known_encoding, shown
from bridge.model import AckStatus


def word(text: str) -> str:
    """A word of the ERP as it is compared: without case, each run of blanks as one."""
    return " ".join(text.split()).casefold()


def _one_meaning_each(statuses: Mapping[str, AckStatus]) -> Mapping[str, AckStatus]:
    seen: dict[str, AckStatus] = {}
    for key, status in statuses.items():
        if seen.setdefault(word(key), status) is not status:
            raise ValueError(f'"{shown(key)}" stands twice (case does not count), with two meanings')
    return statuses


def known_zone(name: str) -> str:
    """The name itself when there is such a zone; else ``ValueError``."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'"{shown(name)}" is not a time zone; write it like Europe/Stockholm') from error
    return name


class TextOptions(BaseModel):
    """What the formats of plain text have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoding: Annotated[str, AfterValidator(known_encoding)] = Field(
        default="auto",
        description="Python's name of the encoding. auto writes UTF-8, and reads by the byte order mark, "
        "then UTF-8, then cp1252.",
    )
    newline: Literal["lf", "crlf"] = Field(
        default="lf",
        description="How a written line ends.",
        json_schema_extra={"side": "write"},
    )
    time_zone: Annotated[str, AfterValidator(known_zone)] = Field(
        default="Europe/Stockholm",
        description="The zone of the times in a written file.",
        json_schema_extra={"side": "write"},
    )
    decimal: Literal[".", ","] = Field(
        default=".",
        description="The decimal mark of numbers in text; blanks may part the thousands.",
        json_schema_extra={"side": "read"},
    )
    date: Annotated[str, AfterValidator(known_day_form)] = Field(
        default="",
        description="How the ERP writes dates, in the form of strptime, such as %d.%m.%Y; ISO is always read.",
        json_schema_extra={"side": "read"},
    )
    status_map: Annotated[Mapping[str, AckStatus], AfterValidator(_one_meaning_each)] = Field(
        default_factory=dict,
        description="The ERP's word for a status and ours; case does not count. Our own words are always read.",
        json_schema_extra={"side": "read"},
    )
    unknown_status: Literal["quarantine", "alert"] = Field(
        default="quarantine",
        description="What an unknown status does: quarantine the file, or only raise an alert.",
        json_schema_extra={"side": "read"},
    )


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one ERP writes numbers, dates and statuses, ready for reading."""

    decimal: str
    date: str
    statuses: Mapping[str, AckStatus]
    quarantines_unknown: bool


def dialect_of(options: TextOptions) -> Dialect:
    """The dialect that the settings describe."""
    own = {word(status.replace("_", joint)): status for status in AckStatus for joint in ("_", " ", "-")}
    mapped = {word(key): status for key, status in options.status_map.items()}
    return Dialect(options.decimal, options.date, own | mapped, options.unknown_status == "quarantine")


def line_end(options: TextOptions) -> str:
    """The characters that end a written line."""
    return "\r\n" if options.newline == "crlf" else "\n"
