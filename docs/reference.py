"""Makes the pages of docs/reference/ from the code: ``python docs/reference.py``; with ``--check`` it only compares.

Not for: explaining. A sentence that no code holds stands in ``reference_words.py``; ``http-api.md`` is written by hand.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import click
import reference_formats
import reference_source as source
from pydantic import BaseModel
from reference_orders import OPENING, classes
from reference_words import ERRORS, EXIT_CODES

from bridge import channels, formats, states, transports
from bridge.cli._exits import code_of
from bridge.cli._root import root
from bridge.config import Setting, format_duration, settings
from bridge.config.models import MAPS, SECTIONS
from bridge.config.routes import ROUTES, RouteKeys, When
from bridge.config.shape import fields_of, only_side_of, side_of
from bridge.config.targets import AnswerKeys, ApplicationKeys, EnrichKeys, OrderKeys, TargetKeys
from bridge.errors import ErrorName, PermanentError
from bridge.ops.events import EVENTS

HERE = Path(__file__).resolve().parent
PAGES = HERE / "reference"
SOURCE = HERE.parent / "bridge"
MADE = "<!-- Made by `python docs/reference.py`; change the code, not this page. -->"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_LOG_CALLS = ("debug", "info", "warning", "error", "exception", "critical")
_COUNTER_CALLS = {"add": "counter", "level": "gauge", "observe": "histogram"}


def main(arguments: Sequence[str]) -> int:
    """Write every page, or tell which ones are not as the code says."""
    made = {name: page() for name, page in MAKERS.items()}
    stale = [name for name, text in made.items() if _present(PAGES / name) != text]
    if "--check" in arguments:
        for name in stale:
            sys.stderr.write(f"docs/reference/{name} is not what the code says; run: python docs/reference.py\n")
        return int(bool(stale))
    (PAGES / "formats").mkdir(parents=True, exist_ok=True)
    for name in stale:
        (PAGES / name).write_text(made[name], encoding="utf-8")
        sys.stdout.write(f"written: docs/reference/{name}\n")
    return 0


def _present(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def page(title: str, opening: str, body: Sequence[str], following: str) -> str:
    """A page: what it is and for whom, its content, and where to go from here."""
    return "\n".join([f"# {title}", "", MADE, "", opening, "", *body, "", f"Next: {following}", ""])


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A table in Markdown; a bar in a cell would end it."""
    lines = [headings, ["---"] * len(headings), *rows]
    return [f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines]


def code(text: object) -> str:
    """A word as it is typed; nothing when there is nothing."""
    return f"`{text}`" if text not in {"", None} else ""


# --- commands --------------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every verb with its options and examples."""
    group = root()
    context = click.Context(group, info_name="erp-bridge")
    body = [
        "Global options stand before or after the verb:",
        "",
        *_options(group, context),
        "",
    ]
    for path, command, inner in _walk(group, context):
        body += _command(path, command, inner)
    opening = (
        "For whoever works with the bridge at a terminal or in scripts. Data goes to stdout, words to stderr; lists "
        "are tables on a terminal and tab-separated elsewhere."
    )
    return page("Commands", opening, body, "[exit codes](exit-codes.md)")


