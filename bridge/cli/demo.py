"""The verb demo: a whole bridge with a shop and an ERP around it, in one folder that is nobody's.

Not for: real orders.
"""

from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    from bridge.cli._demo_flow import Audience, Plan
    from bridge.cli._demo_words import Result

_SEED = 60
"""Good orders first, then each kind of fault before long."""

_SWIFT_S = 0.3
_TOGETHER_S = 0.02


@click.command(cls=Verb, epilog=examples("demo", "demo --once --json"))
@click.option("--once", is_flag=True, help="One order and out; exit 0 once it is confirmed.")
@click.option("--orders", type=click.IntRange(1, 10_000), help="So many orders and out.")
@click.option("--format", "format_name", default="delimited", show_default=True, help="The format of the ERP's files.")
@click.option("--faults", type=click.FloatRange(0, 1), help="Share of the ERP's answers that go wrong.")
@click.option("--port", type=click.IntRange(0, 65535), help="Take orders on this port; 0: any free ports.")
@click.option("--keep", is_flag=True, help="Go on with the folder of the last demo.")
@click.option("--no-browser", is_flag=True, help="Open no browser; none is opened yet.")
def demo(*, once: bool, orders: int | None, no_browser: bool, keep: bool, **wanted: Any) -> int:
    """Play a shop, the bridge and an ERP in var/demo. No file is needed; Ctrl-C ends it."""
    del no_browser
    from bridge.cli._demo_home import HOME, prepare

    if once and orders not in {None, 1}:
        raise click.UsageError("--once is one order; leave it out, or leave --orders out")
    plan = _plan(1 if once else orders, **wanted)
    prepare(HOME, keep=keep)
    result = _played(plan)
    if given().as_json:
        _line_of(result)
    else:
        _say_end(result)
    return _exits.DONE if _is_good(result, once=once, is_counted=plan.orders is not None) else _exits.BAD


def _plan(orders: int | None, *, format_name: str, faults: float | None, port: int | None) -> "Plan":
    from datetime import timedelta

    from bridge.cli._demo_flow import Plan
    from bridge.cli._demo_home import HOME, usual_ports
    from bridge.cli._settings import settings
    from bridge.simulators import sides

    if format_name not in sides.available():
        raise click.BadParameter(
            f'the simulated ERP does not speak "{format_name}"; it speaks {", ".join(sides.available())}',
            param_hint="--format",
        )
    lively = settings(given()).demo
    is_counted = orders is not None
    return Plan(
        home=HOME,
        ports=usual_ports(port),
        format=format_name,
        orders=orders,
        every=timedelta(seconds=_TOGETHER_S if is_counted else 60 / lively.orders_per_minute),
        delay=timedelta(seconds=_SWIFT_S) if is_counted else lively.erp_delay,
        faults=faults if faults is not None else 0.0 if is_counted else lively.faults,
        seed=_SEED,
    )


def _played(plan: "Plan") -> "Result":
    import asyncio

    from bridge.cli._demo_flow import play
    from bridge.ops.logs import Logging, LogSettings

    with (plan.home / "var" / "demo.log").open("a", encoding="utf-8") as log:
        wanted = LogSettings("json", "debug" if given().verbose else "info")
        with Logging(wanted, log), asyncio.Runner() as runner:
            return runner.run(play(plan, _audience(plan)))


def _audience(plan: "Plan") -> "Audience":
    import json

    from bridge.cli._demo_flow import Audience
    from bridge.cli._demo_home import Ports
    from bridge.cli._demo_progress import Finished
    from bridge.cli._demo_words import banner, order_document, order_line

    def ready(ports: Ports) -> None:
        _output.say(banner(ports, plan.home))

    def ended(one: Finished) -> None:
        _output.line(json.dumps(order_document(one), ensure_ascii=False) if given().as_json else order_line(one))

    return Audience(ready, ended)


def _line_of(result: "Result") -> None:
    import json

    from bridge.cli._demo_words import summary

    _output.line(json.dumps(summary(result), ensure_ascii=False))


def _say_end(result: "Result") -> None:
    from bridge.cli._demo_words import closing_words

    for words in closing_words(result):
        _output.line(words)


def _is_good(result: "Result", *, once: bool, is_counted: bool) -> bool:
    """The books agree and, where a number of orders was asked for, each came to its end; a single one well."""
    if result.disagreements or (is_counted and result.unfinished):
        return False
    return not (once and result.held)
