"""A life of the stages that bring an ERP's answers in from a server, for the mother process to kill.

Steps are those of the disk and, besides, one before and one after each request to the server.
"""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from bridge import formats
from bridge.clock import SystemClock
from bridge.counters import Counters
from bridge.journal import Journal
from bridge.stages.collect.stage import CollectPoint, CollectStage, Links
from bridge.stages.collect.steady import Rule
from bridge.stages.watch.stage import Method, Pickup, WatchSettings, WatchStage
from bridge.transports import _rename, pickup_of, sftp
from bridge.transports._sftp_wire import Wire

SETTINGS = "server.json"
QUICK = timedelta(milliseconds=20)
DONE_WITHIN_S = 15


def add_steps(around: Any) -> None:
    """Make the server's requests, and the rename into the inbox, steps like those of the disk."""
    vars(_rename)["rename_new"] = around(vars(_rename)["rename_new"], _always)
    Wire._ask = around(Wire._ask, _always)  # type: ignore[method-assign]  # noqa: SLF001 - every request passes here


def _always(*_: object, **__: object) -> bool:
    return True


async def collect_all(place: Path) -> None:
    """Run both stages until every answer has left the server and the inbox."""
    clock, counters, stop = SystemClock(), Counters(), asyncio.Event()
    journal = Journal(place / "bridge.db", clock)
    await journal.open()
    transport = sftp.build(sftp.Options.model_validate(json.loads((place / SETTINGS).read_text())))
    pickup = pickup_of(transport)
    assert pickup is not None
    reader, inbox = formats.build("json", {}), place / "inbox"
    watched = Pickup("erp", inbox, inbox / "archive", inbox / "quarantine", reader, quiet_for=QUICK)
    watch = WatchStage(
        [watched], journal, clock, counters, WatchSettings(sweep=timedelta(seconds=0.2), method=Method.POLL)
    )
    point = CollectPoint("erp", pickup, inbox, reader, rule=Rule(quiet_for=QUICK), poll=timedelta(seconds=0.1))
    links = Links(lambda _: True, lambda *_: None, watch.look_soon)
    collect = CollectStage([point], journal, clock, counters, links)
    async with asyncio.timeout(DONE_WITHIN_S), asyncio.TaskGroup() as group:
        group.create_task(watch.run(stop))
        group.create_task(collect.run(stop))
        while not is_done(place) or await journal.collected.lingering("erp"):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)
        stop.set()
    await transport.close()
    await journal.close()


def is_done(place: Path) -> bool:
    """Nothing of the ERP's lies anywhere but where it stays."""
    inbox = place / "inbox"
    waiting = [path for path in inbox.iterdir() if path.is_file() and not path.name.startswith(".")]
    return not (waiting or any((place / "answers").iterdir()) or any((inbox / ".work").glob("*/*")))
