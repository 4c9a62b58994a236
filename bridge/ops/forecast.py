"""What Norce would be told if acknowledgements came in now, to orders of which nothing was known before; pure.

Not for: what is really owed; the journal decides that when it records a file, by the same rules of ``states.py``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bridge.model import AckKind, Acknowledgement, AckStatus, StatusReport
from bridge.norce.reports import Call, call_for
from bridge.states import Outcome, ReportPolicy, Standing, consequence, standing


@dataclass(slots=True)
class _Known:
    """What the file itself has said of an order so far."""

    outcome: Outcome | None = None
    number: str | None = None
    was_confirmed: bool = False


def calls_of(acknowledgements: Iterable[Acknowledgement], policy: ReportPolicy) -> list[Call]:
    """The calls in their order. Receipts and unknown statuses report nothing, nor does what is older."""
    known: dict[tuple[str | None, str | None], _Known] = {}
    calls: list[Call] = []
    for ack in dict.fromkeys(acknowledgements):  # the same once more changes nothing (invariant 8)
        if ack.kind is AckKind.RECEIPT or ack.status is AckStatus.UNKNOWN:
            continue
        key = (ack.order_ref, None) if ack.order_ref is not None else (None, ack.erp_order_no)
        calls.extend(_calls(ack, policy, known.setdefault(key, _Known())))
    return calls


def _calls(ack: Acknowledgement, policy: ReportPolicy, known: _Known) -> Iterator[Call]:
    said = Outcome(ack.status.value)
    if standing(known.outcome, said) is not Standing.NEWS:
        return
    follows = consequence(policy, said, was_confirmed=known.was_confirmed)
    known.outcome, known.number = said, known.number or ack.erp_order_no
    for status in follows.reports:
        known.was_confirmed = known.was_confirmed or status in {Outcome.CONFIRMED, Outcome.CHANGED}
        yield call_for(StatusReport(AckStatus(status.value), known.number), ack.order_ref or "")
