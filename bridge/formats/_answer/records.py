"""Answers in record types: what the fields of each are, and how they make statements about orders.

A record that has no field for a reference speaks of the order that was named last; one whose field is blank names
nobody. A trailer is counted against the file.
Not for: parting a line into fields (``delimited``, ``fixed``).
"""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from bridge.formats._answer.fields import FIELDS, Facts, Statement, statement
from bridge.formats._answer.fold import fold
from bridge.formats._answer.heading import IGNORED, TRACKING
from bridge.formats._options import Dialect
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.model import Reading

COUNT = "count_of_"
_REFERENCES = ("order_ref", "erp_order_no")
_CUT = "The file may be cut; ask the ERP for it again"


class RecordField(BaseModel):
    """A field of a record that is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description='Our field, count_of_TYPE, or "_" for one to leave out.')


@dataclass(frozen=True, slots=True)
class Found:
    """One record of a file: its type and its facts, and what could not be understood in it.

    ``may_name``: its type has a field for a reference. ``is_known``: its type is described.
    """

    where: str
    kind: str
    facts: Mapping[str, str]
    faults: Sequence[str] = field(default=())
    may_name: bool = False
    is_known: bool = True


def unknown_record(where: str, what: str) -> Found:
    """A record of a type that nobody described; it may have named another order."""
    return Found(where, "", {}, (what,), is_known=False)


def check_records(records: Mapping[str, Sequence[RecordField]]) -> None:
    """Refuse with ``ValueError`` a name that is no field, one that stands twice, and records that name no order."""
    for kind, fields in records.items():
        if not kind.strip() or not fields:
            raise ValueError("a record needs a type, and its first field is that type")
        names = [one.name for one in fields[1:]]
        for name in names:
            _check_name(name, records)
            if names.count(name) > 1 and name not in {IGNORED, TRACKING}:
                raise ValueError(f'"{name}" stands twice in record {kind}')
    known = {one.name for fields in records.values() for one in fields[1:]}
    if records and not known & set(_REFERENCES):
        raise ValueError("neither order_ref nor erp_order_no is among the fields of the records")


def _check_name(name: str, records: Mapping[str, Sequence[RecordField]]) -> None:
    if name.startswith(COUNT):
        if name.removeprefix(COUNT) not in records:
            raise ValueError(f'"{shown(name)}" counts records that are not described')
    elif name not in FIELDS | {IGNORED}:
        close = difflib.get_close_matches(name, FIELDS, 1)
        raise ValueError(f'"{shown(name)}" is no field' + (f'; did you mean "{close[0]}"?' if close else ""))


def facts_of(fields: Sequence[RecordField], cells: Sequence[str]) -> dict[str, str]:
    """The cells by field, without those that are blank or left out."""
    named = [(one.name, cell) for one, cell in zip(fields[1:], cells[1:], strict=False) if cell.strip()]
    facts = {name: cell for name, cell in named if name not in {IGNORED, TRACKING}}
    several = [cell for name, cell in named if name == TRACKING]
    return facts | {TRACKING: ",".join(several)} if several else facts


def may_name(fields: Sequence[RecordField]) -> bool:
    """True for a type of record that has a field for a reference."""
    return any(one.name in _REFERENCES for one in fields[1:])


def reading_of(records: Sequence[Found], described: Mapping[str, Sequence[RecordField]], dialect: Dialect) -> Reading:
    """What the records of a file say; ``Unreadable`` when a trailer counts others than there are.

    So it is when a trailer is ``described``, by the settings and not by default, and the file has none.
    """
    _check_trailer(records, described)
    _check_counts(records)
    return fold(_statements(records, dialect), dialect)


def _check_counts(records: Sequence[Found]) -> None:
    counts = Counter(record.kind for record in records)
    for record in records:
        for name, said in record.facts.items():
            kind = name.removeprefix(COUNT)
            if name.startswith(COUNT) and said.strip().lstrip("0") != str(counts[kind] or ""):
                what = f"the trailer counts {shown(said.strip())} {kind} records, and there are {counts[kind]}"
                raise Unreadable(record.where, what, _CUT)


def _statements(records: Sequence[Found], dialect: Dialect) -> list[Statement]:
    found = []
    current: dict[str, str] = {}
    is_doubtful = False
    for record in records:
        own = {name: value for name, value in record.facts.items() if not name.startswith(COUNT)}
        references = {name: own[name] for name in _REFERENCES if name in own}
        if references or record.may_name:
            # Without a reference it is an order that nobody named, and not the one before it.
            current, is_doubtful = references, False
        elif not record.is_known:
            is_doubtful = True
        if not own and not record.faults:
            continue  # a trailer
        facts = Facts(record.where, {**current, **own} if record.is_known else {}, dialect)
        for fault in record.faults:
            facts.fault(fault)
        if is_doubtful and record.is_known:
            facts.fault("a record of a type that is not described stands before it, so its order is uncertain")
        found.append(statement(facts, is_row=True))
    return found


def trailers_of(described: Mapping[str, Sequence[RecordField]]) -> list[str]:
    """The types of record that count others: where the settings describe one, each file ends with one."""
    return [kind for kind, fields in described.items() if any(one.name.startswith(COUNT) for one in fields)]


def _check_trailer(records: Sequence[Found], described: Mapping[str, Sequence[RecordField]]) -> None:
    trailers = trailers_of(described)
    if trailers and not any(record.kind in trailers for record in records):
        raise Unreadable("file", f"the record {trailers[0]}, which counts the others, is missing", _CUT)
