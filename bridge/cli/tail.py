"""The verb tail: the history as it grows, from the journal's own file, or from another bridge with ``--url``.

Not for: the log of the running bridge, which goes to its stderr.
"""

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    from datetime import datetime, tzinfo
    from pathlib import Path

EVERY_S = 0.5


@click.command(cls=Verb, epilog=examples("tail --since 1h", "tail --order 48447 --json --url http://10.0.0.4:8081"))
@click.option("--order", "ref", help="Only what happens to this order.")
@click.option("--since", help="Begin so long ago, or at a day or time; without it, with what comes next.")
def tail(ref: str | None, since: str | None) -> int:
    """Follow what happens, event by event; Ctrl-C ends it."""
    from bridge.cli._client import admin_api
    from bridge.cli._settings import settings
    from bridge.cli._sources import journal_here
    from bridge.cli._times import moment_of

    config = settings(given())
    zone = config.site.time_zone
    moment = moment_of(since, zone) if since else None
    if given().url is None:
        _follow(journal_here(config), ref, moment, zone)
    query = {"order": ref or "", "since": moment.isoformat() if moment else ""}
    admin_api(given(), config).follow(query, lambda event: _tell(event, zone))
    return _exits.DONE


def _follow(database: "Path", ref: str | None, since: "datetime | None", zone: "tzinfo") -> NoReturn:
    """Tell what is new, again and again; only an interrupt ends it."""
    import time

    from bridge.journal import history, reading
    from bridge.journal.threads import looked_into
    from bridge.ops import documents

    with looked_into(database) as db:
        order_id = reading.the_order(db, ref).id if ref is not None else None
        told = history.before(db, since) if since else history.end_of(db)
        while True:
            rows = history.after(db, told, order_id)
            for row in rows:
                _tell(documents.history(row), zone)
                told = row.id
            if not rows:
                time.sleep(EVERY_S)


def _tell(event: dict[str, Any], zone: "tzinfo") -> None:
    import json

    from bridge.ops.timeline import event_line

    _output.line(json.dumps(event, ensure_ascii=False) if given().as_json else _output.cell(event_line(event, zone)))
    sys.stdout.flush()
