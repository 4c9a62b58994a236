"""The built-in server beside a bridge that goes on without it: what is said while it is down, and how it comes back."""

import asyncio
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.config import Config
from bridge.counters import Counters
from bridge.ops.health import ask_all
from bridge.service.sftp import SftpService
from bridge.transports._server.server import SftpServer
from tests.config.support import load_text, write
from tests.flow.bridge_process import free_port

SETTINGS = '[sftp_server]\nenabled = true\nlisten = "127.0.0.1:{}"\npassword_file = "erp"\n'


@pytest.fixture
def config(tmp_path: Path) -> Config:
    write(tmp_path, "open sesame\n", "erp")
    return load_text(tmp_path, SETTINGS.format(free_port()))


def service(config: Config) -> SftpService:
    return SftpService(config, lambda _: None, Counters(), timedelta(milliseconds=50))


async def told(of: SftpService) -> tuple[bool, str]:
    ((_, result),) = (await ask_all(of.probes())).found
    return result.ok, result.why


async def becomes(of: SftpService, *, ok: bool) -> None:
    async with asyncio.timeout(8):
        while (await told(of))[0] is not ok:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


async def test_it_is_well_while_it_serves_and_stops_no_orders(config: Config) -> None:
    served = service(config)

    async with served.serving(SystemClock()):
        up = await told(served)
        port = served.port

    assert up == (True, f"serves on port {config.sftp_server.listen.port}")
    assert port == config.sftp_server.listen.port
    assert not served.findings()
    assert [probe.stops_orders for probe in served.probes()] == [False]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), 2)


async def test_a_taken_port_is_told_and_alerted_and_it_serves_once_the_port_is_free(config: Config) -> None:
    served = service(config)
    busy = socket.create_server(("127.0.0.1", config.sftp_server.listen.port))

    async with served.serving(SystemClock()):
        down, alerts = await told(served), served.findings()
        busy.close()
        await becomes(served, ok=True)
        after = served.findings()

    assert not down[0]
    assert "cannot listen on" in down[1]
    assert [(alert.kind, alert.severity) for alert in alerts] == [("sftp_server_down", "page")]
    assert "Orders are taken" in alerts[0].text
    assert not after


async def test_a_host_key_that_others_can_read_keeps_it_down_and_nothing_else(config: Config) -> None:
    config.sftp_server.host_key.parent.mkdir()
    config.sftp_server.host_key.touch(0o644)
    served = service(config)

    async with served.serving(SystemClock()):
        ok, why = await told(served)

    assert not ok
    assert "can be read by others" in why


async def test_a_server_that_broke_down_is_started_anew(config: Config) -> None:
    served = service(config)

    async with served.serving(SystemClock()):
        broken = served._server  # noqa: SLF001 - nobody outside can break it
        assert isinstance(broken, SftpServer)
        broken._socket.close()  # noqa: SLF001 - the same
        await becomes(served, ok=False)
        await becomes(served, ok=True)
        line = socket.create_connection(("127.0.0.1", served.port), 2)
        line.close()


async def test_where_none_is_wanted_there_is_none(tmp_path: Path) -> None:
    served = service(load_text(tmp_path, ""))

    async with served.serving(SystemClock()):
        assert served.port == 0

    assert not served.probes()
    assert not served.findings()
