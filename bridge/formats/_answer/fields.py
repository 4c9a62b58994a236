"""The names by which an acknowledgement's facts are read (INTERFACE.md 4.3b), and the types they must have.

Not for: how rows become one acknowledgement (``_fold``), nor what a status means for an order (``_verdict``).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from bridge.formats._answer.verdict import kind_of
from bridge.formats._numbers import day, exact, number
from bridge.formats._options import Dialect, word
from bridge.formats._text import one_line, shown
from bridge.model import AckInvoice, AckKind, AckLine, Acknowledgement, AckStatus, Fault, Schedule

_SHARED = frozenset({"status", "date", "reason"})
# Not told by a column of its own: parts, and what only an envelope can name.
_NESTED = frozenset({"invoice", "lines", "schedules", "warnings", "control"})
_INVOICE = frozenset(
    {"invoice_no", "invoice_date", "invoice_due", "invoice_total", "invoice_vat", "currency", "credited_no"},
)
ORDER_FIELDS = frozenset(entry.name for entry in fields(Acknowledgement)) - _NESTED | _INVOICE
LINE_FIELDS = frozenset(entry.name for entry in fields(AckLine)) - _NESTED - _SHARED
SCHEDULE_FIELDS = frozenset(entry.name for entry in fields(Schedule))
FIELDS = ORDER_FIELDS | LINE_FIELDS
_LONGEST_CODE = 50
_LONGEST_TEXT = 1000
_MOST_MEMBERS = 50_000
_SEVERAL = re.compile("[,;|]")
_WHOLE = re.compile(r"^(-?[0-9]+)\.0+$")  # 48447.0 is how some JSON writers put an integer


class NumberToken(str):
    """A number of a JSON file, with the digits that came."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """What one row or object says. ``said`` still lacks its verdict: its kind and status are its own words alone."""

    where: str
    said: Acknowledgement
    kind: AckKind | None = None
    status: AckStatus | None = None
    faults: tuple[Fault, ...] = ()
    is_row: bool = False


class Facts:
    """The facts of one row or object by name, each with its type; keeps a fault for what cannot be understood."""

    __slots__ = ("_dialect", "_raw", "faults", "warnings", "where")

    def __init__(self, where: str, raw: Mapping[str, object], dialect: Dialect) -> None:
        self.where = where
        self.faults: list[Fault] = []
        self.warnings: list[str] = []
        self._raw = raw
        self._dialect = dialect

    def has(self, name: str) -> bool:
        """True when the fact is there and not blank."""
        found = self._raw.get(name)
        return found is not None and not (isinstance(found, str) and not found.strip())

    def has_any(self, names: frozenset[str]) -> bool:
        """True when one of the facts is there."""
        return not names.isdisjoint(self._raw) and any(self.has(name) for name in names & self._raw.keys())

    def read(self, readers: Mapping[str, "Reader"]) -> dict[str, Any]:
        """What the readers make of the facts that are there, by name; files are large, and most facts are missing."""
        return {name: readers[name](self, name) for name in self._raw if name in readers}

    def fault(self, what: str) -> None:
        """Keep one more fault of this row or object."""
        self.faults.append(Fault(self.where, what))

    def code(self, name: str) -> str | None:
        """A reference or a number that is a name: kept letter by letter, printable and short."""
        raw = self._raw.get(name)
        return None if raw is None else self._as_code(name, raw)

    def text(self, name: str) -> str | None:
        """Free text as one line."""
        found = self._single(name, self._raw.get(name))
        return None if found is None else one_line(found)[:_LONGEST_TEXT] or None

    def number(self, name: str) -> Decimal | None:
        """A quantity or an amount."""
        raw = self._raw.get(name)
        found = None if raw is None else self._single(name, raw)
        if found is None:
            return None
        try:
            return exact(found) if isinstance(raw, NumberToken) else number(found, self._dialect.decimal)
        except ValueError as error:
            self.fault(f"{name}: {error}")
            return None

    def day(self, name: str) -> date | None:
        """A date."""
        found = self._single(name, self._raw.get(name))
        if found is None:
            return None
        try:
            return day(found, self._dialect.date)
        except ValueError as error:
            self.fault(f"{name}: {error}")
            return None

    def status(self) -> AckStatus | None:
        """Our status for the ERP's word; a word that nobody explained is ``unknown`` and warned of."""
        found = self._single("status", self._raw.get("status"))
        if found is None:
            return None
        statuses = self._dialect.statuses
        status = statuses.get(found) or statuses.get(word(found))
        if status is None:
            hint = "" if found.isascii() else ", or set encoding to what the ERP writes, if its letters are wrong here"
            self.warnings.append(f'status "{shown(found)}" is not known; add it to status_map{hint}')
        return status or AckStatus.UNKNOWN

    def kind(self) -> AckKind | None:
        """The sort of message, if it is said."""
        found = self._single("kind", self._raw.get("kind"))
        if found is None:
            return None
        try:
            return AckKind(found.casefold())
        except ValueError:
            self.fault(f'kind "{shown(found)}" is not known')
            return None

    def codes(self, name: str) -> tuple[str, ...]:
        """Several codes: a list, or one text with commas, semicolons or bars between them."""
        found = self._raw.get(name)
        if found is None:
            return ()
        parts = found if isinstance(found, list) else _SEVERAL.split(self._single(name, found) or "")
        return tuple(code for part in parts if (code := self._as_code(name, part)))

    def objects(self, name: str) -> Iterator["Facts"]:
        """The members of a nested list, each with its own place; close them with :meth:`absorb`."""
        found = self._raw.get(name)
        if found is not None and not isinstance(found, list):
            self.fault(f"{name} is not a list")
            return
        if found and len(found) > _MOST_MEMBERS:
            self.fault(f"{name} has {len(found)} members, and no order has so many")
            return
        for index, member in enumerate(found or ()):
            nested = self._nested(f"{name}[{index}]", member)
            if nested is not None:
                yield nested

    def nested(self, name: str) -> "Facts | None":
        """A nested object, if it is there."""
        found = self._raw.get(name)
        return None if found is None else self._nested(name, found)

    def absorb(self, nested: "Facts") -> None:
        """Take over what a nested object could not be understood in."""
        self.faults.extend(nested.faults)
        self.warnings.extend(nested.warnings)

    def _nested(self, name: str, member: object) -> "Facts | None":
        if isinstance(member, dict):
            return Facts(f"{self.where}.{name}", member, self._dialect)
        self.fault(f"{name} is not an object")
        return None

    def _as_code(self, name: str, raw: object) -> str | None:
        found = self._single(name, raw)
        if found is None:
            return None
        if isinstance(raw, NumberToken) and "." in found:
            found = _WHOLE.sub(r"\1", found)
        if len(found) > _LONGEST_CODE or not found.isprintable():
            self.fault(f'{name} "{shown(found)}" is longer than {_LONGEST_CODE} letters or not printable')
            return None
        return found

    def _single(self, name: str, raw: object) -> str | None:
        if isinstance(raw, str):
            return raw.strip() or None
        if isinstance(raw, bool):
            return "true" if raw else "false"
        if raw is not None:
            self.fault(f"{name} is not a single value")
        return None


