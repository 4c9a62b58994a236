"""What the ERP's files change: recorded, applied and made owed to Norce in one transaction (invariants 7, 8, 9).

Not for: reading files (``formats/``) or moving them (``stages/watch/stage.py``).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

from sqlite_utils import Database

from bridge.clock import iso
from bridge.journal import alerts, collected, events, orders, refused, reports
from bridge.journal.matching import MatchedOrder, Unmatched
from bridge.journal.named import named_for, settle_match
from bridge.journal.records import AlertFound, FileOutcome, Recorded, Recording
from bridge.model import AckKind, AckLine, Acknowledgement, AckStatus
from bridge.reports.brief import Brief
from bridge.reports.kinds import StatusReport, number_of
from bridge.reports.owing import plan, question_of
from bridge.reports.papers import Known
from bridge.reports.plans import Plan, Verdict
from bridge.states import DROP_MOVES, DropState, Outcome, ReportPolicy, consequence, is_allowed

_Taken: TypeAlias = tuple[int, str, str, str]
"""Of an acknowledgement that has its order: position in the file, verdict, the order's reference, status."""


@dataclass(frozen=True, slots=True)
class _Mention:
    """One acknowledgement at its place in a file, with the order it speaks of."""

    file_id: int
    position: int
    target: str
    ack: Acknowledgement
    document: str
    at: datetime

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.document.encode()).hexdigest()


def record(db: Database, recording: Recording, at: datetime) -> Recorded:
    """Take in a claimed file once: the same claim with the same content again returns what was decided then."""
    known = _known(db, recording)
    if known is not None:
        return known
    file_id = _insert_file(db, recording, at)
    reasons = [f"{fault.where}: {fault.what}" for fault in recording.reading.faults]
    taken: list[_Taken] = []
    named = named_for(db, file_id, recording.reading.acknowledgements)
    pairs = zip(recording.reading.acknowledgements, recording.documents, strict=True)
    for position, (ack, document) in enumerate(pairs):
        mention = _Mention(file_id, position, recording.file.target, ack, document, at)
        found = settle_match(db, mention.target, ack, named)
        if isinstance(found, Unmatched):
            reasons.append(found.reason)
            _insert_mention(db, mention, None, "unmatched")
        else:
            verdict = _take_in(db, mention, found, recording.policy)
            taken.append((position, verdict, found.order_ref, ack.status))
    return _finish(db, file_id, taken, reasons)


def _known(db: Database, recording: Recording) -> Recorded | None:
    row = db.execute(
        "SELECT id, outcome, reasons FROM inbox_files WHERE claim = ? AND sha256 = ?",
        [recording.file.claim, recording.file.sha256],
    ).fetchone()
    if row is None:
        return None
    taken = db.execute(
        """
        SELECT a.position, a.verdict, o.order_ref, a.status FROM acknowledgements a JOIN orders o ON o.id = a.order_id
        WHERE a.file_id = ? AND a.verdict <> 'unmatched' ORDER BY a.position""",
        [row[0]],
    ).fetchall()
    return _recorded(row[0], FileOutcome(row[1]), json.loads(row[2]), taken)


def _recorded(file_id: int, outcome: FileOutcome, reasons: Sequence[str], taken: Sequence[_Taken]) -> Recorded:
    fresh = tuple(position for position, verdict, *_ in taken if verdict != "repeated")
    refs = tuple(ref for _, _, ref, _ in taken)
    used = tuple(ref for _, _, ref, status in taken if status != AckStatus.UNKNOWN)
    return Recorded(file_id, outcome, tuple(reasons), len(fresh), refs, fresh, used)


def _insert_file(db: Database, recording: Recording, at: datetime) -> int:
    file = recording.file
    cursor = db.execute(
        """
        INSERT INTO inbox_files (claim, target, name, size, sha256, content, outcome, reasons, read_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, '[]', ?)""",
        [file.claim, file.target, file.name, len(file.content), file.sha256, file.content, "matched", iso(at)],
    )
    return int(cursor.lastrowid or 0)


def _finish(db: Database, file_id: int, taken: Sequence[_Taken], reasons: list[str]) -> Recorded:
    is_news = any(verdict != "repeated" for _, verdict, *_ in taken)
    outcome = FileOutcome.MATCHED if is_news else FileOutcome.REPEATED
    if reasons or not taken:
        outcome = FileOutcome.QUARANTINED
        reasons = reasons or ["nothing in it acknowledges an order"]
    db.execute(
        "UPDATE inbox_files SET outcome = ?, reasons = ? WHERE id = ?",
        [outcome, json.dumps(reasons, ensure_ascii=False), file_id],
    )
    return _recorded(file_id, outcome, reasons, taken)


