"""The verbs that show how the bridge is set up: config show, alerts test, completion.

Not for: judging the settings (``check``).
"""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Noun, Verb, examples, given

if TYPE_CHECKING:
    from bridge.channels import Channel, Notice
    from bridge.config import Config, Effective

_COLUMN = 56
_SHELLS = ("bash", "zsh", "fish")


@click.group(cls=Noun)
def config() -> None:
    """Settings: what holds here, and where each value comes from."""


@config.command(epilog=examples("config show --origin", "config show --json"))
@click.option("--origin", is_flag=True, help="Also where each value comes from.")
def show(*, origin: bool) -> int:
    """Show each setting as it holds, as TOML; of a secret only whether it is set."""
    from bridge.cli._settings import settings
    from bridge.config import effective

    values = list(effective(settings(given())))
    if given().as_json:
        _output.document([_document(one) for one in values])
        return _exits.DONE
    for table, members in groupby(values, lambda one: one.table):
        if table:
            _output.line(f"\n[{table}]")
        for one in members:
            _output.line(_line(one, with_origin=origin))
    return _exits.DONE


def _document(one: "Effective") -> dict[str, Any]:
    return {
        "table": one.table,
        "key": one.key,
        "value": one.value,
        "origin": one.origin,
        "secret": one.is_secret,
    }


def _line(one: "Effective", *, with_origin: bool) -> str:
    """A line that could stand in the file: what nobody wrote and what is secret is commented out."""
    if one.is_secret or one.value is None:
        text = f"# {one.key}: {one.value if one.is_secret else 'not set'}"
    else:
        text = f"{one.key} = {_toml(one.value)}"
    return f"{text:<{_COLUMN}} # {one.origin}" if with_origin else text


def _toml(value: object) -> str:
    import json

    if isinstance(value, dict):
        inside = ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {_toml(item)}" for key, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)


@click.group(cls=Noun)
def alerts() -> None:
    """Alerts: try whether they reach people."""


@alerts.command("test", epilog=examples("alerts test", "alerts test --json -c /etc/erp-bridge/config.toml"))
def alerts_test() -> int:
    """Tell every channel of the settings a notice that says it is a test. Exit 1: one could not be told."""
    import asyncio
    import sys

    from bridge.cli._settings import settings
    from bridge.ops.logs import Logging, LogSettings
    from bridge.service.parts import told

    chosen = settings(given())
    with Logging(LogSettings(chosen.log.format, "info", chosen.site.time_zone), sys.stderr):
        found = asyncio.run(_told(told(chosen), _notice(chosen)))
    if given().as_json:
        _output.document(found)
    else:
        for one in found:
            _output.line(f"{one['channel']}: {'told' if one['told'] else one['error']}")
    return _exits.DONE if all(one["told"] for one in found) else _exits.BAD


def _notice(chosen: "Config") -> "Notice":
    from datetime import UTC, datetime

    from bridge.channels import Act, Notice

    text = f"A test from {chosen.site.name} ({chosen.site.environment}): alerts arrive here. Nobody need do anything"
    return Notice(Act.RAISED, "test", "alerts", "ticket", text, datetime.now(UTC))


async def _told(channels: Sequence["Channel"], notice: "Notice") -> list[dict[str, Any]]:
    from bridge.errors import BridgeError

    found: list[dict[str, Any]] = []
    for channel in channels:
        try:
            await channel.tell(notice)
        except BridgeError as error:
            found.append({"channel": channel.name, "told": False, "error": error.line()})
        else:
            found.append({"channel": channel.name, "told": True, "error": None})
    return found


@click.command(
    cls=Verb,
    epilog=examples("completion bash > ~/.local/share/bash-completion/completions/erp-bridge", "completion zsh"),
)
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> int:
    """Print what a shell needs to complete verbs and options."""
    from click.shell_completion import get_completion_class

    maker = get_completion_class(shell)
    if maker is None:  # pragma: no cover - click knows all three
        raise click.BadParameter(f"click does not know {shell}")
    context = click.get_current_context().find_root()
    _output.line(maker(context.command, {}, "erp-bridge", "_ERP_BRIDGE_COMPLETE").source())
    return _exits.DONE
