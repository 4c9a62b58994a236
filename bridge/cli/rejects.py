"""The verbs about rejects: bodies of Norce that could not become an order, kept so that none is lost.

Not for: orders.
"""

from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Noun, because_option, examples, given

if TYPE_CHECKING:
    from bridge.cli._client import AdminApi
    from bridge.cli._sources import Source
    from bridge.config import Config

_HEADINGS = ("Id", "Received", "Seen", "Size", "Reason")


@click.group(cls=Noun)
def rejects() -> None:
    """Rejects: orders answered Failed, kept for another try."""


def _source() -> "tuple[Config, AdminApi, Source]":
    from bridge.cli._client import admin_api
    from bridge.cli._settings import settings
    from bridge.cli._sources import source_of

    config = settings(given())
    return config, admin_api(given(), config), source_of(given(), config)


@rejects.command("list", epilog=examples("rejects list", "rejects list --json"))
def list_rejects() -> int:
    """List the rejects that are open, newest first."""
    from bridge.cli._times import shown

    config, _, source = _source()
    found = source.rejects()
    if given().as_json:
        _output.document(found)
    elif found:
        zone = config.site.time_zone
        rows = [(one["id"], shown(one["received_at"], zone), one["seen"], one["size"], one["reason"]) for one in found]
        _output.table(_HEADINGS, rows)
    else:
        _output.say("No reject is open.")
    return _exits.DONE


@rejects.command(epilog=examples("rejects show 3", "rejects show 3 --body"))
@click.argument("number", type=click.IntRange(1), metavar="ID")
@click.option("--body", is_flag=True, help="The body as it came.")
def show(number: int, *, body: bool) -> int:
    """Show one reject."""
    _, _, source = _source()
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
    from bridge.cli._acting import each

    _, api, source = _source()

    def one(number: int) -> None:
        told = api.post(f"/rejects/{number}/replay", {}).document()
        _output.told(told, f"{number}: became order {told['order_ref']}")

    return each(sorted(open_one["id"] for open_one in source.rejects()) if all_open else numbers, one)


@rejects.command(epilog=examples('rejects discard 3 --because "a test order"', "rejects discard 7 --because doubled"))
@click.argument("number", type=click.IntRange(1), metavar="ID")
@because_option
def discard(number: int, because: str) -> int:
    """Put a reject aside for good; it stays in the journal."""
    _, api, _ = _source()
    told = api.post(f"/rejects/{number}/discard", {"reason": because}).document()
    _output.told(told, f"{number}: discarded")
    return _exits.DONE
