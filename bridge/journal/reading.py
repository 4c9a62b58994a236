"""Questions that people ask about orders: which one, which ones, and all that belongs to one.

Not for: totals, rejects and alerts (``overview.py``) or what is alarming (``conditions.py``). Every function reads
what is committed and changes nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from bridge.clock import from_iso, iso
from bridge.errors import ErrorName, PermanentError
from bridge.journal.orders import folded
from bridge.journal.rows import (
    AcknowledgementRow,
    ConflictRow,
    Dossier,
    DropRow,
    EventRow,
    OrderRow,
    Page,
    Payload,
    ReportRow,
)

AT_MOST = 1000
_SHOWN_CANDIDATES = 8
_LONGEST_ID = 18

_ORDER = """
    SELECT o.id, o.order_ref, o.application, o.target, o.state, o.outcome, o.erp_order_no, o.waits_because, o.currency,
      o.amount, o.line_count, o.body_kind, length(o.body), o.request_id, o.received_at, o.answered_at, o.changed_at,
      (SELECT d.file_name FROM drops d WHERE d.order_id = o.id AND d.confirming = 1 ORDER BY d.id DESC LIMIT 1)
    FROM orders o
"""


@dataclass(frozen=True, slots=True)
class Overdue:
    """When an order in ``state`` counts as overdue: it changed before ``before``; ``target`` narrows it."""

    state: str
    before: datetime
    target: str | None = None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders a list shows; what is ``None`` or empty does not narrow. ``after`` is the cursor of a page."""

    text: str = ""
    state: str = ""
    target: str = ""
    application: str = ""
    since: datetime | None = None
    until: datetime | None = None
    overdue: tuple[Overdue, ...] = ()
    limit: int = 100
    after: int | None = None


def find_orders(db: Database, ref: str) -> list[OrderRow]:
    """The orders that ``ref`` may mean: a reference, an ERP number, a file's name, a request id, or ``#`` and an id.

    Exactly the reference as Norce sent it outweighs everything else.
    """
    exact = _orders(db, "WHERE o.order_ref = ?", [ref])
    if exact:
        return exact
    if ref.startswith("#") and ref[1:].isascii() and ref[1:].isdigit():
        return _by_id(db, ref[1:])
    found = _orders(
        db,
        """
        WHERE o.ref_folded = :folded OR o.erp_order_no = :ref OR o.request_id = :ref
          OR o.id IN (SELECT order_id FROM drops WHERE file_name = :ref)
          OR o.id IN (SELECT a.order_id FROM acknowledgements a JOIN inbox_files f ON f.id = a.file_id
                      WHERE f.name = :ref AND a.order_id IS NOT NULL)
        ORDER BY o.id LIMIT 50""",
        {"folded": folded(ref), "ref": ref},
    )
    return found or (_by_id(db, ref) if ref.isascii() and ref.isdigit() else [])


def _by_id(db: Database, digits: str) -> list[OrderRow]:
    return _orders(db, "WHERE o.id = ?", [int(digits)]) if len(digits) <= _LONGEST_ID else []


def the_order(db: Database, ref: str) -> OrderRow:
    """The one order that ``ref`` means. Raises :class:`PermanentError` when there is none or more than one."""
    found = find_orders(db, ref)
    if not found:
        raise PermanentError(
            f'no order is known by "{ref}"',
            name=ErrorName.NOT_FOUND,
            subject=ref,
            hint="erp-bridge orders list -q TEXT searches; erp-bridge rejects list shows what never became an order",
        )
    if len(found) > 1:
        shown = ", ".join(f"{order.order_ref} (#{order.id})" for order in found[:_SHOWN_CANDIDATES])
        raise PermanentError(
            f'"{ref}" may mean {len(found)} orders: {shown}',
            name=ErrorName.AMBIGUOUS,
            subject=ref,
            hint="name one by its reference, or by # and its number",
        )
    return found[0]


