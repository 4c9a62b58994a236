"""How fast calls may follow each other; pure arithmetic over a monotonic clock.

Not for: waiting (``client``), or for calls that failed (``client_circuit``).
"""

from typing import Self

_MINUTE_S = 60.0


class Pace:
    """A burst at once, and from then on one call each ``every_s``; time without calls earns the burst back."""

    def __init__(self, every_s: float, burst: int) -> None:
        self._every_s = every_s
        self._ahead_s = (burst - 1) * every_s
        self._next_at = float("-inf")
        """When the next call would come if all calls were spread evenly."""

    @classmethod
    def per_minute(cls, calls: int) -> Self:
        """At most ``calls`` within any sixty seconds, a tenth of them in one go."""
        burst = max(1, calls // 10)
        return cls(_MINUTE_S / (calls - burst + 1), burst)

    def wait_s(self, now: float) -> float:
        """How long a call that is ready now has to wait; 0 when it may go."""
        return max(0.0, self._next_at - self._ahead_s - now)

    def book(self, now: float) -> float:
        """The same, and the place is taken."""
        wait_s = self.wait_s(now)
        self._next_at = max(self._next_at, now) + self._every_s
        return wait_s
