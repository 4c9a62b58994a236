"""What is counted and logged when the ERP has fetched a file, however that was noticed.

Not for: noticing it.
"""

import logging

from bridge.clock import Clock
from bridge.counters import Counters
from bridge.journal.records import WaitingFile
from bridge.naming import shown

log = logging.getLogger(__name__)


def tell_fetched(target: str, file: WaitingFile, clock: Clock, counters: Counters) -> None:
    """The ERP fetched a file, and that is committed."""
    seconds = max(0.0, (clock.now() - file.published_at).total_seconds())
    counters.add("files_picked_up_total", target=target)
    counters.observe("stage_duration_seconds", seconds, stage="fetch")
    about = {"order": file.order_ref, "target": target, "stage": "drop", "file": shown(file.file_name)}
    log.info("file_fetched", extra={**about, "ms": round(seconds * 1000)})
