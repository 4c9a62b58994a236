"""The simulated ERP takes files as ERPs do, answers in a shape that `auto` reads, and misbehaves on demand."""

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge import formats
from bridge.formats import Unreadable
from bridge.model import AckStatus
from bridge.simulators import sides
from bridge.simulators.erp import ErpSettings, SimulatedErp
from bridge.simulators.erp_answers import files_about, mood_for
from bridge.simulators.erp_book import FAULTS, Entry, ErpBook, Mood
from bridge.simulators.sides import Said, side_of
from tests.support.orders import guide_order
from tests.support.patience import PATIENCE_S

DELAY = timedelta(milliseconds=20)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CSV = b"order_ref;part_no\r\n48447;A-1\r\n"


@pytest.fixture
def settings(tmp_path: Path) -> ErpSettings:
    for name in ("outbox", "inbox"):
        (tmp_path / name).mkdir()
    return ErpSettings(tmp_path / "outbox", tmp_path / "inbox", "delimited", delay=DELAY, pause=DELAY)


@contextlib.asynccontextmanager
async def running(settings: ErpSettings) -> AsyncIterator[SimulatedErp]:
    erp, closing = SimulatedErp(settings), asyncio.Event()
    working = asyncio.create_task(erp.run(closing))
    try:
        yield erp
    finally:
        closing.set()
        await working


async def until_done(erp: SimulatedErp, count: int = 1) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while sum(entry.is_done for entry in erp.book.orders.values()) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_file_is_taken_out_of_the_outbox_and_answered(settings: ErpSettings) -> None:
    (settings.outbox / "ORDERS_48447.csv").write_bytes(CSV)
    (settings.outbox / ".staging").mkdir()

    async with running(settings) as erp:
        await until_done(erp)

    (answer,) = settings.inbox.iterdir()
    assert names_in(settings.outbox) == [".staging"]
    assert answer.read_text() == "order_ref;erp_order_no;status;reason\n48447;SO-1001;confirmed;\n"
    assert [(one.name, one.order_ref, one.again) for one in erp.book.taken] == [("ORDERS_48447.csv", "48447", False)]
    assert erp.book.taken[0].sha256 == hashlib.sha256(CSV).hexdigest()


async def test_a_file_waits_for_its_marker_and_both_are_taken(settings: ErpSettings) -> None:
    marked = ErpSettings(settings.outbox, settings.inbox, "delimited", marker="{name}.done", delay=DELAY)
    (settings.outbox / "a.csv").write_bytes(CSV)

    async with running(marked) as erp:
        await asyncio.sleep(0.15)
        before = names_in(settings.outbox)
        (settings.outbox / "a.csv.done").touch()
        await until_done(erp)

    assert before == ["a.csv"]
    assert names_in(settings.outbox) == []


async def test_the_same_order_again_is_noted_and_gets_the_same_number(settings: ErpSettings) -> None:
    async with running(settings) as erp:
        for name in ("a.csv", "b.csv"):
            (settings.outbox / name).write_bytes(CSV)
            async with asyncio.timeout(PATIENCE_S):
                while (settings.outbox / name).exists():  # noqa: ASYNC110 - another task takes it
                    await asyncio.sleep(0.01)
        await until_done(erp)

    assert [one.again for one in erp.book.taken] == [False, True]
    assert [entry.erp_order_no for entry in erp.book.orders.values()] == ["SO-1001"]


async def test_a_file_that_it_cannot_read_is_taken_noted_and_never_answered(settings: ErpSettings) -> None:
    (settings.outbox / "a.csv").write_bytes(b"\x00\xff")

    async with running(settings) as erp:
        async with asyncio.timeout(PATIENCE_S):
            while not erp.book.taken:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    assert erp.book.taken[0].order_ref is None
    assert names_in(settings.inbox) == []


