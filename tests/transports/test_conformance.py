"""What every transport on the shelf keeps to, whatever lies behind it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import BaseModel

from bridge import transports
from bridge.states import SELF_ENDING_PAUSES, PauseReason
from bridge.transports import End, Parcel, PausedError, Transport, Whereabouts
from tests.transports.bench import BENCHES, IDENTITY, NEEDED, OTHER, VARIANTS, Bench, names, parcel

CALLS: dict[str, Callable[[Transport], Awaitable[object]]] = {
    "stage": lambda transport: transport.stage([parcel(2)]),
    "publish": lambda transport: transport.publish([parcel(2)]),
    "missing": lambda transport: transport.missing([parcel(2).final]),
    "hold": lambda transport: transport.hold([names(2)]),
    "release": lambda transport: transport.release([names(2)]),
    "withdraw": lambda transport: transport.withdraw([names(2)]),
    "wishes": lambda transport: transport.wishes(),
}


@pytest.fixture(params=[pytest.param(name, marks=NEEDED.get(name, ())) for name in VARIANTS])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    bench = VARIANTS[request.param](tmp_path)
    await bench.transport.plant(IDENTITY, replace=False)
    await bench.transport.probe(IDENTITY)
    yield bench
    await bench.transport.close()
    bench.close()


async def ends(steps: Awaitable[list[transports.Step]]) -> list[End]:
    return [step.end for step in await steps]


def test_every_transport_has_a_bench() -> None:
    assert set(transports.available()) == set(BENCHES)


@pytest.mark.parametrize("name", transports.available())
def test_every_option_is_described(name: str) -> None:
    options: type[BaseModel] = transports.options_of(name)

    undescribed = [key for key, field in options.model_fields.items() if not field.description]

    assert undescribed == []


async def test_a_probe_leaves_nothing_behind_and_says_how_files_are_published(bench: Bench) -> None:
    how = await bench.transport.probe(IDENTITY)

    assert how
    assert bench.finals() == {}
    assert bench.staged() == {}


async def test_invariant_5_a_staged_file_is_whole_and_not_yet_among_the_finished(bench: Bench) -> None:
    one = parcel(content=bytes(range(256)) * 1000)

    steps = await ends(bench.transport.stage([one]))

    assert steps == [End.STAGED]
    assert bench.staged() == {one.staging: one.content}
    assert bench.finals() == {}


async def test_a_published_file_has_its_name_and_bytes_and_its_staging_name_is_gone(bench: Bench) -> None:
    await bench.transport.stage([parcel()])

    steps = await ends(bench.transport.publish([parcel()]))

    assert steps == [End.PUBLISHED]
    assert bench.finals() == {parcel().final: parcel().content}
    assert bench.staged() == {}


async def test_an_empty_file_and_a_large_one_are_published_as_they_are(bench: Bench) -> None:
    both = [parcel(1, b""), parcel(2, bytes(3_000_000))]
    await bench.transport.stage(both)

    steps = await ends(bench.transport.publish(both))

    assert steps == [End.PUBLISHED, End.PUBLISHED]
    assert bench.finals() == {one.final: one.content for one in both}


async def test_staging_clears_what_lay_under_the_name(bench: Bench) -> None:
    bench.put_staged(parcel().staging, b"half an ord")

    steps = await ends(bench.transport.stage([parcel()]))

    assert steps == [End.STAGED]
    assert bench.staged() == {parcel().staging: parcel().content}


async def test_staging_may_be_repeated(bench: Bench) -> None:
    for _ in range(3):
        await bench.transport.stage([parcel()])

    assert bench.staged() == {parcel().staging: parcel().content}


async def test_publishing_may_be_repeated(bench: Bench) -> None:
    await bench.transport.stage([parcel()])

    steps = [await ends(bench.transport.publish([parcel()])) for _ in range(3)]

    assert steps == [[End.PUBLISHED]] * 3
    assert bench.finals() == {parcel().final: parcel().content}


async def test_invariant_6_a_file_that_was_published_and_taken_is_never_written_again(bench: Bench) -> None:
    await bench.transport.stage([parcel()])
    await bench.transport.publish([parcel()])
    bench.take(parcel().final)

    steps = await ends(bench.transport.publish([parcel()]))

    assert steps == [End.PRESUMED]
    assert bench.finals() == {}
    assert bench.staged() == {}


async def test_a_stranger_s_file_under_the_name_is_never_replaced(bench: Bench) -> None:
    bench.put_final(parcel().final, b"a stranger's")
    await bench.transport.stage([parcel()])

    steps = await bench.transport.publish([parcel()])

    assert [step.end for step in steps] == [End.COLLISION]
    assert parcel().final in steps[0].detail
    assert bench.finals() == {parcel().final: b"a stranger's"}


async def test_a_collision_ends_when_the_stranger_s_file_is_gone(bench: Bench) -> None:
    bench.put_final(parcel().final, b"a stranger's")
    await bench.transport.stage([parcel()])
    await bench.transport.publish([parcel()])
    bench.take(parcel().final)

    await bench.transport.stage([parcel()])
    steps = await ends(bench.transport.publish([parcel()]))

    assert steps == [End.PUBLISHED]
    assert bench.finals() == {parcel().final: parcel().content}


@pytest.mark.parametrize("found", [b"", b"an ord", b"an order\r\nand more", b"AN ORDER\r\n"])
async def test_after_an_unclean_stop_a_wrong_staging_file_is_staged_again(bench: Bench, found: bytes) -> None:
    doubted = parcel(verify=True)
    await bench.transport.stage([doubted])
    bench.put_staged(doubted.staging, found)

    steps = await ends(bench.transport.publish([doubted]))

    assert steps == [End.STAGE_AGAIN]
    assert bench.finals() == {}


async def test_after_an_unclean_stop_a_right_staging_file_is_published(bench: Bench) -> None:
    doubted = parcel(verify=True)
    await bench.transport.stage([doubted])

    steps = await ends(bench.transport.publish([doubted]))

    assert steps == [End.PUBLISHED]


async def test_after_an_unclean_stop_a_vanished_staging_file_means_published(bench: Bench) -> None:
    doubted = parcel(verify=True)
    await bench.transport.stage([doubted])
    await bench.transport.publish([doubted])

    still_there = await ends(bench.transport.publish([doubted]))
    bench.take(doubted.final)
    taken = await ends(bench.transport.publish([doubted]))

    assert (still_there, taken) == ([End.PUBLISHED], [End.PRESUMED])


async def test_in_a_batch_each_file_has_its_own_end(bench: Bench) -> None:
    batch = [parcel(number, f"order {number}".encode()) for number in range(1, 31)]
    await bench.transport.stage(batch)
    bench.put_final(batch[3].final, b"a stranger's")
    bench.put_staged(batch[5].staging, b"torn")
    batch[5] = replace(batch[5], verify=True)

    steps = await bench.transport.publish(batch)

    assert [step.id for step in steps] == [one.id for one in batch]
    assert [step.end for step in steps if step.end is not End.PUBLISHED] == [End.COLLISION, End.STAGE_AGAIN]
    assert len(bench.finals()) == 29


async def test_the_marker_is_empty_and_comes_with_its_file(bench: Bench) -> None:
    marked = parcel(marker=".done")
    await bench.transport.stage([marked])
    before = bench.finals()

    steps = await ends(bench.transport.publish([marked]))

    assert before == {}
    assert steps == [End.PUBLISHED]
    assert bench.finals() == {marked.final: marked.content, marked.marker: b""}
    assert bench.staged() == {}


async def test_no_marker_is_written_for_a_stranger_s_file(bench: Bench) -> None:
    marked = parcel(marker=".done")
    bench.put_final(marked.final, b"a stranger's")
    await bench.transport.stage([marked])

    await bench.transport.publish([marked])

    assert bench.finals() == {marked.final: b"a stranger's"}


async def test_what_the_erp_took_is_missing_and_what_it_left_is_not(bench: Bench) -> None:
    both = [parcel(1), parcel(2)]
    await bench.transport.stage(both)
    await bench.transport.publish(both)
    bench.take(both[0].final)

    missing = await bench.transport.missing([one.final for one in both])

    assert missing == {both[0].final}


async def test_withdrawing_removes_staging_names_and_knows_that_some_are_gone(bench: Bench) -> None:
    await bench.transport.stage([parcel(1), parcel(2)])

    await bench.transport.withdraw([names(1), names(3)])

    assert set(bench.staged()) == {parcel(2).staging}


async def test_withdrawing_leaves_finished_files_alone(bench: Bench) -> None:
    await publish(bench, parcel())

    await bench.transport.withdraw([names()])

    assert bench.finals() == {parcel().final: parcel().content}


async def publish(bench: Bench, *parcels: Parcel) -> None:
    await bench.transport.stage(parcels)
    await bench.transport.publish(parcels)


async def test_a_held_file_is_out_of_sight_and_comes_back_as_it_was(bench: Bench) -> None:
    await publish(bench, parcel())

    held = [await bench.transport.hold([names()]) for _ in range(2)]
    in_between = bench.finals()
    back = [await bench.transport.release([names()]) for _ in range(2)]

    assert held == [{1: Whereabouts.HELD}] * 2
    assert in_between == {}
    assert back == [{1: Whereabouts.BACK}] * 2
    assert bench.finals() == {parcel().final: parcel().content}


async def test_a_marker_goes_before_its_file_is_held_and_comes_back_after_it(bench: Bench) -> None:
    marked = parcel(marker=".done")
    await publish(bench, marked)

    await bench.transport.hold([names(marker=".done")])
    in_between = bench.finals()
    await bench.transport.release([names(marker=".done")])

    assert in_between == {}
    assert bench.finals() == {marked.final: marked.content, marked.marker: b""}
    assert bench.staged() == {}


async def test_a_staged_file_is_held_where_it_lies_and_stays_its_own_witness(bench: Bench) -> None:
    await bench.transport.stage([parcel()])

    found = await bench.transport.hold([names()])

    assert found == {1: Whereabouts.HELD}
    assert await bench.transport.release([names()]) == {1: Whereabouts.STAGED}
    assert bench.staged() == {parcel().staging: parcel().content}
    assert await ends(bench.transport.publish([parcel()])) == [End.PUBLISHED]


async def test_what_the_erp_took_can_neither_be_held_nor_released(bench: Bench) -> None:
    await publish(bench, parcel())
    bench.take(parcel().final)

    held, released = await bench.transport.hold([names()]), await bench.transport.release([names()])

    assert (held, released) == ({1: Whereabouts.GONE}, {1: Whereabouts.GONE})


async def test_a_released_file_never_replaces_a_stranger_s(bench: Bench) -> None:
    await publish(bench, parcel())
    await bench.transport.hold([names()])
    bench.put_final(parcel().final, b"a stranger's")

    first = await bench.transport.release([names()])
    seen = bench.finals()
    bench.take(parcel().final)
    second = await bench.transport.release([names()])

    assert (first, second) == ({1: Whereabouts.COLLISION}, {1: Whereabouts.BACK})
    assert seen == {parcel().final: b"a stranger's"}
    assert bench.finals() == {parcel().final: parcel().content}


async def test_a_held_file_that_is_withdrawn_is_gone_for_good(bench: Bench) -> None:
    await publish(bench, parcel())
    await bench.transport.hold([names()])

    await bench.transport.withdraw([names()])

    assert await bench.transport.release([names()]) == {1: Whereabouts.GONE}
    assert bench.finals() == {}


async def test_after_a_restart_a_held_file_is_still_held(bench: Bench) -> None:
    await publish(bench, parcel())
    await bench.transport.hold([names()])
    after_restart = bench.another()
    await after_restart.probe(IDENTITY)

    found = (await after_restart.hold([names()]), await after_restart.release([names()]))

    await after_restart.close()
    assert found == ({1: Whereabouts.HELD}, {1: Whereabouts.BACK})


async def test_a_file_named_hold_is_a_wish(bench: Bench) -> None:
    await publish(bench, parcel())
    bench.put_final(f"{parcel().final}.hold", b"")

    wishes = await bench.transport.wishes()

    assert wishes == {parcel().final}


@pytest.mark.parametrize("call", CALLS)
async def test_a_place_that_is_lost_pauses_and_concludes_nothing(bench: Bench, call: str) -> None:
    await bench.transport.stage([parcel(2)])
    bench.lose()

    with pytest.raises(PausedError) as caught:
        await CALLS[call](bench.transport)

    bench.find_again()
    assert caught.value.reason in SELF_ENDING_PAUSES
    assert caught.value.hint
    assert await bench.transport.probe(IDENTITY)
    assert await ends(bench.transport.publish([parcel(2)])) == [End.PUBLISHED]


@pytest.mark.parametrize("call", CALLS)
async def test_invariant_6_a_staging_folder_that_is_not_ours_proves_nothing(bench: Bench, call: str) -> None:
    await bench.transport.stage([parcel(2)])
    await bench.transport.plant(OTHER, replace=True)
    before = (bench.finals(), bench.staged())

    with pytest.raises(PausedError) as caught:
        await CALLS[call](bench.transport)

    assert caught.value.reason is PauseReason.IDENTITY
    assert "target trust" in caught.value.hint
    assert (bench.finals(), bench.staged()) == before


async def test_planting_does_not_replace_another_identity_unless_a_person_has_looked(bench: Bench) -> None:
    with pytest.raises(PausedError) as caught:
        await bench.transport.plant(OTHER, replace=False)

    assert caught.value.reason is PauseReason.IDENTITY
    assert await bench.transport.probe(IDENTITY)
    await bench.transport.plant(OTHER, replace=True)
    assert await bench.transport.probe(OTHER)


async def test_planting_the_same_identity_again_changes_nothing(bench: Bench) -> None:
    await bench.transport.stage([parcel()])

    await bench.transport.plant(IDENTITY, replace=False)

    assert bench.staged() == {parcel().staging: parcel().content}
    assert await bench.transport.probe(IDENTITY)


async def test_another_transport_goes_on_where_one_stopped(bench: Bench) -> None:
    await bench.transport.stage([parcel(verify=True)])
    after_restart = bench.another()
    await after_restart.probe(IDENTITY)

    steps = await ends(after_restart.publish([parcel(verify=True)]))

    await after_restart.close()
    assert steps == [End.PUBLISHED]
