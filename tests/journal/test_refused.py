"""A file that the ERP refused by a receipt: a page that stays open until the order is handed over anew, or over."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias

import pytest

from bridge.journal import Journal, refused
from bridge.journal.records import AlertFound, Confirmation, CurrentDrop
from bridge.model import AckKind, Acknowledgement, AckStatus
from bridge.states import DropState, ReportPolicy
from tests.support.clock import ManualClock
from tests.support.journals import ack, admit, bring_to, drop, meddle, recording, rows, settle, verdicts

Act: TypeAlias = Callable[[Journal], Awaitable[object]]
REPEAT = timedelta(hours=4)


def refusal(reason: str | None = "UCI: syntax error 12", ref: str = "48447") -> Acknowledgement:
    return ack(ref, AckStatus.REJECTED, None, AckKind.RECEIPT, reason=reason)


async def refuse(journal: Journal, said: Acknowledgement | None = None, claim: str = "1", target: str = "erp") -> None:
    await journal.record(recording(said or refusal(), claim=f"{claim}__CONTRL.edi", target=target))


async def handed_over(journal: Journal) -> None:
    await admit(journal)
    await bring_to(journal, DropState.TAKEN)


async def found(journal: Journal) -> list[AlertFound]:
    return await journal.read(refused.shown)


async def open_alerts(journal: Journal) -> list[tuple[str, str, str]]:
    return await rows(journal, "SELECT kind, subject, severity FROM alerts WHERE closed_at IS NULL")


async def told(journal: Journal) -> list[tuple[str, bool]]:
    """What the channels are told now: the subject, and whether it is an end."""
    alerts = await journal.alerts_to_tell(REPEAT)
    await journal.note_told(alerts)
    return [(alert.subject, alert.is_closing) for alert in alerts]


async def current(journal: Journal) -> CurrentDrop:
    (file,) = await journal.acts.current(1)
    return file


async def resend(journal: Journal) -> None:
    assert await journal.acts.resend(await current(journal), "they mended it")
    await bring_to(journal, DropState.TAKEN)


async def render_again(journal: Journal) -> None:
    assert await journal.acts.render_again(await current(journal), drop("48447", 2), "new mapping")
    await bring_to(journal, DropState.TAKEN)


async def answer(journal: Journal) -> None:
    await journal.record(recording(ack(), claim="2__ORDRSP.edi"))


async def confirm(journal: Journal) -> None:
    await journal.acts.confirm(Confirmation(1, "SO-1", "by phone", ReportPolicy()))


async def abandon(journal: Journal) -> None:
    await journal.acts.abandon(1, "the shop takes it back")


async def requeue(journal: Journal) -> None:
    await meddle(journal, "UPDATE drops SET state = 'held', reason = 'given_up'")
    assert await journal.requeue(1, "mended")
    await settle(journal, DropState.STAGED)


@pytest.mark.parametrize("state", [DropState.STAGED, DropState.PUBLISHED, DropState.TAKEN, DropState.UNCERTAIN])
async def test_a_refused_file_is_an_open_page_that_names_file_reason_and_remedy(
    journal: Journal, state: DropState
) -> None:
    await admit(journal)
    await bring_to(journal, state)

    await refuse(journal, refusal("UCI:\x1b[31m syntax\nerror 12"))

    assert await open_alerts(journal) == [("file_refused", "48447", "page")]
    (alert,) = await found(journal)
    assert "the ERP of target erp refuses our file: UCI: [31m syntax error 12 (ORDERS_48447_000001.csv)." in alert.text
    assert "erp-bridge orders resend 48447 --render-again --because TEXT" in alert.text
    assert await rows(journal, "SELECT text FROM alerts") == [(alert.text,)]


@pytest.mark.parametrize("end", [resend, render_again, answer, confirm, abandon, requeue])
async def test_what_hands_the_order_over_anew_or_ends_it_ends_the_alert(journal: Journal, end: Act) -> None:
    await handed_over(journal)
    await refuse(journal)
    before = await found(journal)

    await end(journal)
    after = await found(journal)
    await journal.compare_alerts(after)

    assert ([alert.subject for alert in before], after) == (["48447"], [])
    assert await open_alerts(journal) == []


@pytest.mark.parametrize("anew", [resend, render_again])
@pytest.mark.parametrize("reason", ["UCI: syntax error 12", "UCI: syntax error 13"])
async def test_a_second_refusal_after_it_was_handed_over_anew_pages_again_though_nobody_looked_in_between(
    journal: Journal, anew: Act, reason: str
) -> None:
    await handed_over(journal)
    await refuse(journal)
    first = await told(journal)
    await anew(journal)

    await refuse(journal, refusal(reason), claim="2")
    await journal.compare_alerts(await found(journal))

    assert first == [("48447", False)]
    assert await told(journal) == [("48447", True), ("48447", False)]
    assert await open_alerts(journal) == [("file_refused", "48447", "page")]
    assert await rows(journal, "SELECT count(*) FROM events WHERE kind = 'acknowledged'") == [(2,)]


async def test_invariant_8_the_same_refusal_twice_changes_nothing_and_pages_once(journal: Journal) -> None:
    await handed_over(journal)
    await refuse(journal)
    first = await told(journal)

    await refuse(journal, claim="2")

    assert (first, await told(journal)) == ([("48447", False)], [])
    assert await verdicts(journal) == ["receipt", "repeated"]
    assert await rows(journal, "SELECT count(*) FROM events WHERE kind = 'acknowledged'") == [(1,)]
    assert len(await open_alerts(journal)) == 1


async def test_a_refusal_that_comes_again_before_the_file_is_written_anew_is_an_old_one(journal: Journal) -> None:
    await handed_over(journal)
    await refuse(journal)
    assert await journal.acts.resend(await current(journal), "they mended it")

    await refuse(journal, claim="2")

    assert await found(journal) == []


@pytest.mark.parametrize(
    ("end", "because"),
    [(answer, "it answered the order before"), (abandon, "the order is abandoned"), (None, "about to be handed over")],
)
async def test_a_refusal_where_nothing_is_to_hand_over_anew_is_told_once(
    journal: Journal, clock: ManualClock, end: Act | None, because: str
) -> None:
    await admit(journal)
    if end is not None:
        await bring_to(journal, DropState.TAKEN)
        await end(journal)

    await refuse(journal)
    await journal.compare_alerts(await found(journal))
    first = await told(journal)
    clock.advance(2 * REPEAT)

    assert (first, await told(journal)) == ([("48447", False)], [])
    assert await open_alerts(journal) == []
    assert [because in text for (text,) in await rows(journal, "SELECT text FROM alerts")] == [True]


async def test_a_copy_that_another_erp_refuses_is_named_in_the_same_alert_and_pages_again(journal: Journal) -> None:
    await admit(journal, copies=["warehouse"])
    for target in ("erp", "warehouse"):
        await bring_to(journal, DropState.PUBLISHED, target)
    await refuse(journal)
    first = await told(journal)

    await refuse(journal, refusal(None), claim="2", target="warehouse")
    (both,) = await found(journal)
    second = await told(journal)
    await answer(journal)
    (one,) = await found(journal)

    assert (first, second) == ([("48447", False)], [("48447", True), ("48447", False)])
    assert "target erp refuses our file: UCI" in both.text
    assert "target warehouse refuses our file, and gives no reason" in both.text
    assert "target erp" not in one.text


async def test_an_order_that_another_orders_refusal_does_not_concern_goes_on(journal: Journal) -> None:
    for ref in ("48446", "48447"):
        await admit(journal, ref)
    await bring_to(journal, DropState.PUBLISHED)

    await refuse(journal, refusal(ref="48446"))

    assert [alert.subject for alert in await found(journal)] == ["48446"]
