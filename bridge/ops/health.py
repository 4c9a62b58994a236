"""Named probes: whether each thing the bridge leans on is well, asked at once and within a time.

Not for: what a probe looks at; whoever builds the list knows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.errors import BridgeError

PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Whether it is well; ``why`` tells what is seen in either case, ``hint`` what a person does."""

    ok: bool
    why: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing to ask; ``stops_orders`` says that no order can be taken while it is not well."""

    name: str
    stops_orders: bool
    ask: Callable[[], Awaitable[ProbeResult]]


@dataclass(frozen=True, slots=True)
class Health:
    """All probes with what they found."""

    found: tuple[tuple[Probe, ProbeResult], ...]

    @property
    def is_ready(self) -> bool:
        """True when nothing stands in the way of taking orders."""
        return all(result.ok for probe, result in self.found if probe.stops_orders)

    def document(self) -> dict[str, Any]:
        """As machines are shown it."""
        return {
            "ready": self.is_ready,
            "probes": [
                {
                    "name": probe.name,
                    "ok": result.ok,
                    "stops_orders": probe.stops_orders,
                    "why": result.why,
                    "hint": result.hint,
                }
                for probe, result in self.found
            ],
        }


async def ask_all(probes: Sequence[Probe], patience_s: float = PATIENCE_S) -> Health:
    """Ask every probe at once; one that raises or does not answer in time is not well."""
    results = await asyncio.gather(*(_ask(probe, patience_s) for probe in probes))
    return Health(tuple(zip(probes, results, strict=True)))


async def _ask(probe: Probe, patience_s: float) -> ProbeResult:
    try:
        async with asyncio.timeout(patience_s):
            return await probe.ask()
    except TimeoutError:
        return ProbeResult(ok=False, why=f"no answer within {patience_s:g} s")
    except BridgeError as error:
        return ProbeResult(ok=False, why=error.message, hint=error.hint)
    except OSError as error:
        return ProbeResult(ok=False, why=str(error))
