"""What the watch stage tells of a claimed file: log lines and counts, one place for both.

Not for: deciding anything.
"""

import logging

from bridge import naming
from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import BridgeError
from bridge.journal.records import FileOutcome, Recorded
from bridge.model import AckKind, Acknowledgement, AckStatus, Reading
from bridge.stages.watch.folder import Pickup
from bridge.stages.watch.inbox import Claim

log = logging.getLogger(__name__)

_CHANGED = frozenset({AckStatus.CHANGED, AckStatus.BACKORDER, AckStatus.ON_HOLD})
_REFUSED = frozenset({AckStatus.REJECTED, AckStatus.CANCELLED})
_REFS_SHOWN = 20


class Telling:
    """Logs and counts for one pickup."""

    def __init__(self, pickup: Pickup, counters: Counters, clock: Clock) -> None:
        self._pickup = pickup
        self._counters = counters
        self._clock = clock

    def claimed(self, claim: Claim) -> None:
        """A file was taken out of the inbox."""
        log.debug("file_claimed", extra=self._about(claim.name))

    def not_whole(self, name: str) -> None:
        """A claimed file is read again later."""
        log.info("file_not_whole", extra=self._about(name))

    def lost(self, name: str) -> None:
        """A claimed file was taken away under our hands."""
        hint = "somebody else moves files in .work; nobody should"
        log.warning("claim_vanished", extra=self._about(name, hint=hint))

    def stuck(self, name: str, error: BridgeError) -> None:
        """A claimed file cannot be read or moved for now."""
        log.warning("file_not_moved", extra=self._about(name, error=error.line(), hint=error.hint))

    def refused(self, name: str, why: str) -> None:
        """A finished file cannot be taken out of the inbox yet."""
        hint = "another program may hold it open; it is tried again, and younger files go on"
        log.warning("file_not_moved", extra=self._about(name, error=why, hint=hint))

    def grown(self, name: str) -> None:
        """A file that was kept already was written to again."""
        log.warning("file_grew", extra=self._about(name, hint="its writer was not finished; it is read again"))

    def ignored(self, name: str, what: str) -> None:
        """An entry of the inbox is left alone."""
        self._counters.add("inbox_files_total", outcome="ignored")
        log.info("file_ignored", extra=self._about(name, hint=what))

    def recorded(self, reading: Reading, recorded: Recorded, first_at: float) -> None:
        """The journal has taken a file in."""
        self._counters.add("inbox_files_total", outcome=recorded.outcome.value)
        self._counters.observe("stage_duration_seconds", self._clock.monotonic() - first_at, stage="acknowledge")
        fresh = frozenset(recorded.fresh)
        for position, ack in enumerate(reading.acknowledgements):
            result = _result(ack) if position in fresh else None
            if result is not None:
                self._counters.add("acknowledgements_total", result=result)

    def kept(self, name: str, recorded: Recorded, first_at: float) -> None:
        """A file has moved to where it stays."""
        refs = list(dict.fromkeys(recorded.order_refs))
        facts = {"order": ", ".join(refs[:_REFS_SHOWN])} if refs else {}
        about = self._about(name, **facts, ms=self._ms_since(first_at))
        if recorded.outcome is FileOutcome.QUARANTINED:
            hint = "read NAME.reason.txt beside it in quarantine"
            log.warning("file_quarantined", extra=about | {"error": "; ".join(recorded.reasons[:3]), "hint": hint})
        else:
            log.info("file_archived", extra=about)

    def _ms_since(self, at: float) -> int:
        return round((self._clock.monotonic() - at) * 1000)

    def _about(self, name: str, **facts: object) -> dict[str, object]:
        return {"target": self._pickup.target, "stage": "watch", "file": naming.shown(name), **facts}


def _result(ack: Acknowledgement) -> str | None:
    """The label that an acknowledgement is counted under; an unknown status has none."""
    if ack.status is AckStatus.UNKNOWN:
        return None
    if ack.status in _REFUSED:
        return "refused"
    if ack.kind is AckKind.RECEIPT:
        return "receipt"
    return "changed" if ack.status in _CHANGED else "accepted"
