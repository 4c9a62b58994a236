"""The admin API: what it answers, what it refuses, and in which form."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import encode_basic_auth

from bridge.journal import Journal
from bridge.journal.records import ReportEnd, ReportResult
from bridge.model import AckStatus
from bridge.ops.admin import build_app
from bridge.ops.documents import Paused
from bridge.ops.operations import Access
from bridge.states import DropState
from tests.ops.running import Client, Running, probe
from tests.support import journals
from tests.support.clock import START, ManualClock

Started = Callable[..., Awaitable[Client]]
API = "/api/v1"


@pytest.fixture
def start(running: Running, aiohttp_client: Started) -> Started:
    async def start(**changed: Any) -> Client:
        return await aiohttp_client(build_app(running.operations(**changed)))

    return start


async def make_dead(journal: Journal, ref: str = "48447") -> None:
    await journals.admit(journal, ref)
    await journal.record(journals.recording(journals.ack(ref, AckStatus.CONFIRMED), claim=f"{ref}__a"))
    (report,) = await journal.reports.due(timedelta())
    await journal.reports.settle(ReportResult(report, ReportEnd.DEAD, "400: no such order"))


async def test_the_root_says_what_this_is(client: Client) -> None:
    answer = await client.get("/")

    text = await answer.text()
    assert answer.content_type == "text/html"
    assert "Demo &lt;shop>" in text
    assert "/api/v1/orders" in text


async def test_healthz_tells_that_the_process_lives(client: Client) -> None:
    answer = await client.get("/healthz")

    assert (answer.status, await answer.text()) == (200, "ok\n")


@pytest.mark.parametrize(("ok", "stops_orders", "status"), [(True, True, 200), (False, True, 503), (False, False, 200)])
async def test_readyz_fails_only_with_a_probe_that_stops_orders(
    running: Running, client: Client, status: int, *, ok: bool, stops_orders: bool
) -> None:
    running.probes.append(probe("journal", ok=ok, stops_orders=stops_orders))

    answer = await client.get("/readyz")

    assert answer.status == status
    (told,) = (await answer.json())["probes"]
    assert told == {"name": "journal", "ok": ok, "stops_orders": stops_orders, "why": "as seen", "hint": ""}


async def test_an_order_is_found_by_reference_and_by_erp_number(client: Client, journal: Journal) -> None:
    await journals.admit(journal)
    await journals.bring_to(journal, DropState.TAKEN)
    await journal.record(journals.recording(journals.ack()))

    by_ref = await (await client.get(f"{API}/orders/48447")).json()
    by_number = await (await client.get(f"{API}/orders/SO-1001")).json()

    assert by_ref == by_number
    assert (by_ref["state"], by_ref["outcome"], by_ref["erp_order_no"]) == ("acknowledged", "confirmed", "SO-1001")
    assert [drop["state"] for drop in by_ref["drops"]] == ["answered"]
    assert [event["kind"] for event in by_ref["events"]] == ["received", "staged", "dropped", "fetched", "acknowledged"]


async def test_the_link_of_a_timeline_leads_to_the_same_lines(client: Client, journal: Journal) -> None:
    await journals.admit(journal)

    text = await (await client.get("/orders/48447")).text()

    assert text.startswith("Order 48447 · demo · 306.05 SEK · 3 lines")
    assert f"Page: {client.make_url('/orders/48447')}" in text


async def test_a_reference_with_a_slash_is_found(client: Client, journal: Journal) -> None:
    await journals.admit(journal, "A/1")

    answer = await client.get(f"{API}/orders/A%2F1/events")

    assert [event["kind"] for event in await answer.json()] == ["received"]


async def test_an_unknown_order_is_a_problem_with_a_hint(client: Client) -> None:
    answer = await client.get(f"{API}/orders/nobody")

    problem = await answer.json(content_type="application/problem+json")
    assert answer.status == 404
    assert problem["type"] == "urn:erp-bridge:error:not_found"
    assert problem["instance"] == f"{API}/orders/nobody"
    assert problem["hint"]


async def test_an_ambiguous_reference_is_a_conflict_that_lists_the_orders(client: Client, journal: Journal) -> None:
    await journals.admit(journal, "abc")
    await journals.admit(journal, "ABC")

    answer = await client.get(f"{API}/orders/Abc")

    problem = await answer.json(content_type="application/problem+json")
    assert answer.status == 409
    assert "abc (#1), ABC (#2)" in problem["detail"]


async def test_a_list_goes_on_where_its_link_says(client: Client, journal: Journal) -> None:
    for number in range(3):
        await journals.admit(journal, f"{number}")

    first = await client.get(f"{API}/orders?limit=2&target=erp")
    second = await client.get(API + str(first.links["next"]["url"]).partition(API)[2])

    assert [order["order_ref"] for order in (await first.json())["orders"]] == ["2", "1"]
    assert [order["order_ref"] for order in (await second.json())["orders"]] == ["0"]
    assert "next" not in second.links


@pytest.mark.parametrize(
    ("query", "refs"),
    [
        ("state=dropped", ["10"]),
        ("q=20", ["20"]),
        ("q=ORDERS_10_", ["10"]),
        ("application=other", []),
        ("target=erp", ["20", "10"]),
        ("since=2026-03-02T09:00:00Z", ["20", "10"]),
        ("until=2026-03-02T09:00:00%2B00:00", []),
        ("overdue=1", ["20"]),
    ],
)
async def test_a_list_is_narrowed_by_its_words(
    client: Client, journal: Journal, clock: ManualClock, query: str, refs: list[str]
) -> None:
    await journals.admit(journal, "10")
    await journals.bring_to(journal, DropState.PUBLISHED)
    await journals.admit(journal, "20")
    clock.advance(timedelta(hours=1))

    answer = await client.get(f"{API}/orders?{query}")

    assert [order["order_ref"] for order in (await answer.json())["orders"]] == refs


@pytest.mark.parametrize("query", ["since=yesterday", "limit=many", "after=-1"])
async def test_a_word_that_cannot_be_read_is_refused(client: Client, query: str) -> None:
    answer = await client.get(f"{API}/orders?{query}")

    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["title"]) == (400, "Bad Request")
    assert query.partition("=")[0] in problem["detail"]


async def test_a_file_comes_as_it_was_written_with_its_hash_as_etag(client: Client, journal: Journal) -> None:
    await journals.admit(journal)
    content = b"48447;1\r\n"

    listed = await (await client.get(f"{API}/orders/48447/files")).json()
    answer = await client.get(listed[0]["href"])
    again = await client.get(listed[0]["href"], headers={"If-None-Match": answer.headers["ETag"]})

    assert await answer.read() == content
    assert answer.headers["ETag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert (again.status, await again.read()) == (304, b"")


async def test_the_request_and_the_answer_come_as_they_were(client: Client, journal: Journal) -> None:
    await journals.admit(journal)
    recording = journals.recording(journals.ack())
    await journal.record(recording)

    request = await client.get(f"{API}/orders/48447/request")
    answer = await client.get(f"{API}/orders/48447/answers/0")

    assert (request.content_type, await request.read()) == ("application/json", journals.BODY.content)
    assert (answer.content_type, await answer.read()) == ("application/octet-stream", recording.file.content)


async def test_a_file_that_does_not_exist_is_not_found(client: Client, journal: Journal) -> None:
    await journals.admit(journal)

    answer = await client.get(f"{API}/orders/48447/files/7")

    assert answer.status == 404


async def test_a_dead_order_is_retried_with_its_reason_in_the_history(client: Client, journal: Journal) -> None:
    await make_dead(journal)

    answer = await client.post(f"{API}/orders/48447/retry", json={"reason": "shop was fixed"})

    assert await answer.json() == {"order_ref": "48447", "requeued": 1}
    assert await journals.order_state_of(journal) == "acknowledged"
    events = await (await client.get(f"{API}/orders/48447/events")).json()
    assert events[-1]["facts"] == {"what": "report", "because": "shop was fixed"}


async def test_retrying_what_was_not_given_up_names_the_state(client: Client, journal: Journal) -> None:
    await journals.admit(journal)

    answer = await client.post(f"{API}/orders/48447/retry", json={"reason": "impatience"})

    problem = await answer.json(content_type="application/problem+json")
    assert answer.status == 409
    assert "order 48447 is received" in problem["detail"]


@pytest.mark.parametrize("body", [b"", b"{}", b'{"reason": " "}', b"[]", b"{", b'{"reason": 7}', b"[" * 9000])
async def test_an_act_without_a_reason_is_refused(client: Client, journal: Journal, body: bytes) -> None:
    await make_dead(journal)

    answer = await client.post(f"{API}/orders/48447/retry", data=body)

    assert answer.status == 400
    assert await journals.order_state_of(journal) == "dead"


async def test_rejects_are_listed_shown_and_replayed(client: Client, running: Running, journal: Journal) -> None:
    number = await journal.reject(journals.rejection())

    listed = await (await client.get(f"{API}/rejects")).json()
    shown = await (await client.get(f"{API}/rejects/{number}")).json()
    body = await (await client.get(f"{API}/rejects/{number}/body")).read()
    replayed = await (await client.post(f"{API}/rejects/{number}/replay")).json()

    assert listed == [shown]
    assert (shown["id"], shown["reason"], shown["size"]) == (number, "it is not JSON", 12)
    assert body == b"not an order"
    assert replayed == {"id": number, "order_ref": "48447"}
    assert running.asked == [("replay", str(number))]


async def test_a_replay_that_fails_again_says_why(client: Client) -> None:
    answer = await client.post(f"{API}/rejects/2/replay")

    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["detail"]) == (422, "Items[2].PartNo is empty")


async def test_a_discarded_reject_leaves_the_list_and_cannot_be_discarded_twice(
    client: Client, journal: Journal
) -> None:
    number = await journal.reject(journals.rejection())

    first = await client.post(f"{API}/rejects/{number}/discard", json={"reason": "a test"})
    second = await client.post(f"{API}/rejects/{number}/discard", json={"reason": "a test"})

    assert (first.status, second.status) == (200, 409)
    assert await (await client.get(f"{API}/rejects")).json() == []
    assert [one["state"] for one in await (await client.get(f"{API}/rejects?settled=1")).json()] == ["discarded"]


@pytest.mark.parametrize("act", ["trust", "pause", "resume"])
async def test_an_act_on_a_target_is_passed_on_with_its_reason(client: Client, running: Running, act: str) -> None:
    answer = await client.post(f"{API}/targets/erp/{act}", json={"reason": "new disk"})

    assert answer.status == 200
    assert running.asked == [(act, "erp", "new disk")]


async def test_an_unknown_target_is_not_found(client: Client, running: Running) -> None:
    answer = await client.post(f"{API}/targets/wms/pause", json={"reason": "new disk"})

    problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["hint"]) == (404, "there are: erp")
    assert running.asked == []


async def test_the_same_idempotency_key_acts_once(client: Client, running: Running) -> None:
    headers = {"Idempotency-Key": "7f3a"}

    first = await client.post(f"{API}/targets/erp/pause", json={"reason": "x"}, headers=headers)
    second = await client.post(f"{API}/targets/erp/pause", json={"reason": "x"}, headers=headers)
    other = await client.post(f"{API}/targets/erp/resume", json={"reason": "x"}, headers=headers)

    assert await first.text() == await second.text()
    assert other.status == 200
    assert [asked[0] for asked in running.asked] == ["pause", "resume"]


async def test_status_tells_links_counts_oldest_and_alerts(client: Client, running: Running, journal: Journal) -> None:
    running.paused.append(Paused("erp", "folder", START, "the outbox is gone"))
    await journals.admit(journal)
    await journals.bring_to(journal, DropState.PUBLISHED)

    told = await (await client.get(f"{API}/status")).json()

    assert set(told) >= {"links", "counts", "oldest", "alerts"}
    assert told["counts"]["dropped"] == 1
    assert told["oldest"]["dropped"] == "2026-03-02T09:00:00.000000Z"
    norce, erp = told["links"]
    assert (norce["name"], erp["name"], erp["state"], erp["reason"]) == ("norce", "erp", "paused", "folder")
    assert erp["waiting"] == 1


async def test_a_norce_that_is_away_is_a_link_that_is_away(start: Started) -> None:
    away = await (await (await start(norce_is_away=lambda: True)).get(f"{API}/status")).json()
    there = await (await (await start()).get(f"{API}/status")).json()

    assert [(told["links"][0]["state"], told["links"][0]["reason"]) for told in (away, there)] == [
        ("away", "connection"),
        ("ok", None),
    ]


async def test_a_wrong_login_is_told_apart_from_none(start: Started) -> None:
    async def verify(_: str) -> bool:
        return False

    client = await start(access=Access(verify=verify))

    none = await (await client.get(f"{API}/status")).json()
    wrong = await (await client.get(f"{API}/status", headers={"Authorization": "Basic eDp5"})).json()

    assert (none["detail"], wrong["detail"]) == ("a login is needed", "the login is wrong")


async def test_checks_tell_every_probe(client: Client, running: Running) -> None:
    running.probes.append(probe("norce", ok=False, stops_orders=False))

    answer = await client.get(f"{API}/checks")

    assert answer.status == 200
    assert [one["name"] for one in (await answer.json())["probes"]] == ["norce"]


async def test_a_listener_that_only_shows_refuses_every_act(start: Started, running: Running) -> None:
    client = await start(access=Access(read_only=True))

    act = await client.post(f"{API}/targets/erp/pause", json={"reason": "x"})
    look = await client.get(f"{API}/status")

    assert (act.status, look.status) == (403, 200)
    assert running.asked == []


async def test_with_a_password_only_health_is_told_without_one(start: Started) -> None:
    async def verify(header: str) -> bool:
        return header == encode_basic_auth("admin", "right")

    client = await start(access=Access(verify=verify))

    stranger = await client.get(f"{API}/status")
    wrong = await client.get(f"{API}/status", headers={"Authorization": encode_basic_auth("admin", "wrong")})
    right = await client.get(f"{API}/status", headers={"Authorization": encode_basic_auth("admin", "right")})
    health = [(await client.get(path)).status for path in ("/healthz", "/readyz")]

    assert (stranger.status, wrong.status, right.status) == (401, 401, 200)
    assert stranger.headers["WWW-Authenticate"].startswith("Basic ")
    assert health == [200, 200]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8081", 200),
        ("127.0.0.1", 200),
        ("[::1]:8081", 200),
        ("bridge.example.com", 200),
        ("evil.example.com", 403),
        ("127.0.0.1.evil.example.com", 403),
        ("", 403),
    ],
)
async def test_a_name_that_this_machine_does_not_know_is_refused(start: Started, host: str, status: int) -> None:
    client = await start(access=Access(hosts=frozenset({"bridge.example.com"})))

    answer = await client.get(f"{API}/status", headers={"Host": host})

    assert answer.status == status


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200)])
async def test_a_page_from_elsewhere_cannot_act(client: Client, site: str, status: int) -> None:
    headers = {"Sec-Fetch-Site": site}

    answer = await client.post(f"{API}/targets/erp/pause", json={"reason": "x"}, headers=headers)

    assert answer.status == status


async def test_every_answer_carries_its_request_id(client: Client) -> None:
    given = await client.get("/healthz", headers={"X-Request-Id": "abc-123"})
    made = await client.get("/healthz", headers={"X-Request-Id": "a b<script>"})
    lost = await client.get("/nowhere", headers={"X-Request-Id": "abc-456"})

    assert given.headers["X-Request-Id"] == "abc-123"
    assert made.headers["X-Request-Id"].isalnum()
    assert lost.headers["X-Request-Id"] == "abc-456"


async def test_a_wrong_path_or_method_is_a_problem_too(client: Client) -> None:
    lost = await client.get("/nowhere")
    wrong = await client.post("/healthz")

    assert (lost.status, lost.content_type) == (404, "application/problem+json")
    assert (wrong.status, wrong.headers["Allow"]) == (405, "GET,HEAD")
