"""The verb that makes a first set of settings: eight questions on a terminal, or all answers as options.

Not for: what is written (``init_files.py``); nothing here changes a running bridge.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import DEFAULT_CONFIG, Verb, examples, given

if TYPE_CHECKING:
    from bridge.cli.init_answers import Question
    from bridge.cli.init_files import Made

Checker = Callable[[str], str]


@click.command(cls=Verb, epilog=examples("init", "init --environment test --application-key 0f8f… --base-url none"))
@click.option("--target", "kind", default="folder", show_default=True, help="How the ERP is reached.")
@click.option("--site-name", help="Name of this site, as alerts show it.")
@click.option("--environment", help="demo, test or prod.")
@click.option("--listen", help="Address that takes orders: host:port.")
@click.option("--username", help="User name that Norce sends.")
@click.option("--application-key", help="Application key of the shop, from Norce Admin.")
@click.option("--order-format", help="Format of the ERP's order files.")
@click.option("--base-url", help="Norce's API; none: not yet.")
@click.option("--token-url", help="Norce's token address.")
@click.option("--client-id", help="Client id of the bridge at Norce.")
@click.option(
    "--client-secret-file",
    type=click.Path(path_type=Path),
    help="File with Norce's secret, copied into secrets/norce.",
)
@click.option("--force", is_flag=True, help="Replace settings that are there; they are kept as config.toml.bak.")
def init(kind: str, client_secret_file: Path | None, *, force: bool, **options: str | None) -> int:
    """Make settings, secrets and folders, and say what Norce needs.

    Asks on a terminal what no option says; elsewhere what is not said has its default.
    """
    from bridge.cli.init_answers import target_kind
    from bridge.cli.init_files import make

    path = given().config or DEFAULT_CONFIG
    if path.exists() and not force:
        raise _there_already(path)
    chosen = _checked("--target", target_kind, kind)
    secret = _content(client_secret_file) if client_secret_file is not None else None
    made = make(path, _answers(options), chosen, secret)
    _tell(made, has_secret=secret is not None)
    return _exits.DONE


def _there_already(path: Path) -> Exception:
    from bridge.errors import ErrorName, PermanentError

    return PermanentError(
        f"{path} is there already; nothing was changed",
        name=ErrorName.STATE_FORBIDS,
        subject=str(path),
        hint="--force replaces it and keeps a copy; -c FILE makes another one",
    )


def _content(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise click.BadParameter(f"cannot read {path}: {why}", param_hint="--client-secret-file") from error
    if not text:
        raise click.BadParameter(f"{path} is empty", param_hint="--client-secret-file")
    return text


def _checked(option: str, check: Checker, text: str) -> str:
    try:
        return check(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _answers(options: dict[str, str | None]) -> dict[str, str]:
    """Every answer, in the order of the questions: from an option, a person, or the default."""
    from bridge.cli.init_answers import QUESTIONS

    answers: dict[str, str] = {}
    unsaid: list[str] = []
    for question in QUESTIONS:
        said = options.get(question.name)
        if said is not None:
            answers[question.name] = _checked(question.option, question.check, said)
        elif question.is_asked(answers):
            answer = _asked(question, question.default(answers))
            answers[question.name] = answer or ""
            unsaid += [] if answer else [f"{question.option}: {question.text[:1].lower()}{question.text[1:]}"]
    if unsaid:
        raise click.UsageError(f"say it with {'; '.join(unsaid)}")
    return answers


def _asked(question: "Question", default: str | None) -> str | None:
    if sys.stdin.isatty():
        return str(click.prompt(question.text, default=default, err=True, value_proc=_repeating(question)))
    return default


def _repeating(question: "Question") -> Checker:
    """The check as click wants it: a wrong answer is told and asked again."""

    def check(text: str) -> str:
        try:
            return question.check(text)
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    return check


def _tell(made: "Made", *, has_secret: bool) -> None:
    steps = _steps(made, has_secret=has_secret)
    if given().as_json:
        _output.document(
            {
                "config": str(made.settings),
                "kept": [str(path) for path in made.kept],
                "norce_admin": {"endpoint_type": "REST", "url": made.url, "username": made.username},
                "password": made.password,
                "next": steps,
            }
        )
        return
    _output.say(f"Written: {made.settings}, secrets/, outbox/ and inbox/ beside it")
    for path in made.kept:
        _output.say(f"Kept what was there: {path}")
    _output.line("Enter in Norce Admin, at the shop's ERP endpoint:")
    for name, value in (
        ("Endpoint type", "REST"),
        ("URL", made.url),
        ("Username", made.username),
        ("Password", f"{made.password}      (shown only now; the bridge keeps its hash)"),
    ):
        _output.line(f"  {name:<14} {value}")
    _output.line("Next:")
    for step in steps:
        _output.line(f"  {step}")


def _steps(made: "Made", *, has_secret: bool) -> list[str]:
    from bridge.cli._settings import shelves
    from bridge.config import load

    config = load(made.settings, shelves(), {})
    tail = "" if made.settings == DEFAULT_CONFIG else f" -c {made.settings}"
    secret = [f"erp-bridge secret set norce{tail}"] if config.norce.enabled and not has_secret else []
    return [*secret, f"erp-bridge check{tail}", f"erp-bridge run{tail}"]
