import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
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


@pytest.fixture
def jail() -> Iterator[Path]:
    """A folder of root's all the way up, writable by nobody else, as sshd demands; pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="bridge-jail-", dir="/srv"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
