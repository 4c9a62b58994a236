"""Which order an acknowledgement speaks of; whatever is ambiguous goes to quarantine and changes nothing."""

import pytest

from bridge.journal import Journal
from bridge.journal.records import FileOutcome, Recorded
from bridge.model import AckKind, Acknowledgement, AckStatus
from tests.support.journals import ack, admit, one, recording, rows


async def say(journal: Journal, said: Acknowledgement, target: str = "erp", claim: str = "1") -> Recorded:
    return await journal.record(recording(said, claim=f"{claim}-a__ORDRSP.csv", target=target))


async def is_untouched(journal: Journal) -> bool:
    outcomes = await rows(journal, "SELECT outcome FROM orders WHERE outcome IS NOT NULL")
    return not outcomes and not await rows(journal, "SELECT * FROM reports")


@pytest.mark.parametrize("spelt", ["Web-48447", "WEB-48447", " web-48447 "])
async def test_case_and_outer_blanks_of_a_reference_do_not_count(journal: Journal, spelt: str) -> None:
    await admit(journal, "Web-48447")

    recorded = await say(journal, ack(spelt))

    assert recorded.outcome is FileOutcome.MATCHED
    assert recorded.order_refs == ("Web-48447",)


async def test_zeros_that_fill_a_number_up_do_not_count(journal: Journal) -> None:
    await admit(journal, "48447")

    assert (await say(journal, ack("0000048447"))).order_refs == ("48447",)


async def test_an_order_whose_own_reference_has_zeros_is_another(journal: Journal) -> None:
    await admit(journal, "48447")
    await admit(journal, "048447")

    assert (await say(journal, ack("048447"))).order_refs == ("048447",)


@pytest.mark.parametrize("spelt", ["048448", "0", "0SO48447", "048447 1"])
async def test_other_zeros_find_nothing(journal: Journal, spelt: str) -> None:
    await admit(journal, "48447")
    await admit(journal, "SO48447")

    assert (await say(journal, ack(spelt))).reasons[0].startswith(f'no order "{spelt}" is known')


async def test_an_unknown_reference_says_where_was_looked(journal: Journal) -> None:
    await admit(journal, "48447")

    recorded = await say(journal, ack("4844T"))

    assert recorded.outcome is FileOutcome.QUARANTINED
    assert recorded.reasons == ('no order "4844T" is known for target erp (looked in 1 orders since 2026-03-02)',)
    assert await is_untouched(journal)


async def test_a_reference_of_another_target_is_not_guessed(journal: Journal) -> None:
    await admit(journal, "48447")

    recorded = await say(journal, ack("48447"), target="warehouse")

    assert recorded.reasons == ('order reference "48447" belongs to target erp, not to warehouse',)
    assert await is_untouched(journal)


async def test_a_reference_that_fits_two_orders_is_not_guessed(journal: Journal) -> None:
    await admit(journal, "web-1")
    await admit(journal, "WEB-1")

    recorded = await say(journal, ack("Web-1"))

    assert recorded.outcome is FileOutcome.QUARANTINED
    assert "fits more than one order" in recorded.reasons[0]
    assert await is_untouched(journal)


async def test_two_orders_that_differ_by_case_only_stay_ambiguous_however_they_are_spelt(journal: Journal) -> None:
    await admit(journal, "web-1")
    await admit(journal, "WEB-1")

    recorded = await say(journal, ack("WEB-1"))

    assert recorded.outcome is FileOutcome.QUARANTINED
    assert await is_untouched(journal)


async def test_a_second_erp_number_is_not_guessed(journal: Journal) -> None:
    await admit(journal)
    await say(journal, ack(number="SO-1001"))

    recorded = await say(journal, ack(number="SO-2002"), claim="2")

    assert recorded.outcome is FileOutcome.QUARANTINED
    assert 'already has "SO-1001"' in recorded.reasons[0]
    assert await one(journal, "SELECT erp_order_no FROM orders") == "SO-1001"
    assert await one(journal, "SELECT count(*) FROM reports") == 1


async def test_the_erp_s_number_alone_finds_the_order(journal: Journal) -> None:
    await admit(journal)
    await say(journal, ack(number="SO-1001"))

    recorded = await say(journal, ack(None, number="SO-1001", reason="delivered in part"), claim="2")

    assert recorded.outcome is FileOutcome.MATCHED
    assert recorded.order_refs == ("48447",)


async def test_an_erp_number_of_another_target_finds_nothing(journal: Journal) -> None:
    await admit(journal, "48447", copies=["warehouse"])
    await say(journal, ack(number="1001"))

    recorded = await say(journal, ack(None, number="1001"), target="warehouse", claim="2")

    assert recorded.outcome is FileOutcome.QUARANTINED
    assert recorded.reasons == ('no order of target warehouse has the ERP number "1001"',)


async def test_an_erp_number_that_two_orders_have_is_not_guessed(journal: Journal) -> None:
    for place, ref in enumerate(("A", "B")):
        await admit(journal, ref)
        await say(journal, ack(ref, number="SO-1"), claim=str(place))

    recorded = await say(journal, ack(None, number="SO-1"), claim="3")

    assert 'fits more than one order: "A", "B"' in recorded.reasons[0]


async def test_an_acknowledgement_without_any_identity_is_not_guessed(journal: Journal) -> None:
    await admit(journal)

    recorded = await say(journal, ack(None, number=None))

    assert recorded.reasons == ("it names neither an order reference nor an ERP order number",)
    assert await is_untouched(journal)


def receipt_of(control: int, status: AckStatus) -> Acknowledgement:
    return Acknowledgement(AckKind.RECEIPT, status, control=control)


async def test_a_receipt_that_refuses_our_file_is_found_by_its_control_number_and_raises_an_alert(
    journal: Journal,
) -> None:
    await admit(journal, "48446")
    await admit(journal, "48447")

    recorded = await say(journal, receipt_of(2, AckStatus.REJECTED))

    assert recorded.outcome is FileOutcome.MATCHED
    assert recorded.order_refs == ("48447",)
    assert await rows(journal, "SELECT kind, subject FROM alerts") == [("file_refused", "48447")]
    assert await is_untouched(journal)


async def test_a_receipt_that_takes_our_file_confirms_nothing(journal: Journal) -> None:
    await admit(journal, "48447")

    recorded = await say(journal, receipt_of(1, AckStatus.RECEIVED))

    assert recorded.order_refs == ("48447",)
    assert await rows(journal, "SELECT kind FROM alerts") == []
    assert await is_untouched(journal)


@pytest.mark.parametrize(("control", "target"), [(9, "erp"), (1, "warehouse")])
async def test_a_receipt_of_no_file_of_the_target_is_not_guessed(journal: Journal, control: int, target: str) -> None:
    await admit(journal, "48447")

    recorded = await say(journal, receipt_of(control, AckStatus.REJECTED), target=target)

    assert recorded.outcome is FileOutcome.QUARANTINED
    assert f"has the control number {control}" in recorded.reasons[0]
    assert await is_untouched(journal)
