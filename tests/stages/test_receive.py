"""Norce's orders by HTTP: admitted once, answered in kind, and OK only when they are safe."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.config.targets import Application
from bridge.journal import Journal, Topic
from bridge.model import AckStatus
from tests.stages.receive_support import (
    JSON_SAMPLE,
    KEY,
    LIMITS,
    OUTLET_KEY,
    XML,
    XML_SAMPLE,
    Desk,
    order,
    outlet,
    serving,
)
from tests.support import journals
from tests.support.journals import ack, everything, one, order_state_of, recording, reports_of, rows


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, SystemClock()) as journal:
        yield journal


@pytest.fixture
async def desk(journal: Journal) -> AsyncIterator[Desk]:
    async with serving(journal) as desk:
        yield desk


async def count(journal: Journal, table: str) -> int:
    return int(await one(journal, f"SELECT count(*) FROM {table}"))  # noqa: S608 - our own words


# --- taken ------------------------------------------------------------------------------------------------------------


async def test_invariant_1_an_order_answered_ok_is_in_the_journal_with_its_file(desk: Desk, journal: Journal) -> None:
    answer = await desk.post()

    assert (answer.status, (await answer.json())["StatusCode"]) == (200, "OK")
    assert await rows(journal, "SELECT order_ref, state, body FROM orders") == [("48447", "received", JSON_SAMPLE)]
    ((name, content, state),) = await rows(journal, "SELECT file_name, content, state FROM drops")
    assert (name, state) == ("ORDERS_48447_000001.json", "queued")
    assert json.loads(content)["order_ref"] == "48447"


async def test_an_order_in_xml_is_answered_in_xml(desk: Desk, journal: Journal) -> None:
    answer = await desk.post(XML_SAMPLE, XML)

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert "<StatusCode>OK</StatusCode>" in await answer.text()
    assert await one(journal, "SELECT body_kind FROM orders") == "xml"


@pytest.mark.parametrize("path", ["/orders/xml", "/orders/CreateOrder"])
async def test_the_address_may_force_the_kind(desk: Desk, path: str) -> None:
    answer = await desk.post(XML_SAMPLE, {"Content-Type": "text/plain"}, path=path)

    assert answer.status == 200
    assert "<StatusCode>OK</StatusCode>" in await answer.text()


async def test_invariant_2_a_repeat_gets_the_same_answer_and_makes_no_second_file(desk: Desk, journal: Journal) -> None:
    first = await (await desk.post()).read()

    again = await (await desk.post()).read()

    assert again == first
    assert await count(journal, "drops") == 1
    assert desk.counters.count("orders_received_total", application="demo", outcome="repeated") == 1


async def test_invariant_2_a_repeat_is_told_the_erp_s_number_once_it_is_known(desk: Desk, journal: Journal) -> None:
    await desk.post()
    await journal.record(recording(ack()))

    again = await (await desk.post()).json()

    assert (again["HasErpOrderNo"], again["ErpOrderNo"]) == (True, "SO-1001")


async def test_invariant_2_twenty_copies_at_once_become_one_file(journal: Journal) -> None:
    async with serving(journal, limits=replace(LIMITS, max_in_flight=20)) as desk:
        posts = [desk.post() if number % 2 else desk.post(XML_SAMPLE, XML) for number in range(20)]

        answers = await asyncio.gather(*posts)

    assert [answer.status for answer in answers] == [200] * 20
    assert await count(journal, "orders") == 1
    assert await count(journal, "drops") == 1


async def test_invariant_3_json_and_xml_of_one_order_are_no_conflict(desk: Desk, journal: Journal) -> None:
    await desk.post()

    again = await desk.post(XML_SAMPLE, XML)

    assert again.status == 200
    assert await count(journal, "conflicts") == 0


@pytest.mark.parametrize(
    "other",
    [
        order(CurrencyCode="EUR"),
        order(Header={"ApplicationKey": OUTLET_KEY}),
        order(Items=[]),
    ],
    ids=["another currency", "another shop", "one that could be no order"],
)
async def test_invariant_3_a_differing_repeat_is_answered_like_a_repeat_and_kept(
    desk: Desk, journal: Journal, other: bytes
) -> None:
    await desk.post()

    answer = await (await desk.post(other)).json()

    assert answer["StatusCode"] == "OK"
    assert await rows(journal, "SELECT body, state FROM conflicts") == [(other, "open")]
    assert await one(journal, "SELECT body FROM orders") == JSON_SAMPLE
    assert desk.counters.count("conflicts_total", application="demo") + desk.counters.count(
        "conflicts_total", application=OUTLET_KEY
    )


async def test_an_order_for_several_targets_has_a_file_for_each(journal: Journal) -> None:
    shops = {"demo": Application(name="demo", key=KEY, target="erp", also=("warehouse",))}
    outlets = {"erp": outlet(), "warehouse": outlet("warehouse", marker="{name}.done")}
    async with serving(journal, applications=shops, outlets=outlets) as desk:
        await desk.post()

    found = await rows(journal, "SELECT target, confirming, marker_name FROM drops ORDER BY id")
    assert found == [("erp", 1, ""), ("warehouse", 0, "ORDERS_48447_000001.json.done")]


async def test_a_large_order_is_taken_as_well(desk: Desk, journal: Journal) -> None:
    answer = await desk.post(order(CustomerOrderComment="x" * 90_000))

    assert answer.status == 200
    assert await count(journal, "orders") == 1


async def test_an_order_s_answer_is_noted_so_that_reports_may_follow(desk: Desk, journal: Journal) -> None:
    with journal.listen(Topic.REPORTS) as noted:
        await desk.post()
        await noted.wait()

    assert await one(journal, "SELECT answered_at FROM orders") is not None


# --- refused for good -------------------------------------------------------------------------------------------------

NEVER_AN_ORDER = {
    "no JSON": b"{not json",
    "empty": b"",
    "no reference": order(ClientOrderRef=None),
    "no lines": order(Items=[]),
    "unknown shop": order(Header={"ApplicationKey": OUTLET_KEY}),
    "a reference that no file can carry": b'{"ClientOrderRef": "\\ud800"}',
    "a list": b"[]",
    "deep": b'{"a":' * 60 + b"1" + b"}" * 60,
}


@pytest.mark.parametrize("body", NEVER_AN_ORDER.values(), ids=NEVER_AN_ORDER.keys())
async def test_invariant_13_what_can_never_become_an_order_fails_and_is_kept(
    desk: Desk, journal: Journal, body: bytes
) -> None:
    answer = await desk.post(body)

    told = await answer.json()
    assert (answer.status, told["StatusCode"]) == (200, "Failed")
    assert told["Description"]
    assert await rows(journal, "SELECT body, state FROM rejects") == [(body, "open")]
    assert await count(journal, "orders") == 0
    assert desk.counters.count("orders_received_total", application="unknown", outcome="rejected") == 1


async def test_xml_that_can_never_become_an_order_fails_in_xml(desk: Desk, journal: Journal) -> None:
    answer = await desk.post(b"<OrderRequest/>", XML)

    assert answer.status == 200
    assert "<StatusCode>Failed</StatusCode>" in await answer.text()
    assert await count(journal, "rejects") == 1


async def test_invariant_13_a_kept_body_becomes_an_order_once_the_cause_is_mended(journal: Journal) -> None:
    body = order(Header={"ApplicationKey": OUTLET_KEY})
    async with serving(journal) as desk:
        await desk.post(body)
    reject_id = await one(journal, "SELECT id FROM rejects")
    mended = {"demo": Application(name="demo", key=KEY), "outlet": Application(name="outlet", key=OUTLET_KEY)}

    async with serving(journal, applications=mended) as desk:
        with journal.listen(Topic.REPORTS) as noted:
            taken = await desk.intake.replay(reject_id)
            await noted.wait()

    assert (taken.order_ref, taken.application) == ("48447", "outlet")
    assert await rows(journal, "SELECT state, order_ref FROM rejects") == [("replayed", "48447")]
    assert await rows(journal, "SELECT body, answered_at IS NULL FROM orders") == [(body, 0)]


async def test_a_kept_body_whose_cause_remains_stays_open(desk: Desk, journal: Journal) -> None:
    await desk.post(order(Header={"ApplicationKey": OUTLET_KEY}))

    with pytest.raises(Exception, match="does not know this shop"):
        await desk.intake.replay(await one(journal, "SELECT id FROM rejects"))

    assert await rows(journal, "SELECT state FROM rejects") == [("open",)]


# --- not now ----------------------------------------------------------------------------------------------------------


async def test_a_busy_journal_is_told_to_come_again_and_stores_nothing(
    desk: Desk, journal: Journal, tmp_path: Path
) -> None:
    before = await everything(journal)
    async with journals.made_busy(journal, tmp_path):
        answer = await desk.post()

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "600"
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert await everything(journal) == before
    assert (await desk.post()).status == 200


async def test_a_journal_that_takes_too_long_is_told_to_come_again_and_a_repeat_finds_one_order(
    journal: Journal, tmp_path: Path
) -> None:
    async with serving(journal, limits=replace(LIMITS, answer_within=timedelta(milliseconds=400))) as desk:
        async with journals.made_busy(journal, tmp_path, patience_ms=3000):
            late = await desk.post()
        repeat = await desk.post()

    assert late.status == 503
    assert repeat.status == 200
    assert await count(journal, "orders") == 1


async def test_a_stopping_bridge_takes_no_new_order_and_finishes_those_in_hand(desk: Desk, journal: Journal) -> None:
    reader, writer = await desk.connect()
    body = order(1)
    writer.write(desk.head(len(body)) + body[:100])
    await writer.drain()
    await desk.until_in_hand()

    desk.stage.close()
    refused = await desk.post(order(2))
    writer.write(body[100:])
    finished = await reader.readline()

    writer.close()
    assert refused.status == 503
    assert refused.headers["Retry-After"] == "600"
    assert finished == b"HTTP/1.1 200 OK\r\n"
    assert [ref for (ref,) in await rows(journal, "SELECT order_ref FROM orders")] == ["1"]


async def test_too_many_at_once_are_told_to_come_again(journal: Journal) -> None:
    async with serving(journal, limits=replace(LIMITS, max_in_flight=1)) as desk:
        _, slow = await desk.connect()
        slow.write(desk.head(1000) + b"{")
        await slow.drain()
        await desk.until_in_hand()

        answer = await desk.post()

        slow.close()

        assert answer.status == 503
        assert answer.headers["Retry-After"] == "600"


async def test_a_target_with_too_many_waiting_files_takes_repeats_only(journal: Journal) -> None:
    async with serving(journal, outlets={"erp": outlet(max_waiting=1)}) as desk:
        statuses = [(await desk.post(order(ref))).status for ref in (1, 2, 1)]

    assert statuses == [200, 503, 200]
    assert await count(journal, "rejects") == 0


async def test_invariant_13_a_fault_that_nobody_foresaw_keeps_the_body_and_is_never_a_500(journal: Journal) -> None:
    nowhere = {"demo": Application(name="demo", key=KEY, target="a target without outlet")}
    async with serving(journal, applications=nowhere) as desk:
        answer = await desk.post()
        told = await answer.json()

    assert answer.status == 503
    assert answer.headers["Retry-After"] == "600"
    assert "KeyError" not in json.dumps(told)
    assert await rows(journal, "SELECT name, body FROM rejects") == [("unforeseen", JSON_SAMPLE)]


# --- the number in the reply ------------------------------------------------------------------------------------------

CONFIRMING = replace(LIMITS, confirm_within=timedelta(seconds=5))


async def until(news: asyncio.Event, is_so: Callable[[], Awaitable[bool]]) -> None:
    """Looks again at each news, as a stage does."""
    while True:
        news.clear()
        if await is_so():
            return
        await news.wait()


async def is_answered(journal: Journal) -> bool:
    return await one(journal, "SELECT answered_at FROM orders") is not None


async def is_reported(journal: Journal) -> bool:
    return await order_state_of(journal) == "reported"


async def answer_of_the_erp(journal: Journal, wake: asyncio.Event, status: AckStatus = AckStatus.CONFIRMED) -> None:
    await wake.wait()
    await journal.record(recording(ack(status=status)))


async def test_a_quick_erp_confirms_in_the_reply_and_the_report_is_settled_by_it(journal: Journal) -> None:
    async with serving(journal, limits=CONFIRMING) as desk:
        with journal.listen(Topic.DROPS) as admitted:
            post = asyncio.ensure_future(desk.post())
            await answer_of_the_erp(journal, admitted)
            answer = await (await post).json()
        with journal.listen(Topic.REPORTS) as noted:
            await until(noted, lambda: is_reported(journal))

    assert (answer["StatusCode"], answer["ErpOrderNo"]) == ("OK", "SO-1001")
    assert await reports_of(journal) == [(1, "confirmed", "SO-1001", "sent")]


async def test_a_slow_erp_leaves_the_answer_without_a_number(journal: Journal) -> None:
    quick = replace(LIMITS, confirm_within=timedelta(milliseconds=20))
    async with serving(journal, limits=quick) as desk:
        answer = await (await desk.post()).json()

    assert (answer["StatusCode"], answer["ErpOrderNo"]) == ("OK", None)


async def test_a_refusal_of_a_quick_erp_confirms_nothing_in_the_reply(journal: Journal) -> None:
    quick = replace(LIMITS, confirm_within=timedelta(milliseconds=100))
    async with serving(journal, limits=quick) as desk:
        with journal.listen(Topic.DROPS) as admitted:
            post = asyncio.ensure_future(desk.post())
            await answer_of_the_erp(journal, admitted, AckStatus.REJECTED)
            answer = await (await post).json()

    assert answer["ErpOrderNo"] is None
    assert await order_state_of(journal) == "held"


async def test_a_number_that_the_sender_did_not_live_to_read_is_reported_all_the_same(journal: Journal) -> None:
    async with serving(journal, limits=CONFIRMING) as desk:
        with journal.listen(Topic.DROPS) as admitted, journal.listen(Topic.REPORTS) as noted:
            _, writer = await desk.connect()
            writer.write(desk.head(len(JSON_SAMPLE)) + JSON_SAMPLE)
            await admitted.wait()
            writer.transport.abort()
            await asyncio.sleep(0.02)
            await answer_of_the_erp(journal, admitted)
            await until(noted, lambda: is_answered(journal))

    assert await reports_of(journal) == [(1, "confirmed", "SO-1001", "owed")]
    assert len(await journal.reports.due(timedelta())) == 1