async def test_a_half_written_answer_stands_incomplete_under_its_name_and_is_whole_in_the_end(
    settings: ErpSettings,
) -> None:
    seed = next(seed for seed in range(1000) if mood_for(random.Random(seed), 1) is Mood.HALF_WRITTEN)
    slowly = ErpSettings(
        settings.outbox, settings.inbox, "delimited", delay=DELAY, faults=1, pause=timedelta(seconds=0.3), seed=seed
    )
    (settings.outbox / "a.csv").write_bytes(CSV)

    async with running(slowly) as erp:
        async with asyncio.timeout(PATIENCE_S):
            while not any(path.stat().st_size for path in settings.inbox.iterdir()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        (answer,) = settings.inbox.iterdir()
        first = answer.read_bytes()
        moved = answer.rename(settings.outbox.parent / "claimed")
        await until_done(erp)

    assert not first.endswith(b"\n")
    assert moved.read_bytes().startswith(first)
    assert moved.read_bytes().endswith(b"confirmed;\r\n")


@pytest.mark.parametrize("name", sides.available())
def test_each_side_understands_what_its_format_writes_and_writes_what_auto_reads(name: str) -> None:
    side = side_of(name)
    written = formats.build(name, formats.options_of(name)()).render(guide_order(), 1, AT)

    order_ref = side.reference(written)
    (ack,) = formats.read(formats.build("auto", {}), side.answer(Said(order_ref, "confirmed", "SO-1"))).acknowledgements

    assert (ack.order_ref, ack.erp_order_no, ack.status) == ("48447", "SO-1", AckStatus.CONFIRMED)


@pytest.mark.parametrize("name", sides.available())
@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"[]", b"a;b\n1;2\n", b'{"order_ref": 7}'])
def test_a_side_refuses_what_holds_no_reference(name: str, content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each side has words of its own
        side_of(name).reference(content)


def test_a_format_without_a_side_is_named_with_those_that_have_one() -> None:
    with pytest.raises(LookupError, match=r"does not speak \"klingon\".*delimited"):
        side_of("klingon")


@pytest.mark.parametrize("name", sides.available())
def test_each_fault_is_what_it_is_called(name: str) -> None:
    auto = formats.build("auto", {})

    def said(mood: Mood) -> list[tuple[str | None, str]]:
        found = [formats.read(auto, file.content) for file in files_about(Entry("48447", "SO-1", mood), side_of(name))]
        return [(ack.order_ref, ack.status) for reading in found for ack in reading.acknowledgements]

    files = {mood: files_about(Entry("48447", "SO-1", mood), side_of(name)) for mood in Mood}

    assert said(Mood.WELL) == [("48447", "confirmed")]
    assert said(Mood.DOUBLED) == [("48447", "confirmed")] * 2
    assert said(Mood.REORDERED) == [("48447", "confirmed"), ("48447", "received")]
    assert said(Mood.UNKNOWN) == [("4844T", "confirmed")]
    assert said(Mood.REFUSED) == [("48447", "rejected")]
    assert files[Mood.SLOW][0].after > files[Mood.WELL][0].after
    assert [file.in_place for file in files[Mood.HALF_WRITTEN]] == [True]
    with pytest.raises(Unreadable):
        said(Mood.UNREADABLE)


def test_faults_come_by_share_each_kind_in_turn_and_the_same_again_for_a_seed() -> None:
    one, other = random.Random(5), random.Random(5)

    moods = [mood_for(one, 0.3) for _ in range(1000)]

    assert moods == [mood_for(other, 0.3) for _ in range(1000)]
    assert 200 < sum(mood is not Mood.WELL for mood in moods) < 400
    assert set(moods) == {Mood.WELL, *FAULTS}
    assert {mood_for(one, 0) for _ in range(100)} == {Mood.WELL}


def test_numbers_count_up_from_1001() -> None:
    book = ErpBook()

    numbers = [book.enter(ref, Mood.WELL).erp_order_no for ref in ("a", "b", "a")]

    assert numbers == ["SO-1001", "SO-1002", "SO-1001"]
