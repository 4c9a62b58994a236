"""Log lines: their form, their bounds, their folding, and that they never hold anyone up."""

import ast
import io
import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

import bridge
from bridge.counters import Counters
from bridge.ops import logs
from bridge.ops.events import EVENTS
from bridge.ops.folding import Folding
from bridge.ops.logs import JsonLines, Logging, LogSettings, TextLines, clean

AT = 1795266131.204  # 2026-11-21 13:02:11.204 UTC
log = logging.getLogger("bridge.tests")


@pytest.fixture(autouse=True)
def _root_is_put_back() -> Iterator[None]:
    before = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers = before


def record(event: str, level: int = logging.INFO, at: float = AT, **facts: object) -> logging.LogRecord:
    told = logging.makeLogRecord({"name": "bridge.stages.x", "msg": event, "levelno": level, **facts})
    told.levelname = logging.getLevelName(level)
    told.created = at
    return told


def as_json(event: str, **facts: Any) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(JsonLines().format(record(event, **facts)))
    return line


def test_a_json_line_has_its_keys_in_the_promised_order() -> None:
    line = as_json("order_received", request_id="7f3a", order="48447", ms=9, stage="receive", application="demo")

    assert list(line) == ["ts", "level", "event", "msg", "order", "application", "stage", "ms", "request_id"]
    assert line["ts"] == "2026-11-21T13:02:11.204Z"
    assert (line["level"], line["event"], line["msg"]) == ("info", "order_received", "order stored")


def test_facts_beyond_the_known_keys_follow_by_name() -> None:
    line = as_json("file_dropped", zebra=1, order="1", control_number=7)

    assert list(line)[4:] == ["order", "control_number", "zebra"]


def test_a_text_line_reads_like_a_sentence() -> None:
    line = TextLines(ZoneInfo("Europe/Stockholm")).format(
        record("file_dropped", order="48447", file="ORDERS_48447_000123.edi", target="erp", ms=27),
    )

    assert line == "14:02:11 info  file_dropped       48447 → ORDERS_48447_000123.edi  target=erp  27 ms"


def test_a_text_line_without_all_facts_names_what_it_is_about() -> None:
    line = TextLines(UTC).format(record("report_failed", logging.WARNING, order="48447", hint="wait"))

    sentence = "48447: a report to Norce failed; it will be tried again"
    assert line == f"13:02:11 warn  report_failed      {sentence}  hint: wait"


def test_an_event_that_the_table_does_not_know_is_still_written() -> None:
    line = as_json("never_heard_of", order="1")

    assert (line["event"], line["msg"], line["order"]) == ("never_heard_of", "never_heard_of", "1")


def test_a_librarys_line_is_told_under_one_event() -> None:
    told = record("Error %s in\n%s", logging.ERROR)
    told.name, told.args = "paramiko.transport", ("x", "y")

    line = json.loads(JsonLines().format(told))

    assert (line["event"], line["msg"]) == ("library_message", "paramiko.transport: Error x in\\x0ay")


@given(st.text(), st.integers(2, 300))
def test_a_value_is_one_bounded_printable_line(text: str, longest: int) -> None:
    cleaned = clean(text, longest)

    assert cleaned.isprintable()
    assert len(cleaned) <= longest * len("\\u{10ffff}")
    assert text if not text.isprintable() or len(text) > longest else cleaned == text


def test_values_are_bounded_and_bytes_never_written() -> None:
    line = as_json("order_received", order="9" * 500, payload=b"secret", control="\x1b[31m")

    assert len(line["order"]) == 200
    assert line["payload"] == "(6 bytes)"
    assert line["control"] == "\\x1b[31m"


def test_an_unforeseen_error_is_told_by_kind_and_place_not_by_its_text() -> None:
    stream = io.StringIO()
    with Logging(LogSettings("json"), stream):
        try:
            int("Anna Andersson")
        except ValueError:
            log.exception("unforeseen_error")

    line = json.loads(stream.getvalue())
    assert line["error"].startswith("ValueError at test_logs.py:")
    assert "Anna" not in stream.getvalue()


def test_repeats_of_a_warning_are_folded_and_told_as_one() -> None:
    folding = Folding()
    facts = {"target": "erp", "error": "disk full"}

    written = [
        one
        for number in range(240)
        for one in folding.take(record("file_not_written", logging.WARNING, AT + number, order=number, **facts))
    ]
    later = folding.take(record("order_received", at=AT + 600))

    assert len(written) == 1
    again, received = map(JsonLines().format, later)
    assert json.loads(again)["msg"].startswith("again, 239 times in 4 min: file not written")
    assert json.loads(received)["event"] == "order_received"


def test_warnings_about_different_things_are_not_folded() -> None:
    folding = Folding()

    written = [
        one for ref in ("1", "2", "1") for one in folding.take(record("order_conflict", logging.WARNING, order=ref))
    ]

    assert [vars(one)["order"] for one in written] == ["1", "2"]


def test_errors_and_news_are_never_folded() -> None:
    folding = Folding()

    written = [
        folding.take(record(event, level, order="1"))
        for event, level in [("report_dead", logging.ERROR), ("order_received", logging.INFO)] * 2
    ]

    assert [len(one) for one in written] == [1, 1, 1, 1]


def test_what_was_counted_is_told_at_the_end() -> None:
    stream = io.StringIO()
    with Logging(LogSettings("json"), stream):
        for _ in range(3):
            log.warning("target_paused", extra={"target": "erp", "error": "folder"})

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["msg"].partition(":")[0] for line in lines][1:] == ["again, 2 times in 0 s"]


def test_a_stalled_output_holds_nobody_up_and_losses_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "WAITING_AT_MOST", 4)
    counters, gate, stream = Counters(), threading.Event(), io.StringIO()
    write = stream.writelines
    stream.writelines = lambda lines: (gate.wait(5), write(lines))[1]  # type: ignore[method-assign] # stalls on cue

    with Logging(LogSettings("json"), stream, counters):
        for number in range(20):
            log.info("order_received", extra={"order": str(number)})
        gate.set()

    lines = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert counters.count("log_lines_dropped_total") == 20 - lines.count("order_received")
    assert 0 < counters.count("log_lines_dropped_total") < 20


def test_the_least_level_is_kept_and_the_root_is_put_back() -> None:
    stream = io.StringIO()
    before = list(logging.getLogger().handlers)

    with Logging(LogSettings("text", "warning"), stream):
        log.info("order_received")
        log.warning("target_paused")

    assert [line.split()[2] for line in stream.getvalue().splitlines()] == ["target_paused"]
    assert logging.getLogger().handlers == before


def test_auto_is_json_where_nobody_sits_at_a_terminal() -> None:
    stream = io.StringIO()

    with Logging(LogSettings(), stream):
        log.info("service_started")

    assert json.loads(stream.getvalue())["event"] == "service_started"


def test_a_closed_output_is_no_reason_to_stop() -> None:
    stream = io.StringIO()

    with Logging(LogSettings("json"), stream):
        stream.close()
        log.info("service_started")

    assert stream.closed


def test_every_event_of_the_source_has_its_sentence() -> None:
    used = {event for path in Path(bridge.__file__).parent.rglob("*.py") for event in events_in(path)}

    assert used | {"library_message", "log_lines_dropped"} == set(EVENTS)


def events_in(path: Path) -> list[str]:
    levels = {"debug", "info", "warning", "error", "exception", "critical", "log"}
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        str(word.value)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in levels
        and ast.unparse(call.func.value) in {"log", "self._log", "logger"}
        for word in call.args[:2]
        if isinstance(word, ast.Constant) and isinstance(word.value, str)
    ]
