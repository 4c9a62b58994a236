"""What a template is told of an order: its document, and of what is computed or guarded only what it mentions.

Not for: what a name may be used for (``sandbox.py``).
"""

from collections.abc import Mapping
from datetime import datetime

from bridge.formats._layout.amounts import OF_LINE, OF_ORDER
from bridge.formats._layout.names import first_phone
from bridge.formats._neutral import created_at, neutral, passable
from bridge.formats._options import TextOptions
from bridge.formats._protocol import not_renderable
from bridge.model import Line, Party, SalesOrder

RAW = "raw"
_PARTIES = ("sold_to", "bill_to", "ship_to", "seller")
_BREAK = " "

Facts = dict[str, object]


def facts_of(
    order: SalesOrder, moment: tuple[int, datetime], names: frozenset[str], options: TextOptions
) -> dict[str, object]:
    """The names that a template has: ``order``, ``control`` and ``created_at``.

    Raises ``PermanentError`` with ``order_not_renderable`` where a text or an amount cannot stand in any file.
    """
    control, at = moment
    document = neutral(order, options, _BREAK)
    try:
        _add_amounts(document, order, names)
    except ValueError as error:
        raise not_renderable("lines", f"cannot be added up: {error}", "Have the shop send sane amounts") from error
    for role in _PARTIES:
        _add_to_party(document.get(role), (getattr(order, role), role), names)
    if RAW in names:
        document[RAW] = _free(RAW, order.raw)
    return {"order": document, "control": control, "created_at": created_at(at, options)}


def _add_amounts(document: Facts, order: SalesOrder, names: frozenset[str]) -> None:
    document.update({name: amount(order) for name, amount in OF_ORDER.items() if name in names})
    wanted = {name: amount for name, amount in OF_LINE.items() if name in names}
    lines = document["lines"]
    if not isinstance(lines, list) or not (wanted or {"role", RAW} & names):
        return
    for at, (facts, line) in enumerate(zip(lines, order.lines, strict=True)):
        facts.update({name: amount(line) for name, amount in wanted.items()})
        facts.update(_free_of_line(at, line, names))


def _free_of_line(at: int, line: Line, names: frozenset[str]) -> Facts:
    found: Facts = {"role": str(line.role)} if "role" in names else {}
    return found | ({RAW: _free(f"lines[{at}].{RAW}", line.raw)} if RAW in names else {})


def _add_to_party(facts: object, whose: tuple[Party | None, str], names: frozenset[str]) -> None:
    """What a party has besides: its first telephone number, and the personal number where a template asks for it."""
    party, role = whose
    if not isinstance(facts, dict) or party is None:
        return
    for name, text in (("phone", first_phone(party)), ("ssn", party.ssn)):
        if name in names:
            facts[name] = None if text is None else passable(f"{role}.{name}", text, _BREAK)


def _free(path: str, value: object) -> object:
    """A part of the request as it came: texts without what no file can carry, anything else as it is."""
    if isinstance(value, str):
        return passable(path, value, _BREAK)
    if isinstance(value, Mapping):
        return {passable(path, str(key), _BREAK): _free(f"{path}.{key}", part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_free(f"{path}[{at}]", part) for at, part in enumerate(value)]
    return value if value is None or isinstance(value, bool | int) else str(value)
