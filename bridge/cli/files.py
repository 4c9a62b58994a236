"""The verbs about files: what lies in the folders, and what is done with files in quarantine.

Not for: orders' files as such; ``orders show`` tells of those.
"""

from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Noun, because_option, examples, given, not_blank

if TYPE_CHECKING:
    from bridge.cli._client import AdminApi
    from bridge.cli._folders import FolderSource
    from bridge.config import Config

_HEADINGS = ("File", "Target", "Since", "Size", "Reason")
_FILE_HEADINGS = ("Folder", "File", "Target", "Changed", "Size")


@click.group(cls=Noun)
def quarantine() -> None:
    """Quarantine: answer files that need a person."""


def _api() -> "tuple[Config, AdminApi]":
    from bridge.cli._client import admin_api
    from bridge.cli._settings import settings

    config = settings(given())
    return config, admin_api(given(), config)


def _source() -> "tuple[Config, FolderSource]":
    from bridge.cli._folders import folder_source

    config, api = _api()
    return config, folder_source(given(), config, api)


@quarantine.command("list", epilog=examples("quarantine list", "quarantine list --json"))
def list_quarantine() -> int:
    """List the files in quarantine, oldest first, each with its reason."""
    config, source = _source()
    found = source.quarantined()
    if given().as_json:
        _output.document(found)
    elif found:
        _output.table(_HEADINGS, [_quarantine_row(file, config) for file in found])
    else:
        _output.say("Nothing is in quarantine.")
    return _exits.DONE


def _quarantine_row(file: dict[str, Any], config: "Config") -> tuple[Any, ...]:
    from bridge.cli._times import shown

    why = "; ".join(file["reasons"]) or "no reason is kept beside it"
    return file["name"], file["target"], shown(file["changed_at"], config.site.time_zone), file["size"], why


@quarantine.command(epilog=examples("quarantine show ORDRSP_778.csv", "quarantine show ORDRSP_778.csv --file"))
@click.argument("name")
@click.option("--file", "as_file", is_flag=True, help="The file itself, as it is.")
def show(name: str, *, as_file: bool) -> int:
    """Show why a file is in quarantine and what to do about it."""
    from bridge.ops.folders import the_quarantined

    _, source = _source()
    if as_file:
        _output.raw(source.content(name))
        return _exits.DONE
    file = the_quarantined(source.quarantined(), name)
    if given().as_json:
        _output.document(file)
    else:
        for text in (file["note"] or f"{name}: no reason is kept beside it").splitlines():
            _output.line(_output.cell(text))
    return _exits.DONE


@quarantine.command(
    epilog=examples("quarantine retry ORDRSP_778.csv", "quarantine retry ORDRSP_778.csv --order 48447"),
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--order", "ref", default="", help="The order that it speaks of, whatever reference it gives.")
@click.option("--because", default="asked for by erp-bridge quarantine retry", callback=not_blank, help="Why.")
def retry(names: tuple[str, ...], ref: str, because: str) -> int:
    """Put files back into the inbox to be read again."""
    from bridge.cli._acting import each
    from bridge.cli._client import path_of

    _, api = _api()

    def put_back(name: str) -> None:
        told = api.post(path_of("quarantine", name, "retry"), {"reason": because, "order": ref}).document()
        order = f" for order {told['order_ref']}" if told["order_ref"] else ""
        _output.told(told, f"{name}: back in the inbox as {told['inbox_name']}{order}")

    return each(names, put_back)


@quarantine.command(
    epilog=examples(
        'quarantine discard ORDRSP_778.csv --because "a test"',
        "quarantine discard old.csv --because doubled",
    ),
)
@click.argument("name")
@because_option
def discard(name: str, because: str) -> int:
    """Put a file aside for good; it goes to the archive, unused."""
    from bridge.cli._client import path_of

    _, api = _api()
    told = api.post(path_of("quarantine", name, "discard"), {"reason": because}).document()
    _output.told(told, f"{name}: {told['kept_as']}")
    return _exits.DONE


@click.group(cls=Noun)
def files() -> None:
    """Files: what lies in the folders now."""


@files.command("list", epilog=examples("files list", "files list --folder outbox --older 30m"))
@click.option("--folder", type=click.Choice(("outbox", "inbox", "archive")), help="Only this kind of folder.")
@click.option("--older", default="", help="Only files that have not changed for so long: 30m, 2h.")
def list_files(folder: str | None, older: str) -> int:
    """List the files in outbox, inbox and archive, oldest first."""
    from bridge.ops.folders import AT_MOST

    config, source = _source()
    found = source.files(folder or "", older)
    if given().as_json:
        _output.document(found)
    elif found:
        _output.table(_FILE_HEADINGS, [_file_row(file, config) for file in found])
        if len(found) == AT_MOST:
            _output.say(f"There may be more; the {AT_MOST} newest are shown.")
    else:
        _output.say("No file.")
    return _exits.NOTHING_FOUND if (folder or older) and not found else _exits.DONE


def _file_row(file: dict[str, Any], config: "Config") -> tuple[Any, ...]:
    from bridge.cli._times import shown

    at = shown(file["changed_at"], config.site.time_zone)
    return file["folder"], file["name"], file["target"], at, file["size"]
