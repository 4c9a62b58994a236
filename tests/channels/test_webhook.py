"""The webhook against a real server: what is posted, what counts as told, and that its address stays a secret."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bridge import channels
from bridge.channels import Act, Notice
from bridge.channels.webhook import Options, WebhookChannel, build
from bridge.cli._settings import shelves
from bridge.config import load
from bridge.counters import Counters
from bridge.errors import ErrorName, TransientError
from bridge.journal.conditions import Limits
from bridge.service.parts import told
from bridge.stages.monitor.stage import Monitor, Sights
from bridge.states import DropState
from tests.support import journals
from tests.support.clock import START, ManualClock

NOTICE = Notice(Act.RAISED, "dead_letters", "reports", "ticket", "7 reports given up, <!here> & now. Do: look", START)
SECRET = "T0-very-secret"


@dataclass
class Room:
    """A chat room that takes what is posted, or answers as it is told to."""

    status: int = 200
    delay_s: float = 0
    url: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    elsewhere: int = 0

    async def take(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.delay_s)
        document = await request.json()
        if self.status < 300:
            self.taken.append(document)
        return web.Response(status=self.status, text="ok", headers={"Location": "/elsewhere"})

    async def wrong_door(self, _: web.Request) -> web.Response:
        self.elsewhere += 1
        return web.Response()


@asynccontextmanager
async def opened(room: Room) -> AsyncIterator[Room]:
    app = web.Application()
    app.router.add_post(f"/hooks/{SECRET}", room.take)
    app.router.add_route("*", "/elsewhere", room.wrong_door)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        room.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/{SECRET}"
        yield room
    finally:
        await runner.cleanup()


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    async with opened(Room()) as opened_room:
        yield opened_room


def channel_to(url: str, timeout: timedelta = timedelta(seconds=5)) -> WebhookChannel:
    return build(Options(url=SecretStr(url), timeout=timeout))


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (Act.RAISED, "[ticket] 7 reports given up, &lt;!here&gt; &amp; now. Do: look"),
        (Act.REPEATED, "Still: [ticket] 7 reports given up, &lt;!here&gt; &amp; now. Do: look"),
        (Act.CLOSED, "Over: [ticket] 7 reports given up, &lt;!here&gt; &amp; now. Do: look"),
    ],
)
async def test_a_notice_is_posted_with_its_text_and_our_fields(room: Room, act: Act, text: str) -> None:
    await channel_to(room.url).tell(replace(NOTICE, act=act))

    assert room.taken == [
        {
            "text": text,
            "act": act,
            "kind": "dead_letters",
            "subject": "reports",
            "severity": "ticket",
            "since": "2026-03-02T09:00:00.000000Z",
        }
    ]


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 410, 429, 500, 503, 599])
async def test_any_answer_but_a_2xx_is_worth_another_try_and_hints_at_what_to_do(room: Room, status: int) -> None:
    room.status = status

    with pytest.raises(TransientError, match=str(status)) as caught:
        await channel_to(room.url).tell(NOTICE)

    assert caught.value.name is ErrorName.CHANNEL_FAILED
    assert "[alerts] webhook" in caught.value.hint or "use an address that does" in caught.value.hint
    assert room.elsewhere == 0


@pytest.mark.parametrize("url", [f"http://127.0.0.1:1/{SECRET}", f"http://no.such.host.invalid/{SECRET}", SECRET, ""])
async def test_an_address_that_nobody_answers_at_is_not_repeated_in_the_error(url: str) -> None:
    with pytest.raises(TransientError) as caught:
        await channel_to(url).tell(NOTICE)

    assert SECRET not in caught.value.line()
    assert caught.value.__cause__ is None


async def test_a_server_that_hangs_is_left_after_the_timeout(room: Room) -> None:
    room.delay_s = 5

    with pytest.raises(TransientError, match="no answer in time"):
        await channel_to(room.url, timedelta(milliseconds=50)).tell(NOTICE)


def test_the_address_is_not_shown_with_the_options() -> None:
    options = Options(url=SecretStr(f"https://hooks.example.com/{SECRET}"))

    assert SECRET not in f"{options!r} {options.model_dump()!r} {channel_to('http://x/')!r}"


async def test_an_outage_reaches_the_room_once_again_and_at_its_end_whatever_fails_between(
    room: Room, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bridge")
    clock, counters, room.status = ManualClock(), Counters(), 500
    channels_told = [channels.build("log", channels.options_of("log")()), channel_to(room.url)]
    async with journals.opened(tmp_path, clock) as journal:
        watch = Monitor(journal, clock, counters, channels_told, Sights(Limits(), dict))
        await journals.admit(journal)
        clock.advance(timedelta(minutes=3))

        await watch.look()
        room.status = 200
        clock.advance(timedelta(seconds=5))
        await watch.look()
        await watch.look()
        clock.advance(timedelta(hours=4))
        await watch.look()
        await journals.bring_to(journal, DropState.TAKEN)
        await watch.look()

    assert [notice["act"] for notice in room.taken] == ["raised", "repeated", "closed"]
    logged = [one.msg for one in caplog.records if one.msg.startswith(("alert", "channel"))]
    assert logged == ["alert_raised", "channel_failed", "alert_repeated", "alert_closed"]
    assert counters.count("notifications_total", channel="webhook", result="failed") == 1
    assert counters.count("notifications_total", channel="webhook", result="told") == 3
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("text", "names"),
    [("", ["log"]), ('[alerts]\nwebhook = "https://hooks.example.com/x"\n', ["log", "webhook"])],
)
def test_the_webhook_is_told_only_where_it_is_set_and_the_log_always(
    tmp_path: Path, text: str, names: list[str]
) -> None:
    (tmp_path / "config.toml").write_text(text)

    found = told(load(tmp_path / "config.toml", shelves(), {}))

    assert [channel.name for channel in found] == names
