"""The verbs about rejects: bodies of Norce that could not become an order, kept so that none is lost.

Not for: orders.
"""

from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Noun, examples, given
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.cli._client import AdminApi
    from bridge.cli._sources import Source

_HEADINGS = ("Id", "Received", "Seen", "Size", "Reason")


@click.group(cls=Noun)
def rejects() -> None:
    """Rejects: orders answered Failed, kept for another try."""


def _source() -> "tuple[AdminApi, Source]":
    from bridge.cli._client import admin_api
    from bridge.cli._settings import settings
    from bridge.cli._sources import source_of

    config = settings(given())
    return admin_api(given(), config), source_of(given(), config)


@rejects.command("list", epilog=examples("rejects list", "rejects list --json"))
def list_rejects() -> int:
    """List the rejects that are open, newest first."""
    found = _source()[1].rejects()
    if given().as_json:
        _output.document(found)
    elif found:
        rows = [[one["id"], one["received_at"], one["seen"], one["size"], one["reason"]] for one in found]
        _output.table(_HEADINGS, rows)
    else:
        _output.say("No reject is open.")
    return _exits.DONE


@rejects.command(epilog=examples("rejects show 3", "rejects show 3 --body"))
@click.argument("number", type=click.IntRange(1), metavar="ID")
@click.option("--body", is_flag=True, help="The body as it came.")
def show(number: int, *, body: bool) -> int:
    """Show one reject."""
    _, source = _source()
    if body:
        _output.raw(source.reject_body(number)[0])
        return _exits.DONE
    found: dict[str, Any] = source.reject(number)
    if given().as_json:
        _output.document(found)
        return _exits.DONE
    for name, value in found.items():
        _output.line(f"{name:<13} {_output.cell(value)}")
    return _exits.DONE


@rejects.command(epilog=examples("rejects replay 3", "rejects replay --all"))
@click.argument("numbers", nargs=-1, type=click.IntRange(1), metavar="[ID]...")
@click.option("--all", "all_open", is_flag=True, help="Every reject that is open.")
def replay(numbers: tuple[int, ...], *, all_open: bool) -> int:
    """Try to make orders of rejects again, after the cause was mended; oldest first."""
    if not numbers and not all_open:
        raise click.UsageError("name rejects by their id, or --all")
    api, source = _source()
    chosen = sorted(one["id"] for one in source.rejects()) if all_open else numbers
    failed = [error for error in (_replay(api, number) for number in chosen) if error is not None]
    if not chosen:
        return _exits.NOTHING_FOUND
    return _exits.code_of(failed[0]) if failed else _exits.DONE


def _replay(api: "AdminApi", number: int) -> BridgeError | None:
    """One replay; an error is told and kept for the exit code, so that the others are tried too."""
    from bridge.errors import ErrorName

    try:
        became = api.post(f"/rejects/{number}/replay", {}).document()["order_ref"]
    except BridgeError as error:
        if error.name is ErrorName.SERVICE_UNREACHABLE:
            raise
        _output.say(f"{number}: {error.line()}")
        return error
    _output.line(f"{number}: became order {became}")
    return None


@rejects.command(epilog=examples('rejects discard 3 --because "a test order"', "rejects discard 7 --because doubled"))
@click.argument("number", type=click.IntRange(1), metavar="ID")
@click.option("--because", required=True, help="Why it is not needed; kept in the log.")
def discard(number: int, because: str) -> int:
    """Put a reject aside for good; it stays in the journal."""
    api, _ = _source()
    api.post(f"/rejects/{number}/discard", {"reason": because})
    _output.line(f"{number}: discarded")
    return _exits.DONE
