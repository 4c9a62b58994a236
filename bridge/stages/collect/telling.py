"""What the collect stage tells of its work: log lines, counts, and what a person must look at.

Not for: doing any of it. A text changes only when the facts do, so that one outage is one alert.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta

from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import BridgeError
from bridge.journal.collected import Lingering
from bridge.journal.records import AlertFound
from bridge.naming import shown

MOST_TOLD = 100
"""More entries of a folder than this are not named one by one."""

STALLED_AFTER = timedelta(minutes=1)

log = logging.getLogger(__name__)


class Telling:
    """Tells of one target's pickup point."""

    def __init__(self, target: str, place: str, clock: Clock, counters: Counters) -> None:
        self._target = target
        self._place = place
        self._clock = clock
        self._counters = counters
        self._told: set[tuple[str, str]] = set()
        self._trouble: BridgeError | None = None
        self._trouble_since = 0.0
        self._left: dict[str, str] = {}
        self._unmoved: tuple[Lingering, ...] = ()

    def collected(self, name: str, size: int, waited_s: float) -> None:
        """A file lies in the inbox, and that is committed."""
        self._counters.add("answers_collected_total", target=self._target)
        log.info("answer_collected", extra=self._about(name, size=size, ms=round(waited_s * 1000)))

    def strangers(self, found: Sequence[tuple[str, str]]) -> None:
        """Entries that are no answers: each named once, as long as they are not many."""
        for name, what in found:
            if self._is_news(name, what):
                self._counters.add("inbox_files_total", outcome="ignored")
                log.info("answer_ignored", extra=self._about(name, hint=what))

    def left(self, reasons: dict[str, str]) -> None:
        """Files that may be answers and cannot be collected, with the reasons; all of them."""
        for name, why in reasons.items():
            if self._is_news(name, why):
                hint = "it is left where it is, and tried again from time to time"
                log.warning("answer_not_collected", extra=self._about(name, error=why, hint=hint))
        self._left = dict(reasons)

    def unmoved(self, files: Sequence[Lingering]) -> None:
        """Fetched files that cannot leave the server; all of them."""
        for file in files:
            if self._is_news(file.name, file.refusal):
                hint = "it counts as fetched; ask the server's owner for the right to remove and rename there"
                log.warning("answer_not_removed", extra=self._about(file.name, error=file.refusal, hint=hint))
        self._unmoved = tuple(files)

    def trouble(self, error: BridgeError) -> None:
        """A whole look failed."""
        self._counters.add("attempt_failures_total", stage="collect", reason=error.name.value)
        if self._trouble is None or self._trouble.line() != error.line():
            log.warning("pickup_waits", extra=self._about("", error=error.line(), hint=error.hint))
        if self._trouble is None:
            self._trouble_since = self._clock.monotonic()
        self._trouble = error

    def well(self) -> None:
        """A whole look succeeded."""
        if self._trouble is not None:
            log.info("pickup_back", extra=self._about(""))
        self._trouble = None

    def findings(self) -> list[AlertFound]:
        """What a person must look at now."""
        return [*self._stalled(), *self._uncollected(), *self._unremoved()]

    def _stalled(self) -> Iterator[AlertFound]:
        error = self._trouble
        if error is None or self._clock.monotonic() - self._trouble_since < STALLED_AFTER.total_seconds():
            return
        text = (
            f"Answers of {self._target} are not collected from {self._place}: {error.message}. They stay there, and "
            f"Norce goes on showing their orders as Allocated. Do: {error.hint or 'look into the log'}"
        )
        yield AlertFound("answers_not_collected", self._target, "page", text)

    def _uncollected(self) -> Iterator[AlertFound]:
        if not self._left:
            return
        name, why = min(self._left.items())
        text = (
            f"{_files(len(self._left))} in {self._place} cannot be collected, such as {shown(name)}: {why}. What they "
            "say is not known here. Do: mend the cause, or take them away; the bridge tries again by itself"
        )
        yield AlertFound("answers_left", self._target, "ticket", text)

    def _unremoved(self) -> Iterator[AlertFound]:
        if not self._unmoved:
            return
        first = self._unmoved[0]
        text = (
            f"{_files(len(self._unmoved))} collected from {self._place} cannot leave it, such as {shown(first.name)}: "
            f"{first.refusal}. They are used and not fetched again; the folder fills up. Do: ask the server's owner "
            "for the right to remove and rename there, and look at [targets.NAME.sftp] answer_after and answer_archive"
        )
        yield AlertFound("answers_not_removed", self._target, "ticket", text)

    def _is_news(self, name: str, what: str) -> bool:
        if (name, what) in self._told or len(self._told) >= MOST_TOLD:
            return False
        self._told.add((name, what))
        return True

    def _about(self, name: str, **facts: object) -> dict[str, object]:
        return {"target": self._target, "stage": "collect", "file": shown(name) or self._place, **facts}


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
