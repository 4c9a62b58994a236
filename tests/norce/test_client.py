"""The client against a Norce on a real socket: one token for all, and every mishap of a network told apart."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.counters import Counters
from bridge.errors import BridgeError, ErrorName, PermanentError, TransientError
from bridge.norce.client import LONGEST_REPLY, NorceAccess, NorceClient
from bridge.norce.client_login import Credentials
from bridge.norce.reports import Body
from tests.support.clock import ManualClock

SECRET = "s3cret-of-the-shop"
STATUS = "SendOrderStatus"
BODY: Body = {"ClientOrderRef": 48447, "ErpOrderNo": "SO-1001", "OrderStatus": "Confirmed"}

Handler = Callable[[web.Request], Any]


@dataclass
class Norce:
    """A Norce whose next answers a test lays down; without any it takes everything."""

    tokens: int = 0
    token_answers: list[Handler] = field(default_factory=list)
    answers: list[Handler] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    elsewhere: int = 0

    async def token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        self.forms.append({name: str(value) for name, value in form.items()})
        await asyncio.sleep(0.01)  # long enough for others to ask at the same time
        if self.token_answers:
            return await resolve(self.token_answers.pop(0), request)
        self.tokens += 1
        return web.json_response({"access_token": f"token-{self.tokens}", "expires_in": 3600})

    async def order(self, request: web.Request) -> web.StreamResponse:
        self.calls.append((request.match_info["operation"], dict(request.headers), await request.json()))
        if self.answers:
            return await resolve(self.answers.pop(0), request)
        return web.Response()

    async def other(self, _: web.Request) -> web.StreamResponse:
        self.elsewhere += 1
        return web.Response()


async def resolve(handler: Handler, request: web.Request) -> web.StreamResponse:
    answer: web.StreamResponse = await handler(request)
    return answer


def says(status: int, text: str = "", **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, headers=named)

    return handler


async def hangs_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def says_nothing(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(60)
    return web.Response()


async def hangs_up_in_the_middle(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"half")
    return await hangs_up(request)


@pytest.fixture
def norce() -> Norce:
    return Norce()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def counters() -> Counters:
    return Counters()


@pytest.fixture
async def server(norce: Norce, aiohttp_server: Callable[..., Any]) -> TestServer:
    app = web.Application()
    app.router.add_post("/token", norce.token)
    app.router.add_post("/connect/4.0/Order/{operation}", norce.order)
    app.router.add_route("*", "/elsewhere", norce.other)
    started: TestServer = await aiohttp_server(app)
    return started


@pytest.fixture
def access(server: TestServer) -> NorceAccess:
    return NorceAccess(
        base_url=f"{server.make_url('/connect/4.0')}/",
        token_url=str(server.make_url("/token")),
        credentials=Credentials("shop", SECRET, "playground"),
        timeout=timedelta(seconds=5),
    )


@pytest.fixture
async def client(access: NorceAccess, clock: ManualClock, counters: Counters) -> AsyncIterator[NorceClient]:
    async with NorceClient(access, clock, counters) as opened:
        yield opened


async def refusal(client: NorceClient, body: Body = BODY) -> BridgeError:
    with pytest.raises(BridgeError) as refused:
        await client.send(STATUS, body)
    return refused.value


async def test_a_call_carries_token_and_body(client: NorceClient, norce: Norce) -> None:
    await client.send(STATUS, BODY)

    operation, headers, body = norce.calls[0]
    assert (operation, body) == (STATUS, BODY)
    assert headers["Authorization"] == "Bearer token-1"
    assert headers["Content-Type"] == "application/json"
    assert "application-id" not in headers


async def test_the_login_goes_into_the_form_as_norce_wants_it(client: NorceClient, norce: Norce) -> None:
    await client.send(STATUS, BODY)

    expected = {"client_id": "shop", "client_secret": SECRET, "scope": "playground"}
    assert norce.forms == [{"grant_type": "client_credentials", **expected}]


async def test_the_application_id_is_sent_when_set(access: NorceAccess, clock: ManualClock, norce: Norce) -> None:
    numbered = NorceAccess(access.base_url, access.token_url, access.credentials, application_id=1234)

    async with NorceClient(numbered, clock, Counters()) as client:
        await client.send(STATUS, BODY)

    assert norce.calls[0][1]["application-id"] == "1234"


async def test_twenty_calls_at_once_share_one_token(client: NorceClient, norce: Norce) -> None:
    await asyncio.gather(*(client.send(STATUS, BODY) for _ in range(20)))

    assert (norce.tokens, len(norce.calls)) == (1, 20)


async def test_twenty_calls_at_once_share_one_failed_login(client: NorceClient, norce: Norce) -> None:
    norce.token_answers += [says(500)] * 20

    faults = await asyncio.gather(*(refusal(client) for _ in range(20)))

    assert len(norce.forms) == 1
    assert {fault.name for fault in faults} == {ErrorName.NORCE_UNREACHABLE}


async def test_a_token_is_renewed_a_minute_before_its_end(
    client: NorceClient, norce: Norce, clock: ManualClock
) -> None:
    await client.send(STATUS, BODY)
    clock.advance(timedelta(seconds=3539))
    await client.send(STATUS, BODY)
    clock.advance(timedelta(seconds=1))
    await client.send(STATUS, BODY)

    used = [headers["Authorization"] for _, headers, _ in norce.calls]
    assert used == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


async def test_setting_the_wall_clock_renews_nothing(client: NorceClient, norce: Norce, clock: ManualClock) -> None:
    await client.send(STATUS, BODY)

    clock.jump(timedelta(days=400))
    await client.send(STATUS, BODY)

    assert norce.tokens == 1


async def test_a_refused_token_is_renewed_once(client: NorceClient, norce: Norce) -> None:
    norce.answers.append(says(401))

    await client.send(STATUS, BODY)

    used = [headers["Authorization"] for _, headers, _ in norce.calls]
    assert used == ["Bearer token-1", "Bearer token-2"]


async def test_many_refused_at_once_renew_the_token_once(client: NorceClient, norce: Norce) -> None:
    async def until_renewed(request: web.Request) -> web.StreamResponse:
        return web.Response(status=401 if request.headers["Authorization"] == "Bearer token-1" else 200)

    norce.answers += [until_renewed] * 40

    await asyncio.gather(*(client.send(STATUS, BODY) for _ in range(20)))

    assert norce.tokens == 2


async def test_a_second_refusal_waits_for_better_credentials(
    client: NorceClient, norce: Norce, clock: ManualClock
) -> None:
    norce.answers += [says(401)] * 3

    first, second = await refusal(client), await refusal(client)
    clock.advance(timedelta(seconds=20))
    await client.send(STATUS, BODY)

    assert isinstance(first, TransientError)
    assert isinstance(second, TransientError)
    assert {first.name, second.name} == {ErrorName.NORCE_LOGIN_REFUSED}
    assert "client_id" in first.hint
    assert "client_secret" in first.hint
    assert second.retry_after_s == 20
    assert norce.tokens == 2


async def test_a_refused_login_is_not_asked_again_at_once(
    client: NorceClient, norce: Norce, clock: ManualClock
) -> None:
    norce.token_answers.append(says(400, '{"error": "invalid_client"}'))

    faults = [await refusal(client) for _ in range(5)]
    clock.advance(timedelta(seconds=21))
    await client.send(STATUS, BODY)

    assert {fault.name for fault in faults} == {ErrorName.NORCE_LOGIN_REFUSED}
    assert all(isinstance(fault, TransientError) for fault in faults)
    assert "(invalid_client)" in faults[0].message
    assert len(norce.forms) == 2


async def test_a_token_endpoint_that_is_busy_is_left_alone_as_long_as_it_asks(
    client: NorceClient, norce: Norce, clock: ManualClock
) -> None:
    norce.token_answers.append(says(429, Retry_After="90"))

    first = await refusal(client)
    clock.advance(timedelta(seconds=89))
    second = await refusal(client)
    clock.advance(timedelta(seconds=2))
    await client.send(STATUS, BODY)

    assert isinstance(first, TransientError)
    assert first.retry_after_s == 90
    assert isinstance(second, TransientError)
    assert len(norce.forms) == 2


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "<html>",
        "[]",
        '{"access_token": 7}',
        '{"access_token": ""}',
        '{"access_token": "a b"}',
        '{"access_token": "a\\r\\nX-Evil: 1"}',
        '{"access_token": "' + "x" * 20_000 + '"}',
        '{"access_token": "x", "more": "' + "x" * LONGEST_REPLY + '"}',
        "[" * 50_000,
    ],
    ids=lambda answer: answer[:20],
)
async def test_a_token_that_is_none_is_fetched_again_later(client: NorceClient, norce: Norce, answer: str) -> None:
    norce.token_answers.append(says(200, answer))

    fault = await refusal(client)
    await client.send(STATUS, BODY)

    assert isinstance(fault, TransientError)
    assert len(fault.message) < 100


@pytest.mark.parametrize("lasts", ["null", "-1", "0", '"3600"', "NaN", "1e999", "true"])
async def test_a_token_of_odd_length_is_used_all_the_same(client: NorceClient, norce: Norce, lasts: str) -> None:
    norce.token_answers.append(says(200, f'{{"access_token": "odd", "expires_in": {lasts}}}'))

    await client.send(STATUS, BODY)

    assert norce.calls[0][1]["Authorization"] == "Bearer odd"


async def test_a_busy_norce_says_when_to_come_back(client: NorceClient, norce: Norce) -> None:
    norce.answers.append(says(429, Retry_After="30"))

    fault = await refusal(client)

    assert isinstance(fault, TransientError)
    assert (fault.name, fault.retry_after_s) == (ErrorName.NORCE_BUSY, 30)


async def test_a_refusal_is_final_and_quotes_norce(client: NorceClient, norce: Norce) -> None:
    norce.answers.append(says(400, "Order 48447\nis unknown\x1b[2J" + "x" * 100_000))

    fault = await refusal(client)

    assert isinstance(fault, PermanentError)
    assert "Order 48447 is unknown\\x1b[2J" in fault.message
    assert 2000 <= len(fault.message) < 2100


async def test_a_refusal_of_a_call_without_reference_hints_at_confirm_within(client: NorceClient, norce: Norce) -> None:
    norce.answers.append(says(400))

    fault = await refusal(client, {"ErpOrderNo": "SO-1", "OrderStatus": "Confirmed"})

    assert "confirm_within" in fault.hint


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(client: NorceClient, norce: Norce, status: int) -> None:
    norce.answers.append(says(status, Location="/elsewhere"))

    fault = await refusal(client)

    assert isinstance(fault, TransientError)
    assert "base_url" in fault.hint
    assert norce.elsewhere == 0


async def test_the_login_is_not_carried_to_another_place(client: NorceClient, norce: Norce) -> None:
    norce.token_answers.append(says(307, Location="/elsewhere"))

    fault = await refusal(client)

    assert isinstance(fault, TransientError)
    assert norce.elsewhere == 0


@pytest.mark.parametrize("mishap", [hangs_up, hangs_up_in_the_middle])
async def test_a_cut_connection_is_tried_again(client: NorceClient, norce: Norce, mishap: Handler) -> None:
    norce.answers.append(mishap)

    fault = await refusal(client)
    await client.send(STATUS, BODY)

    assert isinstance(fault, TransientError)
    assert fault.name is ErrorName.NORCE_UNREACHABLE


async def test_a_silent_norce_is_not_waited_for(access: NorceAccess, clock: ManualClock, norce: Norce) -> None:
    hasty = NorceAccess(access.base_url, access.token_url, access.credentials, timeout=timedelta(seconds=0.2))
    norce.answers.append(says_nothing)

    async with NorceClient(hasty, clock, Counters()) as client:
        fault = await refusal(client)

    assert isinstance(fault, TransientError)
    assert "did not answer within 0.2 s" in fault.message


async def test_nobody_there_is_tried_again(clock: ManualClock, unused_tcp_port: int) -> None:
    gone = f"http://127.0.0.1:{unused_tcp_port}"

    async with NorceClient(NorceAccess(gone, gone, Credentials("a", SECRET, "b")), clock, Counters()) as client:
        fault = await refusal(client)

    assert isinstance(fault, TransientError)
    assert fault.name is ErrorName.NORCE_UNREACHABLE
    assert "errno" in fault.message


@pytest.mark.parametrize(
    "mishap",
    [
        says(400, f"you sent Bearer token-1 and {SECRET}"),
        says(401, "token-1"),
        says(500, "token-1"),
        hangs_up,
        hangs_up_in_the_middle,
    ],
)
async def test_no_secret_is_told_in_any_error(client: NorceClient, norce: Norce, mishap: Handler) -> None:
    norce.answers += [mishap] * 2

    fault = await refusal(client)

    told = "".join(map(repr, errors_behind(fault))) + "".join(map(str, errors_behind(fault))) + fault.line()
    assert SECRET not in told
    assert "token-" not in told


async def test_no_secret_is_told_when_the_login_fails(client: NorceClient, norce: Norce) -> None:
    norce.token_answers.append(says(400, json.dumps({"error": SECRET})))

    fault = await refusal(client)

    assert SECRET not in fault.line() + repr(fault)


def test_no_secret_is_shown_by_settings(access: NorceAccess) -> None:
    assert SECRET not in repr(access)


def errors_behind(error: BaseException | None) -> list[BaseException]:
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


async def test_calls_are_counted_with_their_code(client: NorceClient, norce: Norce, counters: Counters) -> None:
    norce.answers += [says(400), hangs_up]

    await refusal(client)
    await refusal(client)
    await client.send(STATUS, BODY)

    counted = [counters.count("norce_requests_total", operation=STATUS, code=code) for code in ("400", "none", "200")]
    assert counted == [1, 1, 1]
    assert counters.count("norce_requests_total", operation="Token", code="200") == 1
    assert {name for name, _, _ in counters.durations()} == {"norce_request_duration_seconds"}


async def test_a_caller_that_is_stopped_lets_the_others_pass(client: NorceClient, norce: Norce) -> None:
    first = asyncio.ensure_future(client.send(STATUS, BODY))
    second = asyncio.ensure_future(client.send(STATUS, BODY))
    while not norce.forms:  # noqa: ASYNC110 - lets both get as far as the token
        await asyncio.sleep(0)

    first.cancel()
    await second

    assert first.cancelled()
    assert len(norce.calls) == 1


async def test_a_client_outside_its_block_says_so(access: NorceAccess, clock: ManualClock) -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await NorceClient(access, clock, Counters()).send(STATUS, BODY)
