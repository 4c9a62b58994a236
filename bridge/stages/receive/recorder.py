"""Copies of the next requests, for a person who rehearses against Norce's playground and wants to see what it sends.

Not for: the journal, which keeps each order's body anyway. Copies live in memory, few of them and not for long.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.clock import Clock

MOST_REQUESTS = 200
MOST_BYTES = 64 * 1024**2
FORGOTTEN_AFTER_S = 600.0
"""Nobody fetched them for so long: nobody will."""

_SECRET = frozenset({"authorization", "proxy-authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request that was let in and read whole, and what it was answered."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    status: int
    answer: bytes


class Recorder:
    """Off until :meth:`start`; then keeps the next requests until there are enough or nobody asks any more."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: list[Mapping[str, object]] = []
        self._left = 0
        self._room = 0
        self._asked_at = 0.0

    def start(self, count: int) -> None:
        """Forget what was kept and keep the next ``count``, 200 at most."""
        self._kept, self._left, self._room = [], min(count, MOST_REQUESTS), MOST_BYTES
        self._asked_at = self._clock.monotonic()

    def since(self, number: int) -> Mapping[str, object]:
        """How many are still to come, and what was kept after the first ``number``."""
        self._asked_at = self._clock.monotonic()
        return {"left": self._left, "requests": self._kept[number:]}

    def keep(self, exchange: Exchange) -> None:
        """Keep one, if it is wanted; the login is cut out."""
        if self._left and self._clock.monotonic() - self._asked_at > FORGOTTEN_AFTER_S:
            self._kept, self._left = [], 0
        size = len(exchange.body) + len(exchange.answer)
        if not self._left or size > self._room:
            return
        self._left -= 1
        self._room -= size
        headers = [[name, value] for name, value in exchange.headers if name.lower() not in _SECRET]
        document: dict[str, object] = {
            "at": self._clock.now().isoformat(),
            "method": exchange.method,
            "path": exchange.path,
            "headers": headers,
            "status": exchange.status,
            "body": base64.b64encode(exchange.body).decode(),
            "answer": base64.b64encode(exchange.answer).decode(),
        }
        self._kept.append(document)
