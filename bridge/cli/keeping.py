"""The verbs that keep the journal: backup while the bridge runs, restore while it does not.

Not for: how a copy is made or what follows from putting one back (``journal/``).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    from bridge.config import Config
    from bridge.journal.restore import Restored

_path = click.Path(path_type=Path)


@click.command(cls=Verb, epilog=examples("backup", "backup -o /mnt/safe/bridge.db"))
@click.option("-o", "--output", type=_path, help="File or folder of the copy; default: the folder of nightly copies.")
def backup(output: Path | None) -> int:
    """Copy the journal; also while the bridge runs. The copy appears whole or not at all."""
    from bridge.cli._settings import settings
    from bridge.journal.backup import copy

    config = settings(given())
    database = _existing(config)
    destination = _destination(output, config)
    if destination.exists() and destination.samefile(database):
        raise click.BadParameter("that is the journal itself; name another file", param_hint="-o")
    copy(database, destination)
    size = destination.stat().st_size
    if given().as_json:
        _output.document({"file": str(destination), "size": size})
    else:
        _output.line(str(destination))
        _output.say(f"The journal was copied, {size:,} bytes. Put it back: erp-bridge restore {destination}")
    return _exits.DONE


def _existing(config: "Config") -> Path:
    from bridge.errors import ErrorName, PermanentError

    database = config.journal.database
    if not database.exists():
        raise PermanentError(
            f"there is no journal at {database}",
            name=ErrorName.NOT_FOUND,
            hint="it is made at the first start: erp-bridge run; or name other settings with -c",
        )
    return database


def _destination(output: Path | None, config: "Config") -> Path:
    """The file to write; its name is not one of the nightly copies, so no night removes it."""
    from datetime import datetime

    name = f"bridge-{datetime.now(config.site.time_zone):%Y-%m-%d-%H%M%S}.db"
    folder = config.journal.backup if output is None else output
    if folder is None:
        raise click.UsageError("[journal] backup names no folder; say where with -o FILE")
    return folder / name if output is None or folder.is_dir() else folder


@click.command(cls=Verb, epilog=examples("restore var/backup/bridge-2026-11-21.db", "restore /mnt/safe/bridge.db"))
@click.argument("file", type=_path)
def restore(file: Path) -> int:
    """Put a copy in the journal's place; the bridge must not run.

    The old journal is kept beside it. The ERP may have got files since the copy was made. So each file that was not
    published then becomes uncertain: its answer settles it, or a person does; the bridge writes none of them by
    itself. Reports that Norce is owed are sent.
    """
    from datetime import UTC, datetime

    from bridge.cli._settings import settings
    from bridge.journal.restore import restore as put_back

    config = settings(given())
    database = config.journal.database
    if database.exists() and file.exists() and file.samefile(database):
        raise click.BadParameter("that is the journal itself; name a copy", param_hint="FILE")
    found = put_back(database, file, datetime.now(UTC))
    if given().as_json:
        _output.document(_document(found))
    else:
        _tell(found, config)
    return _exits.DONE


def _document(found: "Restored") -> dict[str, Any]:
    from bridge.clock import iso

    return {
        "kept_as": str(found.kept_as) if found.kept_as else None,
        "orders": found.orders,
        "uncertain": found.uncertain,
        "reports_owed": found.owed,
        "latest_order_at": iso(found.latest) if found.latest else None,
    }


def _tell(found: "Restored", config: "Config") -> None:
    latest = f"{found.latest.astimezone(config.site.time_zone):%Y-%m-%d %H:%M:%S}" if found.latest else "never"
    _output.line(f"Restored. Orders: {found.orders}, the latest received {latest}. Reports owed: {found.owed}.")
    if found.kept_as is not None:
        _output.line(f"The old journal is kept as {found.kept_as}.")
    _output.line(f"Files of which nobody knows whether the ERP got them meanwhile: {found.uncertain} (uncertain).")
    _output.say(
        "Orders that came after the copy are unknown to it, and Norce does not send them again: look for them in the\n"
        "old journal, the outbox and the ERP. Then start the bridge: erp-bridge run, and erp-bridge orders list "
        "--state held",
    )
