"""Which files are finished: listings and times in, names out. No disk, no clock."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from bridge.stages.watch.stability import (
    HOLDS_BACK_S,
    TOLD_AT_ONCE,
    Finish,
    Rule,
    Seen,
    Stability,
    Verdict,
    Waiting,
    holder,
)

QUIET = Rule(Finish.QUIET, timedelta(seconds=2))
MARKER = Rule(Finish.MARKER, timedelta(seconds=2))
RENAME = Rule(Finish.RENAME, timedelta(seconds=2), patterns=("*.csv",))


def seen(name: str, size: int = 10, mtime: int = 100, inode: int = 0, *, is_new: bool = False) -> Seen:
    return Seen(name, inode or hash(name), size, mtime, is_new)


def names(verdict: Verdict) -> list[str]:
    return [one.seen.name for one in verdict.finished]


def test_a_file_is_finished_when_two_looks_quiet_for_apart_agree() -> None:
    stability = Stability(QUIET)

    first = stability.look([seen("a")], 10.0)
    early = stability.look([seen("a")], 11.9)
    late = stability.look([seen("a")], 12.0)

    assert [names(first), names(early), names(late)] == [[], [], ["a"]]
    assert [first.look_again_at, early.look_again_at, late.look_again_at] == [12.0, 12.0, None]


def test_an_old_mtime_finishes_nothing() -> None:
    verdict = Stability(QUIET).look([seen("a", mtime=0)], 1e9)

    assert names(verdict) == []


@pytest.mark.parametrize(
    "changed",
    [seen("a", size=11), seen("a", mtime=101), seen("a", inode=9)],
    ids=["size", "mtime", "inode"],
)
def test_a_change_begins_the_wait_anew(changed: Seen) -> None:
    stability = Stability(QUIET)
    stability.look([seen("a")], 0.0)

    at_change = stability.look([changed], 2.0)
    after = stability.look([changed], 4.0)

    assert names(at_change) == []
    assert at_change.look_again_at == 4.0
    assert names(after) == ["a"]


def test_an_inode_that_is_another_one_at_each_look_keeps_no_file_waiting_for_ever() -> None:
    stability = Stability(QUIET)

    looks = [names(stability.look([seen("a", inode=at + 1)], float(at))) for at in range(5)]

    assert looks == [[], [], [], ["a"], ["a"]]


def test_without_a_wait_two_looks_are_still_needed() -> None:
    stability = Stability(Rule(Finish.QUIET, timedelta()))

    assert names(stability.look([seen("a")], 5.0)) == []
    assert names(stability.look([seen("a")], 5.0)) == ["a"]


def test_a_file_that_was_gone_between_two_looks_begins_anew() -> None:
    stability = Stability(QUIET)
    stability.look([seen("a")], 0.0)
    stability.look([], 1.0)

    assert names(stability.look([seen("a")], 2.5)) == []


def test_finished_files_come_by_mtime_then_name() -> None:
    files = [seen("b", mtime=1), seen("c", mtime=0), seen("a", mtime=1)]
    stability = Stability(QUIET)
    stability.look(files, 0.0)

    assert names(stability.look(files, 2.0)) == ["c", "a", "b"]


def test_a_file_that_is_written_slowly_keeps_its_place() -> None:
    stability = Stability(QUIET)
    stability.look([seen("slow", mtime=1), seen("quick", mtime=2)], 0.0)
    grown = [seen("slow", size=99, mtime=3), seen("quick", mtime=2)]
    stability.look(grown, 1.0)

    assert names(stability.look(grown, 2.5)) == []
    assert names(stability.look(grown, 3.0)) == ["slow", "quick"]


def test_an_unfinished_older_file_holds_back_for_five_seconds_at_most() -> None:
    stability = Stability(QUIET)
    held = [names(stability.look([seen("slow", size=at, mtime=1), seen("b", mtime=2)], at)) for at in range(5)]
    waiting = stability.look([seen("slow", size=44, mtime=1), seen("b", mtime=2)], 4.5)

    free = stability.look([seen("slow", size=50, mtime=1), seen("b", mtime=2)], 5.0)

    assert held == [[]] * 5
    assert waiting.look_again_at == 5.0
    assert names(free) == ["b"]


def test_a_younger_unfinished_file_holds_back_nothing() -> None:
    stability = Stability(QUIET)
    stability.look([seen("a", mtime=1)], 0.0)

    assert names(stability.look([seen("a", mtime=1), seen("b", mtime=2)], 2.0)) == ["a"]


def test_a_claim_that_is_not_whole_holds_back_what_is_younger() -> None:
    stability = Stability(QUIET)
    files = [seen("a", mtime=1), seen("c", mtime=3)]
    stability.look(files, 0.0)

    verdict = stability.look(files, 2.0, [Waiting((2, "b"), 1.0)])

    assert names(verdict) == ["a"]
    assert verdict.look_again_at == 6.0


def test_a_marker_finishes_at_once_and_is_no_answer() -> None:
    stability = Stability(MARKER)

    alone = stability.look([seen("a"), seen("other.done")], 0.0)
    marked = stability.look([seen("a"), seen("a.done", mtime=100)], 9.0)

    assert names(alone) == []
    assert alone.look_again_at is None
    assert names(marked) == ["a"]
    assert marked.ignored == ()


def test_a_marker_older_than_its_file_proves_nothing() -> None:
    stability = Stability(MARKER)
    files = [seen("a", mtime=100), seen("a.done", mtime=99)]

    first = stability.look(files, 0.0)

    assert names(first) == []
    assert first.look_again_at == 2.0
    assert names(stability.look(files, 2.0)) == ["a"]


def test_a_name_that_fits_finishes_at_once() -> None:
    verdict = Stability(RENAME).look([seen("a.csv"), seen("b.csv.uploading"), seen("c.csv.part")], 0.0)

    assert names(verdict) == ["a.csv"]
    assert verdict.ignored == ()


@pytest.mark.parametrize(("rule", "marker"), [(RENAME, []), (MARKER, [seen("b.csv.done")])], ids=["rename", "marker"])
def test_what_only_the_second_listing_shows_waits_for_the_next_look(rule: Rule, marker: list[Seen]) -> None:
    stability = Stability(rule)

    first = stability.look([seen("b.csv", is_new=True), *marker], 3.0)

    assert names(first) == []
    assert names(stability.look([seen("b.csv"), *marker], 3.0)) == ["b.csv"]


def test_own_names_and_uploads_are_neither_taken_nor_ignored() -> None:
    files = [
        seen(name) for name in (".hidden", "a.part", "a.tmp", "a.filepart", "STATUS.txt", "a.reason.txt", "README")
    ]
    stability = Stability(QUIET)
    stability.look(files, 0.0)

    verdict = stability.look(files, 9.0)

    assert names(verdict) == []
    assert verdict.fresh == verdict.ignored == ()


def test_an_ignored_file_is_told_once_until_it_is_another() -> None:
    rule = Rule(Finish.QUIET, timedelta(), patterns=("*.csv",), elsewhere=("*.xml",))
    stability = Stability(rule)
    files = [seen("a.txt", inode=1), seen("b.xml")]

    told = [stability.look(files, at).ignored for at in (0.0, 1.0)]
    again = stability.look([seen("a.txt", inode=2)], 2.0).ignored

    assert told == [("a.txt",), ()]
    assert again == ("a.txt",)


def test_a_fresh_name_is_told_once() -> None:
    stability = Stability(QUIET)

    assert stability.look([seen("a")], 0.0).fresh == ("a",)
    assert stability.look([seen("a"), seen("b")], 1.0).fresh == ("b",)


def test_a_name_that_fits_two_targets_belongs_to_the_first() -> None:
    second = Rule(Finish.RENAME, timedelta(), patterns=("*",), before=("*.csv",), elsewhere=("*.csv",))

    assert names(Stability(second).look([seen("a.csv"), seen("a.xml")], 0.0)) == ["a.xml"]


_LISTINGS = st.lists(
    st.lists(
        st.builds(
            Seen,
            name=st.sampled_from("abcd"),
            inode=st.integers(1, 3),
            size=st.integers(0, 2),
            mtime_ns=st.integers(0, 3),
            is_new=st.booleans(),
        ),
        unique_by=lambda one: one.name,
        max_size=4,
    ),
    max_size=12,
)


def _played(rule: Rule, listings: Sequence[Sequence[Seen]]) -> list[Verdict]:
    stability = Stability(rule)
    return [stability.look(listing, float(at)) for at, listing in enumerate(listings)]


@given(_LISTINGS)
def test_nothing_is_finished_that_changed_within_quiet_for(listings: list[list[Seen]]) -> None:
    for at, verdict in enumerate(_played(QUIET, listings)):
        for one in verdict.finished:
            earlier = [file for listing in listings[max(0, at - 2) : at] for file in listing]
            same = [file for file in earlier if file.name == one.seen.name and file.is_unchanged(one.seen)]
            assert len(same) == 2


@given(_LISTINGS, st.sampled_from([QUIET, MARKER, RENAME]))
def test_finished_files_are_listed_and_in_order(listings: list[list[Seen]], rule: Rule) -> None:
    for listing, verdict in zip(listings, _played(rule, listings), strict=True):
        ages = [one.age for one in verdict.finished]
        assert ages == sorted(ages)
        assert {one.seen for one in verdict.finished} <= set(listing)


@given(_LISTINGS)
def test_whoever_is_quiet_is_finished_at_last(listings: list[list[Seen]]) -> None:
    stability = Stability(QUIET)
    for at, listing in enumerate(listings):
        stability.look(listing, float(at))
    last = [Seen(name, 1, 1, 1) for name in "abcd"]
    stability.look(last, 100.0)

    assert sorted(names(stability.look(last, 100.0 + HOLDS_BACK_S))) == ["a", "b", "c", "d"]


@given(_LISTINGS)
def test_there_is_always_a_next_look_while_something_waits(listings: list[list[Seen]]) -> None:
    for at, (listing, verdict) in enumerate(zip(listings, _played(QUIET, listings), strict=True)):
        if len(verdict.finished) < len(listing):
            assert verdict.look_again_at is not None
            assert at <= verdict.look_again_at <= at + HOLDS_BACK_S


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 10)), max_size=5), st.floats(0, 20))
def test_a_holder_is_older_and_its_time_has_not_passed(waiting: list[tuple[int, float]], at: float) -> None:
    until = holder((2, "m"), [Waiting((age, "m"), since) for age, since in waiting], at)

    expected = [since + HOLDS_BACK_S for age, since in waiting if age < 2 and at < since + HOLDS_BACK_S]
    assert until == max(expected, default=None)


def test_a_flood_of_strange_names_is_told_of_little_by_little_and_each_once() -> None:
    rule = Rule(Finish.QUIET, timedelta(seconds=2), patterns=("*.json",))
    stability = Stability(rule)
    flood = [seen(f"{number:04}.csv") for number in range(2 * TOLD_AT_ONCE + 1)]

    told = [stability.look(flood, float(at)).ignored for at in range(4)]

    assert [len(names) for names in told] == [TOLD_AT_ONCE, TOLD_AT_ONCE, 1, 0]
    assert sorted(name for names in told for name in names) == [one.name for one in flood]
