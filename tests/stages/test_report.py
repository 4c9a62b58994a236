"""Norce is told what it is owed: in sequence, at least once, and never by guess."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.counters import Counters
from bridge.errors import ErrorName, FatalError, PermanentError, TransientError
from bridge.journal import Journal
from bridge.model import AckStatus
from bridge.norce.reports import Body
from bridge.retry import RetryPolicy
from bridge.stages.report import AT_THE_SAME_TIME, Manners, ReportStage
from tests.stages.drop_support import SECOND, Gate
from tests.support import journals
from tests.support.clock import ManualClock
from tests.support.journals import ack, admission, admit, one, order_state_of, recording, reports_of, rows
from tests.support.running import a_few_turns, at_rest, running

BUSY = TransientError("Norce answered 503", name=ErrorName.NORCE_BUSY)
REFUSED = PermanentError("Norce answered 400", name=ErrorName.NORCE_REFUSED)


@dataclass
class Norce:
    """Norce as the stage knows it: remembers what it was told, and stumbles on cue."""

    told: list[Body] = field(default_factory=list)
    cue: Callable[[Body], Awaitable[None]] | None = None
    after: Callable[[Body], Awaitable[None]] | None = None
    most_at_once: int = 0
    is_away: bool = False
    closed_for: timedelta = timedelta()
    _at_once: int = 0

    async def send(self, operation: str, body: Body, application: str) -> None:
        assert (operation, application) == ("SendOrderStatus", "demo")
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self.cue is not None:
                await self.cue(body)
            await asyncio.sleep(0)
            self.told.append(body)
            if self.after is not None:
                await self.after(body)
        finally:
            self._at_once -= 1

    def statuses(self) -> list[str]:
        return [str(body["OrderStatus"]) for body in self.told]


def failing(*errors: BaseException) -> Callable[[Body], Awaitable[None]]:
    """Raises each in turn, then nothing."""
    left = list(errors)

    async def cue(_: Body) -> None:
        if left:
            raise left.pop(0)

    return cue


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def journal(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path, clock) as journal:
        yield journal


@pytest.fixture
def norce() -> Norce:
    return Norce()


@pytest.fixture
def counters() -> Counters:
    return Counters()


def stage_of(
    norce: Norce,
    journal: Journal,
    clock: ManualClock,
    retry: RetryPolicy | None = None,
    counters: Counters | None = None,
) -> ReportStage:
    manners = Manners(2 * SECOND, retry or RetryPolicy(first=10 * SECOND, longest=10 * SECOND))
    return ReportStage(norce, journal, clock, counters or Counters(), manners)


async def owe(journal: Journal, clock: ManualClock, *statuses: AckStatus, ref: str = "48447") -> int:
    """An order that was answered long ago, and of which Norce is now owed these statuses."""
    order_id = await admit(journal, ref)
    said = [ack(ref, status, f"SO-{ref}") for status in statuses or [AckStatus.CONFIRMED]]
    await journal.record(recording(*said, claim=f"{ref}__ORDRSP.csv"))
    clock.advance(2 * SECOND)
    return order_id


async def test_a_confirmation_is_sent_with_both_keys(journal: Journal, clock: ManualClock, norce: Norce) -> None:
    await owe(journal, clock)

    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)

    assert norce.told == [{"OrderStatus": "Confirmed", "ClientOrderRef": 48447, "ErpOrderNo": "SO-48447"}]
    assert await order_state_of(journal) == "reported"


async def test_reports_of_one_order_arrive_in_sequence(journal: Journal, clock: ManualClock, norce: Norce) -> None:
    await owe(journal, clock, AckStatus.BACKORDER, AckStatus.DELIVERED, AckStatus.INVOICED)

    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)

    assert norce.statuses() == ["Confirmed", "BackOrder", "Delivered", "Invoiced"]


async def test_nothing_is_sent_before_norce_has_booked_its_own_answer(
    journal: Journal, clock: ManualClock, norce: Norce
) -> None:
    await admit(journal)
    await journal.record(recording(ack()))

    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)
        clock.advance(2 * SECOND - timedelta(milliseconds=1))
        await at_rest(clock)
        too_early = norce.statuses()
        clock.advance(timedelta(milliseconds=1))
        await at_rest(clock)

    assert too_early == []
    assert norce.statuses() == ["Confirmed"]


async def test_nothing_is_sent_while_the_answer_is_not_written_out(
    journal: Journal, clock: ManualClock, norce: Norce
) -> None:
    admitted = await journal.admit(admission("48447"), keep_conflicts=True)
    await journal.record(recording(ack()))

    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)
        clock.advance(3600 * SECOND)
        await at_rest(clock)
        before = norce.statuses()
        await journal.note_answered([(admitted.order_id, None)])
        clock.advance(2 * SECOND)
        await at_rest(clock)

    assert before == []
    assert norce.statuses() == ["Confirmed"]


@pytest.mark.parametrize("error", [BUSY, OSError("a bug of the client")])
async def test_a_fault_that_may_pass_is_tried_again_later(
    journal: Journal, clock: ManualClock, norce: Norce, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: 0.9)
    await owe(journal, clock)
    norce.cue = failing(error)

    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)
        clock.advance(4 * SECOND)
        await at_rest(clock)
        too_early = norce.statuses()
        clock.advance(6 * SECOND)
        await at_rest(clock)

    assert too_early == []
    assert norce.statuses() == ["Confirmed"]
    assert await rows(journal, "SELECT attempts, state FROM reports") == [(2, "sent")]


async def test_what_failed_together_does_not_come_back_together(
    journal: Journal, clock: ManualClock, norce: Norce
) -> None:
    for number in range(12):
        await owe(journal, clock, ref=str(48447 + number))
    norce.cue = failing(*[TransientError("busy", name=ErrorName.NORCE_BUSY)] * 12)

    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)

    waits = [wait for (wait,) in await rows(journal, "SELECT waited_s FROM reports WHERE attempts > 0")]
    assert len(set(waits)) > len(waits) / 2
    assert max(waits) <= 10
    assert min(waits) < 8


async def test_norce_s_own_wish_when_to_come_again_is_kept(journal: Journal, clock: ManualClock, norce: Norce) -> None:
    await owe(journal, clock)
    norce.cue = failing(TransientError("slow down", name=ErrorName.NORCE_BUSY, retry_after_s=120))

    async with running(stage_of(norce, journal, clock).run):
        for _ in range(11):
            await at_rest(clock)
            clock.advance(10 * SECOND)
        await at_rest(clock)
        too_early = norce.statuses()
        clock.advance(10 * SECOND)
        await at_rest(clock)

    assert too_early == []
    assert norce.statuses() == ["Confirmed"]


async def test_a_refusal_is_a_dead_letter_at_once_and_holds_back_what_follows(
    journal: Journal, clock: ManualClock, norce: Norce
) -> None:
    order_id = await owe(journal, clock, AckStatus.CONFIRMED, AckStatus.DELIVERED)
    norce.cue = failing(REFUSED)

    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)
        clock.advance(3600 * SECOND)
        await at_rest(clock)
        before = (norce.statuses(), await order_state_of(journal))
        await journal.requeue(order_id, "mended in Norce")
        await at_rest(clock)

    assert before == ([], "dead")
    assert norce.statuses() == ["Confirmed", "Delivered"]
    assert await order_state_of(journal) == "reported"


async def test_another_order_s_reports_do_not_wait_for_a_dead_one(
    journal: Journal, clock: ManualClock, norce: Norce
) -> None:
    await owe(journal, clock, ref="1")
    await owe(journal, clock, ref="2")

    async def refuse_the_first(body: Body) -> None:
        if body["ClientOrderRef"] == 1:
            raise REFUSED

    norce.cue = refuse_the_first
    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)

    assert [body["ClientOrderRef"] for body in norce.told] == [2]
    assert [await order_state_of(journal, ref) for ref in "12"] == ["dead", "reported"]


async def test_a_report_that_never_gets_through_is_given_up(journal: Journal, clock: ManualClock, norce: Norce) -> None:
    await owe(journal, clock)
    norce.cue = failing(*[BUSY] * 100)
    retry = RetryPolicy(first=10 * SECOND, longest=10 * SECOND, give_up_after=30 * SECOND)

    async with running(stage_of(norce, journal, clock, retry).run):
        for _ in range(40):  # each wait is drawn from nothing to ten seconds
            await at_rest(clock)
            clock.advance(10 * SECOND)
        await at_rest(clock)

    assert await order_state_of(journal) == "dead"
    assert "503" in await one(journal, "SELECT error FROM reports")


async def test_a_few_orders_are_told_at_the_same_time_and_no_more(
    journal: Journal, clock: ManualClock, norce: Norce
) -> None:
    for number in range(1, 21):
        await owe(journal, clock, ref=str(number))

    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)

    assert norce.most_at_once == AT_THE_SAME_TIME
    assert len(norce.told) == 20


async def test_invariant_9_what_was_sent_and_not_settled_is_sent_again_with_the_same_content(
    tmp_path: Path, clock: ManualClock, norce: Norce
) -> None:
    async with journals.opened(tmp_path, clock) as journal:
        await owe(journal, clock)
        norce.after = failing(FatalError("killed", name=ErrorName.UNFORESEEN))
        with pytest.raises(ExceptionGroup):
            await stage_of(norce, journal, clock).run(asyncio.Event())

    async with journals.opened(tmp_path, clock) as journal:
        async with running(stage_of(norce, journal, clock).run):
            await at_rest(clock)

        assert norce.told == [{"OrderStatus": "Confirmed", "ClientOrderRef": 48447, "ErpOrderNo": "SO-48447"}] * 2
        assert await rows(journal, "SELECT attempts, state FROM reports") == [(1, "sent")]


async def test_invariant_11_a_call_cut_short_by_stopping_was_not_tried(
    journal: Journal, clock: ManualClock, norce: Norce
) -> None:
    await owe(journal, clock)
    gate = Gate()
    norce.cue = gate
    stage = asyncio.ensure_future(stage_of(norce, journal, clock).run(asyncio.Event()))
    await gate.reached.wait()

    stage.cancel()
    await asyncio.wait([stage])

    assert await rows(journal, "SELECT attempts, waited_s, state FROM reports") == [(0, 0.0, "owed")]
    assert len(await journal.reports.due(2 * SECOND)) == 1


async def test_a_call_in_hand_is_finished_before_the_stage_stops(
    journal: Journal, clock: ManualClock, norce: Norce
) -> None:
    await owe(journal, clock)
    gate = Gate()
    norce.cue = gate

    async with running(stage_of(norce, journal, clock).run) as stop:
        await gate.reached.wait()
        stop.set()
        gate.opened.set()

    assert await order_state_of(journal) == "reported"


async def test_a_busy_journal_makes_one_report_come_again_and_cuts_no_other_call(
    journal: Journal, clock: ManualClock, norce: Norce, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await owe(journal, clock, ref="1")
    await owe(journal, clock, ref="2")
    gates = {1: Gate(), 2: Gate()}
    norce.cue = lambda body: gates[int(str(body["ClientOrderRef"]))](body)

    async with running(stage_of(norce, journal, clock).run):
        await gates[1].reached.wait()
        await gates[2].reached.wait()
        async with journals.made_busy(journal, tmp_path):
            gates[1].opened.set()
            await a_few_turns()
            with pytest.raises(TransientError):
                await journal.take_control("another")  # behind the settling in the journal's queue
        gates[2].opened.set()
        await at_rest(clock)
        clock.advance(SECOND)
        await at_rest(clock)

    assert [body["ClientOrderRef"] for body in norce.told] == [1, 2, 1]
    assert [await order_state_of(journal, ref) for ref in "12"] == ["reported", "reported"]
    assert "unforeseen_error" not in caplog.messages


async def test_a_report_told_by_the_answer_meanwhile_is_not_counted_again(
    journal: Journal, clock: ManualClock, norce: Norce
) -> None:
    order_id = await owe(journal, clock)
    gate = Gate()
    norce.cue = gate

    async with running(stage_of(norce, journal, clock).run):
        await gate.reached.wait()
        await journal.note_answered([(order_id, "SO-48447")])
        gate.opened.set()
        await at_rest(clock)

    assert await reports_of(journal) == [(1, "confirmed", "SO-48447", "sent")]
    assert await one(journal, "SELECT count(*) FROM events WHERE kind = 'reported'") == 1


async def test_a_reference_that_is_no_plain_number_goes_by_the_erp_s_number_alone(
    journal: Journal, clock: ManualClock, norce: Norce
) -> None:
    await owe(journal, clock, ref="WEB-1")

    async with running(stage_of(norce, journal, clock).run):
        await at_rest(clock)

    assert norce.told == [{"OrderStatus": "Confirmed", "ErpOrderNo": "SO-WEB-1"}]


async def test_failures_and_durations_are_counted(
    journal: Journal, clock: ManualClock, norce: Norce, counters: Counters
) -> None:
    await owe(journal, clock)
    norce.cue = failing(BUSY)

    async with running(stage_of(norce, journal, clock, counters=counters).run):
        await at_rest(clock)
        clock.advance(10 * SECOND)
        await at_rest(clock)

    ((name, labels, durations),) = counters.durations()
    assert counters.count("attempt_failures_total", stage="report", reason="norce_busy") == 1
    assert (name, labels, durations.total_s) == ("stage_duration_seconds", (("stage", "report"),), 12)
