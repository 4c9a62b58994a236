"""What a network share does to answers: held open elsewhere, told of late, with made-up inodes, renamed unheard."""

import asyncio
import errno
import os
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.stages.watch import inbox as inboxes, moves, stability, stage
from bridge.stages.watch.inbox import Claim, Contents, Inbox, Listing, RefusedError
from bridge.stages.watch.refusals import Refusals
from bridge.stages.watch.stability import Finished, Seen
from bridge.transports import rename_new
from tests.stages.watch_support import Yard, answer, journal, until, yard

__all__ = ["journal", "yard"]


class Locks:
    """Programs on another machine that hold files of these names open, so that they cannot be renamed."""

    def __init__(self) -> None:
        self.fault = errno.EBUSY
        self.names: set[str] = set()
        self.is_answer_lost = False
        self.tried = 0

    def rename(self, source: Any, target: Any, **places: Any) -> None:
        if source in self.names:
            self.tried += 1
            if self.is_answer_lost:
                self.real(source, target, **places)
            raise OSError(self.fault, os.strerror(self.fault), source)
        self.real(source, target, **places)

    real = staticmethod(os.rename)


@pytest.fixture
def locks(monkeypatch: pytest.MonkeyPatch) -> Locks:
    made = Locks()
    monkeypatch.setattr(os, "rename", made.rename)
    return made


@pytest.mark.parametrize("fault", [errno.EBUSY, errno.EACCES], ids=errno.errorcode.get)
async def test_a_file_held_open_elsewhere_stops_no_other_and_is_taken_once_it_is_free(
    yard: Yard, locks: Locks, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: int
) -> None:
    monkeypatch.setattr(stability, "HOLDS_BACK_S", 0.2)
    caplog.set_level("WARNING", logger="bridge")
    soon = timedelta(seconds=0.15)
    yard.settings = replace(yard.settings, sweep=timedelta(seconds=0.05), stalled_after=soon)
    locks.fault, locks.names = fault, {"A.json"}
    for ref in "12":
        await yard.admit(ref)

    async with yard.watching() as watching:
        yard.put("A.json", answer("1"))
        await until(lambda: locks.tried)
        yard.put("B.json", answer("2"))
        await until(lambda: yard.archived() == ["B.json"])
        await until(lambda: locks.tried > 2)
        await until(watching.findings)
        [alert] = watching.findings()
        locks.names.clear()
        await until(lambda: len(yard.archived()) == 2)
        await until(lambda: not watching.findings())

    assert (alert.kind, alert.severity) == ("answer_stuck", "ticket")
    assert f"The file A.json in {yard.inbox} cannot be taken: {os.strerror(fault)}" in alert.text
    assert [record.getMessage() for record in caplog.records] == ["file_not_moved"]
    assert [await yard.outcome(ref) for ref in "12"] == ["confirmed", "confirmed"]
    assert yard.claims() == []


@pytest.mark.parametrize("fault", [errno.ENOENT, errno.EIO], ids=errno.errorcode.get)
async def test_a_claim_whose_answer_was_lost_is_a_claim(yard: Yard, locks: Locks, fault: int) -> None:
    locks.fault, locks.names, locks.is_answer_lost = fault, {"A.json"}, True
    (yard.inbox / "A.json").write_bytes(answer("1"))
    inbox = Inbox(yard.inbox)

    claim = inbox.claim("A.json")

    assert claim is not None
    assert inbox.claims() == [claim]


def test_a_refused_claim_leaves_nothing_behind(yard: Yard, locks: Locks) -> None:
    locks.names = {"A.json"}
    (yard.inbox / "A.json").write_bytes(answer("1"))

    with pytest.raises(RefusedError):
        Inbox(yard.inbox).claim("A.json")

    assert list((yard.inbox / ".work").iterdir()) == []
    assert (yard.inbox / "A.json").exists()


def test_one_entry_that_cannot_be_looked_at_hides_no_other(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "AB":
        (yard.inbox / name).touch()
    real = inboxes._facts  # noqa: SLF001 - one answer of the system, not of ours

    def refusing(entry: "os.DirEntry[str]") -> os.stat_result | None:
        if entry.name == "A":
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), entry.name)
        return real(entry)

    monkeypatch.setattr(inboxes, "_facts", refusing)
    listing = Inbox(yard.inbox).look()

    assert [seen.name for seen in listing.files] == ["B"]
    assert listing.strangers == (("A", "something that cannot be looked at now (Device or resource busy)"),)


