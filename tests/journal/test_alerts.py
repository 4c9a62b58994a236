"""An alert is raised once an outage, told again while it lasts, and its end is told once."""

from datetime import timedelta

from bridge.journal import Journal
from bridge.journal.records import AlertFound
from bridge.model import AckStatus
from tests.support.clock import ManualClock
from tests.support.journals import ack, admit, recording, rows

REPEAT = timedelta(hours=4)
FULL = AlertFound("disk_low", "var", "page", "1 MiB left")


async def tell(journal: Journal) -> list[tuple[str, bool]]:
    """What the channels are told now: the text, and whether it is an end."""
    told = await journal.alerts_to_tell(REPEAT)
    await journal.note_told(told)
    return [(alert.text, alert.is_closing) for alert in told]


async def test_an_alert_is_raised_once_however_often_it_is_found(journal: Journal) -> None:
    told = []

    for _ in range(3):
        await journal.compare_alerts([FULL])
        told += await tell(journal)

    assert told == [("1 MiB left", False)]
    assert len(await rows(journal, "SELECT id FROM alerts")) == 1


async def test_an_open_alert_is_told_again_after_the_interval_with_its_latest_text(
    journal: Journal, clock: ManualClock
) -> None:
    await journal.compare_alerts([FULL])
    await tell(journal)
    worse = AlertFound("disk_low", "var", "page", "nothing left")

    clock.advance(REPEAT - timedelta(seconds=1))
    await journal.compare_alerts([worse])
    too_early = await tell(journal)
    clock.advance(timedelta(seconds=1))

    assert too_early == []
    assert await tell(journal) == [("nothing left", False)]
    assert await tell(journal) == []


async def test_the_end_of_an_alert_is_told_once(journal: Journal, clock: ManualClock) -> None:
    await journal.compare_alerts([FULL])
    await tell(journal)

    await journal.compare_alerts([])
    told = await tell(journal)
    clock.advance(10 * REPEAT)

    assert told == [("1 MiB left", True)]
    assert await tell(journal) == []


async def test_an_alert_that_ended_before_anyone_was_told_is_not_told(journal: Journal) -> None:
    await journal.compare_alerts([FULL])
    await journal.compare_alerts([])

    assert await tell(journal) == []


async def test_the_same_trouble_later_is_a_new_alert(journal: Journal) -> None:
    for found in ([FULL], [], [FULL]):
        await journal.compare_alerts(found)
        await tell(journal)

    closed = [row[0] for row in await rows(journal, "SELECT closed_at IS NOT NULL FROM alerts ORDER BY id")]
    assert closed == [1, 0]


async def test_an_end_while_the_alert_is_being_told_is_told_afterwards(journal: Journal) -> None:
    await journal.compare_alerts([FULL])
    in_hand = await journal.alerts_to_tell(REPEAT)
    await journal.compare_alerts([])

    await journal.note_told(in_hand)

    assert await tell(journal) == [("1 MiB left", True)]


async def test_two_subjects_of_one_kind_are_two_alerts(journal: Journal) -> None:
    other = AlertFound("disk_low", "backup", "page", "2 MiB left")
    await journal.compare_alerts([FULL, other])
    await tell(journal)

    await journal.compare_alerts([other])

    assert await tell(journal) == [("1 MiB left", True)]


async def test_a_single_fact_is_told_once_and_has_no_end(journal: Journal, clock: ManualClock) -> None:
    await admit(journal)
    await journal.record(recording(ack(status=AckStatus.CHANGED)))

    first = await tell(journal)
    await journal.compare_alerts([])
    clock.advance(10 * REPEAT)

    assert [is_closing for _, is_closing in first] == [False]
    assert await tell(journal) == []
