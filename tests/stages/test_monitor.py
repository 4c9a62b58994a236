"""The monitor: what becomes alarming and when, and that people hear of each outage once, again, and of its end."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.channels import Act, Notice
from bridge.counters import Counters
from bridge.errors import ErrorName, TransientError
from bridge.journal import Journal
from bridge.journal.conditions import Condition, Limits, TargetLimits, alarming
from bridge.journal.records import AlertFound, ReportEnd, ReportResult
from bridge.model import AckKind, AckStatus
from bridge.stages.monitor import stage as monitor_module
from bridge.stages.monitor.stage import EVERY, Monitor, Sights
from bridge.states import DropState, OrderState, Pause, PauseReason, ReportState
from tests.support import journals
from tests.support.clock import START, ManualClock

LIMITS = Limits(targets={"erp": TargetLimits(timedelta(minutes=30), timedelta(hours=4))})
LATER = timedelta(days=1)


@dataclass
class Heard:
    """A channel that keeps what it is told, and fails on cue."""

    name: str = "heard"
    notices: list[Notice] = field(default_factory=list)
    is_deaf: bool = False

    async def tell(self, notice: Notice) -> None:
        if self.is_deaf:
            raise TransientError("nobody listens", name=ErrorName.UNFORESEEN)
        self.notices.append(notice)

    @property
    def acts(self) -> list[Act]:
        return [notice.act for notice in self.notices]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def journal(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, clock) as opened:
        yield opened


def no_pause() -> Mapping[str, Pause]:
    return {}


def sights(**changed: object) -> Sights:
    return replace(Sights(LIMITS, no_pause), **changed)  # type: ignore[arg-type] # each test names real fields


def watcher(journal: Journal, clock: ManualClock, channel: Heard, seen: Sights | None = None) -> Monitor:
    return Monitor(journal, clock, Counters(), [channel], seen or sights())


async def found(journal: Journal, clock: ManualClock) -> set[Condition]:
    now = clock.now()
    return {one.condition for one in await journal.read(lambda db: alarming(db, LIMITS, now))}


async def end_report(journal: Journal, end: ReportEnd) -> None:
    (report,) = await journal.reports.due(timedelta())
    await journal.reports.settle(ReportResult(report, end, "400: no such order"))


async def answer(journal: Journal, status: AckStatus, kind: AckKind = AckKind.RESPONSE) -> None:
    await journal.record(journals.recording(journals.ack(status=status, kind=kind)))


async def make_order(journal: Journal, state: OrderState) -> None:
    """An order that has come as far as `state`, by the moves that the stages make."""
    order_id = await journals.admit(journal)
    match state:
        case OrderState.RECEIVED:
            return
        case OrderState.DROPPED:
            await journals.bring_to(journal, DropState.PUBLISHED)
        case OrderState.ACKNOWLEDGED:
            await answer(journal, AckStatus.CONFIRMED)
        case OrderState.REPORTED:
            await answer(journal, AckStatus.CONFIRMED)
            await end_report(journal, ReportEnd.SENT)
        case OrderState.HELD:
            await journals.bring_to(journal, DropState.HELD)
        case OrderState.DEAD:
            await answer(journal, AckStatus.CONFIRMED)
            await end_report(journal, ReportEnd.DEAD)
        case OrderState.ABANDONED:
            write(journal, "UPDATE orders SET abandoned = 1, state = 'abandoned' WHERE id = ?", order_id)


def write(journal: Journal, statement: str, *values: object) -> None:
    """A change that no move of this issue makes yet, written past the journal."""
    with closing(sqlite3.connect(journal._database)) as connection, connection:  # noqa: SLF001 - the file, no more
        connection.execute(statement, values)


@pytest.mark.parametrize("state", OrderState)
async def test_invariant_12_each_order_state_but_the_resting_ones_becomes_alarming(
    journal: Journal, clock: ManualClock, state: OrderState
) -> None:
    await make_order(journal, state)
    assert await journals.order_state_of(journal) == state

    clock.advance(LATER)

    is_resting = state in {OrderState.REPORTED, OrderState.ABANDONED}
    assert bool(await found(journal, clock)) is not is_resting


@pytest.mark.parametrize(
    ("state", "condition"),
    [
        (DropState.QUEUED, Condition.ORDERS_NOT_WRITTEN),
        (DropState.STAGED, Condition.ORDERS_NOT_WRITTEN),
        (DropState.PUBLISHED, Condition.FILES_NOT_PICKED_UP),
        (DropState.TAKEN, Condition.ACKNOWLEDGEMENT_OVERDUE),
        (DropState.HELD, Condition.NEEDS_A_PERSON),
        (DropState.UNCERTAIN, Condition.NEEDS_A_PERSON),
        (DropState.WITHDRAWN, Condition.ORDERS_NOT_WRITTEN),
        (DropState.ANSWERED, Condition.STATUS_NOT_REPORTED),
    ],
)
async def test_invariant_12_each_drop_state_becomes_alarming(
    journal: Journal, clock: ManualClock, state: DropState, condition: Condition
) -> None:
    await journals.admit(journal)
    if state is DropState.ANSWERED:
        await answer(journal, AckStatus.CONFIRMED)
    elif state is DropState.WITHDRAWN:
        write(journal, "UPDATE drops SET state = 'withdrawn'")
    else:
        await journals.bring_to(journal, state)

    clock.advance(LATER)

    assert condition in await found(journal, clock)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (DropState.QUEUED, {Condition.ORDERS_NOT_WRITTEN}),
        (DropState.PUBLISHED, {Condition.FILES_NOT_PICKED_UP}),
        (DropState.UNCERTAIN, {Condition.NEEDS_A_PERSON}),
        (DropState.TAKEN, set()),
    ],
)
async def test_invariant_12_the_file_of_a_copy_becomes_alarming_until_it_is_fetched(
    journal: Journal, clock: ManualClock, state: DropState, expected: set[Condition]
) -> None:
    await journals.admit(journal, copies=["warehouse"])
    await answer(journal, AckStatus.CONFIRMED)
    await end_report(journal, ReportEnd.SENT)
    await journals.bring_to(journal, state, "warehouse")

    clock.advance(LATER)

    assert await found(journal, clock) == expected


@pytest.mark.parametrize("state", ReportState)
async def test_invariant_12_each_report_state_but_sent_becomes_alarming(
    journal: Journal, clock: ManualClock, state: ReportState
) -> None:
    await journals.admit(journal)
    await answer(journal, AckStatus.CONFIRMED)
    write(journal, "UPDATE reports SET state = ?", state.value)

    clock.advance(LATER)

    expected = {
        ReportState.OWED: {Condition.STATUS_NOT_REPORTED},
        ReportState.SENT: set(),
        ReportState.DEAD: {Condition.DEAD_LETTERS},
        ReportState.UNCERTAIN: {Condition.NEEDS_A_PERSON},
    }
    assert await found(journal, clock) == expected[state]


async def test_invariant_12_a_refusal_a_conflict_and_a_reject_ask_for_a_person_at_once(
    journal: Journal, clock: ManualClock
) -> None:
    await journals.admit(journal, "1")
    await journal.record(journals.recording(journals.ack("1", AckStatus.REJECTED)))
    other = replace(journals.BODY, content=b"{}")
    await journal.admit(journals.admission("1", 9, fingerprint="other", body=other), keep_conflicts=True)
    await journal.reject(journals.rejection())

    now = clock.now()
    findings = await journal.read(lambda db: alarming(db, LIMITS, now))

    assert {one.subject for one in findings} == {"answers to decide", "conflicts", "rejects"}


async def test_what_is_young_is_not_alarming(journal: Journal, clock: ManualClock) -> None:
    await journals.admit(journal, "1")
    await journals.bring_to(journal, DropState.PUBLISHED)
    await journals.admit(journal, "2")

    clock.advance(timedelta(minutes=1))

    assert await found(journal, clock) == set()


async def test_a_file_that_somebody_took_unseen_is_only_overdue_for_its_answer(
    journal: Journal, clock: ManualClock
) -> None:
    await journals.admit(journal)
    await journals.settle(journal, DropState.STAGED)
    await journals.settle(journal, DropState.PUBLISHED, presumed=True)

    clock.advance(LATER)

    assert await found(journal, clock) == {Condition.ACKNOWLEDGEMENT_OVERDUE}


async def test_four_quarantined_files_within_a_quarter_of_an_hour_are_alarming(
    journal: Journal, clock: ManualClock
) -> None:
    for number in range(4):
        await journal.record(journals.recording(journals.ack(f"unknown-{number}"), claim=f"{number}__ORDRSP.csv"))

    soon = await found(journal, clock)
    clock.advance(timedelta(hours=1))

    assert soon == {Condition.QUARANTINE_GROWING}
    assert await found(journal, clock) == set()


async def test_an_outage_is_told_once_then_repeated_then_closed(journal: Journal, clock: ManualClock) -> None:
    channel = Heard()
    watch = watcher(journal, clock, channel)
    await journals.admit(journal)
    clock.advance(timedelta(minutes=3))

    await watch.look()
    await watch.look()
    clock.advance(timedelta(hours=4))
    await watch.look()
    await journals.bring_to(journal, DropState.TAKEN)
    await watch.look()

    assert channel.acts == [Act.RAISED, Act.REPEATED, Act.CLOSED]


async def test_an_alert_says_what_since_when_how_many_and_what_to_do(journal: Journal, clock: ManualClock) -> None:
    channel = Heard()
    await journals.admit(journal, "48447")
    await journals.admit(journal, "48448")
    clock.advance(timedelta(minutes=3))

    await watcher(journal, clock, channel).look()

    (notice,) = channel.notices
    assert notice.severity == "page"
    assert "2 orders for erp" in notice.text
    assert f"{START:%Y-%m-%d %H:%M}" in notice.text
    assert "Do: erp-bridge orders timeline 48447" in notice.text


async def test_an_unchanged_outage_writes_nothing_to_the_journal(journal: Journal, clock: ManualClock) -> None:
    await journals.admit(journal)
    clock.advance(timedelta(minutes=3))
    watch = watcher(journal, clock, Heard())
    await watch.look()
    before = await journals.one(journal, "SELECT max(id) + sum(told) FROM alerts")

    clock.advance(timedelta(minutes=3))
    await watch.look()

    assert await journals.one(journal, "SELECT max(id) + sum(told) FROM alerts") == before


async def test_a_fact_of_the_journal_is_told_once_and_not_closed(journal: Journal, clock: ManualClock) -> None:
    channel = Heard()
    watch = watcher(journal, clock, channel)
    await journals.admit(journal)
    await answer(journal, AckStatus.CHANGED)

    await watch.look()
    await watch.look()

    assert [(notice.act, notice.kind) for notice in channel.notices] == [(Act.RAISED, "answer_changed")]


async def test_a_refused_file_is_a_page_until_the_order_is_handed_over_anew_and_then_again(
    journal: Journal, clock: ManualClock
) -> None:
    channel = Heard()
    watch = watcher(journal, clock, channel)
    await journals.admit(journal)
    await journals.bring_to(journal, DropState.TAKEN)

    await answer(journal, AckStatus.REJECTED, AckKind.RECEIPT)
    await watch.look()
    clock.advance(timedelta(hours=4))
    await watch.look()
    (file,) = await journal.acts.current(1)
    await journal.acts.resend(file, "mended")
    await watch.look()
    await journals.bring_to(journal, DropState.PUBLISHED)
    await journal.record(
        journals.recording(journals.ack(status=AckStatus.REJECTED, kind=AckKind.RECEIPT), claim="2__B")
    )
    await watch.look()

    refusals = [notice for notice in channel.notices if notice.kind == "file_refused"]
    assert [one.act for one in refusals] == [Act.RAISED, Act.REPEATED, Act.CLOSED, Act.RAISED]
    assert {one.severity for one in refusals} == {"page"}
    assert "orders resend" not in refusals[2].text


async def test_an_alert_that_nobody_heard_is_told_again_at_the_next_look(journal: Journal, clock: ManualClock) -> None:
    channel = Heard(is_deaf=True)
    watch = watcher(journal, clock, channel)
    await journal.reject(journals.rejection())

    await watch.look()
    channel.is_deaf = False
    clock.advance(EVERY)
    await watch.look()

    assert channel.acts == [Act.RAISED]


async def test_one_deaf_channel_does_not_make_the_others_hear_twice(journal: Journal, clock: ManualClock) -> None:
    deaf, channel, counters = Heard("deaf", is_deaf=True), Heard(), Counters()
    watch = Monitor(journal, clock, counters, [deaf, channel], sights())
    await journal.reject(journals.rejection())

    await watch.look()
    await watch.look()

    assert channel.acts == [Act.RAISED]
    assert counters.count("notifications_total", channel="deaf", result="failed") == 1


async def test_a_deaf_channel_is_told_once_it_hears_and_of_the_end_too(journal: Journal, clock: ManualClock) -> None:
    deaf, channel, counters = Heard("deaf", is_deaf=True), Heard(), Counters()
    watch = Monitor(journal, clock, counters, [channel, deaf], sights())
    await journals.admit(journal)
    clock.advance(timedelta(minutes=3))

    await watch.look()
    deaf.is_deaf = False
    clock.advance(EVERY)
    await watch.look()
    await journals.bring_to(journal, DropState.TAKEN)
    await watch.look()

    assert channel.acts == deaf.acts == [Act.RAISED, Act.CLOSED]
    assert counters.count("notifications_total", channel="deaf", result="failed") == 1
    assert counters.count("notifications_total", channel="deaf", result="told") == 2


async def test_an_outage_that_came_and_went_unheard_is_not_told_at_all(journal: Journal, clock: ManualClock) -> None:
    deaf, channel = Heard("deaf", is_deaf=True), Heard()
    watch = Monitor(journal, clock, Counters(), [channel, deaf], sights())
    await journals.admit(journal)
    clock.advance(timedelta(minutes=3))

    await watch.look()
    await journals.bring_to(journal, DropState.TAKEN)
    await watch.look()
    deaf.is_deaf = False
    clock.advance(timedelta(minutes=10))
    await watch.look()

    assert channel.acts == [Act.RAISED, Act.CLOSED]
    assert deaf.acts == []


async def test_a_deaf_channel_rests_longer_and_longer(journal: Journal, clock: ManualClock) -> None:
    deaf, counters = Heard("deaf", is_deaf=True), Counters()
    watch = Monitor(journal, clock, counters, [Heard(), deaf], sights())
    await journal.reject(journals.rejection())

    for _ in range(12):  # a minute of looks: at 0, 5, 15 and 35 s
        await watch.look()
        clock.advance(EVERY)

    assert counters.count("notifications_total", channel="deaf", result="failed") == 4


async def test_a_paused_target_is_a_page_until_the_pause_ends(journal: Journal, clock: ManualClock) -> None:
    pauses = {"erp": Pause(PauseReason.FOLDER, START, "the outbox is gone")}
    channel = Heard()
    watch = watcher(journal, clock, channel, sights(pauses=lambda: dict(pauses)))

    await watch.look()
    pauses.clear()
    await watch.look()

    assert [(notice.act, notice.severity) for notice in channel.notices] == [
        (Act.RAISED, "page"),
        (Act.CLOSED, "page"),
    ]
    raised, closed = (notice.text for notice in channel.notices)
    assert "folder: the outbox is gone" in raised
    assert "Do: " in raised
    assert "Do: " not in closed


async def test_a_full_disk_is_told_once_however_many_folders_lie_on_it(
    journal: Journal, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor_module, "LEAST_FREE_BYTES", 10**18)
    channel = Heard()
    folders = {"journal": tmp_path, "outbox": tmp_path, "gone": tmp_path / "gone"}
    watch = watcher(journal, clock, channel, sights(folders=folders))

    await watch.look()

    assert [(notice.kind, notice.subject) for notice in channel.notices] == [("disk_low", "journal")]


async def test_damage_and_what_other_stages_find_become_alerts(journal: Journal, clock: ManualClock) -> None:
    other = AlertFound("inbox_missing", "erp", "page", "no inbox")
    channel = Heard()
    watch = watcher(journal, clock, channel, sights(damage=lambda: "page 7 is torn", others=lambda: [other]))

    await watch.look()
    clock.advance(timedelta(minutes=5))
    await watch.look()

    assert [notice.kind for notice in channel.notices] == ["journal_damaged", "inbox_missing"]
    assert "page 7 is torn" in channel.notices[0].text


async def test_the_monitor_keeps_looking_until_it_is_stopped(journal: Journal, clock: ManualClock) -> None:
    channel, stop = Heard(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(watcher(journal, clock, channel).run(stop))
        await clock.until_waiting()

        await journal.reject(journals.rejection())
        while not channel.notices:  # noqa: ASYNC110 - lets the monitor run; no time passes
            await asyncio.sleep(0)
        stop.set()

    assert channel.acts == [Act.RAISED]
