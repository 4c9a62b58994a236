"""Which answers were written out, gathered and committed in batches: reports wait for that.

Not for: the answers. An answer that is not noted here is treated at the next start as written out.
"""

import asyncio
import logging
from datetime import timedelta

from bridge.clock import Clock
from bridge.errors import TransientError
from bridge.journal import Journal
from bridge.stages.courier import keep_looking

LOOK_AGAIN = timedelta(seconds=15)
TRY_AGAIN = timedelta(seconds=0.5)

log = logging.getLogger(__name__)


class ToldAnswers:
    """Answers that were written out and are not yet committed as such."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._told: list[tuple[int, str | None]] = []
        self._more = asyncio.Event()

    def add(self, order_id: int, erp_order_no: str | None) -> None:
        """The answer for this order went out; ``erp_order_no`` is the number that confirmed it there, if any."""
        self._told.append((order_id, erp_order_no))
        self._more.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Commit what comes in until ``stop``, and what is left then."""
        await keep_looking(self._commit, self._more, stop, self._clock)
        await self._commit()

    async def _commit(self) -> timedelta:
        told, self._told = self._told, []
        if not told:
            return LOOK_AGAIN
        try:
            await self._journal.note_answered(told)
        except TransientError as error:
            self._told = told + self._told
            log.warning("answers_not_noted", extra={"stage": "receive", "error": error.line()})
            return TRY_AGAIN
        return LOOK_AGAIN
