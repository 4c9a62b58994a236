"""The acts on orders over the admin API: what is passed on, what is refused, and in which form."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.counters import Counters
from bridge.journal import Journal
from bridge.journal.records import Confirmation, RenderedDrop
from bridge.ops.admin import build_app
from bridge.ops.operations import OrderActs
from bridge.retry import RetryPolicy
from bridge.stages.drop.stage import DropPoint, DropStage
from bridge.states import DropState, ReportPolicy
from bridge.transports import folder
from tests.ops.running import Client, Running
from tests.support import journals
from tests.support.journals import ack, admit, bring_to, drop_state, order_state_of, recording, reports_of, rows
from tests.support.running import at_rest, running as at_work

API = "/api/v1"
NAME = "ORDERS_48447_000001.csv"


@pytest.fixture
async def stage(running: Running, journal: Journal, tmp_path: Path) -> AsyncIterator[DropStage]:
    """A drop stage at work on a folder."""
    outbox = tmp_path / "outbox"
    transport = folder.build(folder.Options(directory=outbox, staging=outbox / ".staging"))
    points = [DropPoint("erp", transport, "delimited")]
    stage = DropStage(points, journal, running.clock, Counters(), RetryPolicy())
    async with at_work(stage.run):
        await at_rest(running.clock)
        yield stage


@pytest.fixture
async def served(
    running: Running, journal: Journal, stage: DropStage, aiohttp_client: Callable[..., Awaitable[Client]]
) -> Client:
    async def render(_: int, __: str) -> RenderedDrop:
        return journals.drop("48447", 2)

    async def render_again(order_id: int, because: str, target: str) -> str:
        return await stage.acts.render_again(order_id, because, render, target)

    async def confirm(order_id: int, number: str, because: str, is_shared: bool) -> None:  # noqa: FBT001 - an act of ops
        await journal.acts.confirm(Confirmation(order_id, number, because, ReportPolicy(), is_shared))

    acts = stage.acts
    order_acts = OrderActs(acts.hold, acts.release, acts.resend, render_again, acts.abandon, confirm)
    return await aiohttp_client(build_app(running.operations(order_acts=order_acts)))


async def act(client: Client, name: str, ref: str = "48447", **words: object) -> tuple[int, dict[str, Any]]:
    """Asks for an act on an order; returns the status and the document."""
    answer = await client.post(f"{API}/orders/{ref}/{name}", json={"reason": "because"} | words)
    return answer.status, await answer.json()


async def test_an_order_is_held_and_released(served: Client, running: Running, journal: Journal) -> None:
    await admit(journal)
    await at_rest(running.clock)

    held = await act(served, "hold")
    released = await act(served, "release")

    assert held == (200, {"order_ref": "48447", "state": "held", "told": f"{NAME} is held"})
    assert released == (200, {"order_ref": "48447", "state": "dropped", "told": f"{NAME} goes on"})
    told = await rows(journal, "SELECT kind FROM events WHERE facts ->> 'because' = 'because' ORDER BY id")
    assert told == [("held",), ("released",)]


async def test_a_number_that_another_order_has_is_refused_unless_both_are_meant(
    served: Client, running: Running, journal: Journal
) -> None:
    await admit(journal)
    await admit(journal, "48448")
    await admit(journal, "SO-1")
    await at_rest(running.clock)
    await act(served, "confirm", erp_order_no="SO-1")

    status, problem = await act(served, "confirm", "48448", erp_order_no="SO-1")
    before = await rows(journal, "SELECT erp_order_no FROM orders WHERE order_ref = '48448'")
    meant = await act(served, "confirm", "48448", erp_order_no="SO-1", shared=True)

    assert (status, problem["type"]) == (409, "urn:erp-bridge:error:state_forbids")
    assert 'erp gave the number "SO-1" to another order already: 48447 (#1)' in problem["detail"]
    assert "--shared" in problem["hint"]
    assert before == [(None,)]
    assert meant[0] == 200


async def test_a_number_of_another_erp_is_another_number(served: Client, running: Running, journal: Journal) -> None:
    await admit(journal)
    elsewhere = journals.admission("48448", drops=(journals.drop("48448", 1, "wms"),))
    await journal.admit(elsewhere, keep_conflicts=True)
    await at_rest(running.clock)
    await act(served, "confirm", erp_order_no="SO-1")

    assert (await act(served, "confirm", "48448", erp_order_no="SO-1"))[0] == 200


async def test_an_order_is_sent_again_by_today_s_mapping(served: Client, running: Running, journal: Journal) -> None:
    await admit(journal)
    await at_rest(running.clock)

    status, told = await act(served, "resend", how="render-again")

    assert (status, told["told"]) == (200, f"ORDERS_48447_000002.csv takes the place of {NAME}")
    assert [row[0] for row in await rows(journal, "SELECT control FROM drops WHERE state <> 'withdrawn'")] == [2]


async def test_a_person_confirms_and_remarks(served: Client, journal: Journal) -> None:
    await admit(journal)

    confirmed = await act(served, "confirm", erp_order_no=" SO-1001 ")
    noted = await act(served, "note")

    assert confirmed[1]["told"] == "confirmed with the ERP number SO-1001"
    assert noted == (200, {"order_ref": "48447", "state": "acknowledged", "told": "noted"})
    assert await reports_of(journal) == [(1, "confirmed", "SO-1001", "owed")]


async def test_an_order_is_abandoned_once(served: Client, journal: Journal) -> None:
    await admit(journal)

    first, second = await act(served, "abandon"), await act(served, "abandon")

    assert (first[0], first[1]["state"]) == (200, "abandoned")
    assert (second[0], second[1]["detail"]) == (409, "order 48447 is abandoned: nothing is left to abandon")


@pytest.mark.parametrize(
    ("name", "words", "why"),
    [
        ("hold", {}, f"{NAME} is answered"),
        ("release", {}, f"{NAME} is answered"),
        ("resend", {}, f"{NAME} is answered"),
        ("resend", {"how": "render-again"}, f"{NAME} is answered"),
        ("confirm", {"erp_order_no": "SO-7"}, 'already has the ERP number "SO-1001"'),
        ("settle", {}, "order 48447 is acknowledged: nothing of it waits to be settled"),
    ],
)
async def test_what_the_state_forbids_is_answered_409_naming_it(
    served: Client, journal: Journal, name: str, words: dict[str, str], why: str
) -> None:
    await admit(journal)
    await bring_to(journal, DropState.TAKEN)
    await journal.record(recording(ack()))

    status, told = await act(served, name, **words)

    assert (status, told["type"]) == (409, "urn:erp-bridge:error:state_forbids")
    assert why in told["detail"]
    assert await drop_state(journal) == "answered"


async def test_a_file_in_another_hand_is_answered_409_busy(served: Client, running: Running, journal: Journal) -> None:
    await admit(journal)
    await at_rest(running.clock)

    with journal.drops.lease([1]):
        status, told = await act(served, "hold")

    assert (status, told["type"]) == (409, "urn:erp-bridge:error:busy")


@pytest.mark.parametrize("name", ["hold", "release", "resend", "abandon", "confirm", "settle", "note"])
async def test_an_unknown_order_and_a_missing_reason_are_refused(served: Client, journal: Journal, name: str) -> None:
    await admit(journal)

    unknown = await served.post(f"{API}/orders/9999/{name}", json={"reason": "x", "erp_order_no": "SO-1"})
    silent = await served.post(f"{API}/orders/48447/{name}", json={"erp_order_no": "SO-1"})

    assert (unknown.status, silent.status) == (404, 400)
    assert await order_state_of(journal) in {"received", "dropped"}


@pytest.mark.parametrize(
    ("name", "words"),
    [("resend", {"how": "twice"}), ("confirm", {}), ("confirm", {"erp_order_no": "SO\n1"})],
)
async def test_words_that_are_not_clear_are_refused(
    served: Client, journal: Journal, name: str, words: dict[str, str]
) -> None:
    await admit(journal)

    status, _ = await act(served, name, **words)

    assert status == 400
    assert await reports_of(journal) == []


async def test_an_ambiguous_reference_names_its_candidates(served: Client, journal: Journal) -> None:
    await admit(journal, "a1")
    await admit(journal, "A1")

    status, told = await act(served, "hold", ref="A1%20")

    assert (status, told["type"]) == (409, "urn:erp-bridge:error:ambiguous")
    assert "a1 (#1), A1 (#2)" in told["detail"]


async def test_an_act_under_the_same_key_is_done_once(served: Client, running: Running, journal: Journal) -> None:
    await admit(journal)
    await at_rest(running.clock)
    headers = {"Idempotency-Key": "k"}

    answers = [await served.post(f"{API}/orders/48447/hold", json={"reason": "x"}, headers=headers) for _ in range(2)]

    assert [answer.status for answer in answers] == [200, 200]
    assert await answers[0].text() == await answers[1].text()


async def test_a_report_in_doubt_is_settled_by_hand_and_the_same_key_settles_nothing_more(
    served: Client, journal: Journal
) -> None:
    await admit(journal)
    await journal.record(recording(ack()))
    await journals.meddle(journal, "UPDATE reports SET state = 'uncertain'")
    asked: dict[str, Any] = {"json": {"reason": "seen in Norce"}, "headers": {"Idempotency-Key": "k"}}

    answers = [await served.post(f"{API}/orders/48447/settle", **asked) for _ in range(2)]

    told = "settled by hand: report 1 (status confirmed), which was uncertain"
    assert [answer.status for answer in answers] == [200, 200]
    assert await answers[1].json() == {"order_ref": "48447", "state": "reported", "told": told}
    kinds = await rows(journal, "SELECT kind FROM events WHERE facts ->> 'because' = 'seen in Norce'")
    assert kinds == [("settled_by_person",)]


async def test_several_matters_are_not_settled_by_one_word(served: Client, journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack()))
    await journals.meddle(journal, "UPDATE reports SET state = 'dead'")
    await journals.meddle(journal, "UPDATE orders SET waits_because = 'invoice F-1: row 1 costs 9, and 8 in the order'")

    vague, wrong = await act(served, "settle"), await act(served, "settle", what="2")
    named = await act(served, "settle", what="answer")

    assert (vague[0], vague[1]["type"]) == (409, "urn:erp-bridge:error:ambiguous")
    assert "1: report 1 (status confirmed), which was dead; answer: the question" in vague[1]["detail"]
    assert (wrong[0], wrong[1]["type"]) == (409, "urn:erp-bridge:error:state_forbids")
    assert (named[0], named[1]["state"]) == (200, "dead")
    assert "invoice F-1: row 1 costs 9" in named[1]["told"]


async def test_a_bridge_without_a_drop_stage_says_so(client: Client, journal: Journal) -> None:
    await admit(journal)

    status, _ = await act(client, "hold")

    assert status == 409
