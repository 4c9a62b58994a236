"""Bodies that could not become orders: kept, counted, given back for replay."""

import pytest

from bridge.errors import ErrorName, PermanentError
from bridge.journal import Journal, Topic
from bridge.journal.records import RejectEnd
from tests.support.journals import one, rejection, rows


async def test_invariant_13_a_body_is_kept_as_it_came(journal: Journal) -> None:
    body = bytes(range(256))

    reject_id = await journal.reject(rejection(body))

    stored = await journal.stored_reject(reject_id)
    assert stored is not None
    assert (stored.body.content, stored.body.content_type, stored.body.forced_kind) == (
        body,
        "application/json",
        "json",
    )
    assert stored.state == "open"


async def test_the_same_body_again_only_counts_up_and_tells_the_latest_reason(journal: Journal) -> None:
    first = await journal.reject(rejection())

    again = await journal.reject(rejection(reason="now for another reason"))

    assert again == first
    assert await rows(journal, "SELECT seen, reason FROM rejects") == [(2, "now for another reason")]
    assert await one(journal, "SELECT count(*) FROM events") == 1


async def test_the_same_body_after_it_was_settled_is_kept_anew(journal: Journal) -> None:
    first = await journal.reject(rejection())
    await journal.settle_reject(first, RejectEnd("discarded", because="a test of the shop"))

    again = await journal.reject(rejection())

    assert again != first
    assert [state for (state,) in await rows(journal, "SELECT state FROM rejects ORDER BY id")] == ["discarded", "open"]


async def test_a_replayed_body_names_the_order_it_became_and_stays_listed(journal: Journal) -> None:
    reject_id = await journal.reject(rejection())

    await journal.settle_reject(reject_id, RejectEnd("replayed", "48447"))

    assert await rows(journal, "SELECT state, order_ref FROM rejects") == [("replayed", "48447")]
    assert [kind for (kind,) in await rows(journal, "SELECT kind FROM events")] == ["rejected", "reject_replayed"]


async def test_a_body_is_settled_once(journal: Journal) -> None:
    reject_id = await journal.reject(rejection())
    await journal.settle_reject(reject_id, RejectEnd("replayed", "48447"))

    with pytest.raises(PermanentError) as caught:
        await journal.settle_reject(reject_id, RejectEnd("discarded"))

    assert caught.value.name is ErrorName.STATE_FORBIDS
    assert await one(journal, "SELECT state FROM rejects") == "replayed"


async def test_a_body_that_was_never_kept_is_not_found(journal: Journal) -> None:
    assert await journal.stored_reject(4711) is None


async def test_keeping_a_body_wakes_who_tells_people(journal: Journal) -> None:
    with journal.listen(Topic.ALERTS) as alerts:
        await journal.reject(rejection())

        await alerts.wait()
