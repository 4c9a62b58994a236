"""The built-in SFTP server as a part of a running bridge.

Not for: serving (``transports/_server``). It has threads of its own; starting and stopping it is done on one more.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridge import transports
from bridge.config import Config
from bridge.counters import Counters
from bridge.service import parts
from bridge.transports import Sight


@asynccontextmanager
async def serving(config: Config, sight: Sight, counters: Counters) -> AsyncIterator[int]:
    """The server, where the settings want one; yields its port, or 0. Stopped, whatever it had open is closed."""
    if not config.sftp_server.enabled:
        yield 0
        return
    settings, shares = parts.sftp_settings(config), parts.shares(config)
    server = await asyncio.to_thread(transports.sftp_server, settings, shares, sight, counters)
    await asyncio.to_thread(server.start)
    try:
        yield server.port
    finally:
        await asyncio.to_thread(server.stop)
