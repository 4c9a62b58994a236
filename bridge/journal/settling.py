"""A person's word that a matter of an order is settled in Norce by hand: a report in doubt or given up, or a question.

Not for: trying a report again (``reports.requeue``), nor for an answer in the ERP's place (``confirming.py``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from bridge.clock import iso
from bridge.errors import ErrorName, PermanentError
from bridge.journal import events, orders
from bridge.states import ReportKind, ReportState

ANSWER = "answer"
"""What the question is called that the ERP's answer left open; a report is called by its place among the order's."""


@dataclass(frozen=True, slots=True)
class _Matter:
    """What a person can settle: what it is called, in words, what its event tells, and the report if it is one."""

    name: str
    words: str
    facts: Mapping[str, str | None]
    report_id: int | None = None


def settle(db: Database, order_id: int, what: str, because: str, at: datetime) -> str:
    """Take a matter for settled and return it in words; an order's later reports go on in their sequence.

    One word settles one matter: ``what`` names it where several wait, and where a reason comes again, which may be
    the same asking whose answer was lost. Else, and when nothing waits, raises :class:`PermanentError`.
    """
    ref, state, abandoned, asked = db.execute(
        "SELECT order_ref, state, abandoned, waits_because FROM orders WHERE id = ?",
        [order_id],
    ).fetchone()
    matters = [] if abandoned else [*_reports(db, order_id), *_question(asked)]
    if not matters:
        raise PermanentError(
            f"order {ref} is {state}: nothing of it waits to be settled",
            name=ErrorName.STATE_FORBIDS,
            subject=ref,
            hint=f"erp-bridge orders timeline {ref} shows what became of it",
        )
    matter = _the_one(ref, matters, what)
    if not what and _said_before(db, order_id, because):
        raise PermanentError(
            f"order {ref} was settled by these words before, and what waits now is another matter: {matter.words}",
            name=ErrorName.STATE_FORBIDS,
            subject=ref,
            hint=f"if that is settled too: {_named(ref, matter)}",
        )
    _end(db, order_id, matter, at)
    events.append(db, at, "settled_by_person", order_id, **matter.facts, because=because)
    orders.refresh(db, order_id, at)
    return matter.words


def _end(db: Database, order_id: int, matter: _Matter, at: datetime) -> None:
    if matter.report_id is None:
        db.execute("UPDATE orders SET waits_because = NULL WHERE id = ?", [order_id])
        return
    db.execute(
        "UPDATE reports SET state = ?, sent_at = ?, error = NULL, begun_at = NULL WHERE id = ?",
        [ReportState.SENT, iso(at), matter.report_id],
    )


def _reports(db: Database, order_id: int) -> Iterator[_Matter]:
    rows = db.execute(
        "SELECT id, seq, kind, number, status, state FROM reports WHERE order_id = ? AND state IN (?, ?) ORDER BY seq",
        [order_id, ReportState.DEAD, ReportState.UNCERTAIN],
    ).fetchall()
    for report_id, seq, kind, number, status, state in rows:
        what = kind if kind == ReportKind.CANCELLATION else f"{kind} {number or status}"
        facts = {"report": kind, "number": number, "status": status}
        yield _Matter(str(seq), f"report {seq} ({what}), which was {state}", facts, report_id)


def _question(asked: str | None) -> Iterator[_Matter]:
    if asked is not None:
        yield _Matter(ANSWER, f'the question "{asked}"', {"question": asked})


def _the_one(ref: str, matters: Sequence[_Matter], name: str) -> _Matter:
    fitting = [matter for matter in matters if name in {"", matter.name}]
    if len(fitting) == 1:
        return fitting[0]
    waiting = "; ".join(f"{matter.name}: {matter.words}" for matter in matters)
    why = f'"{name}" is no matter of order {ref} to settle' if name else f"order {ref} has several matters to settle"
    raise PermanentError(
        f"{why}. What waits: {waiting}",
        name=ErrorName.STATE_FORBIDS if name else ErrorName.AMBIGUOUS,
        subject=ref,
        hint=f"name one: {_named(ref, matters[0])}",
    )


def _named(ref: str, matter: _Matter) -> str:
    return f"erp-bridge orders settle {ref} --what {matter.name} --because TEXT"


def _said_before(db: Database, order_id: int, because: str) -> bool:
    question = "SELECT 1 FROM events WHERE order_id = ? AND kind = 'settled_by_person' AND facts ->> 'because' = ?"
    return db.execute(question, [order_id, because]).fetchone() is not None