def _take_in(db: Database, mention: _Mention, order: MatchedOrder, policy: ReportPolicy) -> str:
    seen = db.execute(
        """
        SELECT 1 FROM acknowledgements WHERE order_id = ? AND target = ? AND fingerprint = ?
        AND verdict NOT IN ('repeated', 'unmatched')""",
        [order.order_id, mention.target, mention.fingerprint],
    ).fetchone()
    if seen:
        _take_repeat(db, mention, order)
        return "repeated"
    follows = None if _says_nothing_new(order, mention.ack) else _plan(db, mention, order, policy)
    verdict = follows.verdict if follows else _verdict(order, mention.ack)
    ack_id = _insert_mention(db, mention, order.order_id, verdict)
    _append_event(db, mention, order, verdict, ack_id)
    if verdict not in {"receipt", "unknown"}:
        _answer_drop(db, order, mention.at)
    if follows is not None:
        _carry_out(db, mention, order, follows, ack_id)
    if verdict == "receipt":
        _take_receipt(db, mention, order, policy, ack_id)
    elif verdict == "after_end":
        alerts.tell_once(db, _after_end(order, mention), mention.at)
    elif verdict == "unknown":
        alerts.tell_once(db, _unknown(order, mention), mention.at)
    orders.refresh(db, order.order_id, mention.at)
    return verdict


def _take_repeat(db: Database, mention: _Mention, order: MatchedOrder) -> None:
    """The same again changes nothing, but for a refusing receipt: the file may be another by now, or lie there anew."""
    ack_id = _insert_mention(db, mention, order.order_id, "repeated")
    is_refusal = mention.ack.kind is AckKind.RECEIPT and mention.ack.status in _CANCELS
    if is_refusal and refused.note_again(db, order, ack_id, mention.at):
        _append_event(db, mention, order, "receipt", ack_id)


def _verdict(order: MatchedOrder, ack: Acknowledgement) -> str:
    """What an acknowledgement is to its order that has no effect on it."""
    if ack.status is AckStatus.UNKNOWN:
        return "unknown"
    if ack.kind is AckKind.RECEIPT:
        return "receipt"
    return "after_end" if order.confirming else "copy"


def _says_nothing_new(order: MatchedOrder, ack: Acknowledgement) -> bool:
    is_mere = ack.status is AckStatus.UNKNOWN or ack.kind is AckKind.RECEIPT
    return is_mere or not order.confirming or order.abandoned


def _plan(db: Database, mention: _Mention, order: MatchedOrder, policy: ReportPolicy) -> Plan:
    """What follows, by all that is known of the order."""
    told = reports.told(db, order.order_id)
    ack = mention.ack
    needs_rows = bool(ack.lines or ack.tracking) or ack.status in _CANCELS
    known = Known(
        order_ref=order.order_ref,
        today=mention.at.date(),
        fingerprint=mention.fingerprint,
        outcome=order.outcome,
        erp_order_no=order.erp_order_no,
        brief=orders.brief(db, order.order_id) if needs_rows else Brief(),
        number=told.number,
        is_told=told.is_told,
        was_confirmed=told.was_confirmed,
        papers=reports.papers(db, order.order_id) if needs_rows or ack.invoice else (),
        cancelled=_cancelled(db, order.order_id) if needs_rows else (),
    )
    return plan(policy, ack, known)


def _cancelled(db: Database, order_id: int) -> tuple[AckLine, ...]:
    """The rows of which the ERP said before that no more of them will come."""
    rows = db.execute(
        """
        SELECT status, document FROM acknowledgements
        WHERE order_id = ? AND verdict IN ('applied', 'document') ORDER BY id""",
        [order_id],
    ).fetchall()
    return tuple(
        AckLine(
            line_no=line.get("line_no"),
            part_no=line.get("part_no"),
            qty_confirmed=_pieces(line, "qty_confirmed"),
            qty_backorder=_pieces(line, "qty_backorder"),
            qty_delivered=_pieces(line, "qty_delivered"),
            qty_outstanding=_pieces(line, "qty_outstanding"),
        )
        for status, document in rows
        for line in json.loads(document).get("lines", ())
        if (line.get("status") or status) in _CANCELS
    )


def _pieces(line: Mapping[str, Any], name: str) -> Decimal | None:
    told = line.get(name)
    return None if told is None else Decimal(told)


_CANCELS = frozenset({AckStatus.CANCELLED, AckStatus.REJECTED})


def _append_event(db: Database, mention: _Mention, order: MatchedOrder, verdict: str, ack_id: int) -> None:
    """The event names the acknowledgement: an event is kept for good and never holds the ERP's own words."""
    events.append(
        db,
        mention.at,
        "acknowledged",
        order.order_id,
        target=mention.target,
        kind=mention.ack.kind,
        status=mention.ack.status,
        erp_order_no=mention.ack.erp_order_no,
        number=(mention.ack.invoice.no if mention.ack.invoice else None) or mention.ack.note_no,
        verdict=verdict,
        inbox_file=mention.file_id,
        acknowledgement=ack_id,
        collected_at=collected.fetched_at(db, mention.file_id),
    )


