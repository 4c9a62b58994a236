"""What Norce would be told if acknowledgements came in now, to orders of which nothing was known before; pure.

Not for: what is really owed; the journal decides that when it records a file, by the same rules (``reports/owing.py``).
Of a document only what the ERP itself says is shown: article, price and VAT of its rows come from the order.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from bridge.formats import document_text
from bridge.model import AckKind, Acknowledgement, AckStatus
from bridge.norce.reports import Call, call_for, encoded
from bridge.reports.owing import known_after, plan
from bridge.reports.papers import Known
from bridge.reports.plans import Plan
from bridge.states import ReportPolicy


@dataclass(slots=True)
class _Orders:
    """What the file itself has said of each order so far."""

    today: dt.date
    known: dict[tuple[str | None, str | None], Known] = field(default_factory=dict)

    def take(self, ack: Acknowledgement, policy: ReportPolicy) -> Plan:
        """What follows from the next acknowledgement, which is known from now on."""
        key = (ack.order_ref, None) if ack.order_ref is not None else (None, ack.erp_order_no)
        before = self.known.get(key) or Known(ack.order_ref or "", self.today)
        before = replace(before, fingerprint=hashlib.sha256(document_text(ack).encode()).hexdigest())
        follows = plan(policy, ack, before)
        self.known[key] = known_after(before, ack, follows)
        return follows


def calls_of(
    acknowledgements: Iterable[Acknowledgement],
    policy: ReportPolicy,
    today: dt.date | None = None,
) -> list[Call]:
    """The calls in their order. Receipts and unknown statuses report nothing, nor does what is older.

    ``today`` dates documents that have no date of their own.
    """
    orders = _Orders(today or dt.datetime.now(dt.UTC).date())
    calls: list[Call] = []
    for ack in dict.fromkeys(acknowledgements):  # the same once more changes nothing (invariant 8)
        if ack.kind is not AckKind.RECEIPT and ack.status is not AckStatus.UNKNOWN:
            calls += [call_for(report, ack.order_ref or "") for report in orders.take(ack, policy).reports]
    return calls


def shown(call: Call) -> dict[str, Any]:
    """The call as a document; an amount with more digits than a float holds is shown as text."""
    return {"operation": call.operation, "body": json.loads(encoded(call.body), parse_float=_number)}


def _number(text: str) -> float | str:
    return float(text) if Decimal(repr(float(text))) == Decimal(text) else text
