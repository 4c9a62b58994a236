"""When to try again: pure arithmetic from an attempt's number to its next time, or to giving up.

Not for: deciding *whether* a fault may pass; the error's class says that.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Capped exponential backoff; ``give_up_after`` bounds the time spent waiting between attempts."""

    first: timedelta = timedelta(seconds=5)
    factor: float = 2.0
    longest: timedelta = timedelta(minutes=15)
    give_up_after: timedelta = timedelta(hours=48)


def backoff(policy: RetryPolicy, attempts: int, draw: float) -> timedelta:
    """The wait after the ``attempts``-th failure, spread over its whole length by ``draw`` in [0, 1] (full jitter).

    The spread keeps many orders that failed together from coming back together.
    """
    if attempts < 1:
        raise ValueError("a wait follows at least one attempt")
    longest_s = policy.longest.total_seconds()
    full_s = policy.first.total_seconds()
    for _ in range(attempts - 1):
        full_s = min(longest_s, full_s * policy.factor)
        if full_s >= longest_s:
            break
    full_s = min(longest_s, full_s)
    return timedelta(seconds=full_s * draw)


def is_given_up(policy: RetryPolicy, waited: timedelta) -> bool:
    """True when the waits already served reach the policy's limit.

    Only waits between attempts count: time in which a target was paused or the bridge was down was never
    waited for an attempt (invariant 11).
    """
    return waited >= policy.give_up_after
