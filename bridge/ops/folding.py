"""Folds the repeats of a warning: the first is written, the others are counted and told as one.

Not for: errors and state changes; each of those is a line of its own.
"""

import logging
from dataclasses import dataclass

WINDOW_S = 600.0
REMEMBERED = 1000

_Key = tuple[str, ...]


@dataclass(slots=True)
class _Seen:
    first: logging.LogRecord
    last: logging.LogRecord
    count: int = 0


class Folding:
    """Decides for each record what is written now; time is the records' own."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._seen: dict[_Key, _Seen] = {}

    def take(self, record: logging.LogRecord) -> list[logging.LogRecord]:
        """What is to be written: summaries of windows that have passed, and the record unless it is a repeat."""
        told = self._passed(record.created)
        if record.levelno != logging.WARNING:
            return [*told, record]
        seen = self._seen.get(key_of(record))
        if seen is None:
            self._remember(record)
            return [*told, record]
        seen.count += 1
        seen.last = record
        return told

    def rest(self) -> list[logging.LogRecord]:
        """Summaries of everything that was counted and not told yet."""
        told = [_summary(seen, seen.last.created) for seen in self._seen.values() if seen.count]
        self._seen.clear()
        return told

    def _passed(self, now: float) -> list[logging.LogRecord]:
        over = [key for key, seen in self._seen.items() if now - seen.first.created >= self._window_s]
        ended = [self._seen.pop(key) for key in over]
        return [_summary(seen, now) for seen in ended if seen.count]

    def _remember(self, record: logging.LogRecord) -> None:
        if len(self._seen) < REMEMBERED:
            self._seen[key_of(record)] = _Seen(record, record)


def key_of(record: logging.LogRecord) -> _Key:
    """What makes two warnings the same: the event, what it is about, and the error.

    With an error the order does not count: one cause that stops many orders is one warning.
    """
    facts = vars(record)
    about = ("target", "error") if facts.get("error") else ("target", "order", "file", "hint")
    return (str(record.msg), *(str(facts.get(key, "")) for key in (*about, "kind", "subject", "text")))


def _summary(seen: _Seen, now: float) -> logging.LogRecord:
    told = logging.makeLogRecord(vars(seen.last))
    told.created = now
    told.again = (seen.count, max(seen.last.created - seen.first.created, 0.0))
    return told
