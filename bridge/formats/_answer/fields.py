"""The names by which an acknowledgement's facts are read (INTERFACE.md 4.3b), and the types they must have.

Not for: how rows become one acknowledgement (``_fold``), nor what a status means for an order (``_verdict``).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

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
_SEVERAL = re.compile("[,;|]")
_WHOLE = re.compile(r"^(-?[0-9]+)\.0+$")  # 48447.0 is how some JSON writers put an integer


class NumberToken(str):
    """A number of a JSON file, with the digits that came."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """What one row or object says. ``said`` still lacks its verdict: kind and status of it mean nothing yet."""

    where: str
    said: Acknowledgement
    kind: AckKind | None = None
    status: AckStatus | None = None
    faults: tuple[Fault, ...] = ()
    is_row: bool = False


class Facts:
    """The facts of one row or object by name, each with its type; keeps a fault for what cannot be understood."""

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

    def has_any(self, names: Iterable[str]) -> bool:
        """True when one of the facts is there."""
        return any(self.has(name) for name in names if name in self._raw)

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
        status = self._dialect.statuses.get(word(found))
        if status is None:
            self.warnings.append(f'status "{shown(found)}" is not known; add it to status_map')
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
        if isinstance(raw, NumberToken):
            found = _WHOLE.sub(r"\1", found)
        if len(found) > _LONGEST_CODE or not found.isprintable():
            self.fault(f'{name} "{shown(found)}" is longer than {_LONGEST_CODE} letters or not printable')
            return None
        return found

    def _single(self, name: str, raw: object) -> str | None:
        if raw is None:
            return None
        if isinstance(raw, bool):
            return "true" if raw else "false"
        if not isinstance(raw, str):
            self.fault(f"{name} is not a single value")
            return None
        return raw.strip() or None


def ack_line(facts: Facts) -> AckLine:
    """One line of an acknowledgement."""
    return AckLine(
        line_no=_line_no(facts.code("line_no")),
        part_no=facts.code("part_no"),
        substitute_part_no=facts.code("substitute_part_no"),
        status=facts.status(),
        qty_ordered=facts.number("qty_ordered"),
        qty_confirmed=facts.number("qty_confirmed"),
        qty_backorder=facts.number("qty_backorder"),
        qty_delivered=facts.number("qty_delivered"),
        qty_outstanding=facts.number("qty_outstanding"),
        unit_price=facts.number("unit_price"),
        date=facts.day("date"),
        reason=facts.text("reason"),
        schedules=_schedules(facts),
    )


def _line_no(text: str | None) -> str | None:
    return None if text is None else text.lstrip("0") or "0"


def _schedules(facts: Facts) -> tuple[Schedule, ...]:
    schedules = []
    for nested in facts.objects("schedules"):
        qty = nested.number("qty")
        if qty is None and not nested.faults:
            nested.fault("qty is missing")
        schedules.append(Schedule(qty or Decimal(0), nested.day("date")))
        facts.absorb(nested)
    return tuple(schedules)


def _ack_lines(facts: Facts) -> tuple[AckLine, ...]:
    lines = []
    for nested in facts.objects("lines"):
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


def statement(facts: Facts, *, is_row: bool) -> Statement:
    """What a row or object says. With a line's fact in it, its status, date and reason are those of the line."""
    if is_row and facts.has_any(LINE_FIELDS):
        return _finished(facts, (ack_line(facts),), speaks_for_line=True, is_row=True)
    return _finished(facts, _ack_lines(facts), speaks_for_line=False, is_row=is_row)


def _finished(
    facts: Facts,
    lines: tuple[AckLine, ...],
    *,
    speaks_for_line: bool,
    is_row: bool,
) -> Statement:
    kind, status = facts.kind(), None if speaks_for_line else facts.status()
    said = Acknowledgement(
        kind=AckKind.RESPONSE,
        status=AckStatus.UNKNOWN,
        order_ref=facts.code("order_ref"),
        erp_order_no=facts.code("erp_order_no"),
        message_date=facts.day("message_date"),
        date=None if speaks_for_line else facts.day("date"),
        reason=None if speaks_for_line else facts.text("reason"),
        note=facts.text("note"),
        note_no=facts.code("note_no"),
        carrier=facts.text("carrier"),
        tracking=facts.codes("tracking"),
        invoice=_invoice(facts),
        lines=lines,
        warnings=tuple(facts.warnings),
    )
    return Statement(facts.where, said, kind, status, tuple(facts.faults), is_row)
