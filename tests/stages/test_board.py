"""STATUS.txt tells whoever looks into the inbox how it stands, and troubles nobody when it cannot be written."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge import naming
from bridge.journal import Journal
from bridge.stages.monitor.board import AT_LEAST_EVERY, EVERY, Board, Boards
from bridge.states import DropState, Pause, PauseReason
from tests.support import journals
from tests.support.clock import START, ManualClock
from tests.support.journals import ack, admit, bring_to, recording
from tests.support.running import at_rest, running

ZONE = ZoneInfo("Europe/Stockholm")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def journal(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path / "var", clock) as journal:
        yield journal


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    (folder / "quarantine").mkdir(parents=True)
    return folder


@pytest.fixture
def pauses() -> dict[str, Pause]:
    return {}


@pytest.fixture
def boards(journal: Journal, clock: ManualClock, inbox: Path, pauses: dict[str, Pause]) -> Boards:
    board = Board(inbox, inbox / "quarantine", ("erp",))
    return Boards([board], journal, clock, lambda: pauses, ZONE)


def status(inbox: Path) -> str:
    return (inbox / "STATUS.txt").read_text(encoding="utf-8")


async def test_the_board_tells_how_it_stands(
    journal: Journal, boards: Boards, inbox: Path, pauses: dict[str, Pause]
) -> None:
    await admit(journal)
    await bring_to(journal, DropState.PUBLISHED)
    await admit(journal, "48448")
    await journal.record(recording(ack("48448")))
    (inbox / "new.csv").touch()
    (inbox / "half.csv.part").touch()
    for name in ("a.csv", "a.csv.reason.txt"):
        (inbox / "quarantine" / name).touch()
    pauses["erp"] = Pause(PauseReason.FOLDER, START, "the folder is missing")

    await boards.look()

    assert status(inbox).splitlines() == [
        "2026-03-02 10:00:00 Europe/Stockholm",
        "Answers waiting to be read:  1",
        "Answers in quarantine:       1 (each has a NAME.reason.txt beside it)",
        "Last answer:                 ORDRSP_778.csv, read 2026-03-02 10:00:00",
        "Files that erp has not fetched:   1, the oldest since 2026-03-02 10:00:00",
        "Orders that erp has not answered: 1",
        "Target erp is paused: the folder is missing",
    ]
    assert naming.is_never_taken("STATUS.txt")


async def test_the_first_board_tells_what_waits_for_the_erp_too(boards: Boards, inbox: Path) -> None:
    await boards.look()

    assert status(inbox).splitlines()[-2:] == [
        "Files that erp has not fetched:   0",
        "Orders that erp has not answered: 0",
    ]


async def test_a_board_that_tells_nothing_new_is_left_alone_for_a_while(
    boards: Boards, inbox: Path, clock: ManualClock
) -> None:
    await boards.look()
    first = status(inbox)

    clock.advance(EVERY)
    await boards.look()
    soon = status(inbox)
    clock.advance(AT_LEAST_EVERY)
    await boards.look()

    assert soon == first
    assert status(inbox) != first
    assert status(inbox).splitlines()[1:] == first.splitlines()[1:]


async def test_news_is_on_the_board_within_ten_seconds(boards: Boards, inbox: Path, clock: ManualClock) -> None:
    async with running(boards.run):
        await at_rest(clock)
        (inbox / "new.csv").touch()
        clock.advance(timedelta(seconds=10))
        await at_rest(clock)

    assert "Answers waiting to be read:  1" in status(inbox)


TROUBLES: dict[str, Callable[[Path], object]] = {
    "gone": lambda inbox: inbox.rename(inbox.with_name("away")),
    "a folder in its place": lambda inbox: (inbox / "STATUS.txt").mkdir(),
    "a link in its place": lambda inbox: (inbox / ".STATUS.txt.part").symlink_to(inbox.with_name("other")),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_board_that_cannot_be_written_troubles_nobody(
    boards: Boards, inbox: Path, tmp_path: Path, trouble: str
) -> None:
    other = tmp_path / "other"
    other.write_text("somebody else's")
    TROUBLES[trouble](inbox)

    again = await boards.look()

    assert again == EVERY
    assert other.read_text() == "somebody else's"
