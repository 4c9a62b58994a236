"""The verb target probe: a target's folder or server tried with scratch names, shown as a table; and check --online.

Not for: the trying, nor for what a finding means (``transports/``).
"""

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    from bridge.config import Config
    from bridge.ops.checks import Check

PATIENCE_S = 120.0
"""A slow server is given up after a minute, and its last answer may take its time."""

_NAME, _FOUND = 17, 20
_INDENT = 3
_NARROWEST = 24
_MARKS = {"ok": "ok", "note": "!", "bad": "✗"}


@click.command(cls=Verb, epilog=examples("target probe erp", "target probe wms --json"))
@click.argument("name")
def probe(name: str) -> int:
    """Try a target's folder or server with scratch names; show what it can do and how files are published."""
    from bridge.cli._settings import settings
    from bridge.errors import ErrorName, PermanentError

    config = settings(given())
    if given().url is None and name not in config.targets:
        hint = f"there are: {', '.join(config.targets)}"
        raise PermanentError(f"there is no target {name}", name=ErrorName.NOT_FOUND, hint=hint)
    found = probed(config, name)
    if given().as_json:
        _output.document(found)
    else:
        _show(found)
    _say_whence(found)
    if found["ok"]:
        return _exits.DONE
    return _exits.code_of_trouble(found["error"] or "")


def probed(config: "Config", name: str) -> dict[str, Any]:
    """What was found, by the running bridge where there is one, else by this process."""
    import asyncio

    from bridge.cli._client import admin_api, path_of
    from bridge.errors import BridgeError, ErrorName
    from bridge.service import online

    try:
        reply = admin_api(given(), config).post(path_of("targets", name, "probe"), {}, PATIENCE_S)
    except BridgeError as error:
        if error.name is not ErrorName.SERVICE_UNREACHABLE or given().url is not None:
            raise
        return asyncio.run(online.probe(config, name))
    return dict(reply.document())


def checked_online(config: "Config") -> "list[Check]":
    """The lines of ``check --online``: Norce's token, each target's login, rename, delete, and what is not well."""
    import asyncio

    from bridge.service import online

    found = [asyncio.run(online.check_norce(config))]
    for name in config.targets:
        found += online.checks_of(probed(config, name))
    return found


def _say_whence(found: dict[str, Any]) -> None:
    if found["kept"]:
        _output.say("Probed by the running bridge, and kept: what changes is told.")
    elif found["error"]:
        _output.say("Not kept: the probe did not come to its end.")
    else:
        _output.say("Probed from here, since the bridge does not run; nothing is kept. Start it: erp-bridge run")


def _show(found: dict[str, Any]) -> None:
    """Tab-separated lines, or on a terminal a table whose last column is wrapped."""
    rows = [(_MARKS[row["mark"]], *(str(row[key]) for key in _KEYS)) for row in found["findings"]]
    rows += [("!", "changed", one["name"], f"{one['old']}, now {one['new']}", "") for one in found["changed"]]
    if not sys.stdout.isatty():
        for row in rows:
            _output.line("\t".join(_output.cell(value) for value in row))
        return
    width = shutil.get_terminal_size().columns
    _output.line(f"{found['target']}, {found['transport']}, {_output.cell(found['place'])}")
    _output.line(f"   {'':{_NAME}} {'found':<{_FOUND}} what it means")
    for mark, name, seen, means, remedy in rows:
        _row((mark, name, seen), means, remedy, width)


_KEYS = ("name", "found", "means", "remedy")


def _row(head: tuple[str, str, str], means: str, remedy: str, width: int) -> None:
    """One finding; a long one has its meaning below it."""
    mark, name, seen = (_output.cell(value) for value in head)
    left = _INDENT + _NAME + 1
    column = left + _FOUND + 1
    begin = f"{_output.painted(mark, f'{mark:<2}')} {name:<{_NAME}} "
    if len(seen) > _FOUND:
        first, *more = _wrapped(seen, width - left)
        _output.line(begin + first)
        lines = [*more, *_wrapped(means, width - left)]
        below = left
    else:
        first, *lines = _wrapped(means, width - column)
        _output.line((begin + f"{seen:<{_FOUND}} {first}").rstrip())
        below = column
    lines = [" " * below + line for line in lines]
    if remedy:
        lines += textwrap.wrap(
            f"→ {_output.cell(remedy)}",
            max(_NARROWEST, width - 1),
            initial_indent=" " * left,
            subsequent_indent=" " * (left + 2),
            break_on_hyphens=False,
        )
    for line in lines:
        _output.line(line)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(_output.cell(text), max(_NARROWEST, width), break_on_hyphens=False) or [""]
