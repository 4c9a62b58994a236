"""Calls are spread so that no minute holds more than agreed."""

import pytest
from hypothesis import given, strategies as st

from bridge.norce.client_pace import Pace


@given(
    calls=st.integers(1, 700),
    gaps=st.lists(st.floats(0, 30, allow_nan=False) | st.just(0.0), min_size=1, max_size=300),
)
def test_no_sixty_seconds_hold_more_calls_than_agreed(calls: int, gaps: list[float]) -> None:
    pace, now, gone = Pace.per_minute(calls), 0.0, list[float]()

    for gap in gaps:
        now += gap
        gone.append(now + pace.book(now))

    gone.sort()
    assert not any(later - first < 59.999 for first, later in zip(gone, gone[calls:], strict=False))


def test_a_tenth_goes_at_once_and_the_rest_in_even_steps() -> None:
    pace = Pace.per_minute(600)

    waits = [pace.book(0.0) for _ in range(63)]

    assert waits[:60] == [0.0] * 60
    assert waits[60:] == pytest.approx([60 / 541, 120 / 541, 180 / 541])


def test_time_without_calls_earns_the_burst_back_and_no_more() -> None:
    pace = Pace(20.0, 10)

    first = [pace.book(0.0) for _ in range(10)]
    later = [pace.book(1_000_000.0) for _ in range(11)]

    assert first == [0.0] * 10
    assert later == [0.0] * 10 + [20.0]


def test_asking_for_the_wait_takes_no_place() -> None:
    pace = Pace(20.0, 1)

    waits = [pace.wait_s(0.0) for _ in range(5)]

    assert waits == [0.0] * 5
