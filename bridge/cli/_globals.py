"""What every verb understands: the global options, before or after the verb, and the kinds of command that take them.

Not for: any verb. Nothing heavy is imported here, so that ``--help`` is quick.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

DEFAULT_CONFIG = Path("config.toml")
HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@dataclass(slots=True)
class Globals:
    """The global options as they were given."""

    config: Path | None = None
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    url: str | None = None


def _options(*, hidden: bool) -> list[click.Option]:
    """The global options; a verb knows them without listing them in its help."""
    shared: dict[str, Any] = {"expose_value": False, "callback": _remember, "hidden": hidden}
    path = click.Path(path_type=Path)
    return [
        click.Option(["-c", "--config"], type=path, help="The settings; default config.toml here.", **shared),
        click.Option(["--json", "as_json"], is_flag=True, help="One JSON document on stdout.", **shared),
        click.Option(["-q", "--quiet"], is_flag=True, help="No words on stderr but errors.", **shared),
        click.Option(["-v", "--verbose"], is_flag=True, help="More words; where an error happened.", **shared),
        click.Option(["--no-color"], is_flag=True, help="No colours; so does NO_COLOR.", **shared),
        click.Option(["--url"], help="Admin address of another bridge: http://host:8081.", **shared),
    ]


def _remember(context: click.Context, option: click.Parameter, value: object) -> None:
    """Note a global option wherever it stood; one that was not given leaves what was noted before."""
    name = option.name or ""
    if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
        setattr(context.ensure_object(Globals), name, value)


def add_globals(command: click.Command, *, hidden: bool) -> None:
    """Give a command the global options, but for the words that it uses itself (``orders list -q TEXT``)."""
    taken = {word for parameter in command.params for word in parameter.opts}
    for option in _options(hidden=hidden):
        option.opts = [word for word in option.opts if word not in taken]
        command.params.append(option)


class Verb(click.Command):
    """A command that also takes the global options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", HELP)
        super().__init__(*args, **kwargs)
        add_globals(self, hidden=True)


class Noun(click.Group):
    """A group of verbs that also takes the global options."""

    command_class = Verb

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", HELP)
        super().__init__(*args, **kwargs)
        add_globals(self, hidden=True)


class Root(click.Group):
    """The whole command line; verbs are listed in the order that a person meets them."""

    command_class = Verb
    group_class = Noun

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order they were added."""
        del ctx
        return list(self.commands)


def examples(*lines: str) -> str:
    """The examples below a verb's help, kept line by line."""
    return "\n".join(["\b", "Examples:", *(f"  erp-bridge {line}" for line in lines)])


def not_blank(_: click.Context, __: click.Parameter, value: str) -> str:
    """The callback of what must be said in words: blanks are wrong usage."""
    if not value.strip():
        raise click.BadParameter("it is empty; say it in a few words")
    return value


because_option = click.option("--because", required=True, callback=not_blank, help="Why; kept in the journal.")
"""The reason that every act needs which cannot be taken back by itself."""


def given() -> Globals:
    """The global options of the verb that runs."""
    found = click.get_current_context().find_object(Globals)
    return found if found is not None else Globals()


def known(names: Sequence[str], name: str | None, what: str) -> str:
    """The one of ``names`` that is meant; with a single one, nothing need be said. Wrong usage names them all."""
    if name is None and len(names) == 1:
        return names[0]
    if name is not None and name in names:
        return name
    listed = ", ".join(names)
    raise click.UsageError(f"there is no {what} {name}; there are: {listed}" if name else f"which {what}? {listed}")
