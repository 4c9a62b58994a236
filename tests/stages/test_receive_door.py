"""Who is let in, what is refused before it is read, and what every answer carries."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.config.passwords import Verifier
from bridge.journal import Journal
from bridge.stages.receive.gate import Caller, Gate
from tests.stages.receive_support import JSON_SAMPLE, LIMITS, XML, XML_SAMPLE, Desk, basic, order, serving
from tests.support import journals
from tests.support.clock import ManualClock
from tests.support.journals import everything, one, rows


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, SystemClock()) as journal:
        yield journal


@pytest.fixture
async def desk(journal: Journal) -> AsyncIterator[Desk]:
    async with serving(journal) as desk:
        yield desk


# --- logins and addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    ["", basic("wrong"), basic(username="somebody"), "Bearer right", "Basic !", "Basic"],
)
async def test_a_wrong_or_missing_login_is_told_how_and_stores_nothing(journal: Journal, authorization: str) -> None:
    before = await everything(journal)
    async with serving(journal) as desk:
        answer = await desk.post(authorization=authorization)

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="orders", charset="UTF-8"'
    assert await everything(journal) == before


async def test_a_wrong_login_waits_and_a_right_one_from_the_same_place_passes_at_once(journal: Journal) -> None:
    clock = ManualClock()
    async with serving(journal, gate_clock=clock) as desk:
        guessing = asyncio.ensure_future(desk.post(authorization=basic("wrong")))
        await clock.until_waiting()

        right = await desk.post()
        is_waiting = not guessing.done()
        clock.advance(timedelta(seconds=10))
        wrong = await guessing

    assert right.status == 200
    assert is_waiting
    assert wrong.status == 401


async def test_an_address_that_is_not_allowed_is_refused_before_its_login_is_looked_at(journal: Journal) -> None:
    async with serving(journal, allow_from=["203.0.113.0/24"]) as desk:
        right_login = await desk.post()
        no_login = await desk.post(authorization="")

    assert (right_login.status, no_login.status) == (403, 403)
    assert await rows(journal, "SELECT * FROM orders") == []


async def test_behind_a_proxy_the_caller_s_own_address_counts(journal: Journal) -> None:
    async with serving(journal, allow_from=["203.0.113.0/24"], trusted_proxies=["127.0.0.0/8"]) as desk:
        allowed = await desk.post(headers={"X-Forwarded-For": "198.51.100.9, 203.0.113.7"})
        other = await desk.post(headers={"X-Forwarded-For": "203.0.113.7, 198.51.100.9"})

    assert (allowed.status, other.status) == (200, 403)


@pytest.mark.parametrize(
    ("peer", "forwarded", "source"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "203.0.113.7", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "nonsense", "nonsense"),
        ("", "203.0.113.7", ""),
    ],
)
def test_only_a_trusted_proxy_is_believed_about_who_is_behind_it(peer: str, forwarded: str, source: str) -> None:
    gate = Gate(Verifier([]), [], [ip_network("10.0.0.0/8")], ManualClock())

    assert gate.source_of(Caller(peer, forwarded, "")) == source


# --- refused before it is an order ------------------------------------------------------------------------------------


async def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(journal: Journal) -> None:
    async with serving(journal, limits=replace(LIMITS, max_body=len(JSON_SAMPLE))) as desk:
        exact = await desk.post()
        more = await desk.post(JSON_SAMPLE + b" ")

    assert (exact.status, more.status) == (200, 413)


async def test_a_body_in_pieces_is_bounded_too(journal: Journal) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b" " * 1000

    async with serving(journal, limits=replace(LIMITS, max_body=10_000)) as desk:
        answer = await desk.ask("POST", data=pieces(), headers={"Authorization": basic(), "Content-Type": "text/json"})

    assert answer.status == 413
    assert await rows(journal, "SELECT * FROM rejects") == []


@pytest.mark.parametrize("kind", ["text/plain", "application/pdf", "multipart/form-data", "application/jsonx"])
async def test_a_kind_that_is_not_taken_is_refused_with_those_that_are(desk: Desk, kind: str) -> None:
    answer = await desk.post(headers={"Content-Type": kind})

    assert answer.status == 415
    assert "application/json" in (await answer.json(content_type=None))["hint"]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "GZIP"])
async def test_a_compressed_body_is_refused(desk: Desk, journal: Journal, coding: str) -> None:
    answer = await desk.post(gzip.compress(JSON_SAMPLE), {"Content-Encoding": coding})

    assert answer.status == 415
    assert await rows(journal, "SELECT * FROM orders") == []
    assert await rows(journal, "SELECT * FROM rejects") == []


async def test_without_a_kind_the_first_byte_decides(desk: Desk) -> None:
    bare = {"Authorization": basic()}
    skip = ["Content-Type"]

    in_json = await desk.ask("POST", data=JSON_SAMPLE, headers=bare, skip_auto_headers=skip)
    in_xml = await desk.ask("POST", data=XML_SAMPLE, headers=bare, skip_auto_headers=skip)

    assert in_json.headers["Content-Type"].startswith("application/json")
    assert in_xml.headers["Content-Type"].startswith("application/xml")


async def test_a_sender_who_breaks_off_leaves_nothing_and_is_no_fault_of_ours(
    desk: Desk, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    _, writer = await desk.connect()
    writer.write(desk.head(len(JSON_SAMPLE)) + JSON_SAMPLE[:100])
    await writer.drain()
    await desk.until_in_hand()

    writer.transport.abort()
    await desk.until_in_hand(0)

    assert await rows(journal, "SELECT * FROM orders") == []
    assert await rows(journal, "SELECT * FROM rejects") == []
    assert "unforeseen_error" not in caplog.messages


async def test_a_body_whose_pieces_make_no_sense_leaves_nothing_and_is_no_fault_of_ours(
    desk: Desk, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    reader, writer = await desk.connect()
    head = desk.head(0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    writer.write(head + b"5\r\n{'a':\r\nZZ\r\n\r\n")

    status = await reader.readline()

    writer.close()
    assert b" 200 " not in status
    assert await rows(journal, "SELECT * FROM orders") == []
    assert await rows(journal, "SELECT * FROM rejects") == []
    assert "unforeseen_error" not in caplog.messages


# --- every answer -----------------------------------------------------------------------------------------------------


async def test_a_browser_gets_a_page_that_helps(desk: Desk) -> None:
    answer = await desk.ask("GET", "/orders?a=1")

    text = await answer.text()
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"
    assert f"curl -u norce -H 'Content-Type: application/json' --data-binary @order.json {desk.url()}" in text


async def test_a_load_balancer_is_told_that_the_process_lives(desk: Desk) -> None:
    answer = await desk.ask("GET", "/healthz")

    assert (answer.status, await answer.text()) == (200, "ok")


@pytest.mark.parametrize("given", ["7f3a-request.1", "a" * 64])
async def test_a_sane_request_id_is_kept_and_stored(desk: Desk, journal: Journal, given: str) -> None:
    answer = await desk.post(headers={"X-Request-Id": given})

    assert answer.headers["X-Request-Id"] == given
    assert await one(journal, "SELECT request_id FROM orders") == given


@pytest.mark.parametrize("given", ["", "short", "a" * 65, "<script>alert(1)</script>", "a b c d e f"])
async def test_any_other_request_id_is_replaced(desk: Desk, given: str) -> None:
    answer = await desk.post(headers={"X-Request-Id": given})

    assert answer.headers["X-Request-Id"] not in {"", given}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/orders", 405),
        ("PUT", "/orders", 405),
        ("GET", "/nothing", 404),
        ("GET", "/healthz", 200),
        ("POST", "/orders", 401),
    ],
)
async def test_every_answer_names_its_request_and_no_version(desk: Desk, method: str, path: str, status: int) -> None:
    answer = await desk.ask(method, path)

    assert answer.status == status
    assert answer.headers["Server"] == "erp-bridge"
    assert answer.headers["X-Request-Id"]


async def test_requests_are_counted_by_route_and_never_by_what_was_typed(desk: Desk) -> None:
    await desk.post()
    await desk.ask("GET", "/nothing/secret")

    routes = {dict(labels)["route"] for name, labels, _ in desk.counters.counts() if name == "http_requests_total"}
    assert routes == {"/orders", "other"}


async def test_another_path_is_served_as_it_was_set(journal: Journal) -> None:
    async with serving(journal, limits=replace(LIMITS, path="/norce/in/")) as desk:
        answers = [(await desk.post(order(1), path=path)).status for path in ("/norce/in", "/norce/in/json", "/orders")]
        in_xml = await desk.post(XML_SAMPLE, XML, path="/norce/in/CreateOrder")

    assert answers == [200, 200, 404]
    assert in_xml.status == 200
