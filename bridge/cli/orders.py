"""The verbs about orders: list, show, timeline, retry.

Not for: where orders are read (``_sources.py``).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Noun, examples, given, not_blank

if TYPE_CHECKING:
    from bridge.cli._sources import Source
    from bridge.config import Config

_STATES = ("received", "dropped", "acknowledged", "reported", "held", "dead", "abandoned")
_MARK = {"reported": "✓", "held": "!", "dead": "✗"}
_HEADINGS = ("Order", "Received", "State", "Outcome", "Target", "File", "ERP no.")


@click.group(cls=Noun)
def orders() -> None:
    """Orders: what came in, where each one is, what to do about it."""


def _source() -> "tuple[Config, Source]":
    from bridge.cli._settings import settings
    from bridge.cli._sources import source_of

    config = settings(given())
    return config, source_of(given(), config)


@orders.command("list", epilog=examples("orders list --overdue", "orders list --state held --since 1d --json"))
@click.option("--state", type=click.Choice(_STATES), help="Only orders in this state.")
@click.option("--overdue", is_flag=True, help="Only orders that wait longer than the settings allow.")
@click.option("--since", help="Received since: 1h, 2d, 2026-11-21, 2026-11-21T14:00.")
@click.option("--target", help="Only orders that this target confirms.")
@click.option("-q", "text", help="Part of a reference, an ERP number or a file's name.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most so many.")
@click.option("--csv", "as_csv", is_flag=True, help="Comma-separated, with a heading.")
def list_orders(*, as_csv: bool, since: str | None, overdue: bool, **wanted: Any) -> int:
    """List orders, newest first."""
    config, source = _source()
    query = {name: str(value) for name, value in wanted.items() if value}
    query["q"] = query.pop("text", "")
    query["since"] = _since(since, config)
    query["overdue"] = "1" if overdue else ""
    query = {name: value for name, value in query.items() if value}
    found = source.orders(query)
    _show_list(found["orders"], config, as_csv=as_csv)
    if found["next"] is not None:
        _output.say(f"There are more; the {len(found['orders'])} newest are shown (--limit).")
    narrowed = query.keys() - {"limit"}
    return _exits.NOTHING_FOUND if narrowed and not found["orders"] else _exits.DONE


def _since(text: str | None, config: "Config") -> str:
    from bridge.cli._times import moment_of

    return moment_of(text, config.site.time_zone).isoformat() if text is not None else ""


def _show_list(found: Sequence[dict[str, Any]], config: "Config", *, as_csv: bool) -> None:
    if given().as_json:
        _output.document(found)
    elif as_csv:
        _output.csv(list(found[0]) if found else ["order_ref"], [list(order.values()) for order in found])
    elif found:
        _output.table(_HEADINGS, [_row(order, config) for order in found])
    else:
        _output.say("No order.")


def _row(order: dict[str, Any], config: "Config") -> tuple[Any, ...]:
    from bridge.cli._times import shown

    mark = f"{_MARK.get(order['state'], '→')} {order['state']}"
    received = shown(order["received_at"], config.site.time_zone)
    return (
        *(order["order_ref"], received, mark, order["outcome"]),
        *(order["target"], order["file"], order["erp_order_no"]),
    )


@orders.command(epilog=examples("orders show 48447 --json", "orders show ORDERS_48447_000123.csv --file"))
@click.argument("ref")
@click.option("--request", "what", flag_value="request", help="The body as Norce sent it.")
@click.option("--file", "what", flag_value="file", help="The file as it was written for the ERP.")
@click.option("--answer", "what", flag_value="answer", help="The latest file in which the ERP spoke of it.")
@click.option("--curl", is_flag=True, help="A command that sends the same request again.")
def show(ref: str, what: str | None, *, curl: bool) -> int:
    """Show one order. REF is its reference, an ERP number, a file's name, a request id, or # and its number."""
    config, source = _source()
    if what is not None:
        _output.raw(source.payload(ref, what)[0])
    elif curl:
        _output.line(_curl(*source.payload(ref, "request"), config))
    elif given().as_json:
        _output.document(source.order(ref))
    else:
        _describe(source.order(ref), config)
    return _exits.DONE


