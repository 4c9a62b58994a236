"""Statements of rows and objects into acknowledgements: one an order, or one a delivery note, invoice or step of it.

Not for: reading a file's characters. What contradicts itself becomes a fault and never a guess.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import fields, replace
from typing import TypeVar

from bridge.formats._answer.fields import Statement
from bridge.formats._answer.verdict import RECEIPT_MAY_SAY, contradicts, judge, kind_of
from bridge.formats._options import Dialect
from bridge.formats._text import shown
from bridge.model import AckInvoice, AckKind, AckLine, Acknowledgement, AckStatus, Fault, Reading

_T = TypeVar("_T", bound=Hashable)
_NO_PAPER = (None, None)


class _DisagreementError(ValueError):
    """Two rows of one order say different things of the whole order."""


def fold(statements: Sequence[Statement], dialect: Dialect) -> Reading:
    """All statements of a file as a reading; a bad order leaves the good ones alone."""
    acknowledgements: list[Acknowledgement] = []
    faults: list[Fault] = []
    for group in _groups(statements):
        bad = [fault for statement in group for fault in statement.faults]
        merged = None if bad else _merged(group, bad)
        if merged is not None:
            acknowledgements.append(_judged(merged, dialect, bad))
        faults += bad
    return Reading(tuple(acknowledgements), tuple(faults))


def _groups(statements: Sequence[Statement]) -> Iterable[list[Statement]]:
    refs: dict[str, set[str]] = {}
    for statement in statements:
        said = statement.said
        if statement.is_row and said.erp_order_no and said.order_ref:
            refs.setdefault(said.erp_order_no, set()).add(said.order_ref)
    by_order = _parted(statements, lambda statement: _order_of(statement, refs))
    return [part for group in by_order for part in _messages(group)]


def _order_of(statement: Statement, refs: dict[str, set[str]]) -> Hashable:
    """What the rows of one order have in common. Whatever is no row stands alone, beside others on its line or not."""
    said = statement.said
    if not statement.is_row or not (said.order_ref or said.erp_order_no):
        return ("alone", id(statement))
    known = refs.get(said.erp_order_no or "", set())
    ref = said.order_ref or (next(iter(known)) if len(known) == 1 else None)
    return ("ref", ref) if ref else ("erp", said.erp_order_no)


def _messages(group: list[Statement]) -> list[list[Statement]]:
    """The rows of one order by message: two delivery notes or invoices are two, and so is each step of a history.

    What contradicts itself stays together, so that it shows.
    """
    if len(group) == 1:
        return [group]
    numbers = {statement.said.erp_order_no for statement in group} - {None}
    if len(numbers) > 1 or any(statement.faults for statement in group):
        return [group]
    if _has_papers_apart(group):
        return _parted(group, _paper)
    is_history = all(statement.status and not statement.said.lines for statement in group)
    return _parted(group, lambda statement: statement.status) if is_history else [group]


def _has_papers_apart(group: list[Statement]) -> bool:
    """True for two delivery notes or invoices, and for one beside rows that are of an answer of another sort."""
    papers = {_paper(statement) for statement in group} - {_NO_PAPER}
    bare = [statement.said for statement in group if _paper(statement) == _NO_PAPER]
    if len(papers) != 1 or not bare or any(said.status is AckStatus.UNKNOWN for said in bare):
        return len(papers) > 1
    return {said.kind for said in bare}.isdisjoint(one.said.kind for one in group if _paper(one) != _NO_PAPER)


def _paper(statement: Statement) -> tuple[str | None, str | None]:
    invoice = statement.said.invoice
    return statement.said.note_no, invoice.no if invoice else None


def _parted(
    statements: Sequence[Statement],
    key: Callable[[Statement], Hashable],
) -> list[list[Statement]]:
    groups: dict[Hashable, list[Statement]] = {}
    for statement in statements:
        groups.setdefault(key(statement), []).append(statement)
    return list(groups.values())


def _merged(group: list[Statement], bad: list[Fault]) -> Statement | None:
    """The one statement that the rows of an order make together; a fault in ``bad`` when they cannot."""
    if not any(map(_names_something, group)):
        bad.append(Fault(group[0].where, "it names no order: order_ref and erp_order_no are both empty"))
        return None
    if len(group) == 1:
        return group[0]
    try:
        return _united(group)
    except _DisagreementError as error:
        bad.append(Fault(_place(group), f"the rows of order {_name(group)} disagree: {error}"))
        return None


def _names_something(statement: Statement) -> bool:
    said = statement.said
    return bool(said.order_ref or said.erp_order_no) or said.control is not None


def _place(group: list[Statement]) -> str:
    return f"{group[0].where} to {group[-1].where}"


def _name(group: list[Statement]) -> str:
    return shown(next(name for one in group if (name := one.said.order_ref or one.said.erp_order_no)))


def _united(group: list[Statement]) -> Statement:
    parts = [statement.said for statement in group]
    said = replace(
        parts[0],
        order_ref=_agreed("order_ref", (part.order_ref for part in parts)),
        erp_order_no=_agreed("erp_order_no", (part.erp_order_no for part in parts)),
        message_date=_agreed("message_date", (part.message_date for part in parts)),
        date=_agreed("date", (part.date for part in parts)),
        reason=_all_of(part.reason for part in parts),
        note=_all_of(part.note for part in parts),
        note_no=_agreed("note_no", (part.note_no for part in parts)),
        carrier=_agreed("carrier", (part.carrier for part in parts)),
        tracking=_unique(code for part in parts for code in part.tracking),
        invoice=_one_invoice([part.invoice for part in parts if part.invoice]),
        lines=_lines_once(parts),
        warnings=_unique(warning for part in parts for warning in part.warnings),
    )
    kind = _agreed("kind", (statement.kind for statement in group))
    status = _agreed("status", (statement.status for statement in group))
    return Statement(_place(group), said, kind, status, is_row=group[0].is_row)


def _lines_once(parts: list[Acknowledgement]) -> tuple[AckLine, ...]:
    """All lines; a row that was sent twice counts once, and one that differs elsewhere may mean as many again."""
    seen: dict[AckLine, Acknowledgement] = {}
    for part in parts:
        for line in part.lines:
            if seen.setdefault(line, part) != part:
                name = shown(line.line_no or line.part_no or "")
                raise _DisagreementError(f'line "{name}" stands there twice alike, in rows that differ elsewhere')
    return tuple(seen)


def _one_invoice(invoices: list[AckInvoice]) -> AckInvoice | None:
    if not invoices:
        return None
    names = [entry.name for entry in fields(AckInvoice)]
    return AckInvoice(**{name: _agreed(f"invoice {name}", (getattr(i, name) for i in invoices)) for name in names})


def _unique(values: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(values))


def _agreed(name: str, values: Iterable[_T | None]) -> _T | None:
    """The one value that is said; none when nobody says any."""
    said = dict.fromkeys(values)
    said.pop(None, None)
    if len(said) > 1:
        first, second, *_ = map(str, said)
        raise _DisagreementError(f'{name} is "{shown(first)}" and "{shown(second)}"')
    return next(iter(said), None)


def _all_of(texts: Iterable[str | None]) -> str | None:
    return " / ".join(_unique(text for text in texts if text)) or None


def _judged(merged: Statement, dialect: Dialect, bad: list[Fault]) -> Acknowledgement:
    """The acknowledgement with its verdict; what nobody can rely on is ``unknown``, and told in ``bad`` too."""
    status, warning = judge(merged.status, merged.said.lines)
    warnings = merged.said.warnings + ((warning,) if warning else ())
    if status is None:
        status = AckStatus.UNKNOWN
        bad.append(Fault(merged.where, "it has no status, so it says neither yes nor no"))
    elif merged.kind is AckKind.RECEIPT and status not in RECEIPT_MAY_SAY:
        bad.append(Fault(merged.where, f"it calls itself a receipt and says {status}; a receipt confirms nothing"))
        status = AckStatus.UNKNOWN
    elif contradicts(merged.kind, status):
        bad.append(Fault(merged.where, f"it calls itself a {merged.kind} and says {status}, which that cannot be"))
        status = AckStatus.UNKNOWN
    elif status is AckStatus.UNKNOWN and dialect.quarantines_unknown:
        bad.append(Fault(merged.where, "; ".join(warnings) or "its status is unknown"))
    said, kind = merged.said, merged.kind or kind_of(status)
    if (said.kind, said.status, said.warnings) == (kind, status, warnings):
        return said
    return replace(said, kind=kind, status=status, warnings=warnings)