def list_orders(db: Database, wanted: OrderFilter) -> Page:
    """The newest orders that fit, one page of them."""
    limit = max(1, min(wanted.limit, AT_MOST))
    clauses, values = _narrowed(wanted)
    if wanted.after is not None:
        clauses.append("o.id < ?")
        values.append(wanted.after)
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    rows = _orders(db, f"{where} ORDER BY o.id DESC LIMIT ?", [*values, limit + 1])
    following = rows[limit - 1].id if len(rows) > limit else None
    return Page(tuple(rows[:limit]), following)


def count_orders(db: Database, wanted: OrderFilter) -> int:
    """How many orders fit, on all pages together."""
    clauses, values = _narrowed(wanted)
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    (count,) = db.execute(f"SELECT count(*) FROM orders o {where}", values).fetchone()  # noqa: S608 - own clauses
    return int(count)


def _narrowed(wanted: OrderFilter) -> tuple[list[str], list[object]]:
    pairs: list[tuple[str, object]] = [
        ("o.state = ?", wanted.state),
        ("o.target = ?", wanted.target),
        ("o.application = ?", wanted.application),
        ("o.received_at >= ?", iso(wanted.since) if wanted.since else ""),
        ("o.received_at < ?", iso(wanted.until) if wanted.until else ""),
    ]
    clauses = [clause for clause, value in pairs if value]
    values = [value for _, value in pairs if value]
    if wanted.text:
        needle = wanted.text.strip().casefold()
        clauses.append(
            """
            (instr(o.ref_folded, ?) OR instr(lower(coalesce(o.erp_order_no, '')), ?)
             OR o.id IN (SELECT order_id FROM drops WHERE instr(lower(file_name), ?)))""",
        )
        values += [needle, needle, needle]
    if wanted.overdue:
        each = [_overdue(rule) for rule in wanted.overdue]
        clauses.append(f"({' OR '.join(clause for clause, _ in each)})")
        values += [value for _, some in each for value in some]
    return clauses, values


def _overdue(rule: Overdue) -> tuple[str, list[object]]:
    if rule.target is None:
        return "(o.state = ? AND o.changed_at <= ?)", [rule.state, iso(rule.before)]
    return "(o.state = ? AND o.changed_at <= ? AND o.target = ?)", [rule.state, iso(rule.before), rule.target]


def dossier(db: Database, ref: str) -> Dossier:
    """The one order that ``ref`` means, with all that belongs to it. Raises what :func:`the_order` raises."""
    order = the_order(db, ref)
    return Dossier(
        order,
        drops_of(db, order.id),
        acknowledgements_of(db, order.id),
        reports_of(db, order.id),
        conflicts_of(db, order.id),
        events_of(db, order.id),
    )


def drops_of(db: Database, order_id: int) -> tuple[DropRow, ...]:
    """The files made from an order: the confirming one first, of each target the withdrawn ones last."""
    rows = db.execute(
        """
        SELECT d.id, d.target, confirming, state, reason, detail, format, control, file_name, size, sha256, attempts,
          presumed, rendered_at, published_at, taken_at, lines, a.recorded_at, a.document ->> 'reason'
        FROM drops d LEFT JOIN acknowledgements a ON a.id = d.refused_by
        WHERE d.order_id = ? ORDER BY confirming DESC, state = 'withdrawn', d.id""",
        [order_id],
    ).fetchall()
    return tuple(DropRow(*timed(_flagged(row, 2, 12), 13, 14, 15, 17)) for row in rows)


def acknowledgements_of(db: Database, order_id: int) -> tuple[AcknowledgementRow, ...]:
    """What the ERP's files said of an order."""
    rows = db.execute(
        """
        SELECT a.id, f.id, f.name, f.outcome, f.kept_as, a.target, a.verdict, a.document, a.recorded_at
        FROM acknowledgements a JOIN inbox_files f ON f.id = a.file_id WHERE a.order_id = ? ORDER BY a.id""",
        [order_id],
    ).fetchall()
    return tuple(AcknowledgementRow(*timed(row, 8)) for row in rows)


def reports_of(db: Database, order_id: int) -> tuple[ReportRow, ...]:
    """The calls owed to Norce for an order."""
    rows = db.execute(
        """
        SELECT seq, status, erp_order_no, state, attempts, owed_at, sent_at, error, kind, number
        FROM reports WHERE order_id = ? ORDER BY seq""",
        [order_id],
    ).fetchall()
    return tuple(ReportRow(*timed(row, 5, 6)) for row in rows)


