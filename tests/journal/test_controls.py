"""Control numbers: given once, never again."""

import asyncio
from pathlib import Path

from bridge.journal import Journal
from tests.support.journals import opened


async def test_numbers_ascend_from_one_for_each_target(journal: Journal) -> None:
    erp = [await journal.take_control("erp") for _ in range(3)]
    copy = [await journal.take_control("copy") for _ in range(2)]

    assert erp == [1, 2, 3]
    assert copy == [1, 2]


async def test_numbers_taken_at_the_same_time_never_meet(journal: Journal) -> None:
    taken = await asyncio.gather(*(journal.take_control("erp") for _ in range(250)))

    assert sorted(taken) == list(range(1, 251))


async def test_a_number_is_never_given_twice_across_restarts(tmp_path: Path) -> None:
    taken: list[int] = []

    for _ in range(4):
        async with opened(tmp_path) as journal:
            taken += [await journal.take_control("erp") for _ in range(150)]

    assert len(set(taken)) == 600
    assert taken == sorted(taken)


async def test_a_taker_who_is_cancelled_leaves_a_gap_at_most(journal: Journal) -> None:
    takers = [asyncio.ensure_future(journal.take_control("erp")) for _ in range(5)]
    await asyncio.sleep(0)
    takers[0].cancel()

    taken = await asyncio.gather(*takers, return_exceptions=True)
    following = [await journal.take_control("erp") for _ in range(120)]

    numbers = [number for number in taken if isinstance(number, int)] + following
    assert len(set(numbers)) == len(numbers) == 124


async def test_remembering_an_identity_does_not_touch_the_numbers(journal: Journal) -> None:
    await journal.set_identity("erp", "an identity", proven=True)

    assert [await journal.take_control("erp") for _ in range(2)] == [1, 2]
    assert (await journal.target_memory("erp")).identity == "an identity"
