"""A folder with settings, and a bridge that serves its admin API from it on a thread."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiohttp import web

from bridge.cli import main
from bridge.journal import Journal
from bridge.ops.admin import build_app
from tests.ops.running import Running
from tests.support import journals
from tests.support.clock import ManualClock

T = TypeVar("T")
Verb = Callable[..., tuple[int, str, str]]
Fill = Callable[[Callable[[Journal], Awaitable[T]]], T]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the verbs run in, with settings, folders and no journal yet."""
    for name in ("outbox", "inbox", "var"):
        (tmp_path / name).mkdir()
    (tmp_path / "config.toml").write_text('[site]\nname = "Demo shop"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def verb(home: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Verb:
    """Runs one verb; returns its exit code, what it wrote to stdout and what to stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capfdbinary.readouterr()
        code = main(arguments)
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    assert home.is_dir()
    return run


@pytest.fixture
def fill(home: Path) -> Fill[object]:
    """Lets a test put something into the journal while no bridge runs."""

    def run(work: Callable[[Journal], Awaitable[object]]) -> object:
        async def inside() -> object:
            async with journals.opened(home / "var", ManualClock()) as journal:
                return await work(journal)

        return asyncio.run(inside())

    return run


@contextmanager
def serving(home: Path, **changed: Any) -> Iterator[Running]:
    """A bridge that owns the journal and listens where the settings say, on a loop of its own.

    `changed` are fields of its operations.
    """
    ready = threading.Event()
    loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
    made: list[Running] = []

    async def serve() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))
        async with journals.opened(home / "var", ManualClock()) as journal:
            running = Running(journal, ManualClock(), home / "var")
            runner = web.AppRunner(build_app(running.operations(**changed)), access_log=None)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            (home / "config.toml").write_text(f'[admin]\nlisten = "127.0.0.1:{port}"\n')
            made.append(running)
            ready.set()
            await stop.wait()
            await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(5)
        yield made[0]
    finally:
        loop, stop = loops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)


@pytest.fixture
def service(home: Path) -> Iterator[Running]:
    """A running bridge."""
    with serving(home) as running:
        yield running
