"""Times as people type and read them: moments of the site's zone.

Not for: lengths of time in sentences (``ops/timeline.py``).
"""

from datetime import UTC, datetime, tzinfo

import click

from bridge.clock import from_iso
from bridge.ops.folders import age


def shown(text: str, zone: tzinfo) -> str:
    """A machine's time as people of ``zone`` read it, to the second."""
    return f"{from_iso(text).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def moment_of(text: str, zone: tzinfo) -> datetime:
    """The moment that ``text`` means: so long ago, or a day or time in ``zone``. Wrong usage otherwise."""
    try:
        return datetime.now(UTC) - age(text)
    except ValueError:
        pass  # no length of time; then it is a moment
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f'"{text}" is neither "2 h" nor a day like 2026-11-21', param_hint="--since") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
