"""What goes wrong at the simulated Norce when somebody asks for it, and the closing of its door for a while.

Not for: refusals by the contract; those are no faults.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from aiohttp import web

from bridge.errors import ErrorName, TransientError


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares of the answers to Connect's calls that go wrong; ``seed`` makes their order repeatable."""

    refused: float = 0.0
    """Answered 503, the call not booked."""

    failed: float = 0.0
    """Answered 500, the call not booked."""

    cut_before: float = 0.0
    """The connection cut, the call not booked."""

    cut: float = 0.0
    """Booked, and the connection cut before the answer."""

    slow: float = 0.0
    slow_s: float = 2.0
    retry_after_s: int = 0
    """The ``Retry-After`` of a 503; 0: none."""

    down_s: float = 0.0
    """For so long, once, connections are refused, those to the token endpoint and to ``/sim`` too."""

    seed: int = 1

    @classmethod
    def wanted(cls, found: Mapping[str, Any]) -> Self:
        """The faults that a request names. Raises ``ValueError`` for what is none."""
        known = {field.name: field.type for field in fields(cls)}
        if not known.keys() >= found.keys() or not all(_is_number(value) for value in found.values()):
            raise ValueError(f"faults are numbers by name: {', '.join(sorted(known))}")
        plain: dict[str, Any] = {
            name: int(value) if known[name] is int else float(value) for name, value in found.items()
        }
        return cls(**plain)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and value >= 0


class Mishap(StrEnum):
    """What happens to one call."""

    NOTHING = "nothing"
    REFUSED = "refused"
    FAILED = "failed"
    CUT_BEFORE = "cut_before"
    CUT = "cut"


class Chance:
    """Draws mishaps by their shares, the same ones for the same seed."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._random = random.Random(faults.seed)

    def mishap(self) -> Mishap:
        """What happens to the next call."""
        draw, faults = self._random.random(), self._faults
        for mishap, share in (
            (Mishap.REFUSED, faults.refused),
            (Mishap.FAILED, faults.failed),
            (Mishap.CUT_BEFORE, faults.cut_before),
            (Mishap.CUT, faults.cut),
        ):
            if draw < share:
                return mishap
            draw -= share
        return Mishap.NOTHING

    def is_slow(self) -> bool:
        """True when the next answer takes its time."""
        return self._random.random() < self._faults.slow


class Door:
    """Where the simulator listens; it may be shut and opened again at the same port."""

    def __init__(self, runner: web.AppRunner, host: str, port: int) -> None:
        self._runner = runner
        self._host = host
        self.port = port
        self._site: web.TCPSite | None = None

    async def open(self) -> None:
        """Listen. Raises ``TransientError`` when the port is another's."""
        self._site = web.TCPSite(self._runner, self._host, self.port)
        try:
            await self._site.start()
        except OSError as error:
            raise TransientError(
                f"the simulated Norce cannot listen on {self._host}:{self.port}: {error.strerror}",
                name=ErrorName.PORT_TAKEN,
                hint="another program has the port: choose one, or 0 for any",
            ) from error
        self.port = int(self._runner.addresses[0][1])

    async def shut(self) -> None:
        """Refuse connections, and cut those that are open."""
        if self._site is not None:
            await self._site.stop()
        if self._runner.server is not None:
            for connection in self._runner.server.connections:
                connection.force_close()
