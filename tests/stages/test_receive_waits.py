"""A format that waits for something outside the process: on a thread, one file after the other, and in nobody's way."""

import asyncio
import datetime as dt
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bridge import formats
from bridge.config.targets import Application
from bridge.journal import Journal
from bridge.model import Reading, SalesOrder
from tests.stages.receive_support import KEY, LIMITS, OUTLET_KEY, order, outlet, serving
from tests.support import journals
from tests.support.clock import ManualClock
from tests.support.patience import PATIENCE_S


@dataclass
class Waiting:
    """JSON that is written once somebody lets it; it counts who is inside."""

    may_go_on: threading.Event = field(default_factory=threading.Event)
    inside: int = 0
    most_inside: int = 0
    extension: str = "json"
    waits: bool = True
    on_threads: set[str] = field(default_factory=set)

    def render(self, order: SalesOrder, control: int, at: dt.datetime) -> bytes:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.on_threads.add(threading.current_thread().name)
        self.may_go_on.wait(PATIENCE_S)
        self.inside -= 1
        return formats.build("json", {}).render(order, control, at)

    def read(self, content: bytes) -> Reading:
        return formats.build("json", {}).read(content)

    def recognises(self, content_head: bytes) -> bool:
        return bool(content_head)

    def is_whole(self, content: bytes) -> bool:
        return bool(content)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, ManualClock()) as journal:
        yield journal


@pytest.mark.timeout(60)
async def test_a_target_whose_format_hangs_takes_one_thread_and_no_other_targets_orders_wait(journal: Journal) -> None:
    slow = Waiting()
    shops = {
        "demo": Application(name="demo", key=KEY, target="erp"),
        "other": Application(name="other", key=OUTLET_KEY, target="quick"),
    }
    outlets = {"erp": replace(outlet(), format=slow), "quick": outlet("quick")}
    patient = replace(LIMITS, answer_within=dt.timedelta(seconds=PATIENCE_S))
    async with serving(journal, outlets=outlets, applications=shops, limits=patient) as desk:
        stuck = [asyncio.create_task(desk.post(order(ref))) for ref in range(1, 6)]
        await desk.until_in_hand(5)
        async with asyncio.timeout(PATIENCE_S):
            while not slow.inside:  # noqa: ASYNC110 - a thread of the executor
                await asyncio.sleep(0.001)
        meanwhile = await (await desk.post(order(6, Header={"ApplicationKey": OUTLET_KEY}))).json()
        were_stuck = not any(task.done() for task in stuck)
        slow.may_go_on.set()
        answers = [(await (await task).json())["StatusCode"] for task in stuck]

    assert meanwhile["StatusCode"] == "OK"
    assert were_stuck
    assert answers == ["OK"] * 5
    assert slow.most_inside == 1
    assert threading.main_thread().name not in slow.on_threads


@pytest.mark.timeout(60)
async def test_a_turn_lasts_as_long_as_its_thread_though_the_order_was_answered_503(journal: Journal) -> None:
    slow = Waiting()
    hasty = replace(LIMITS, answer_within=dt.timedelta(seconds=0.2))
    async with serving(journal, outlets={"erp": replace(outlet(), format=slow)}, limits=hasty) as desk:
        async with asyncio.timeout(PATIENCE_S):
            while not slow.inside:
                first = await desk.post(order(1))
        codes = [(await desk.post(order(ref))).status for ref in (2, 3)]
        slow.may_go_on.set()

    assert [first.status, *codes] == [503] * 3
    assert slow.most_inside == 1
