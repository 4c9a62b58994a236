"""Rows of the journal as the JSON documents that ``INTERFACE.md`` promises; pure.

Not for: reading the journal, nor for sentences (``timeline.py``).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from bridge.clock import iso
from bridge.errors import BridgeError, ErrorName, PermanentError
from bridge.journal.rows import (
    AcknowledgementRow,
    AlertRow,
    ConflictRow,
    Dossier,
    DropRow,
    EventRow,
    HistoryRow,
    OrderRow,
    Page,
    RejectRow,
    ReportRow,
    TargetRow,
    Totals,
)
from bridge.norce.reports import OPERATIONS
from bridge.states import ReportKind

Document: TypeAlias = dict[str, Any]

_GIVEN_UP = frozenset({"given_up", "refused", "collision"})


@dataclass(frozen=True, slots=True)
class Paused:
    """A target that is left alone: why, since when, in words."""

    target: str
    reason: str
    since: datetime
    text: str


def summary(order: OrderRow) -> Document:
    """An order as one entry of a list."""
    return {
        "id": order.id,
        "order_ref": order.order_ref,
        "application": order.application,
        "state": order.state,
        "outcome": order.outcome,
        "erp_order_no": order.erp_order_no,
        "received_at": iso(order.received_at),
        "changed_at": iso(order.changed_at),
        "target": order.target,
        "file": order.file,
        "amount": order.amount,
        "currency": order.currency,
        "lines": order.line_count,
        "waits_because": order.waits_because,
    }


def page(found: Page) -> Document:
    """A page of a list; ``next`` is the cursor of the following one."""
    return {"orders": [summary(order) for order in found.orders], "next": found.following}


def order(found: Dossier) -> Document:
    """An order with everything that belongs to it."""
    row = found.order
    return {
        **summary(row),
        "request": {
            "kind": row.kind,
            "size": row.size,
            "request_id": row.request_id,
            "answered_at": when(row.answered_at),
        },
        "drops": [_drop(drop) for drop in found.drops],
        "acknowledgements": [_acknowledgement(ack) for ack in found.acknowledgements],
        "reports": [_report(report) for report in found.reports],
        "conflicts": [conflict(one) for one in found.conflicts],
        "events": events(found.events),
    }


def _drop(drop: DropRow) -> Document:
    return {
        "target": drop.target,
        "state": drop.state,
        "file": drop.file,
        "sha256": drop.sha256,
        "published_at": when(drop.published_at),
        "taken_at": when(drop.taken_at),
        "confirming": drop.confirming,
        "format": drop.format,
        "control": drop.control,
        "size": drop.size,
        "presumed": drop.presumed,
        "attempts": drop.attempts,
        "reason": drop.reason,
        "detail": drop.detail,
        "lines": json.loads(drop.lines) if drop.lines else None,
        "refused_at": when(drop.refused_at),
        "refusal": drop.refusal,
    }


def _acknowledgement(ack: AcknowledgementRow) -> Document:
    said = json.loads(ack.document)
    return {
        **(said if isinstance(said, dict) else {}),
        "id": ack.id,
        "target": ack.target,
        "verdict": ack.verdict,
        "file": ack.file,
        "file_id": ack.file_id,
        "file_outcome": ack.file_outcome,
        "kept_as": ack.kept_as,
        "recorded_at": iso(ack.recorded_at),
    }


def _report(report: ReportRow) -> Document:
    return {
        "seq": report.seq,
        "operation": OPERATIONS[ReportKind(report.kind)],
        "status": report.status,
        "number": report.number,
        "erp_order_no": report.erp_order_no,
        "state": report.state,
        "attempts": report.attempts,
        "owed_at": iso(report.owed_at),
        "sent_at": when(report.sent_at),
        "error": report.error,
    }


def conflict(row: ConflictRow) -> Document:
    """A second, differing body under a known reference."""
    return {
        "order_ref": row.order_ref,
        "application": row.application,
        "sha256": row.sha256,
        "state": row.state,
        "seen": row.seen,
        "received_at": iso(row.received_at),
    }


def events(rows: Iterable[EventRow]) -> list[Document]:
    """The history, oldest first."""
    return [
        {"id": row.id, "at": iso(row.at), "kind": row.kind, "target": row.target, "facts": dict(row.facts)}
        for row in rows
    ]


def history(row: HistoryRow) -> Document:
    """One event of any order, with the order it concerns."""
    return {
        "id": row.id,
        "at": iso(row.at),
        "kind": row.kind,
        "order_ref": row.order_ref,
        "target": row.target,
        "facts": dict(row.facts),
    }


def reject(row: RejectRow) -> Document:
    """A kept body that could not become an order."""
    return {
        "id": row.id,
        "received_at": iso(row.received_at),
        "reason": row.reason,
        "size": row.size,
        "sha256": row.sha256,
        "name": row.name,
        "subject": row.subject,
        "content_type": row.content_type,
        "state": row.state,
        "seen": row.seen,
        "order_ref": row.order_ref,
        "settled_at": when(row.settled_at),
    }


def rejects(rows: Iterable[RejectRow]) -> list[Document]:
    """The reject store as a list."""
    return [reject(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Sight:
    """What the status shows besides the journal's totals; ``quarantined`` are the files that lie there now.

    ``norce_is_away`` tells that nobody calls Norce at present but one probe from time to time.
    """

    alerts: Sequence[AlertRow]
    paused: Sequence[Paused]
    quarantined: int
    running: bool
    norce_is_away: bool = False


def status(found: Totals, sight: Sight) -> Document:
    """One screen: links, counts, oldest waits, open alerts."""
    return {
        "running": sight.running,
        "links": links(found, sight),
        "counts": {
            **found.orders,
            "rejects": found.rejects,
            "conflicts": found.conflicts,
            "uncertain": found.uncertain,
            "quarantined": sight.quarantined,
            "dead_letters": sum(found.dead.values()) - found.dead.get("order", 0),
            "reports_owed": found.reports_owed,
        },
        "oldest": {state: when(found.oldest.get(state)) for state in ("received", "dropped", "acknowledged")},
        "alerts": [_alert(alert) for alert in sight.alerts],
    }


def links(found: Totals, sight: Sight) -> list[Document]:
    """How it stands with Norce and with each target. Without a running service only lasting pauses are known."""
    known = {pause.target: pause for pause in sight.paused}
    norce = {
        "name": "norce",
        "kind": "norce",
        "state": "away" if sight.norce_is_away else "ok",
        "reason": "connection" if sight.norce_is_away else None,
        "waiting": found.reports_owed,
        "oldest": when(found.oldest.get("acknowledged")),
        "last_in": when(found.last_received_at),
        "last_out": when(found.last_reported_at),
    }
    return [norce, *(_target(target, known.get(target.name)) for target in found.targets)]


def _target(target: TargetRow, pause: Paused | None) -> Document:
    reason = pause.reason if pause else target.paused
    return {
        "name": target.name,
        "kind": "target",
        "state": "paused" if reason else "ok",
        "reason": reason,
        "since": when(pause.since if pause else target.paused_at),
        "text": pause.text if pause else None,
        "unwritten": target.unwritten,
        "waiting": target.unfetched,
        "oldest": when(target.oldest_unfetched_at),
    }


def _alert(alert: AlertRow) -> Document:
    return {
        "kind": alert.kind,
        "subject": alert.subject,
        "severity": alert.severity,
        "text": alert.text,
        "since": iso(alert.raised_at),
        "told": alert.told,
    }


def given_up(document: Document) -> int:
    """How many reports and files of an order a retry would take up again, by the rules of ``journal/``."""
    reports = [report for report in document["reports"] if report["state"] in {"dead", "uncertain"}]
    drops = [drop for drop in document["drops"] if drop["state"] == "held" and drop["reason"] in _GIVEN_UP]
    return len(reports) + len(drops)


def nothing_given_up(order_ref: str, state: str) -> PermanentError:
    """What is told of an order that a retry would not change."""
    return PermanentError(
        f"order {order_ref} is {state}: nothing of it was given up",
        name=ErrorName.STATE_FORBIDS,
        subject=order_ref,
        hint=f"erp-bridge orders timeline {order_ref} shows where it is",
    )


def problem(error: BridgeError, status_code: int, instance: str) -> Document:
    """An error as RFC 9457 wants it; ``type`` ends in the stable short name."""
    return {
        "type": f"urn:erp-bridge:error:{error.name}",
        "title": error.name.replace("_", " "),
        "status": status_code,
        "detail": error.message,
        "hint": error.hint,
        "instance": instance,
    }


def said(document: Mapping[str, object] | Sequence[object]) -> str:
    """A document as text: two spaces in, letters as they are."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def when(moment: datetime | None) -> str | None:
    """A time that may be missing, as machines read it."""
    return iso(moment) if moment else None
