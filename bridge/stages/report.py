"""Stage *report*: tells Norce what the journal owes it, per order strictly in sequence.

Not for: deciding what is owed; that happened in the transaction of the acknowledgement (invariant 9).
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import BridgeError, ErrorName, FatalError, PermanentError, TransientError
from bridge.journal import Journal, Topic
from bridge.journal.records import DueReport, ReportEnd, ReportResult
from bridge.norce.reports import Body, call_for, says_known
from bridge.retry import RetryPolicy, backoff, is_given_up
from bridge.stages.courier import carry, keep_looking

LOOK_AGAIN = timedelta(seconds=15)
AT_THE_SAME_TIME = 4
AT_ONCE = timedelta()

log = logging.getLogger(__name__)


class Norce(Protocol):
    """What the stage asks of Norce's client."""

    async def send(self, operation: str, body: Body, application: str) -> None:
        """Return once Norce has done it, for an order of that shop; raise what tells whether to try again."""
        ...

    @property
    def is_away(self) -> bool:
        """True while only a probe may go."""
        ...

    @property
    def closed_for(self) -> timedelta:
        """How long not even a probe may go."""
        ...


@dataclass(frozen=True, slots=True)
class Manners:
    """How reports are sent: how long after the order's answer, and when to try again."""

    report_after: timedelta
    retry: RetryPolicy


class ReportStage:
    """Sends what is owed; a report refused for good is a dead letter and holds back its order's later ones.

    A document is begun in the journal before its call leaves. If nobody knows how the call ended, one that moves money
    waits for a person; another is sent again, and may be known to Norce then.
    """

    def __init__(self, norce: Norce, journal: Journal, clock: Clock, counters: Counters, manners: Manners) -> None:
        self._norce = norce
        self._journal = journal
        self._clock = clock
        self._counters = counters
        self._manners = manners
        self._ended: dict[int, ReportResult] = {}  # of documents, while the journal is too busy to be told

    async def run(self, stop: asyncio.Event) -> None:
        """Send until ``stop``; calls in hand are finished first."""
        with self._journal.listen(Topic.REPORTS) as wake:
            await keep_looking(self._look, wake, stop, self._clock)

    async def _look(self) -> timedelta:
        return await carry(self._round, lambda _: timedelta(seconds=1), stage="report")

    async def _round(self) -> timedelta:
        away_for = self._norce.closed_for
        if away_for > AT_ONCE:
            return min(LOOK_AGAIN, away_for)
        due = await self._journal.reports.due(self._manners.report_after)
        try:
            # one is the probe; the time of the others counts neither as attempt nor as waiting (invariant 11)
            await self._send_all(due[:1] if self._norce.is_away else due)
        finally:
            self._journal.reports.release(due)
        if due:
            return AT_ONCE
        following = await self._journal.reports.next_at(self._manners.report_after)
        if following is None:
            return LOOK_AGAIN
        return max(AT_ONCE, min(LOOK_AGAIN, following - self._clock.now()))

    async def _send_all(self, due: Sequence[DueReport]) -> None:
        """A few orders at the same time; each of ``due`` belongs to another order, so sequences are kept."""
        places = asyncio.Semaphore(AT_THE_SAME_TIME)
        unsettled: list[BridgeError] = []

        async def send(report: DueReport) -> None:
            try:
                async with places:
                    await self._send_one(report)
            except BridgeError as error:  # the journal's: this one is told again, calls in hand are not cut off
                unsettled.append(error)

        async with asyncio.TaskGroup() as group:
            for report in due:
                group.create_task(send(report))
        if unsettled:
            raise next((error for error in unsettled if isinstance(error, FatalError)), unsettled[0])

    async def _send_one(self, report: DueReport) -> None:
        began = self._clock.monotonic()
        result = await self._attempt(report)
        if result is None:
            return
        moved = await self._settle(result)
        if moved:
            self._log(result, self._clock.monotonic() - began)

    async def _attempt(self, report: DueReport) -> ReportResult | None:
        """How a call ended, or ended before; ``None`` when nobody may make it any more."""
        if report.begun:
            return self._ended.get(report.id) or _found_begun(report)
        if report.is_document and not await self._journal.reports.begin(report):
            return None
        return await carry(
            lambda: self._tell_norce(report),
            lambda error: self._not_told(report, error),
            order=report.order_ref,
            stage="report",
        )

    async def _settle(self, result: ReportResult) -> bool:
        """A document's end that the journal could not take is kept: asking Norce again would be worse."""
        try:
            moved = await self._journal.reports.settle(result)
        except BridgeError:
            if result.report.is_document:
                self._ended[result.report.id] = result
            raise
        self._ended.pop(result.report.id, None)
        return moved

    async def _tell_norce(self, report: DueReport) -> ReportResult:
        call = call_for(report.report, report.order_ref)
        await self._norce.send(call.operation, call.body, report.application)
        return ReportResult(report, ReportEnd.SENT)

    def _not_told(self, report: DueReport, error: BridgeError) -> ReportResult:
        in_doubt = error.name is ErrorName.UNFORESEEN or (isinstance(error, TransientError) and error.may_have_happened)
        if isinstance(error, PermanentError):
            # a number that Norce may have from another order says nothing of this one
            is_known = report.doubted and not report.shares_number and says_known(error, report.report)
            return ReportResult(report, ReportEnd.SENT if is_known else ReportEnd.DEAD, error=error.line())
        if in_doubt and report.report.moves_money:
            return ReportResult(report, ReportEnd.UNCERTAIN, error=error.line(), doubted=True)
        if is_given_up(self._manners.retry, report.waited):
            return ReportResult(report, ReportEnd.DEAD, error=error.line())
        wait = backoff(self._manners.retry, report.attempts + 1, random.random())  # noqa: S311 - spreads retries
        asked = error.retry_after_s if isinstance(error, TransientError) else None
        if asked is not None:
            wait = max(wait, timedelta(seconds=asked))
        self._counters.add("attempt_failures_total", stage="report", reason=error.name.value)
        return ReportResult(report, ReportEnd.LATER, error=error.line(), wait=wait, doubted=in_doubt)

    def _log(self, result: ReportResult, seconds: float) -> None:
        report = result.report
        facts = {
            "order": report.order_ref,
            "application": report.application,
            "stage": "report",
            "attempt": report.attempts + 1,
            "ms": round(seconds * 1000),
        }
        match result.end:
            case ReportEnd.SENT:
                waited = max(0.0, (self._clock.now() - report.owed_at).total_seconds())
                self._counters.observe("stage_duration_seconds", waited, stage="report")
                log.info("report_sent", extra=facts)
            case ReportEnd.DEAD:
                log.error("report_dead", extra={**facts, "error": result.error})
            case ReportEnd.UNCERTAIN:
                log.error("report_uncertain", extra={**facts, "error": result.error})
            case ReportEnd.LATER:
                log.warning("report_failed", extra={**facts, "error": result.error})
            case ReportEnd.CUT_SHORT:
                return


def _found_begun(report: DueReport) -> ReportResult:
    """The process ended between a document's call and its result."""
    end = ReportEnd.UNCERTAIN if report.report.moves_money else ReportEnd.LATER
    return ReportResult(report, end, error="the bridge stopped before Norce's answer was noted", doubted=True)
