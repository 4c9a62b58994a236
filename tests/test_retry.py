"""When a failed attempt is made again, and when it is given up."""

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from bridge.retry import RetryPolicy, backoff, is_given_up

POLICY = RetryPolicy()
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 5), (2, 10), (3, 20), (8, 640), (9, 900), (5000, 900)])
def test_each_wait_is_twice_the_one_before_up_to_the_longest(attempts: int, seconds: int) -> None:
    longest_of_its_spread = backoff(POLICY, attempts, draw=1.0)

    assert longest_of_its_spread == seconds * SECOND


@given(attempts=st.integers(1, 10_000), draw=st.floats(0, 1, exclude_max=True))
def test_waits_are_spread_over_the_whole_of_their_step(attempts: int, draw: float) -> None:
    full = backoff(POLICY, attempts, draw=1.0)

    wait = backoff(POLICY, attempts, draw)

    assert wait == pytest.approx(full * draw, abs=timedelta(microseconds=2))
    assert wait <= full <= POLICY.longest


@given(
    first=st.floats(0.001, 100_000),
    factor=st.floats(1, 1e6),
    longest=st.floats(0.001, 100_000),
    attempts=st.integers(1, 100_000),
)
def test_no_settings_lead_past_the_longest_wait(first: float, factor: float, longest: float, attempts: int) -> None:
    policy = RetryPolicy(timedelta(seconds=first), factor, timedelta(seconds=longest))

    wait = backoff(policy, attempts, draw=1.0)

    assert timedelta() <= wait <= policy.longest


def test_a_first_wait_longer_than_the_longest_is_cut() -> None:
    policy = RetryPolicy(first=60 * SECOND, longest=10 * SECOND)

    wait = backoff(policy, 1, draw=1.0)

    assert wait == 10 * SECOND


def test_no_wait_precedes_the_first_attempt() -> None:
    with pytest.raises(ValueError, match="at least one attempt"):
        backoff(POLICY, 0, draw=0.5)


def test_work_is_given_up_when_the_waits_served_reach_the_limit() -> None:
    limit = POLICY.give_up_after

    given_up = [is_given_up(POLICY, waited) for waited in (timedelta(), limit - SECOND, limit, limit + SECOND)]

    assert given_up == [False, False, True, True]
