"""How often a server that cannot be used is asked again: soon enough to end a pause, too seldom to lock an account."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.counters import Counters
from bridge.journal import Journal
from bridge.retry import RetryPolicy
from bridge.stages.drop.stage import DropPoint, DropStage
from bridge.states import PauseReason
from bridge.transports import sftp
from tests.support import journals
from tests.support.clock import ManualClock
from tests.support.journals import admit, drop_state
from tests.support.needs import needs
from tests.support.running import at_rest, running
from tests.transports.sftp_support import until
from tests.transports.sshd import Sshd

pytestmark = [pytest.mark.timeout(40), needs("sshd", "ssh-keygen")]
A_SECOND = timedelta(seconds=1)
REFUSED = "Connection closed by authenticating user"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    (tmp_path / "outbox").mkdir()
    server = Sshd(tmp_path)
    with (server.place / "config").open("a") as config:
        config.write("LogLevel VERBOSE\n")
    server.restart()
    yield server
    server.close()


@asynccontextmanager
async def at_work(server: Sshd, **given: object) -> AsyncIterator[tuple[Journal, DropStage, ManualClock]]:
    options = server.options(**{"directory": str(server.place.parent / "outbox"), **given})
    async with staged(server.place.parent, options) as at_work:
        yield at_work


@asynccontextmanager
async def staged(place: Path, options: sftp.Options) -> AsyncIterator[tuple[Journal, DropStage, ManualClock]]:
    clock = ManualClock()
    async with journals.opened(place / "var", clock) as journal:
        stage = DropStage(
            [DropPoint("erp", sftp.build(options), "delimited")], journal, clock, Counters(), RetryPolicy()
        )
        async with running(stage.run):
            await at_rest(clock)
            yield journal, stage, clock


async def refusals(server: Sshd, expected: int) -> int:
    """How many refused logins the server tells of; it may write its log after we have gone."""

    def told() -> int:
        return (server.place / "log").read_text().count(REFUSED)

    await until(lambda: told() >= expected)
    return told()


async def spend(clock: ManualClock, seconds: int) -> None:
    for _ in range(seconds // 10):
        clock.advance(10 * A_SECOND)
        await at_rest(clock)


async def test_refused_logins_are_tried_ever_more_seldom_whatever_orders_come(server: Sshd) -> None:
    authorized = server.place / "user_key.pub"
    right = authorized.read_text()
    authorized.write_text("")

    async with at_work(server) as (journal, stage, clock):
        for number in range(5):
            await admit(journal, str(100 + number))
            await at_rest(clock)
        at_first = await refusals(server, 1)
        await spend(clock, 30)
        after_half_a_minute = await refusals(server, 2)
        await spend(clock, 15 * 60)
        after_a_quarter = await refusals(server, 4)
        pause = stage.pauses()["erp"]
        authorized.write_text(right)
        await stage.resume("erp", "the owner let us in again")
        await at_rest(clock)
        states = [await drop_state(journal, str(100 + number)) for number in range(5)]
    in_the_end = await refusals(server, 4)

    assert pause.reason is PauseReason.LOGIN
    assert "target resume" in pause.text
    assert (at_first, after_half_a_minute, after_a_quarter, in_the_end) == (1, 2, 4, 4)
    assert states == ["published"] * 5


async def test_after_a_login_that_was_let_in_the_next_refusal_is_tried_again_soon(server: Sshd) -> None:
    authorized = server.place / "user_key.pub"
    right = authorized.read_text()
    authorized.write_text("")

    async with at_work(server) as (journal, stage, clock):
        await spend(clock, 180)
        authorized.write_text(right)
        await spend(clock, 600)
        in_between = dict(stage.pauses())
        authorized.write_text("")
        server.restart()
        await admit(journal)
        await at_rest(clock)
        again = stage.pauses()["erp"].reason
        authorized.write_text(right)
        await spend(clock, 30)
        after = dict(stage.pauses())

    assert (in_between, again, after) == ({}, PauseReason.LOGIN, {})


async def test_a_server_that_is_away_is_not_called_for_each_order_that_comes(tmp_path: Path) -> None:
    calls = []

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(1)
        writer.close()

    (tmp_path / "password").write_text("secret")
    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as nobody:
        port = nobody.sockets[0].getsockname()[1]
        given = {"host": "127.0.0.1", "port": port, "username": "bridge", "password_file": tmp_path / "password"}
        async with staged(tmp_path, sftp.Options.model_validate({**given, "directory": "/in"})) as (journal, _, clock):
            at_first = len(calls)
            for number in range(20):
                await admit(journal, str(100 + number))
                await at_rest(clock)
            after_orders = len(calls)
            await spend(clock, 10)

    assert (at_first, after_orders, len(calls)) == (1, 1, 2)
