"""Whether Norce is to be called at all: after some failures in a row nobody calls but one probe at a time; pure.

Not for: a single call's repetitions (``retry``, by the report stage), nor for refusals, which are answers.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from bridge.retry import RetryPolicy, backoff

OPENS_AFTER = 5
"""Failures in a row, of whichever calls."""

LONGEST_PAUSE = timedelta(minutes=1)

_AWAY = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    },
)


def is_away(status: int | None) -> bool:
    """True when nobody answered, or only somebody in front of Norce who said *not now*.

    A 500 is not among them: it may be that one order's own, and the others are not to wait for it.
    """
    return status is None or status in _AWAY


@dataclass(frozen=True, slots=True)
class Failure:
    """One call that did not reach Norce: when, what it drew in [0, 1), and the wait that the answer asked for."""

    at: float
    draw: float
    asked_s: float | None = None


class Circuit:
    """Open after :data:`OPENS_AFTER` failures in a row; each failed probe lengthens the pause up to a minute.

    Times are of a monotonic clock. Calls that were under way when it opened change nothing by failing.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = replace(policy, longest=min(policy.longest, LONGEST_PAUSE))
        self._failures = 0
        self._pauses = 0
        self._until = float("-inf")

    @property
    def is_open(self) -> bool:
        """True while only a probe may go."""
        return self._pauses > 0

    def wait_s(self, now: float) -> float:
        """How long until the next probe may go; 0 when a call may go."""
        return max(0.0, self._until - now) if self.is_open else 0.0

    def answered(self) -> None:
        """Norce is there: everybody may call."""
        self._failures = self._pauses = 0

    def failed(self, failure: Failure) -> None:
        """Nobody was there, or nobody who could take the call."""
        self._failures += 1
        if self.wait_s(failure.at) > 0 or self._failures < OPENS_AFTER:
            return
        self._pauses += 1
        spread = 0.5 + failure.draw / 2  # a probe goes alone: at least half of its step keeps it from hammering
        pause_s = backoff(self._policy, self._pauses, spread).total_seconds()
        self._until = failure.at + max(pause_s, failure.asked_s or 0.0)
