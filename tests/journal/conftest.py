"""An open journal on a disk of its own, and its clock."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.journal import Journal
from tests.support import journals
from tests.support.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def journal(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, clock) as journal:
        yield journal
