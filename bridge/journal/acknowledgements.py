"""What the ERP's files change: recorded, applied and made owed to Norce in one transaction (invariants 7, 8, 9).

Not for: reading files (``formats/``) or moving them (``stages/watch/stage.py``).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database

from bridge.clock import iso
from bridge.journal import alerts, events, orders, reports
from bridge.journal.matching import MatchedOrder, Unmatched
from bridge.journal.named import named_for, settle_match
from bridge.journal.records import AlertFound, FileOutcome, Recorded, Recording
from bridge.model import AckKind, Acknowledgement, AckStatus
from bridge.states import (
    DROP_MOVES,
    DropState,
    Outcome,
    ReportPolicy,
    Standing,
    consequence,
    is_allowed,
    standing,
)


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
    verdicts: list[str] = []
    reasons = [f"{fault.where}: {fault.what}" for fault in recording.reading.faults]
    refs: list[str] = []
    named = named_for(db, file_id, recording.reading.acknowledgements)
    pairs = zip(recording.reading.acknowledgements, recording.documents, strict=True)
    for position, (ack, document) in enumerate(pairs):
        mention = _Mention(file_id, position, recording.file.target, ack, document, at)
        found = settle_match(db, mention.target, ack, named)
        if isinstance(found, Unmatched):
            verdict = "unmatched"
            reasons.append(found.reason)
            _insert_mention(db, mention, None, verdict)
        else:
            verdict = _take_in(db, mention, found, recording.policy)
            refs.append(found.order_ref)
        verdicts.append(verdict)
    return _finish(db, file_id, verdicts, reasons, tuple(refs))


def _known(db: Database, recording: Recording) -> Recorded | None:
    row = db.execute(
        "SELECT id, outcome, reasons FROM inbox_files WHERE claim = ? AND sha256 = ?",
        [recording.file.claim, recording.file.sha256],
    ).fetchone()
    if row is None:
        return None
    taken = db.execute(
        """
        SELECT a.position, a.verdict, o.order_ref FROM acknowledgements a JOIN orders o ON o.id = a.order_id
        WHERE a.file_id = ? AND a.verdict <> 'unmatched' ORDER BY a.position""",
        [row[0]],
    ).fetchall()
    fresh = tuple(position for position, verdict, _ in taken if _is_fresh(verdict))
    refs = tuple(ref for *_, ref in taken)
    return Recorded(row[0], FileOutcome(row[1]), tuple(json.loads(row[2])), len(fresh), refs, fresh)


def _is_fresh(verdict: str) -> bool:
    return verdict not in {"repeated", "unmatched"}


def _insert_file(db: Database, recording: Recording, at: datetime) -> int:
    file = recording.file
    cursor = db.execute(
        """
        INSERT INTO inbox_files (claim, target, name, size, sha256, content, outcome, reasons, read_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, '[]', ?)""",
        [file.claim, file.target, file.name, len(file.content), file.sha256, file.content, "matched", iso(at)],
    )
    return int(cursor.lastrowid or 0)


def _finish(db: Database, file_id: int, verdicts: list[str], reasons: list[str], refs: tuple[str, ...]) -> Recorded:
    fresh = tuple(position for position, verdict in enumerate(verdicts) if _is_fresh(verdict))
    outcome = FileOutcome.MATCHED if fresh else FileOutcome.REPEATED
    if reasons or not verdicts:
        outcome = FileOutcome.QUARANTINED
        reasons = reasons or ["nothing in it acknowledges an order"]
    db.execute(
        "UPDATE inbox_files SET outcome = ?, reasons = ? WHERE id = ?",
        [outcome, json.dumps(reasons, ensure_ascii=False), file_id],
    )
    return Recorded(file_id, outcome, tuple(reasons), len(fresh), refs, fresh)


def _take_in(db: Database, mention: _Mention, order: MatchedOrder, policy: ReportPolicy) -> str:
    seen = db.execute(
        """
        SELECT 1 FROM acknowledgements WHERE order_id = ? AND target = ? AND fingerprint = ?
        AND verdict NOT IN ('repeated', 'unmatched')""",
        [order.order_id, mention.target, mention.fingerprint],
    ).fetchone()
    if seen:
        _insert_mention(db, mention, order.order_id, "repeated")
        return "repeated"
    verdict = _verdict(order, mention.ack)
    ack_id = _insert_mention(db, mention, order.order_id, verdict)
    _append_event(db, mention, order, verdict)
    if verdict not in {"receipt", "unknown"}:
        _answer_drop(db, order, mention.at)
    if verdict == "applied":
        _apply(db, mention, order, policy, ack_id)
    elif verdict == "receipt":
        _take_receipt(db, mention, order, policy, ack_id)
    elif verdict == "after_end":
        alerts.tell_once(db, _after_end(order, mention), mention.at)
    elif verdict == "unknown":
        alerts.tell_once(db, _unknown(order, mention), mention.at)
    orders.refresh(db, order.order_id, mention.at)
    return verdict


def _verdict(order: MatchedOrder, ack: Acknowledgement) -> str:
    """What the acknowledgement is to its order; only *applied* has an effect on the outcome."""
    if ack.status is AckStatus.UNKNOWN:
        return "unknown"
    if ack.kind is AckKind.RECEIPT:
        return "receipt"
    if not order.confirming:
        return "copy"
    if order.abandoned:
        return "after_end"
    return _VERDICTS[standing(order.outcome, Outcome(ack.status.value))]


_VERDICTS = {Standing.NEWS: "applied", Standing.OLDER: "older", Standing.AFTER_END: "after_end"}


def _append_event(db: Database, mention: _Mention, order: MatchedOrder, verdict: str) -> None:
    events.append(
        db,
        mention.at,
        "acknowledged",
        order.order_id,
        target=mention.target,
        kind=mention.ack.kind,
        status=mention.ack.status,
        erp_order_no=mention.ack.erp_order_no,
        verdict=verdict,
        inbox_file=mention.file_id,
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


def _apply(db: Database, mention: _Mention, order: MatchedOrder, policy: ReportPolicy, ack_id: int) -> None:
    said = Outcome(mention.ack.status.value)
    number = order.erp_order_no or mention.ack.erp_order_no
    follows = consequence(policy, said, was_confirmed=reports.was_confirmed(db, order.order_id))
    waits = f"the ERP answered {said}" if follows.hold else None
    db.execute(
        "UPDATE orders SET outcome = ?, erp_order_no = ?, waits_because = ? WHERE id = ?",
        [said, number, waits, order.order_id],
    )
    for status in follows.reports:
        reports.owe(db, reports.Owed(order.order_id, ack_id, AckStatus(status.value), number), mention.at)
    if follows.alert and not follows.hold:
        text = f"Order {order.order_ref}: the ERP answered {said}; the order in Norce is a snapshot and stays as it was"
        alerts.tell_once(db, AlertFound(f"answer_{said}", order.order_ref, "ticket", text), mention.at)


def _take_receipt(db: Database, mention: _Mention, order: MatchedOrder, policy: ReportPolicy, ack_id: int) -> None:
    """A receipt says *readable*, never *taken* (decision 8): it settles nothing, and a refusing one is our trouble."""
    if mention.ack.status in {AckStatus.REJECTED, AckStatus.CANCELLED}:
        alerts.tell_once(db, _refused_file(order, mention), mention.at)
    elif order.confirming and order.outcome is None:
        for status in consequence(policy, Outcome.RECEIVED, was_confirmed=False).reports:
            reports.owe(db, reports.Owed(order.order_id, ack_id, AckStatus(status.value), None), mention.at)


def _refused_file(order: MatchedOrder, mention: _Mention) -> AlertFound:
    text = (
        f"Order {order.order_ref}: the ERP of target {mention.target} could not read our file, so it does not have the "
        "order. Mend the target's format, then hand the order over anew"
    )
    return AlertFound("file_refused", order.order_ref, "page", text)


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
