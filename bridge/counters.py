"""Counts and durations kept in memory where the state changes, read by whoever shows them.

Not for: facts that must survive a restart; those are journal rows.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Labels = tuple[tuple[str, str], ...]

DURATION_BOUNDS_S = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 15, 60, 300, 1800, 7200, 28800, 86400)


@dataclass(slots=True)
class Durations:
    """A histogram: one count a bound of :data:`DURATION_BOUNDS_S`, the last for everything above; in seconds."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(DURATION_BOUNDS_S) + 1))
    total_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        place = next((i for i, bound in enumerate(DURATION_BOUNDS_S) if seconds <= bound), -1)
        self.buckets[place] += 1
        self.total_s += seconds


class Counters:
    """A thread-safe set of named counts, levels and durations with labels.

    Names are the metric's without prefix (``orders_received_total``); a label never carries a reference, a file
    name or a customer.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, Labels], float] = {}
        self._levels: dict[tuple[str, Labels], float] = {}
        self._durations: dict[tuple[str, Labels], Durations] = {}

    def add(self, name: str, by: float = 1, **labels: str) -> None:
        """Raise the count ``name`` by ``by``."""
        key = (name, _labels(labels))
        with self._lock:
            self._counts[key] = self._counts.get(key, 0) + by

    def level(self, name: str, value: float, **labels: str) -> None:
        """Set the present level of ``name``."""
        with self._lock:
            self._levels[(name, _labels(labels))] = value

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Count one duration under ``name``."""
        with self._lock:
            self._durations.setdefault((name, _labels(labels)), Durations()).add(seconds)

    def count(self, name: str, **labels: str) -> float:
        """The present count of ``name`` with exactly these labels; 0 when it was never raised."""
        with self._lock:
            return self._counts.get((name, _labels(labels)), 0)

    def counts(self) -> Iterator[tuple[str, Labels, float]]:
        """Each count with its labels."""
        with self._lock:
            rows = list(self._counts.items())
        return ((name, labels, value) for (name, labels), value in rows)

    def levels(self) -> Iterator[tuple[str, Labels, float]]:
        """Each level with its labels."""
        with self._lock:
            rows = list(self._levels.items())
        return ((name, labels, value) for (name, labels), value in rows)

    def durations(self) -> Iterator[tuple[str, Labels, Durations]]:
        """Each histogram with its labels; a copy."""
        with self._lock:
            rows = [(key, Durations(list(d.buckets), d.total_s)) for key, d in self._durations.items()]
        return ((name, labels, value) for (name, labels), value in rows)


def _labels(labels: Mapping[str, str]) -> Labels:
    return tuple(sorted(labels.items()))
