"""Who may hand in orders: the sender's network and login, and how a guesser is slowed down.

Not for: what is handed in. A right login always passes, however many wrong ones came from the same place.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address

from bridge.clock import Clock
from bridge.config.passwords import Verifier

Network = IPv4Network | IPv6Network

SOURCES_REMEMBERED = 1000
WAITING_AT_MOST = 50
FORGOTTEN_AFTER_S = 600.0
LONGEST_DELAY = timedelta(seconds=5)
HASHES_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody is not let in; ``says_how`` asks for the challenge that names Basic."""

    status: HTTPStatus
    title: str
    hint: str
    says_how: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the peer's address, what a proxy says of the caller behind it, and the login."""

    peer: str
    forwarded_for: str
    authorization: str


class Gate:
    """Checks networks first, then the login; hashing happens on threads, two at a time."""

    def __init__(
        self,
        verifier: Verifier,
        allow_from: Sequence[Network],
        trusted_proxies: Sequence[Network],
        clock: Clock,
    ) -> None:
        self._verifier = verifier
        self._allow_from = tuple(allow_from)
        self._trusted_proxies = tuple(trusted_proxies)
        self._clock = clock
        self._hashing = asyncio.Semaphore(HASHES_AT_ONCE)
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._waiting = 0

    async def check(self, caller: Caller) -> Refusal | None:
        """``None`` for somebody who may come in; else why not, after the delay that wrong logins earn."""
        source = self.source_of(caller)
        if self._allow_from and not _is_within(source, self._allow_from):
            return Refusal(
                HTTPStatus.FORBIDDEN,
                "This address may not send orders",
                "add its network to [receiver] allow_from",
            )
        if self._verifier.is_remembered(caller.authorization):
            return None
        if caller.authorization:
            async with self._hashing:
                if await asyncio.to_thread(self._verifier.check, caller.authorization):
                    return None
            await self._slow_down(source)
        return Refusal(
            HTTPStatus.UNAUTHORIZED,
            "Wrong or missing user name and password",
            "Norce Admin, ERP integration: ERP endpoint username and password; here: [receiver] username and "
            "password_hash_file",
            says_how=True,
        )

    def source_of(self, caller: Caller) -> str:
        """The caller's address: the last one in ``X-Forwarded-For`` that is not a trusted proxy, else the peer's."""
        chain = [part.strip() for part in caller.forwarded_for.split(",") if part.strip()]
        source = caller.peer
        while chain and _is_within(source, self._trusted_proxies):
            source = chain.pop()
        return source

    async def _slow_down(self, source: str) -> None:
        now = self._clock.monotonic()
        count, last = self._wrong.pop(source, (0, now))
        count = 1 if now - last > FORGOTTEN_AFTER_S else count + 1
        self._wrong[source] = (count, now)
        while len(self._wrong) > SOURCES_REMEMBERED:
            self._wrong.popitem(last=False)
        if self._waiting >= WAITING_AT_MOST:
            return
        self._waiting += 1
        try:
            delay = min(LONGEST_DELAY, timedelta(seconds=0.05 * 2 ** min(count - 1, 10)))
            await self._clock.wait(asyncio.Event(), delay)
        finally:
            self._waiting -= 1


def _is_within(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(mapped in network for network in networks if network.version == mapped.version)
