"""Log lines as people and machines read them (``INTERFACE.md`` 4.5), written on a thread of their own.

Not for: deciding what is logged. A line never carries a payload; values are bounded and control characters escaped.
"""

import json
import logging
import queue
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import PurePath
from traceback import extract_tb
from types import TracebackType
from typing import Literal, Self, TextIO

from bridge.counters import Counters
from bridge.ops.events import EVENTS, Wording
from bridge.ops.folding import Folding

LONGEST_VALUE = 200
LONGEST_TEXT = 600
WAITING_AT_MOST = 10_000

FIELDS = (
    "order",
    "application",
    "target",
    "stage",
    "file",
    "attempt",
    "ms",
    "error",
    "hint",
    "request_id",
)
"""The keys behind ``ts level event msg``, in their order; others follow by name."""

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_SHOWN_LEVELS = {10: "debug", 20: "info", 30: "warn", 40: "error", 50: "error"}
_OWN = "bridge"
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "again", "trace"}
_TRACED_FRAMES = 6

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class LogSettings:
    """``[log]``, with the zone that the terminal's times are shown in."""

    format: Literal["auto", "text", "json"] = "auto"
    level: Literal["debug", "info", "warning", "error"] = "info"
    zone: tzinfo = UTC


class Logging:
    """The log while it is on. Leaving it writes what waits and puts the root logger back as it was."""

    def __init__(self, settings: LogSettings, stream: TextIO, counters: Counters | None = None) -> None:
        is_text = settings.format == "text" or (settings.format == "auto" and stream.isatty())
        formatter = TextLines(settings.zone) if is_text else JsonLines()
        self._queue: queue.Queue[logging.LogRecord | None] = queue.Queue(WAITING_AT_MOST)
        self._outlet = threading.Thread(target=_write_all, args=(self._queue, formatter, stream), daemon=True)
        self._handler = _Post(self._queue, counters)
        self._level = _LEVELS[settings.level]
        self._before: tuple[list[logging.Handler], int, int] | None = None

    def __enter__(self) -> Self:
        """Turn the log on."""
        root, own = logging.getLogger(), logging.getLogger(_OWN)
        self._before = (root.handlers, root.level, own.level)
        root.handlers = [self._handler]
        root.setLevel(logging.WARNING)
        own.setLevel(self._level)
        self._outlet.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Write what waits, at most two seconds long, and turn it off."""
        root, own = logging.getLogger(), logging.getLogger(_OWN)
        if self._before is not None:
            root.handlers, root.level, own.level = self._before
            own.setLevel(own.level)  # forgets what loggers remember of the level before
        try:
            self._queue.put(None, timeout=1)
        except queue.Full:
            return
        self._outlet.join(timeout=2)


class _Post(logging.Handler):
    """Hands records over without ever waiting; what does not fit is counted and told once there is room again."""

    def __init__(self, waiting: "queue.Queue[logging.LogRecord | None]", counters: Counters | None) -> None:
        super().__init__()
        self._waiting = waiting
        self._counters = counters
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Put the record in the queue, or count it as lost."""
        if record.exc_info and record.exc_info[1]:
            record.trace = _trace(record.exc_info[1])
            record.exc_info = None
        try:
            self._waiting.put_nowait(record)
        except queue.Full:
            self._lost += 1
            if self._counters is not None:
                self._counters.add("log_lines_dropped_total")
            return
        if self._lost and self._waiting.qsize() < WAITING_AT_MOST // 2:
            lost, self._lost = self._lost, 0
            told = {"name": _OWN, "levelno": logging.WARNING, "msg": "log_lines_dropped", "count": lost}
            self.emit(logging.makeLogRecord(told))


def _write_all(
    waiting: "queue.Queue[logging.LogRecord | None]",
    formatter: logging.Formatter,
    stream: TextIO,
) -> None:
    """The outlet's thread: fold, format, write, until the end is put in the queue."""
    folding = Folding()
    while (record := waiting.get()) is not None:
        _write(folding.take(record), formatter, stream)
    _write(folding.rest(), formatter, stream)


def _write(records: list[logging.LogRecord], formatter: logging.Formatter, stream: TextIO) -> None:
    try:
        stream.writelines(formatter.format(record) + "\n" for record in records)
        stream.flush()
    except (OSError, ValueError):
        return  # a log that nobody can read is no reason to stop