def _curl(content: bytes, content_type: str, config: "Config") -> str:
    """A command for a shell; what came from outside is quoted, and no line of the body ends the body early."""
    import shlex

    receiver = config.receiver
    scheme = "https" if receiver.tls_certificate else "http"
    body = content.decode("utf-8", "replace")
    end = "ORDER"
    while end in body.splitlines():
        end += "_"
    words = ("curl", "--user", receiver.username, "-H", f"Content-Type: {content_type}", "--data-binary", "@-")
    return f"{shlex.join((*words, f'{scheme}://{receiver.listen}{receiver.path}'))} <<'{end}'\n{body}\n{end}"


def _describe(order: dict[str, Any], config: "Config") -> None:
    from bridge.cli._client import address_of
    from bridge.ops.timeline import timeline

    for text in timeline(order, config.site.time_zone, address_of(config)):
        _output.line(text)
    for drop in order["drops"]:
        why = f" ({drop['reason']}: {drop['detail']})" if drop["reason"] else ""
        why += ", refused by the ERP" if drop["refused_at"] else ""
        _output.line(f"  file    {drop['file']} for {drop['target']}: {drop['state']}{why}, sha256 {drop['sha256']}")
    for report in order["reports"]:
        what = f"{report['operation']} {report['number'] or report['status']}"
        why = f" ({report['error']})" if report["error"] else ""
        _output.line(f"  report {report['seq']}  {what}: {report['state']}{why}")
    for conflict in order["conflicts"]:
        _output.line(f"  conflict {conflict['state']}, seen {conflict['seen']} times, sha256 {conflict['sha256']}")


@orders.command(epilog=examples("orders timeline 48447", "orders timeline SO-1001"))
@click.argument("ref")
def timeline(ref: str) -> int:
    """Show what happened to one order, step by step."""
    from bridge.cli._client import address_of
    from bridge.ops.timeline import timeline as lines_of

    config, source = _source()
    order = source.order(ref)
    if given().as_json:
        _output.document(order["events"])
        return _exits.DONE
    for text in lines_of(order, config.site.time_zone, address_of(config)):
        _output.line(text)
    return _exits.DONE


@orders.command(epilog=examples("orders retry 48447", "orders retry --all-dead --dry-run"))
@click.argument("refs", nargs=-1, metavar="[REF]...")
@click.option("--reason", help="All dead orders whose report failed with this text.")
@click.option("--all-dead", is_flag=True, help="All dead orders.")
@click.option("--because", default="asked for by erp-bridge orders retry", callback=not_blank, help="Why.")
@click.option("--dry-run", is_flag=True, help="Only say what would be tried again.")
def retry(refs: tuple[str, ...], reason: str | None, because: str, *, all_dead: bool, dry_run: bool) -> int:
    """Try again what was given up: reports to Norce and files."""
    from bridge.cli._acting import each
    from bridge.cli._client import admin_api, path_of

    if not (refs or reason or all_dead):
        raise click.UsageError("name orders, or --reason TEXT, or --all-dead")
    config, source = _source()
    api, asked = admin_api(given(), config), {"reason": because}

    def try_again(ref: str) -> None:
        told = _would_be(source, ref) if dry_run else api.post(path_of("orders", ref, "retry"), asked).document()
        _output.told(told, f"{ref}: tried again")

    return each(refs or _dead(source, reason or ""), try_again)


def _would_be(source: "Source", ref: str) -> dict[str, Any]:
    """What the act would answer; raises what it would raise."""
    from bridge.ops.documents import given_up, nothing_given_up

    order = source.order(ref)
    count = given_up(order)
    if not count:
        raise nothing_given_up(order["order_ref"], order["state"])
    return {"order_ref": order["order_ref"], "requeued": count}


def _dead(source: "Source", reason: str) -> list[str]:
    """The dead orders whose report failed with this text."""
    refs = [order["order_ref"] for order in source.orders({"state": "dead", "limit": "1000"})["orders"]]
    if not reason:
        return refs
    return [ref for ref in refs if any(reason in (report["error"] or "") for report in source.order(ref)["reports"])]