Reader: TypeAlias = Callable[[Facts, str], object]
"""Reads one fact by its name."""


def ack_line(facts: Facts) -> AckLine:
    """One line of an acknowledgement."""
    return AckLine(status=facts.status(), **facts.read(_LINE))


def _line_no(facts: Facts, name: str) -> str | None:
    found = facts.code(name)
    return None if found is None else found.lstrip("0") or "0"


def _schedules(facts: Facts, name: str) -> tuple[Schedule, ...]:
    schedules = []
    for nested in facts.objects(name):
        qty = nested.number("qty")
        if qty is None and not nested.faults:
            nested.fault("qty is missing")
        schedules.append(Schedule(qty or Decimal(0), nested.day("date")))
        facts.absorb(nested)
    return tuple(schedules)


def _ack_lines(facts: Facts, name: str) -> tuple[AckLine, ...]:
    lines = []
    for nested in facts.objects(name):
        lines.append(ack_line(nested))
        facts.absorb(nested)
    return tuple(lines)


def _invoice(facts: Facts) -> AckInvoice | None:
    """The invoice of flat names, or of a nested object by its short names."""
    nested = facts.nested("invoice")
    if nested is None and not facts.has_any(_INVOICE):
        return None
    source, prefix = (facts, "invoice_") if nested is None else (nested, "")
    invoice = AckInvoice(
        no=source.code(f"{prefix}no"),
        date=source.day(f"{prefix}date"),
        due=source.day(f"{prefix}due"),
        total=source.number(f"{prefix}total"),
        vat=source.number(f"{prefix}vat"),
        currency=source.code("currency"),
        credited_no=source.code("credited_no"),
    )
    if nested is not None:
        facts.absorb(nested)
    return None if invoice in (AckInvoice(), AckInvoice(currency=invoice.currency)) else invoice


_LINE: Mapping[str, Reader] = {
    **dict.fromkeys(("part_no", "substitute_part_no"), Facts.code),
    **dict.fromkeys(("qty_ordered", "qty_confirmed", "qty_backorder", "qty_delivered"), Facts.number),
    **dict.fromkeys(("qty_outstanding", "unit_price"), Facts.number),
    "line_no": _line_no,
    "date": Facts.day,
    "reason": Facts.text,
    "schedules": _schedules,
}
_BESIDE_A_LINE: Mapping[str, Reader] = {
    **dict.fromkeys(("order_ref", "erp_order_no", "note_no"), Facts.code),
    **dict.fromkeys(("note", "carrier"), Facts.text),
    "message_date": Facts.day,
    "tracking": Facts.codes,
}
_ORDER: Mapping[str, Reader] = {**_BESIDE_A_LINE, "date": Facts.day, "reason": Facts.text, "lines": _ack_lines}


def statement(facts: Facts, *, is_row: bool) -> Statement:
    """What a row or object says. With a line's fact in it, its status, date and reason are those of the line."""
    if is_row and facts.has_any(LINE_FIELDS):
        line = ack_line(facts)
        found = facts.read(_BESIDE_A_LINE) | {"lines": (line,), "status": line.status}
        return _finished(facts, found, None, is_row=True)
    status = facts.status()
    return _finished(facts, facts.read(_ORDER) | {"status": status}, status, is_row=is_row)


def _finished(facts: Facts, found: dict[str, Any], status: AckStatus | None, *, is_row: bool) -> Statement:
    """``found`` are the words of the acknowledgement, which is the verdict too where they need no weighing."""
    kind = facts.kind()
    found["status"] = found["status"] or AckStatus.UNKNOWN
    found["kind"] = kind or kind_of(found["status"])
    said = Acknowledgement(**found, invoice=_invoice(facts), warnings=tuple(facts.warnings))
    return Statement(facts.where, said, kind, status, tuple(facts.faults), is_row)
