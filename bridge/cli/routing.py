"""The verb route: which rule picks which target for an order, and why. It needs no service, secret, folder or journal.

Not for: changing anything.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    from bridge.config import Config
    from bridge.model import SalesOrder
    from bridge.routing import Asked, Route

_path = click.Path(path_type=Path, allow_dash=True)


@click.command(cls=Verb, epilog=examples("route order.json", "route order.xml --json"))
@click.argument("file", type=_path)
def route(file: Path) -> int:
    """Print which rule picks which target for an order, and why. Exit 1: it is no order, or of no known shop."""
    from bridge.cli._settings import settings
    from bridge.cli.sending import content_of_file
    from bridge.cli.trying import made_of
    from bridge.errors import PermanentError
    from bridge.routing import route as way_of

    config = settings(given())
    try:
        made, key = made_of(content_of_file(file), config)
        way = way_of(made.order, key, config.applications, config.routes)
    except PermanentError as error:
        for reason in error.message.split("; "):
            click.echo(reason, err=True)
        if error.hint:
            click.echo(error.hint, err=True)
        return _exits.BAD
    told = _document(made.order, way, config)
    if given().as_json:
        _output.document(told)
    else:
        _describe(told)
    return _exits.DONE


def _document(order: "SalesOrder", way: "Route", config: "Config") -> dict[str, Any]:
    return {
        "order_ref": order.order_ref,
        "application": way.application,
        "confirming": way.confirming,
        "targets": [_target(order, way, target) for target in way.targets],
        "asked": [_step(one, config) for one in way.asked],
        "not_asked": [rule.name for rule in config.routes[sum(one.rule is not None for one in way.asked) :]],
    }


def _target(order: "SalesOrder", way: "Route", target: str) -> dict[str, Any]:
    part = way.parts.get(target)
    return {
        "target": target,
        "confirming": target == way.confirming,
        "lines": list(part.lines) if part else [line.line_no for line in order.lines],
        "whole": part is None,
        "charges": part is None or part.charges,
    }


def _step(one: "Asked", config: "Config") -> dict[str, Any]:
    return {
        "rule": one.name if one.rule is not None else None,
        "where": config.origins.get(f"routes.{one.rule}.target") if one.rule is not None else None,
        "matched": one.matched,
        "target": one.target or None,
        "also": list(one.also),
        "split": one.is_split,
        "lines": list(one.lines),
        "conditions": [
            {"key": judged.key, "wanted": judged.wanted, "found": judged.found, "holds": judged.holds}
            for judged in one.judged
        ],
    }


def _describe(told: dict[str, Any]) -> None:
    _output.line(f"Order {_output.cell(told['order_ref'])} of shop {told['application']}")
    for step in told["asked"]:
        _describe_step(step, told)
    for name in told["not_asked"]:
        _output.line(f"- {name}: not asked, nothing is left")
    _output.line("Files:")
    for target in told["targets"]:
        confirms = "its answer confirms the order" if target["confirming"] else "a copy: its answer is recorded"
        charges = "" if target["charges"] else ", without the order's fees, discounts and payments"
        lines = "all lines" if target["whole"] else _lines(target["lines"])
        _output.line(f"  {target['target']}: {lines}{charges}; {confirms}")


def _describe_step(step: dict[str, Any], told: dict[str, Any]) -> None:
    name = f"{step['rule']} ({step['where']})" if step["rule"] else f"[applications.{told['application']}]"
    if step["matched"]:
        also = f", also {', '.join(step['also'])}" if step["also"] else ""
        _output.line(f"+ {name}: {_lines(step['lines'])} to {step['target']}{also}")
    elif step["split"]:
        _output.line(f"- {name}: takes nothing, for only rows fit that stay with the order as a whole, like freight")
    else:
        _output.line(f"- {name}: does not match")
    for judged in step["conditions"]:
        mark = "fits" if judged["holds"] else "does not fit"
        _output.line(f"    {judged['key']} is {_output.cell(judged['found'])}, wanted {judged['wanted']}: {mark}")


def _lines(numbers: list[int]) -> str:
    return f"{'line' if len(numbers) == 1 else 'lines'} {', '.join(map(str, numbers))}" if numbers else "no line"
