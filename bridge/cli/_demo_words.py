"""What the demo says: a banner, a line for each order, a summary; the same as JSON for machines. Pure.

Not for: printing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge import __version__
from bridge.cli._demo_home import HOST, PASSWORD, Ports
from bridge.cli._demo_progress import Finished
from bridge.clock import iso

_STEPS_WIDTH = 78


@dataclass(frozen=True, slots=True)
class Result:
    """How a demo ended."""

    finished: tuple[Finished, ...]
    unfinished: tuple[str, ...]
    disagreements: tuple[str, ...]
    seconds: float

    @property
    def held(self) -> tuple[Finished, ...]:
        """The orders that wait for a person."""
        return tuple(one for one in self.finished if not one.is_confirmed)


def banner(ports: Ports, home: Path) -> str:
    """What is where, and how to send an order of one's own."""
    config = home / "config.toml"
    return "\n".join(
        (
            f"bridge {__version__} demo · everything here is simulated and lies in {home}",
            f"  orders in   http://{HOST}:{ports.orders}/orders      user norce, password {PASSWORD}",
            f"  ERP folder  {home}/outbox and {home}/inbox",
            f"  ERP by SFTP sftp -P {ports.sftp} erp@{HOST}              password {PASSWORD}",
            f"  admin       http://{HOST}:{ports.pages}/api/v1/status   or: erp-bridge -c {config} status",
            f"  Norce       http://{HOST}:{ports.norce}/sim/orders and /sim/reports",
            f"Send your own:  erp-bridge -c {config} send --sample        Stop: Ctrl-C",
        ),
    )


def order_line(one: Finished) -> str:
    """One order's way in one line; what holds it up, and the command that helps, in a second."""
    steps = f"{one.order_ref} {' → '.join(one.steps)}"
    first = f"{one.received_at.astimezone():%H:%M:%S}  {steps:<{_STEPS_WIDTH}} {one.seconds:>6.1f} s"
    return first if one.is_confirmed else f"{first}\n          {one.held_for}: {one.command}"


def order_document(one: Finished) -> dict[str, Any]:
    """One order for machines."""
    return {
        "order_ref": one.order_ref,
        "state": "confirmed" if one.is_confirmed else "held",
        "erp_order_no": one.erp_order_no,
        "received_at": iso(one.received_at),
        "seconds": round(one.seconds, 3),
        "held_for": one.held_for,
        "command": one.command,
    }


def summary(result: Result) -> Mapping[str, Any]:
    """The end for machines."""
    return {
        "orders": len(result.finished) + len(result.unfinished),
        "confirmed": sum(one.is_confirmed for one in result.finished),
        "seconds": round(result.seconds, 3),
        "held": [{"order_ref": one.order_ref, "held_for": one.held_for} for one in result.held],
        "unfinished": list(result.unfinished),
        "disagreements": list(result.disagreements),
    }


def closing_words(result: Result) -> Iterator[str]:
    """The end for people."""
    counts = [f"{sum(one.is_confirmed for one in result.finished)} confirmed"]
    counts += [f"{len(result.held)} held"] if result.held else []
    counts += [f"{len(result.unfinished)} on their way: {', '.join(result.unfinished)}"] if result.unfinished else []
    yield f"{len(result.finished) + len(result.unfinished)} orders in {result.seconds:.1f} s: {', '.join(counts)}."
    if not result.disagreements:
        yield "The books of Norce, the bridge and the ERP agree."
        return
    yield "The books of Norce, the bridge and the ERP disagree:"
    yield from (f"  {each}" for each in result.disagreements)
