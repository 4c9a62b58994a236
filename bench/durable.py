"""The same durable work without HTTP: ``durable.py FOLDER COUNT AT_ONCE``, in a folder with a bridge's settings.

The journal and the drop stage of the bridge itself, fed with orders that were decoded and rendered before the clock
starts: the same rows, files, syncs and shared commits. That is the most that any front could reach. Prints JSON.
"""

import asyncio
import json
import logging
import os
import sys
import time
from pathlib import Path

from place import body

from bridge import formats
from bridge.cli._settings import shelves
from bridge.clock import SystemClock
from bridge.config import Config, load
from bridge.counters import Counters
from bridge.journal import Journal
from bridge.journal.records import Admission, Body, RenderedDrop
from bridge.naming import NameFacts, file_name, staging_name
from bridge.norce.bodies import content_of
from bridge.norce.fingerprint import fingerprint
from bridge.norce.translate import translate
from bridge.norce.wire import decode
from bridge.service import parts
from bridge.stages.drop.stage import DropStage
from bridge.stages.receive.told import ToldAnswers

FIRST_REF = 100_000
_KIND = "application/json"


def admission(config: Config, number: int, clock: SystemClock) -> Admission:
    """An order as the stage *receive* hands it to the journal."""
    content = body(FIRST_REF + number)
    kind = content_of(_KIND, content, None)
    assert kind is not None
    order = translate(decode(content, kind), "demo", config.site.time_zone).order
    target = config.targets["erp"]
    shape = formats.build(target.order.format, target.order.options)
    now = clock.now()
    control = number + 1
    name = file_name(target.file_name, NameFacts(order.order_ref, "demo", control, now, shape.extension))
    file = formats.render(shape, order, control, now)
    drop = RenderedDrop("erp", True, target.order.format, control, name, staging_name(name), "", file)  # noqa: FBT003
    return Admission(
        order_ref=order.order_ref,
        application="demo",
        fingerprint=fingerprint(order),
        currency=order.currency,
        amount="306.05",
        line_count=len(order.lines),
        body=Body(content, _KIND, "json", None),
        request_id=f"bench-{number}",
        received_at=now,
        drops=(drop,),
    )


async def carry(folder: Path, count: int, at_once: int) -> dict[str, float]:
    """Admit and publish ``count`` orders, ``at_once`` of them in hand at a time."""
    config, clock = load(folder / "config.toml", shelves(), os.environ), SystemClock()
    journal = Journal(config.journal.database, clock, durability=config.journal.durability)
    await journal.open()
    told, stop = ToldAnswers(journal, clock), asyncio.Event()
    stage = DropStage(parts.drop_points(config), journal, clock, Counters(), config.retry.policy)
    waiting = iter([admission(config, number, clock) for number in range(count)])

    async def work() -> None:
        for order in waiting:
            admitted = await journal.admit(order, keep_conflicts=True)
            told.add(admitted.order_id, None)

    async def feed() -> tuple[float, float]:
        await stage.has_looked()
        began = time.monotonic()
        async with asyncio.TaskGroup() as workers:
            for _ in range(at_once):
                workers.create_task(work())
        admitted = time.monotonic()
        while await journal.drops.next_at("erp") is not None:  # noqa: ASYNC110 - asked like any reader
            await asyncio.sleep(0.01)
        stop.set()
        return began, admitted

    async with asyncio.TaskGroup() as group:
        group.create_task(stage.run(stop))
        group.create_task(told.run(stop))
        began, admitted = await group.create_task(feed())
    ended = time.monotonic()
    await journal.close()
    return {"began": began, "admitted": admitted, "ended": ended, "cpu": time.process_time()}


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    from bridge.cli.service import _fast_loop

    where, orders, hands = sys.argv[1:]
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        print(json.dumps(runner.run(carry(Path(where), int(orders), int(hands)))))
