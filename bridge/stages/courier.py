"""What the stages that carry something out have in common: look again when woken or in time, survive a poison order.

Not for: what is carried; each stage hands in its own round.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from bridge.clock import Clock
from bridge.errors import BridgeError, ErrorName, FatalError, TransientError

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger(__name__)


async def keep_looking(
    look: Callable[[], Awaitable[timedelta]],
    wake: asyncio.Event,
    stop: asyncio.Event,
    clock: Clock,
) -> None:
    """Call ``look`` again and again until ``stop``: when ``wake`` is set, or when the time it returned has passed.

    The wake is cleared before each look, so nothing that happens during it is missed.
    """
    async with asyncio.TaskGroup() as group:
        forward = group.create_task(_forward(stop, wake))
        while not stop.is_set():
            wake.clear()
            within = await look()
            if not stop.is_set():
                await clock.wait(wake, within)
        forward.cancel()


async def _forward(stop: asyncio.Event, wake: asyncio.Event) -> None:
    await stop.wait()
    wake.set()


async def carry(act: Callable[[], Awaitable[T]], otherwise: Callable[[BridgeError], R], **about: object) -> T | R:
    """Do one act; any fault but one that ends the process becomes ``otherwise``'s result, so the rest goes on.

    ``about`` is logged with a fault that nobody foresaw. Being cancelled passes through: work cut short by stopping
    is not an attempt (invariant 11).
    """
    try:
        return await act()
    except FatalError:
        raise
    except BridgeError as error:
        return otherwise(error)
    except Exception as error:
        log.exception("unforeseen_error", extra=about)
        return otherwise(
            TransientError(
                f"unforeseen: {type(error).__name__}",
                name=ErrorName.UNFORESEEN,
                hint="the log has the details; please report it",
            ),
        )
