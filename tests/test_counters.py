"""Counts, levels and durations that several threads raise and somebody else reads."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge.counters import DURATION_BOUNDS_S, Counters


def test_a_count_is_kept_for_each_set_of_labels_whatever_their_order() -> None:
    counters = Counters()

    counters.add("files_written_total", target="erp", format="json")
    counters.add("files_written_total", by=2, format="json", target="erp")
    counters.add("files_written_total", target="copy", format="json")

    assert counters.count("files_written_total", target="erp", format="json") == 3
    assert counters.count("files_written_total", target="copy", format="json") == 1


def test_a_count_that_was_never_raised_is_nought_and_stays_unlisted() -> None:
    counters = Counters()

    never = counters.count("files_written_total", target="erp")

    assert never == 0
    assert list(counters.counts()) == []


def test_a_level_is_the_last_value_that_was_set() -> None:
    counters = Counters()

    counters.level("orders_waiting", 7, target="erp")
    counters.level("orders_waiting", 3, target="erp")

    assert list(counters.levels()) == [("orders_waiting", (("target", "erp"),), 3)]


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0, 0), (0.01, 0), (0.011, 1), (1, 4), (86400, len(DURATION_BOUNDS_S) - 1), (86401, len(DURATION_BOUNDS_S))],
)
def test_a_duration_falls_under_the_first_bound_that_holds_it(seconds: float, bucket: int) -> None:
    counters = Counters()

    counters.observe("stage_duration_seconds", seconds, stage="drop")

    ((_, _, durations),) = counters.durations()
    assert [at for at, number in enumerate(durations.buckets) if number] == [bucket]
    assert durations.total_s == seconds


def test_a_reader_gets_a_copy_that_later_counting_does_not_change() -> None:
    counters = Counters()
    counters.observe("stage_duration_seconds", 1, stage="drop")
    counters.add("files_written_total")
    ((_, _, durations),) = counters.durations()
    counts = counters.counts()

    counters.observe("stage_duration_seconds", 1, stage="drop")
    counters.add("files_written_total")

    assert sum(durations.buckets) == 1
    assert list(counts) == [("files_written_total", (), 1)]


def test_nothing_is_lost_between_threads() -> None:
    counters = Counters()

    def raise_often(_: int) -> None:
        for _ in range(500):
            counters.add("events_total", kind="a")
            counters.observe("seconds", 0.001)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(raise_often, range(8)))

    ((_, _, durations),) = counters.durations()
    assert counters.count("events_total", kind="a") == 4000
    assert durations.buckets[0] == 4000
