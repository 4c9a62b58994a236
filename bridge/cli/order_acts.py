"""The verbs by which a person decides about an order: hold, release, resend, abandon, confirm, settle, note.

Not for: carrying them out; the running service does, and says what the order's state forbids.
"""

from collections.abc import Callable, Sequence
from typing import Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, because_option, examples, given, not_blank

_target = click.option("--target", default="", help="Only the file for this target.")


def _act(act: str, ref: str, words: dict[str, object]) -> int:
    from bridge.cli._client import admin_api, path_of
    from bridge.cli._settings import settings

    api = admin_api(given(), settings(given()))
    told: dict[str, Any] = api.post(path_of("orders", ref, act), words).document()
    _output.told(told, f"{told['order_ref']}: {told['told']}")
    return _exits.DONE


def _verb(*lines: str) -> Callable[[Callable[..., int]], click.Command]:
    return click.command(cls=Verb, epilog=examples(*lines))


@_verb('orders hold 48447 --because "the shop calls back"', "orders hold SO-1001 --target wms --because recount")
@click.argument("ref")
@because_option
@_target
def hold(ref: str, because: str, target: str) -> int:
    """Keep an order's file from the ERP; one that the ERP has fetched cannot be held."""
    return _act("hold", ref, {"reason": because, "target": target})


@_verb('orders release 48447 --because "all is clear"', "orders release 48447 --target wms --because counted")
@click.argument("ref")
@because_option
@_target
def release(ref: str, because: str, target: str) -> int:
    """Let a held order's file go on its way."""
    return _act("release", ref, {"reason": because, "target": target})


@_verb('orders resend 48447 --because "the ERP lost it"', "orders resend 48447 --render-again --because mapping")
@click.argument("ref")
@click.option("--as-before", "how", flag_value="as-before", help="The same bytes, name and number. The default.")
@click.option("--render-again", "how", flag_value="render-again", help="A new file by today's mapping.")
@because_option
@_target
def resend(ref: str, how: str | None, because: str, target: str) -> int:
    """Write an order's file again, for an ERP that lost it or could not read it."""
    return _act("resend", ref, {"reason": because, "target": target, "how": how or "as-before"})


@_verb('orders abandon 48447 --because "the customer withdrew"', "orders abandon 48447 --because test")
@click.argument("ref")
@because_option
def abandon(ref: str, because: str) -> int:
    """Pursue an order no more: no report, and no file unless the ERP has it already."""
    return _act("abandon", ref, {"reason": because})


@_verb(
    'orders confirm 48447 --erp-no SO-1001 --because "told by phone"',
    "orders confirm 48448 --erp-no SO-1002 --because mail",
)
@click.argument("ref")
@click.option("--erp-no", "number", required=True, callback=not_blank, help="The ERP's number of the order.")
@click.option("--shared", is_flag=True, help="Also when another order of the same ERP has that number.")
@because_option
def confirm(ref: str, number: str, because: str, *, shared: bool) -> int:
    """Confirm an order in the ERP's place, when it answered by phone; Norce is told."""
    return _act("confirm", ref, {"reason": because, "erp_order_no": number, "shared": shared})


@_verb(
    'orders settle 48447 --because "F-1 is captured, seen in Norce"',
    'orders settle 48447 --what 3 --because "cancelled by hand"',
)
@click.argument("ref")
@click.option("--what", default="", help="Which matter, where several wait: a report by its number, or answer.")
@because_option
def settle(ref: str, what: str, because: str) -> int:
    """Take for done what a person saw or did in Norce; nothing is sent for it."""
    return _act("settle", ref, {"reason": because, "what": what})


@_verb('orders note 48447 "called the warehouse"', 'orders note SO-1001 "see ticket 812"')
@click.argument("ref")
@click.argument("text", callback=not_blank)
def note(ref: str, text: str) -> int:
    """Keep a remark in an order's history."""
    return _act("note", ref, {"reason": text})


VERBS: Sequence[click.Command] = (hold, release, resend, abandon, confirm, settle, note)
"""What `orders` gains by this module."""
