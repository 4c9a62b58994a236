"""What a person said of a quarantined file holds for exactly that content, once, and never against the ERP's number."""

import pytest

from bridge.errors import ErrorName, PermanentError
from bridge.journal import Journal
from bridge.journal.records import FileAgain, FileOutcome
from bridge.model import AckStatus
from bridge.states import DropState
from tests.support.journals import ack, admit, bring_to, everything, one, order_state_of, recording, reports_of, rows

STRAY = recording(ack("4844T"))


def again(order_id: int | None = 1, target: str = "erp") -> FileAgain:
    return FileAgain(target, STRAY.file.name, STRAY.file.sha256, "it is that one", order_id)


@pytest.fixture
async def strayed(journal: Journal) -> Journal:
    """An order whose file was fetched, and an answer that spells its reference wrong."""
    await admit(journal)
    await bring_to(journal, DropState.TAKEN)
    await journal.record(STRAY)
    return journal


async def test_a_file_put_back_with_its_order_is_applied_to_that_order(strayed: Journal) -> None:
    await strayed.try_again(again())

    recorded = await strayed.record(recording(ack("4844T"), claim="2-b__ORDRSP_778.csv"))

    assert (recorded.outcome, recorded.order_refs) == (FileOutcome.MATCHED, ("48447",))
    assert await order_state_of(strayed) == "acknowledged"
    assert await reports_of(strayed) == [(1, "confirmed", "SO-1001", "owed")]
    assert await one(strayed, "SELECT facts ->> 'because' FROM events WHERE kind = 'answer_tried_again'")


async def test_what_a_person_said_holds_once(strayed: Journal) -> None:
    await strayed.try_again(again())
    await strayed.record(recording(ack("4844T"), claim="2-b__a"))

    recorded = await strayed.record(recording(ack("4844T"), claim="3-c__a"))

    assert recorded.outcome is FileOutcome.QUARANTINED


async def test_what_a_person_said_of_one_content_does_not_hold_for_another(strayed: Journal) -> None:
    await strayed.try_again(again())

    recorded = await strayed.record(recording(ack("4844T", AckStatus.REJECTED), claim="2-b__a"))

    assert recorded.outcome is FileOutcome.QUARANTINED


async def test_putting_the_file_back_without_an_order_takes_back_what_was_said(strayed: Journal) -> None:
    await strayed.try_again(again())
    await strayed.try_again(again(None))

    recorded = await strayed.record(recording(ack("4844T"), claim="2-b__a"))

    assert recorded.outcome is FileOutcome.QUARANTINED


async def test_a_file_that_speaks_of_several_unknown_orders_is_not_given_to_one(journal: Journal) -> None:
    await admit(journal)
    several = recording(ack("4844T"), ack("9999X"))
    await journal.record(several)
    await journal.try_again(FileAgain("erp", "a", several.file.sha256, "that one", 1))

    recorded = await journal.record(recording(ack("4844T"), ack("9999X"), claim="2-b__a"))

    assert recorded.outcome is FileOutcome.QUARANTINED
    assert "several such orders" in recorded.reasons[0]
    assert recorded.applied == 0


async def test_a_file_with_a_known_order_too_gives_only_the_unknown_one_away(journal: Journal) -> None:
    await admit(journal)
    await admit(journal, "48448")
    both = (ack("4844T"), ack("48448", number="SO-2"))
    first = recording(*both)
    await journal.record(first)
    await journal.try_again(FileAgain("erp", "a", first.file.sha256, "that one", 1))

    recorded = await journal.record(recording(*both, claim="2-b__a"))

    assert (recorded.outcome, recorded.order_refs) == (FileOutcome.MATCHED, ("48447", "48448"))
    assert await rows(journal, "SELECT erp_order_no FROM orders ORDER BY id") == [("SO-1001",), ("SO-2",)]


async def test_a_second_number_is_refused_also_for_a_named_order(strayed: Journal) -> None:
    await strayed.record(recording(ack("48447", number="SO-7"), claim="2-b__a"))
    await strayed.try_again(again())

    recorded = await strayed.record(recording(ack("4844T"), claim="3-c__a"))

    assert recorded.outcome is FileOutcome.QUARANTINED
    assert 'already has "SO-7"' in recorded.reasons[0]


async def test_an_order_of_another_target_cannot_be_named(strayed: Journal) -> None:
    unchanged = await everything(strayed)

    with pytest.raises(PermanentError) as caught:
        await strayed.try_again(again(target="wms"))

    assert caught.value.name is ErrorName.STATE_FORBIDS
    assert await everything(strayed) == unchanged