def conflicts_of(db: Database, order_id: int) -> tuple[ConflictRow, ...]:
    """Differing bodies that came under an order's reference."""
    rows = db.execute(
        """
        SELECT c.id, o.order_ref, c.application, c.body_sha256, c.state, c.seen, c.received_at
        FROM conflicts c JOIN orders o ON o.id = c.order_id WHERE c.order_id = ? ORDER BY c.id""",
        [order_id],
    ).fetchall()
    return tuple(ConflictRow(*timed(row, 6)) for row in rows)


def events_of(db: Database, order_id: int) -> tuple[EventRow, ...]:
    """The history of an order."""
    rows = db.execute(
        "SELECT id, at, kind, target, facts FROM events WHERE order_id = ? ORDER BY id",
        [order_id],
    ).fetchall()
    return tuple(EventRow(row[0], from_iso(row[1]), row[2], row[3], json.loads(row[4])) for row in rows)


def request_of(db: Database, ref: str) -> Payload:
    """The request body of an order, as it came."""
    order = the_order(db, ref)
    row = db.execute("SELECT body, content_type, body_sha256 FROM orders WHERE id = ?", [order.id]).fetchone()
    return _payload(f"{order.order_ref} as Norce sent it", row[0], row[1], row[2])


def file_of(db: Database, ref: str, number: int = 1) -> Payload:
    """The ``number``-th file made from an order, the confirming one first."""
    order = the_order(db, ref)
    rows = db.execute(
        """
        SELECT file_name, content, sha256 FROM drops WHERE order_id = ?
        ORDER BY confirming DESC, state = 'withdrawn', id""",
        [order.id],
    ).fetchall()
    name, content, sha256 = _pick(rows, number, f"order {order.order_ref} has {len(rows)} file(s)")
    return _payload(name, content, "application/octet-stream", sha256)


def answer_of(db: Database, ref: str, number: int = 0) -> Payload:
    """The ``number``-th file in which the ERP spoke of an order; 0 for the latest."""
    order = the_order(db, ref)
    rows = db.execute(
        """
        SELECT name, content, sha256 FROM inbox_files
        WHERE id IN (SELECT file_id FROM acknowledgements WHERE order_id = ?) ORDER BY id""",
        [order.id],
    ).fetchall()
    name, content, sha256 = _pick(
        rows, number or len(rows), f"the ERP spoke of order {order.order_ref} in {len(rows)} file(s)"
    )
    return _payload(name, content, "application/octet-stream", sha256)


def _pick(rows: Sequence[tuple[str, bytes | None, str]], number: int, what: str) -> tuple[str, bytes | None, str]:
    if 1 <= number <= len(rows):
        return rows[number - 1]
    raise PermanentError(what, name=ErrorName.NOT_FOUND, hint="erp-bridge orders show REF tells what there is")


def _payload(name: str, content: bytes | None, content_type: str, sha256: str) -> Payload:
    if content is None:
        raise PermanentError(
            f"the content of {name} is no longer kept",
            name=ErrorName.NOT_FOUND,
            hint="facts and hashes stay; contents go after [privacy] keep_payloads",
        )
    return Payload(name, content_type, sha256, content)


def _orders(db: Database, where: str, values: Sequence[object] | dict[str, object]) -> list[OrderRow]:
    rows = db.execute(f"{_ORDER} {where}", values).fetchall()
    return [OrderRow(*timed(row, 14, 15, 16)) for row in rows]


def timed(row: Sequence[Any], *places: int) -> tuple[Any, ...]:
    """A row with the times at these places read; the database's types are the edge of ours."""
    return tuple(moment(value) if place in places else value for place, value in enumerate(row))


def _flagged(row: Sequence[Any], *places: int) -> list[Any]:
    return [bool(value) if place in places else value for place, value in enumerate(row)]


def moment(text: str | None) -> datetime | None:
    """The time in a column that may be empty."""
    return from_iso(text) if text else None
