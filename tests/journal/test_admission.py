"""One key admits one order; what a repeat, a conflict and a reference in other letters get."""

import asyncio
import hashlib
import threading
from dataclasses import replace

import pytest
from sqlite_utils import Database

from bridge.journal import Journal, Topic
from bridge.journal.records import Admitted, Body
from bridge.model import AckStatus
from tests.support.journals import (
    BODY,
    ack,
    admission,
    admit,
    drop,
    drop_state,
    everything,
    one,
    order_state_of,
    recording,
    rows,
)
from tests.support.running import a_few_turns

XML = Body(b"<OrderRequest/>", "application/xml", "xml")


async def test_invariant_1_order_drop_and_first_event_are_there_when_admit_returns(journal: Journal) -> None:
    given = admission("48447")

    admitted = await journal.admit(given, keep_conflicts=True)

    content, sha256 = (await rows(journal, "SELECT content, sha256 FROM drops"))[0]
    events = await rows(journal, "SELECT kind, order_id FROM events")
    assert not admitted.repeat
    assert await order_state_of(journal) == "received"
    assert await drop_state(journal) == "queued"
    assert (content, sha256) == (given.drops[0].content, hashlib.sha256(content).hexdigest())
    assert events == [("received", admitted.order_id)]


async def test_invariant_2_a_repeat_finds_the_first_and_stores_nothing(journal: Journal) -> None:
    first = await journal.admit(admission("48447", 1), keep_conflicts=True)
    before = await everything(journal)

    again = await journal.admit(admission("48447", 2), keep_conflicts=True)

    assert again == Admitted(first.order_id, repeat=True)
    assert await everything(journal) == before


async def test_invariant_2_a_repeat_is_told_the_number_that_the_erp_gave(journal: Journal) -> None:
    await admit(journal)
    await journal.record(recording(ack(number="SO-1001")))

    again = await journal.admit(admission("48447", 2), keep_conflicts=True)

    assert again.erp_order_no == "SO-1001"


@pytest.mark.parametrize("status", [AckStatus.REJECTED, AckStatus.CANCELLED, AckStatus.ON_HOLD, AckStatus.RECEIVED])
async def test_invariant_2_a_repeat_is_told_no_number_that_would_confirm_it(
    journal: Journal, status: AckStatus
) -> None:
    await admit(journal)
    await journal.record(recording(ack(status=status, number="SO-1001")))

    again = await journal.admit(admission("48447", 2), keep_conflicts=True)

    assert again.repeat
    assert again.erp_order_no is None


async def test_invariant_2_twenty_at_once_become_one_order(journal: Journal) -> None:
    copies = [admission("48447", control) for control in range(1, 21)]

    admitted = await asyncio.gather(*(journal.admit(copy, keep_conflicts=True) for copy in copies))

    assert [answer.repeat for answer in admitted].count(False) == 1
    assert len({answer.order_id for answer in admitted}) == 1
    assert await one(journal, "SELECT count(*) FROM orders") == 1
    assert await one(journal, "SELECT count(*) FROM drops") == 1


@pytest.mark.parametrize("other", ["a-1", "A-1 ", " A-1", "A-01"])
async def test_invariant_2_a_reference_counts_exactly_as_sent(journal: Journal, other: str) -> None:
    first = await journal.admit(admission("A-1", 1), keep_conflicts=True)

    second = await journal.admit(admission(other, 2), keep_conflicts=True)

    assert not second.repeat
    assert second.order_id != first.order_id


async def test_invariant_3_the_same_order_in_another_kind_is_no_conflict(journal: Journal) -> None:
    await journal.admit(admission("48447", 1), keep_conflicts=True)

    again = await journal.admit(admission("48447", 2, body=XML), keep_conflicts=True)

    assert again.repeat
    assert not again.conflict
    assert await rows(journal, "SELECT * FROM conflicts") == []


@pytest.mark.parametrize("read_anew", [{"fingerprint": "as a later version reads it"}, {"application": "renamed"}])
async def test_invariant_3_the_same_bytes_are_no_conflict_however_they_are_read(
    journal: Journal, read_anew: dict[str, str]
) -> None:
    await journal.admit(admission("48447", 1), keep_conflicts=True)

    again = await journal.admit(admission("48447", 2, **read_anew), keep_conflicts=True)

    assert again.repeat
    assert not again.conflict


