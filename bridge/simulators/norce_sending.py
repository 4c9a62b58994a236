"""How the simulated Norce hands an order over: one POST, and the same again until it is well answered.

Not for: making orders (``norce_samples.py``), or what an answer means for the order (``norce_book.py``).
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import aiohttp

from bridge.clock import Clock
from bridge.simulators.norce_book import OrderRecord
from bridge.simulators.norce_fields import LONGEST_NUMBER
from bridge.simulators.norce_samples import SampleOrder

AGAIN_AFTER = timedelta(minutes=10)
GIVES_UP_AFTER = timedelta(hours=6)
ANSWER_WITHIN_S = 30
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where orders go and with which login; times of the retry rule are divided by ``time_factor``."""

    url: str
    username: str
    password: str
    time_factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A well-formed OrderResponse."""

    ok: bool
    description: str
    erp_order_no: str | None


def answer_in(status: int, body: bytes) -> Answer | None:
    """The OrderResponse in a reply; ``None`` for all that Norce tries again after."""
    if status != HTTPStatus.OK:
        return None
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or said.get("StatusCode") not in {"OK", "Failed"}:
        return None
    has_number, number = said.get("HasErpOrderNo"), said.get("ErpOrderNo")
    if not isinstance(has_number, bool) or not isinstance(number, str | None) or has_number is not bool(number):
        return None
    if number and len(number) > LONGEST_NUMBER:
        return None
    return Answer(said["StatusCode"] == "OK", str(said.get("Description") or ""), number or None)


class Sender:
    """Posts orders to one receiver, each until it is answered, given up, or the shop closes."""

    def __init__(self, receiver: Receiver, session: aiohttp.ClientSession, clock: Clock) -> None:
        self._receiver = receiver
        self._session = session
        self._clock = clock
        self._headers = {
            "Authorization": aiohttp.encode_basic_auth(receiver.username, receiver.password),
            "Content-Type": _JSON,
            "Accept": _JSON,
        }

    async def hand_over(self, order: SampleOrder, record: OrderRecord, closing: asyncio.Event) -> Answer | None:
        """Norce's rule: again every ten minutes for up to six hours. ``None`` once it gave up or the shop closed."""
        factor = self._receiver.time_factor
        last = self._clock.monotonic() + GIVES_UP_AFTER.total_seconds() / factor
        while not closing.is_set():
            record.attempts += 1
            answer = await self.post(order.body)
            if answer is not None:
                return answer
            if self._clock.monotonic() + AGAIN_AFTER.total_seconds() / factor > last:
                record.given_up = True
                return None
            await self._clock.wait(closing, AGAIN_AFTER / factor)
        return None

    async def post(self, body: bytes) -> Answer | None:
        """One POST; ``None`` for whatever is not 200 with a well-formed OrderResponse."""
        try:
            async with (
                asyncio.timeout(ANSWER_WITHIN_S),
                self._session.post(
                    self._receiver.url, data=body, headers=self._headers, allow_redirects=False
                ) as reply,
            ):
                return answer_in(reply.status, await reply.read())
        except (aiohttp.ClientError, OSError):
            return None
