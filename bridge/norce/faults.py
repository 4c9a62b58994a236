"""How a fault in an order is worded: field path and reason for a shop person, never a long or private value.

Not for: finding faults (``scalars``, ``rules``).
"""

from collections.abc import Sequence

from bridge.errors import ErrorName, PermanentError
from bridge.model import Fault

LONGEST_QUOTE = 40
_MOST_TOLD = 3


def shown(text: str) -> str:
    """``text`` in quotation marks, cut to 40 characters, with everything that does not print escaped."""
    cut = text[:LONGEST_QUOTE] + ("…" if len(text) > LONGEST_QUOTE else "")
    safe = "".join(letter if letter.isprintable() else escaped(letter) for letter in cut)
    return f'"{safe}"'


def escaped(letter: str) -> str:
    r"""A character by its number, as in ``\x1b``: for logs, pages and answers."""
    return letter.encode("unicode_escape").decode("ascii")


def kind_of_value(value: object) -> str:
    """What sort of value stands somewhere, without the value."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case str():
            return "text"
        case list() | tuple():
            return "a list, or given more than once"
        case dict():
            return "a group of fields"
        case _:
            return "a number"


def path_of(location: Sequence[int | str]) -> str:
    """A place in the order as people write it: ``Items[2].PartNo``; no step at all is the order itself."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".") or "OrderRequest"


def unreadable(where: str, what: str) -> PermanentError:
    """The refusal of a body that is not even JSON or XML."""
    message = f"The body cannot be read: {f'{where}: ' if where else ''}{what}"
    return PermanentError(message, name=ErrorName.ORDER_UNREADABLE, subject=where)


def invalid(faults: Sequence[Fault]) -> PermanentError:
    """The refusal of an order, naming the first three faults and how many more there are."""
    told = "; ".join(f"{fault.where} {fault.what}" for fault in faults[:_MOST_TOLD])
    more = len(faults) - _MOST_TOLD
    message = told + (f"; and {more} more" if more > 0 else "")
    return PermanentError(message, name=ErrorName.ORDER_INVALID, subject=faults[0].where)