@pytest.mark.parametrize("changed", [{"fingerprint": "another order"}, {"application": "outlet"}])
async def test_invariant_3_a_differing_repeat_is_kept_and_the_first_goes_on(
    journal: Journal, changed: dict[str, str]
) -> None:
    first = await journal.admit(admission("48447", 1), keep_conflicts=True)

    again = await journal.admit(admission("48447", 2, body=XML, **changed), keep_conflicts=True)

    kept = await rows(journal, "SELECT order_id, body, state, seen FROM conflicts")
    assert again == Admitted(first.order_id, repeat=True, conflict=True)
    assert kept == [(first.order_id, XML.content, "open", 1)]
    assert await one(journal, "SELECT body FROM orders") == BODY.content
    assert await drop_state(journal) == "queued"
    assert [kind for (kind,) in await rows(journal, "SELECT kind FROM events")] == ["received", "conflict"]


async def test_invariant_3_the_same_second_body_again_only_counts_up(journal: Journal) -> None:
    await journal.admit(admission("48447", 1), keep_conflicts=True)
    other = admission("48447", 2, body=XML, fingerprint="another order")

    for _ in range(3):
        await journal.admit(other, keep_conflicts=True)

    assert await rows(journal, "SELECT seen FROM conflicts") == [(3,)]
    assert await one(journal, "SELECT count(*) FROM events WHERE kind = 'conflict'") == 1


async def test_a_setting_leaves_conflicts_unkept_and_still_tells_of_them(journal: Journal) -> None:
    await journal.admit(admission("48447", 1), keep_conflicts=False)

    other = admission("48447", 2, body=XML, fingerprint="another order")
    again = await journal.admit(other, keep_conflicts=False)

    assert again.conflict
    assert await rows(journal, "SELECT * FROM conflicts") == []


async def test_an_order_with_copies_has_one_drop_a_target(journal: Journal) -> None:
    drops = (drop("48447", 1), drop("48447", 7, "warehouse", confirming=False))

    await journal.admit(admission("48447", drops=drops), keep_conflicts=True)

    found = await rows(journal, "SELECT target, confirming, control FROM drops ORDER BY id")
    assert found == [("erp", 1, 1), ("warehouse", 0, 7)]
    assert await one(journal, "SELECT target FROM orders") == "erp"


async def test_one_bad_drop_leaves_nothing_of_its_order_behind(journal: Journal) -> None:
    twice_the_same = (drop("48447", 1), replace(drop("48447", 1), confirming=False))

    with pytest.raises(Exception, match="UNIQUE"):
        await journal.admit(admission("48447", drops=twice_the_same), keep_conflicts=True)

    assert await journal.find("48447") is None
    assert await rows(journal, "SELECT * FROM events") == []


async def test_warnings_of_an_order_stand_in_its_first_event(journal: Journal) -> None:
    await journal.admit(admission("48447", warnings=("the totals differ",)), keep_conflicts=True)

    facts = await one(journal, "SELECT facts FROM events")

    assert "the totals differ" in facts


async def test_each_of_several_requests_in_one_commit_wakes_who_waits_for_it(journal: Journal) -> None:
    await admit(journal)
    begun = threading.Event()
    may_go_on = threading.Event()

    def hold_up(_: Database) -> None:
        begun.set()
        may_go_on.wait()

    with journal.listen(Topic.REPORTS) as reports, journal.listen(Topic.ANSWERS) as answers:
        ahead = asyncio.ensure_future(journal._threads.write(hold_up))  # noqa: SLF001 - the next ones share a commit
        await asyncio.to_thread(begun.wait)
        waiting = [
            asyncio.ensure_future(journal.record(recording(ack()))),
            asyncio.ensure_future(journal.note_answered([(1, None)])),
            asyncio.ensure_future(journal.set_identity("erp", "id", proven=False)),
        ]
        await a_few_turns()
        after_them = journal._threads._writer.submit(lambda _: None)  # noqa: SLF001 - the loop is kept busy meanwhile
        may_go_on.set()
        after_them.result(5)
        async with asyncio.timeout(5):
            await asyncio.gather(ahead, *waiting)

        assert reports.is_set()
        assert answers.is_set()


async def test_admitting_wakes_who_waits_for_drops_after_the_commit(journal: Journal) -> None:
    with journal.listen(Topic.DROPS) as drops, journal.listen(Topic.REPORTS) as reports:
        await journal.admit(admission("48447"), keep_conflicts=True)
        await drops.wait()

        assert not reports.is_set()
        assert await drop_state(journal) == "queued"
