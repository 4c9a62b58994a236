"""Admits one order and publishes its file, for somebody who watches the system calls; run as a script with a folder."""

import asyncio
import sys
from pathlib import Path

from bridge.clock import SystemClock
from bridge.counters import Counters
from bridge.journal import Journal
from bridge.retry import RetryPolicy
from bridge.stages.drop.stage import DropPoint, DropStage
from bridge.transports import folder
from tests.support.journals import admission, drop_state


async def publish(place: Path) -> None:
    outbox = place / "outbox"
    transport = folder.build(folder.Options(directory=outbox, staging=outbox / ".staging"))
    journal = Journal(place / "bridge.db", SystemClock())
    await journal.open()
    stop = asyncio.Event()
    stage = DropStage([DropPoint("erp", transport, "delimited")], journal, SystemClock(), Counters(), RetryPolicy())
    async with asyncio.TaskGroup() as group:
        group.create_task(stage.run(stop))
        await stage.has_looked()
        (place / "begin").write_bytes(b"")  # a mark in the list of calls: what follows belongs to the order
        await journal.admit(admission("48447", await journal.take_control("erp")), keep_conflicts=True)
        while await drop_state(journal) != "published":  # noqa: ASYNC110 - the calls are watched, not the time
            await asyncio.sleep(0.005)
        (place / "end").write_bytes(b"")
        stop.set()
    await journal.close()


if __name__ == "__main__":
    asyncio.run(publish(Path(sys.argv[1])))
