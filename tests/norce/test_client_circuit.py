"""When nobody calls Norce any more, how long, and who looks whether it is back."""

from datetime import timedelta

import pytest

from bridge.norce.client_circuit import OPENS_AFTER, Circuit, Failure, is_away
from bridge.retry import RetryPolicy

POLICY = RetryPolicy(first=timedelta(seconds=5), factor=2, longest=timedelta(minutes=15))


@pytest.fixture
def circuit() -> Circuit:
    return Circuit(POLICY)


def fail(circuit: Circuit, times: int, at: float = 0.0, asked_s: float | None = None) -> None:
    for _ in range(times):
        circuit.failed(Failure(at, 0.0, asked_s))


@pytest.mark.parametrize("status", [None, 408, 429, 502, 503, 504])
def test_nobody_there_is_away(status: int | None) -> None:
    assert is_away(status)


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 403, 404, 500, 501])
def test_whoever_answers_is_there_even_with_a_fault_of_one_order(status: int) -> None:
    assert not is_away(status)


def test_it_opens_after_failures_in_a_row(circuit: Circuit) -> None:
    fail(circuit, OPENS_AFTER - 1)
    before = circuit.is_open

    fail(circuit, 1)

    assert (before, circuit.is_open) == (False, True)
    assert circuit.wait_s(0.0) == 2.5


def test_one_answer_between_them_keeps_it_closed(circuit: Circuit) -> None:
    for _ in range(10):
        fail(circuit, OPENS_AFTER - 1)
        circuit.answered()

    assert not circuit.is_open


def test_each_failed_probe_lengthens_the_pause_up_to_a_minute(circuit: Circuit) -> None:
    now, pauses = 0.0, []
    fail(circuit, OPENS_AFTER)

    for _ in range(8):
        pauses.append(circuit.wait_s(now))
        now += pauses[-1]
        fail(circuit, 1, at=now)

    assert pauses == [2.5, 5, 10, 20, 30, 30, 30, 30]


def test_calls_that_were_under_way_lengthen_nothing(circuit: Circuit) -> None:
    fail(circuit, OPENS_AFTER)
    wait_s = circuit.wait_s(1.0)

    fail(circuit, 50, at=1.0)

    assert circuit.wait_s(1.0) == wait_s


def test_norce_may_ask_for_a_longer_pause(circuit: Circuit) -> None:
    fail(circuit, OPENS_AFTER, asked_s=90)

    assert circuit.wait_s(0.0) == 90


def test_an_answer_closes_it_and_the_next_time_begins_short(circuit: Circuit) -> None:
    fail(circuit, OPENS_AFTER)
    fail(circuit, 1, at=circuit.wait_s(0.0))

    circuit.answered()
    closed_for = circuit.wait_s(3.0)
    fail(circuit, OPENS_AFTER, at=100.0)

    assert closed_for == 0
    assert circuit.wait_s(100.0) == 2.5