def _walk(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    for name in group.list_commands(context):
        command = group.commands[name]
        inner = click.Context(command, info_name=name, parent=context)
        yield inner.command_path.removeprefix("erp-bridge "), command, inner
        if isinstance(command, click.Group):
            yield from _walk(command, inner)


def _command(path: str, command: click.Command, context: click.Context) -> list[str]:
    help_text = re.sub(r"\s*\n\s*\n\s*", "\n\n", (command.help or "").strip())
    lines = [f"## {path}", "", *(" ".join(part.split()) for part in help_text.split("\n\n"))]
    lines = [line for part in lines for line in ([part, ""] if part else [part])]
    lines = [line for line, _ in groupby(lines)]
    if isinstance(command, click.Group):
        return lines
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    options = _options(command, context)
    lines += ["```", usage, "```", "", *options, *([""] if options else [])]
    examples = [line.strip() for line in (command.epilog or "").splitlines() if line.strip().startswith("erp-bridge")]
    return [*lines, "```", *examples, "```", ""] if examples else lines


def _options(command: click.Command, context: click.Context) -> list[str]:
    records = [
        parameter.get_help_record(context)
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
    ]
    rows = [(code(record[0]), record[1]) for record in records if record]
    return table(("option", ""), rows) if rows else []


# --- settings --------------------------------------------------------------------------------------------------------


def every_setting() -> str:
    """Every key of config.toml, and every option of what stands on the shelves."""
    body: list[str] = []
    for name, members in groupby(settings(), lambda one: one.table):
        body += [f"## {f'[{name}]' if name else 'above the first table'}", "", *_about(name), *_keys(list(members)), ""]
    for shelf, title in ((formats, "Formats"), (transports, "Transports"), (channels, "Channels")):
        body += [f"## {title}", "", _SHELVES[title], ""]
        for name in shelf.available():
            body += [f"### {title[:-1].lower()} `{name}`", "", *_shelf_options(shelf.options_of(name)), ""]
    opening = (
        "For whoever writes `config.toml`. A key that is left out has the default shown; a key without one is absent. "
        "Each key can also be set by the environment (`BRIDGE__RECEIVER__LISTEN`) or a systemd credential; "
        "`erp-bridge config show --origin` tells what holds and where it came from. Times are a number and "
        "`ms s min h d`, sizes `KiB MiB GiB`."
    )
    return page("Settings", opening, body[:-1], "[commands](commands.md)")


_SHELVES = {
    "Formats": "Options of `[targets.NAME.order]` (writing) and `[targets.NAME.answer]` (reading), by format.",
    "Transports": "Options of `[targets.NAME.TRANSPORT]`; the keys of `folder` are those of `[targets.NAME]` itself.",
    "Channels": "What a channel is told from `[alerts]`; people set only the keys of that table.",
}


def _about(name: str) -> list[str]:
    models = {
        **SECTIONS,
        ROUTES: RouteKeys,
        f"{ROUTES}.when": When,
        "applications.NAME": ApplicationKeys,
        "targets.NAME": TargetKeys,
        "targets.NAME.order": OrderKeys,
        "targets.NAME.answer": AnswerKeys,
        "targets.NAME.enrich": EnrichKeys,
    }
    if name not in models:
        return []
    first = (models[name].__doc__ or "").splitlines()[0].replace("``", "`")
    said = first.partition(": ")[2]
    noted = f" One table for each of the {name.partition('.')[0]}." if name.partition(".")[0] in MAPS else ""
    return [f"{said[:1].upper()}{said[1:]}{noted}", ""]


def _keys(members: Sequence[Setting]) -> list[str]:
    rows = [(code(one.key), code(_toml(one.default)), one.description) for one in members]
    return table(("key", "default", "what for"), rows)


def _toml(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return (
        json.dumps(value, ensure_ascii=False)
        if isinstance(value, int | float)
        else json.dumps(str(value), ensure_ascii=False)
    )


def _shelf_options(model: type[BaseModel]) -> list[str]:
    sides = {"": "both", "read": "reading", "write": "writing"}
    rows = []
    for key, field in fields_of(model).items():
        default = "" if field.is_required() else _toml(_shown(field.get_default(call_default_factory=True)))
        rows.append((code(key), code(default), sides[side_of(field) or only_side_of(model)], field.description or ""))
    return table(("key", "default", "for", "what for"), rows) if rows else ["It has no options."]


def _shown(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, timedelta):
        return format_duration(value)
    reveal = getattr(value, "get_secret_value", None)
    return reveal() if reveal else value


# --- errors and exit codes -------------------------------------------------------------------------------------------


def errors() -> str:
    """Every name of an error."""
    missing = [name for name in ErrorName if name not in ERRORS]
    if missing:
        raise SystemExit(f"docs/reference_words.py says nothing of: {', '.join(missing)}")
    body = []
    for name in ErrorName:
        means, remedy = ERRORS[name]
        body += [f"## {name}", "", means, "", f"Do: {remedy} Exit code {_exit_code(name)}.", ""]
    opening = (
        "For whoever met one. These names stand in log lines, problem documents (`urn:erp-bridge:error:NAME`) and "
        "metric labels; they do not change."
    )
    return page("Errors", opening, body, "[log events](log-events.md)")


def _exit_code(name: ErrorName) -> int:
    return code_of(PermanentError("", name=name))


def exit_codes() -> str:
    """Every exit code, and the errors that end in it."""
    rows = []
    for number, means in EXIT_CODES.items():
        names = [f"[`{name}`](errors.md#{name})" for name in ErrorName if _exit_code(name) == number]
        rows.append((number, means, ", ".join(names)))
    body = [
        *table(("code", "means", "errors"), rows),
        "",
        "69 to 78 are those of `sysexits.h`. `status --nagios` has codes of its own, as it must: 0 all is well,",
        "1 a ticket is open, 2 a page is open or the service does not run, 3 the state cannot be told.",
    ]
    return page("Exit codes", "For scripts and for systemd.", body, "[errors](errors.md)")


# --- metrics and log events: names from the code, places from its syntax ---------------------------------------------


def every_metric() -> str:
    """Every metric of /metrics."""
    rows = sorted((code(one.name), one.kind, ", ".join(one.labels), one.told) for one in source.metrics())
    body = table(("name", "type", "labels", "what it tells"), rows)
    opening = (
        "For whoever draws graphs and writes alert rules. `GET /metrics` on the admin listener; counts begin anew with "
        "each start. No label ever carries an order, a file's name or a customer."
    )
    return page("Metrics", opening, body, "[HTTP API](http-api.md)")


def log_events() -> str:
    """Every event of the log."""
    levels, modules = source.logged()
    rows = [
        (
            code(event),
            ", ".join(sorted(levels.get(event, ()))),
            wording.msg or "a message of a library, as it came",
            ", ".join(sorted(modules.get(event, ()))),
        )
        for event, wording in sorted(EVENTS.items())
    ]
    opening = (
        "For whoever reads or searches the log. Each line has `ts`, `level`, `event`, `msg`, then what is known of "
        "`order`, `application`, `target`, `stage`, `file`, `attempt`, `ms`, `error`, `hint`, `request_id`. *info*: a "
        "state changed. *warning*: it is tried again, or someone should look. *error*: someone must act."
    )
    body = table(("event", "level", "sentence", "logged by"), rows)
    return page("Log events", opening, body, "[metrics](metrics.md)")


# --- states ----------------------------------------------------------------------------------------------------------


def every_state() -> str:
    """The states, the moves between them, and the invariants."""
    text = states.__doc__ or ""
    diagram, _, rest = text.partition("::\n")[2].partition("An order's state")
    about, _, listed = rest.partition("Invariants, each with a test that bears its number:")
    invariants = [re.sub(r"\s+", " ", part) for part in re.findall(r"\d+\. (.*?)(?=\n\s*\d+\. |\Z)", listed, re.DOTALL)]
    body = [
        "```",
        *(line.removeprefix("    ").rstrip() for line in diagram.strip("\n").splitlines()),
        "```",
        "",
        re.sub(r"\s+", " ", _plain(f"An order's state{about}")).strip(),
        "",
        *_kinds(),
        "## Moves of a drop",
        "",
        *_moves(states.DROP_MOVES),
        "",
        "## Moves of a report",
        "",
        *_moves(states.REPORT_MOVES),
        "",
        "## Invariants",
        "",
        "Each has a test that bears its number.",
        "",
        *(f"{number}. {_plain(text).strip()}" for number, text in enumerate(invariants, start=1)),
    ]
    opening = "For whoever wants to know what an order, a file and a report can be. The code has it in "
    return page("States", f"{opening}`bridge/states.py`.", body, "[how the bridge is built](../architecture.md)")


def _plain(text: str) -> str:
    """Markdown of the docstring's markup."""
    return re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", text).replace("``", "`")


def _kinds() -> list[str]:
    kinds = (
        states.OrderState,
        states.DropState,
        states.ReportState,
        states.Outcome,
        states.HeldReason,
        states.PauseReason,
    )
    told = [_plain((kind.__doc__ or "").splitlines()[0]) for kind in kinds]
    rows = [(what, ", ".join(code(one.value) for one in kind)) for what, kind in zip(told, kinds, strict=True)]
    return [*table(("what", "one of"), rows), ""]


def _moves(moves: Sequence[states.Move]) -> list[str]:
    rows = [(", ".join(code(one) for one in sorted(move.before)), code(move.after), code(move.by)) for move in moves]
    return table(("from", "to", "by"), rows)


def orders_api() -> str:
    """Every class of the order contract with its fields."""
    body: list[str] = []
    for name, told, fields in classes():
        rows = [(code(field), holds) for field, holds in fields]
        body += [f"## {name}", "", told, "", *table(("field", "holds"), rows), ""]
    return page("Fields of an order", OPENING, body[:-1], "[the HTTP API](http-api.md)")


def index() -> str:
    """The list of the pages."""
    rows = [(f"[{title}]({name})", told) for name, title, told in INDEX]
    opening = "For looking things up. All pages but the HTTP API are made from the code and compared with it by a test."
    return page("Reference", opening, table(("page", ""), rows), "[settings](settings.md)")


def format_page(name: str, told: str) -> str:
    """What one format takes, key by key, with samples."""
    return page(f"Format {name}", told, reference_formats.body(name, table), "[settings](../settings.md)")


INDEX = (
    ("settings.md", "Settings", "every key of `config.toml`"),
    ("commands.md", "Commands", "every verb with its options"),
    ("exit-codes.md", "Exit codes", "what a verb ends with"),
    ("errors.md", "Errors", "every name of an error, and what to do"),
    ("log-events.md", "Log events", "every event of the log"),
    ("metrics.md", "Metrics", "every metric of `/metrics`"),
    ("states.md", "States", "orders, drops, reports: states, moves, invariants"),
    ("http-api.md", "HTTP API", "both listeners"),
    ("orders-api.md", "Fields of an order", "every class and field that Norce sends, and our answer"),
    *((f"formats/{name}.md", f"Format {name}", told) for name, told in reference_formats.pages()),
)

MAKERS: Mapping[str, Callable[[], str]] = {
    "README.md": index,
    "commands.md": commands,
    "settings.md": every_setting,
    "errors.md": errors,
    "exit-codes.md": exit_codes,
    "metrics.md": every_metric,
    "log-events.md": log_events,
    "states.md": every_state,
    "orders-api.md": orders_api,
    **{f"formats/{name}.md": partial(format_page, name, told) for name, told in reference_formats.pages()},
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
