"""The verb tail: the history as it grows, read from the journal's own file.

Not for: the log of the running bridge, which goes to its stderr.
"""

import sys
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    from bridge.config import Config
    from bridge.journal.rows import HistoryRow

EVERY_S = 0.5


@click.command(cls=Verb, epilog=examples("tail --since 1h", "tail --order 48447 --json"))
@click.option("--order", "ref", help="Only what happens to this order.")
@click.option("--since", help="Begin so long ago, or at a day or time; without it, with what comes next.")
def tail(ref: str | None, since: str | None) -> int:
    """Follow what happens, event by event; Ctrl-C ends it."""
    from bridge.cli._settings import settings
    from bridge.cli._sources import journal_here
    from bridge.journal.threads import looked_into

    if given().url is not None:
        raise click.UsageError("tail follows the journal of this machine; --url cannot be followed")
    config = settings(given())
    with looked_into(journal_here(config)) as db:
        _follow(db, ref, since, config)
    return _exits.DONE


def _follow(db: Any, ref: str | None, since: str | None, config: "Config") -> None:
    """Tell what is new, again and again; only an interrupt ends it."""
    import time

    from bridge.cli._times import moment_of
    from bridge.journal import history, reading

    order_id = reading.the_order(db, ref).id if ref is not None else None
    told = history.before(db, moment_of(since, config.site.time_zone)) if since else history.end_of(db)
    while True:
        rows = history.after(db, told, order_id)
        for row in rows:
            _tell(row, config)
            told = row.id
        if not rows:
            time.sleep(EVERY_S)


def _tell(row: "HistoryRow", config: "Config") -> None:
    import json

    from bridge.ops import documents
    from bridge.ops.timeline import event_line

    document = documents.history(row)
    if given().as_json:
        _output.line(json.dumps(document, ensure_ascii=False))
    else:
        _output.line(_output.cell(event_line(document, config.site.time_zone)))
    sys.stdout.flush()
