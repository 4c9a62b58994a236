"""The verbs that look at the whole: check and status.

Not for: single orders.
"""

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    from bridge.ops.checks import Check

_NAGIOS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


@click.command(cls=Verb, epilog=examples("check --online", "check --json -c /etc/erp-bridge/config.toml"))
@click.option("--online", is_flag=True, help="Also get a token from Norce, and try each folder and server for real.")
@click.option("--golden", is_flag=True, help="Look at the files in golden/TARGET beside the settings instead.")
def check(*, online: bool, golden: bool) -> int:
    """Check settings, folders, rights, room and journal."""
    from datetime import UTC, datetime

    from bridge.cli._settings import path_of, settings
    from bridge.ops.checks import check_all

    config = settings(given())
    if golden:
        from bridge.cli.golden import check_golden

        found = check_golden(config, path_of(given()))
    else:
        found = check_all(config, datetime.now(UTC))
    if online:
        from bridge.cli.probing import checked_online

        found += checked_online(config)
    if given().as_json:
        _output.document([one.document() for one in found])
    else:
        for one in found:
            _output.line(f"{_output.painted(one.mark, f'{one.mark:<2}')} {one.name:<18} {one.seen}")
            if one.remedy:
                _output.line(f"   {'':<18} → {one.remedy}")
    return _verdict(found)


def _verdict(found: "Sequence[Check]") -> int:
    """Done when nothing is bad; a remote side's trouble has its own code when it is the only thing that is bad."""
    codes = {_exits.code_of_trouble(one.error) for one in found if one.mark == "✗"}
    return min(codes) if codes else _exits.DONE


@click.command(cls=Verb, epilog=examples("status", "status --nagios"))
@click.option("--nagios", is_flag=True, help="One line and an exit code for Nagios and its kin.")
def status(*, nagios: bool) -> int:
    """Show links, counts, oldest waits and alerts on one screen."""
    from bridge.cli._settings import settings
    from bridge.cli._sources import source_of
    from bridge.errors import BridgeError

    try:
        config = settings(given())
        found = source_of(given(), config).status()
    except BridgeError as error:
        if not nagios:
            raise
        _output.line(f"ERP-BRIDGE UNKNOWN - {_one_line(error.line())}")
        return 3
    if nagios:
        return _nagios(found)
    if given().as_json:
        _output.document(found)
    else:
        _show(found, config.site.time_zone)
    return _exits.BAD if found["alerts"] or not found["running"] else _exits.DONE


def _one_line(text: str) -> str:
    """Nagios takes the first line, and what stands behind a bar for measurements."""
    return "; ".join(text.splitlines()).replace("|", "/")


def _nagios(found: dict[str, Any]) -> int:
    grave = any(alert["severity"] == "page" for alert in found["alerts"])
    code = 2 if grave or not found["running"] else int(bool(found["alerts"]))
    told = "; ".join(f"{alert['kind']} {alert['subject']}" for alert in found["alerts"]) or "all is well"
    if not found["running"]:
        told = f"the service does not run; {told}"
    counts = found["counts"]
    measured = " ".join(f"{name}={counts[name]}" for name in ("received", "dropped", "held", "dead", "rejects"))
    _output.line(f"ERP-BRIDGE {_NAGIOS[code]} - {told} | {measured}")
    return code


def _quarantined(count: int) -> list[str]:
    """What to do about files in quarantine; each keeps what it says from the orders that it speaks of."""
    if not count:
        return []
    files = "1 file of the ERP lies" if count == 1 else f"{count} files of the ERP lie"
    return [
        f"  {files} in quarantine, not used or only in part: erp-bridge quarantine list says why. Mend the cause, then",
        "  erp-bridge quarantine retry NAME; what nobody needs: erp-bridge quarantine discard NAME --because TEXT",
    ]


def _show(found: dict[str, Any], zone: tzinfo) -> None:
    from bridge.cli._times import shown

    for link in found["links"]:
        mark = "✓" if link["state"] == "ok" else "✗"
        why = f": {link['reason']}" if link["reason"] else ""
        oldest = f", the oldest since {shown(link['oldest'], zone)}" if link["oldest"] and link["waiting"] else ""
        state = f"{link['state']}{why}"
        _output.line(f"{_output.painted(mark, mark)} {link['name']:<16} {state:<22} {link['waiting']} waiting{oldest}")
    counts = found["counts"]
    _output.line()
    _output.line("  " + ("  ".join(f"{name} {count}" for name, count in counts.items() if count) or "no order yet"))
    for state, since in found["oldest"].items():
        if since:
            _output.line(f"  oldest {state}: since {shown(since, zone)}")
    for text in _quarantined(counts["quarantined"]):
        _output.line(text)
    for alert in found["alerts"]:
        mark = "✗" if alert["severity"] == "page" else "!"
        _output.line(f"{_output.painted(mark, mark)} {alert['text']}")
    if not found["alerts"]:
        _output.line("  No alert is open.")
    if not found["running"]:
        _output.say("The service does not run; this is what its journal says. Start it: erp-bridge run")