def _insert_mention(db: Database, mention: _Mention, order_id: int | None, verdict: str) -> int:
    cursor = db.execute(
        """
        INSERT INTO acknowledgements (file_id, position, order_id, target, kind, status, erp_order_no, verdict,
          fingerprint, document, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            mention.file_id,
            mention.position,
            order_id,
            mention.target,
            mention.ack.kind,
            mention.ack.status,
            mention.ack.erp_order_no,
            verdict,
            mention.fingerprint,
            mention.document,
            iso(mention.at),
        ],
    )
    return int(cursor.lastrowid or 0)


def _answer_drop(db: Database, order: MatchedOrder, at: datetime) -> None:
    """A response proves delivery at any state; a staging name that may still lie there is litter to clear."""
    if not is_allowed(DROP_MOVES, order.drop_state, DropState.ANSWERED, "record"):
        return
    unpublished = order.drop_state in {DropState.QUEUED, DropState.STAGED, DropState.HELD, DropState.UNCERTAIN}
    db.execute(
        "UPDATE drops SET state = ?, answered_at = ?, presumed = 0, reason = NULL, litter = ? WHERE id = ?",
        [DropState.ANSWERED, iso(at), int(unpublished), order.drop_id],
    )


def _carry_out(db: Database, mention: _Mention, order: MatchedOrder, follows: Plan, ack_id: int) -> None:
    """Outcome, number, question to a person, reports and alert."""
    number = order.erp_order_no or mention.ack.erp_order_no
    if follows.verdict is Verdict.APPLIED:
        answered = question_of(order.outcome) if order.outcome else None
        db.execute(
            """
            UPDATE orders SET outcome = ?, erp_order_no = ?, waits_because = nullif(waits_because, ?) WHERE id = ?""",
            [follows.outcome, number, answered, order.order_id],
        )
    if follows.waits_because is not None:
        _ask(db, order.order_id, follows.waits_because)
    for report in follows.reports:
        digest = follows.digest if number_of(report) is not None else None
        reports.owe(db, reports.Owed(order.order_id, ack_id, report, digest), mention.at)
    if follows.alert is not None:
        alert = AlertFound(follows.alert.kind, order.order_ref, "ticket", follows.alert.text)
        alerts.tell_once(db, alert, mention.at)


def _ask(db: Database, order_id: int, question: str) -> None:
    """Beside what is asked already: only the ERP's next word on the same outcome, or a person, ends a question."""
    db.execute(
        """
        UPDATE orders SET waits_because = CASE WHEN waits_because IS NULL THEN ? ELSE waits_because || '; ' || ? END
        WHERE id = ? AND instr(coalesce(waits_because, ''), ?) = 0""",
        [question, question, order_id, question],
    )


def _take_receipt(db: Database, mention: _Mention, order: MatchedOrder, policy: ReportPolicy, ack_id: int) -> None:
    """A receipt says *readable*, never *taken* (decision 8): it settles nothing, and a refusing one is our trouble."""
    if mention.ack.status in _CANCELS:
        refused.note(db, order, ack_id, mention.at)
    elif order.confirming and order.outcome is None:
        for said in consequence(policy, Outcome.RECEIVED, was_confirmed=False).reports:
            report = StatusReport(AckStatus(said.value), None, policy.names.get(said))
            reports.owe(db, reports.Owed(order.order_id, ack_id, report), mention.at)


def _after_end(order: MatchedOrder, mention: _Mention) -> AlertFound:
    was = "abandoned" if order.abandoned else order.outcome
    text = (
        f"Order {order.order_ref} is {was}, and the ERP now says {mention.ack.status}. Nothing was reported to Norce; "
        "look at the order and decide"
    )
    return AlertFound("answer_after_end", order.order_ref, "ticket", text)


def _unknown(order: MatchedOrder, mention: _Mention) -> AlertFound:
    text = (
        f"Order {order.order_ref}: the ERP of target {mention.target} answered with a status that is not known. "
        "Nothing was concluded; add the word to [targets.NAME.answer.status_map] and put the file back into the inbox"
    )
    return AlertFound("answer_unknown", order.order_ref, "ticket", text)


def note_kept(db: Database, file_id: int, kept_as: str) -> None:
    """Where a recorded file lies now, relative or absolute as the stage names it."""
    db.execute("UPDATE inbox_files SET kept_as = ? WHERE id = ?", [kept_as, file_id])