@pytest.mark.parametrize("name", [".nfs000000000000006200000001", ".fuse_hidden0000000200000001"])
def test_what_a_client_keeps_of_a_removed_file_is_no_claim(yard: Yard, name: str) -> None:
    (yard.inbox / "A.json").write_bytes(answer("1"))
    inbox = Inbox(yard.inbox)
    claim = inbox.claim("A.json")
    assert claim is not None
    (yard.inbox / ".work" / claim.id / name).touch()

    assert inbox.claims() == [claim]


@pytest.mark.parametrize("fault", [errno.ENOENT, errno.EEXIST, errno.EIO], ids=errno.errorcode.get)
def test_a_move_whose_answer_was_lost_is_one_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int) -> None:
    (tmp_path / "a").write_bytes(b"a")

    def losing(*arguments: Any) -> None:
        rename_new(*arguments)
        raise OSError(fault, os.strerror(fault))

    monkeypatch.setattr(moves, "rename_new", losing)
    with moves.opened(tmp_path) as here:
        moves.move(here, "a", here, "b")

    assert [path.name for path in tmp_path.iterdir()] == ["b"]


# A share as its client sees it


class Late(Inbox):
    """An inbox on a share whose client keeps what it knew of a file for a while, unless the file is opened."""

    keeps_s = 0.6

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._known: dict[str, tuple[float, Seen]] = {}

    def _late(self, seen: Seen) -> Seen:
        since, known = self._known.get(seen.name, (0.0, seen))
        if time.monotonic() - since > self.keeps_s:
            self._known[seen.name] = (time.monotonic(), seen)
            return seen
        return known

    def look(self) -> Listing:
        listing = super().look()
        return replace(listing, files=tuple(self._late(seen) for seen in listing.files))

    def glance(self, claim: Claim) -> Seen | None:
        seen = super().glance(claim)
        return seen and self._late(seen)


async def test_a_file_that_only_seems_quiet_is_waited_for_once_it_was_opened(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "Inbox", Late)
    yard.change(quiet_for=timedelta(seconds=0.2), patience=timedelta(seconds=5))
    await yard.admit("1")
    await yard.admit("2")

    async with yard.watching():
        with (yard.inbox / "A.json").open("wb") as slow:
            slow.write(answer("1"))
            slow.flush()
            await asyncio.sleep(0.1)
            slow.write(b"\n")  # seen by whoever opens the file, not by whoever looks
            slow.flush()
            await until(yard.claims)
            slow.write(answer("2")[:10])
            slow.flush()
            await asyncio.sleep(0.1)
            slow.write(answer("2")[10:])
        await until(yard.archived)

    assert len(await yard.file_outcomes()) == 1


class Renumbering(Inbox):
    """An inbox on a share that gives each file another number whenever it is asked, as cifs does with noserverino."""

    last = 0

    def _numbered(self, seen: Seen) -> Seen:
        Renumbering.last += 1
        return replace(seen, inode=Renumbering.last)

    def look(self) -> Listing:
        listing = super().look()
        return replace(listing, files=tuple(self._numbered(seen) for seen in listing.files))

    def glance(self, claim: Claim) -> Seen | None:
        seen = super().glance(claim)
        return seen and self._numbered(seen)

    def read(self, claim: Claim, limit: int) -> Contents | None:
        contents = super().read(claim, limit)
        return contents and replace(contents, seen=self._numbered(contents.seen))


async def test_inodes_that_are_made_up_at_each_look_keep_no_answer_from_being_read(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "Inbox", Renumbering)
    await yard.admit("1")

    async with yard.watching():
        yard.put("A.json", answer("1"))
        await until(yard.archived)

    assert await yard.outcome("1") == "confirmed"
    assert await yard.file_outcomes() == ["matched"]


# The waiting itself


@pytest.fixture
def finished() -> Finished:
    return Finished(Seen("A", 1, 2, 3), (3, "A"), 0.0)


def test_a_refused_file_is_tried_again_ever_more_rarely_and_told_once(finished: Finished) -> None:
    refusals = Refusals(longest_wait_s=5.0)

    told = [refusals.note(finished, "busy", at) for at in (0.0, 1.0, 3.0, 7.0)]

    assert told == [True, False, False, False]
    assert refusals.again_at() == 12.0
    assert not refusals.may_try("A", 11.9)
    assert refusals.may_try("A", 12.0)
    oldest = refusals.oldest()
    assert oldest is not None
    assert oldest.since == 0.0


def test_a_refused_file_that_is_gone_is_forgotten(finished: Finished) -> None:
    refusals = Refusals(longest_wait_s=5.0)
    refusals.note(finished, "busy", 0.0)

    refusals.keep({"B"})

    assert refusals.again_at() is None
    assert refusals.waiting() == []
