"""A journal with a clock that tests move, and the admin app over it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bridge.journal import Journal
from bridge.ops.admin import build_app
from tests.ops.running import Client, Running
from tests.support import journals
from tests.support.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def journal(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def running(journal: Journal, clock: ManualClock, tmp_path: Path) -> Running:
    return Running(journal, clock, tmp_path)


@pytest.fixture
async def client(running: Running, aiohttp_client: Callable[..., Awaitable[Client]]) -> Client:
    return await aiohttp_client(build_app(running.operations()))
