"""The recorder of raw requests: bounded in number, in bytes and in time."""

from datetime import timedelta

from bridge.stages.receive.recorder import FORGOTTEN_AFTER_S, MOST_BYTES, MOST_REQUESTS, Exchange, Recorder
from tests.support.clock import ManualClock


def exchange(body: bytes = b"{}") -> Exchange:
    return Exchange("POST", "/orders", (("Authorization", "Basic x"), ("Host", "h")), body, 200, b"answer")


def kept(recorder: Recorder, after: int = 0) -> int:
    found = recorder.since(after)["requests"]
    assert isinstance(found, list)
    return len(found)


def test_nothing_is_kept_before_somebody_asks() -> None:
    recorder = Recorder(ManualClock())

    recorder.keep(exchange())

    assert recorder.since(0) == {"left": 0, "requests": []}


def test_as_many_are_kept_as_were_asked_for() -> None:
    recorder = Recorder(ManualClock())
    recorder.start(2)

    for _ in range(3):
        recorder.keep(exchange())

    assert (kept(recorder), kept(recorder, after=1)) == (2, 1)


def test_however_many_are_asked_for_it_stays_bounded() -> None:
    recorder = Recorder(ManualClock())
    recorder.start(10_000)

    recorder.keep(exchange(bytes(MOST_BYTES + 1)))
    for _ in range(MOST_REQUESTS + 1):
        recorder.keep(exchange())

    assert kept(recorder) == MOST_REQUESTS


def test_what_nobody_fetches_is_forgotten() -> None:
    clock = ManualClock()
    recorder = Recorder(clock)
    recorder.start(5)
    recorder.keep(exchange())

    clock.advance(timedelta(seconds=FORGOTTEN_AFTER_S + 1))
    recorder.keep(exchange())

    assert recorder.since(0) == {"left": 0, "requests": []}
