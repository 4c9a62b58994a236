"""Each channel with what it has yet to be told: one that fails is tried again and keeps no other from hearing.

Not for: which alerts there are, nor what they say.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bridge.channels import Act, Channel, Notice
from bridge.counters import Counters
from bridge.errors import BridgeError
from bridge.retry import RetryPolicy, backoff

OWED_AT_MOST = 500
REST = RetryPolicy(first=timedelta(seconds=5), longest=timedelta(minutes=5))
"""After a failure a channel rests, longer each time; a hanging one then costs others little."""

log = logging.getLogger(__name__)


class Listener:
    """One channel. What it was not told yet is kept in memory; after a restart the journal's repeats make up for it."""

    def __init__(self, channel: Channel, counters: Counters) -> None:
        self._channel = channel
        self._counters = counters
        self._owed: dict[int, Notice] = {}
        self._failures = 0
        self._rests_until = 0.0

    async def tell(self, news: Mapping[int, Notice], now_s: float) -> set[int]:
        """Tell what is new and what is still owed, by the alerts' ids; returns those that were told.

        ``now_s`` is monotonic. A failure ends the round for this channel.
        """
        for alert_id, notice in news.items():
            self._owe(alert_id, notice)
        told: set[int] = set()
        for alert_id, notice in list(self._owed.items()):
            if now_s < self._rests_until or not await self._is_told(notice, now_s):
                break
            del self._owed[alert_id]
            told.add(alert_id)
        return told

    def _owe(self, alert_id: int, notice: Notice) -> None:
        """The latest word on an alert counts; of an outage that came and went unheard nothing is owed."""
        before = self._owed.pop(alert_id, None)
        is_unheard = before is not None and before.act is Act.RAISED
        if is_unheard and notice.act is Act.CLOSED:
            return
        self._owed[alert_id] = replace(notice, act=Act.RAISED) if is_unheard else notice
        while len(self._owed) > OWED_AT_MOST:
            del self._owed[next(iter(self._owed))]

    async def _is_told(self, notice: Notice, now_s: float) -> bool:
        try:
            await self._channel.tell(notice)
        except BridgeError as error:
            self._failures += 1
            self._rests_until = now_s + backoff(REST, self._failures, 1.0).total_seconds()
            self._counters.add("notifications_total", channel=self._channel.name, result="failed")
            extra = {"stage": "monitor", "channel": self._channel.name, "error": error.message, "hint": error.hint}
            log.warning("channel_failed", extra=extra)
            return False
        self._failures, self._rests_until = 0, 0.0
        self._counters.add("notifications_total", channel=self._channel.name, result="told")
        return True
