from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flow.bridge_process import BridgeFolder, Norce


@pytest.fixture
async def norce() -> AsyncIterator[Norce]:
    async with Norce().running() as running:
        yield running


@pytest.fixture
def bridge(tmp_path: Path, norce: Norce) -> BridgeFolder:
    return BridgeFolder(tmp_path, norce)