def _trace(error: BaseException) -> str:
    """The kind of an error and where it came from; not its text, which may quote what people wrote."""
    return f"{type(error).__name__} at {' < '.join(_frames(error.__traceback__))}"


def _frames(trace: TracebackType | None) -> Iterator[str]:
    for frame in extract_tb(trace)[: -_TRACED_FRAMES - 1 : -1]:
        yield f"{PurePath(frame.filename).name}:{frame.lineno} in {frame.name}"


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        event, msg = event_of(record), message_of(record)
        at = datetime.fromtimestamp(record.created, UTC)
        line = {
            "ts": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z",
            "level": record.levelname.lower(),
            "event": event,
            "msg": msg,
            **facts_of(record),
        }
        return json.dumps(line, ensure_ascii=False)


class TextLines(logging.Formatter):
    """Lines for a terminal: time, level, event, what it is about, then the facts."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self._zone = zone

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        facts = facts_of(record)
        at = datetime.fromtimestamp(record.created, self._zone)
        level = _SHOWN_LEVELS.get(record.levelno, record.levelname.lower())
        event = event_of(record)
        sentence, told = _sentence(event, message_of(record), facts)
        rest = "  ".join(_fact(key, value) for key, value in facts.items() if key not in told)
        return f"{at:%H:%M:%S} {level:<5} {event:<18} {sentence}{'  ' if rest else ''}{rest}"


def _sentence(event: str, msg: str, facts: Mapping[str, Value]) -> tuple[str, set[str]]:
    """What the event says on a terminal, and which facts are said by that."""
    shown = EVENTS.get(event, Wording(event)).shown
    used = {key for key in facts if f"{{{key}}}" in shown}
    if shown and shown.count("{") == len(used) and not msg.startswith("again"):
        return shown.format_map(facts), used
    subject = str(facts.get("order") or facts.get("file") or facts.get("target") or "")
    named = {key for key in ("order", "file", "target") if facts.get(key) == subject}
    return (f"{subject}: {msg}" if subject else msg), named


def _fact(key: str, value: Value) -> str:
    if key == "ms":
        return f"{value} ms"
    return f"hint: {value}" if key == "hint" else f"{key}={value}"


def event_of(record: logging.LogRecord) -> str:
    """The event's name; lines of libraries share one."""
    return str(record.msg) if _is_own(record) else "library_message"


def message_of(record: logging.LogRecord) -> str:
    """The event's sentence; its name where the table has none; with how often it was folded."""
    if not _is_own(record):
        return clean(f"{record.name}: {record.getMessage()}", LONGEST_VALUE)
    msg = EVENTS.get(str(record.msg), Wording(str(record.msg))).msg
    again: tuple[int, float] | None = getattr(record, "again", None)
    return f"again, {_repeated(*again)}: {msg}" if again else msg


def _repeated(count: int, seconds: float) -> str:
    often = "once" if count == 1 else f"{count} times"
    minutes = round(seconds / 60)
    return f"{often} in {minutes} min" if minutes else f"{often} in {round(seconds)} s"


def _is_own(record: logging.LogRecord) -> bool:
    return record.name == _OWN or record.name.startswith(f"{_OWN}.")


def facts_of(record: logging.LogRecord) -> dict[str, Value]:
    """The line's facts, bounded, the known keys in their order and the others behind them by name."""
    given = {key: value for key, value in vars(record).items() if key not in _PLAIN and value is not None}
    trace = getattr(record, "trace", None)
    if trace is not None:
        given.setdefault("error", trace)
    keys = [key for key in FIELDS if key in given] + sorted(key for key in given if key not in FIELDS)
    return {key: _value(key, given[key]) for key in keys}


def _value(key: str, value: object) -> Value:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes | bytearray):
        return f"({len(value)} bytes)"  # never a payload
    return clean(str(value), LONGEST_TEXT if key in {"text", "error"} else LONGEST_VALUE)


def clean(text: str, longest: int) -> str:
    """Text that is one line, cannot steer a terminal, and is not longer than ``longest``."""
    bounded = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(char if char.isprintable() else _escaped(char) for char in bounded)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"  # noqa: PLR2004 - what two digits can say
