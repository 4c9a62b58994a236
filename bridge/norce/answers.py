"""What Norce is answered: an OrderResponse in the kind that the order came in (``norce/connect.md`` 2).

Not for: deciding what to answer (DESIGN section 8, ``stages/receive``).
"""

import json
from dataclasses import dataclass
from typing import assert_never

from bridge import safexml
from bridge.norce.bodies import BodyKind
from bridge.norce.faults import escaped
from bridge.norce.namespaces import ENVELOPE, ORDER
from bridge.safexml import Content

LONGEST_DESCRIPTION = 1000
LONGEST_NUMBER = 50
"""Norce's field for order numbers holds no more; a longer one is not told, the order then stays Allocated."""


@dataclass(frozen=True, slots=True)
class Answer:
    """OK or Failed; OK with the ERP's order number makes the order Confirmed at Norce, without it Allocated."""

    ok: bool
    description: str
    erp_order_no: str | None = None


def accepted(erp_order_no: str | None = None) -> Answer:
    """The answer to an order that is safe with us, new or repeated."""
    if erp_order_no:
        return Answer(ok=True, description="The ERP has taken the order.", erp_order_no=erp_order_no)
    return Answer(ok=True, description="The order is stored and on its way to the ERP.")


def failed(reason: str) -> Answer:
    """The answer to an order that no repetition can help; Norce logs ``reason`` and does not try again."""
    return Answer(ok=False, description=reason)


def answer(kind: BodyKind, said: Answer) -> tuple[str, bytes]:
    """Content type and body of the answer. Never fails: characters that no answer can carry are escaped."""
    match kind:
        case BodyKind.JSON:
            return "application/json; charset=utf-8", json.dumps(_fields(said), ensure_ascii=False).encode()
        case BodyKind.XML:
            response = safexml.build(
                f"{{{ORDER}}}OrderResponse",
                _elements(said),
                {"": ORDER, "i": safexml.INSTANCE},
            )
            return "application/xml; charset=utf-8", safexml.serialize(response)
        case BodyKind.SOAP:
            return "text/xml; charset=utf-8", safexml.serialize(_envelope(said))
        case _:
            assert_never(kind)


def _fields(said: Answer) -> dict[str, str | bool | None]:
    """The fields in the order that a DataContract reader needs them."""
    number = said.erp_order_no if said.ok else None
    if number is not None and not 0 < len(number) <= LONGEST_NUMBER:
        number = None
    return {
        "StatusCode": "OK" if said.ok else "Failed",
        "Description": _bounded(said.description),
        "HasErpOrderNo": number is not None,
        "ErpOrderNo": None if number is None else _printable(number),
    }


def _elements(said: Answer) -> Content:
    """The same as elements of the contract's namespace; an empty element is how XML says *no number*."""
    return tuple((f"{{{ORDER}}}{name}", _word(value)) for name, value in _fields(said).items())


def _word(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)


def _envelope(said: Answer) -> safexml.Element:
    """The SOAP 1.1 form by WCF's defaults (``norce/connect.md`` 3)."""
    result = (f"{{{ORDER}}}CreateOrderResult", _elements(said))
    response = (f"{{{ORDER}}}CreateOrderResponse", (result,))
    body = (f"{{{ENVELOPE}}}Body", (response,))
    prefixes = {"s": ENVELOPE, "": ORDER, "i": safexml.INSTANCE}
    return safexml.build(f"{{{ENVELOPE}}}Envelope", (body,), prefixes)


def _bounded(text: str) -> str:
    safe = _printable(text)
    return safe if len(safe) <= LONGEST_DESCRIPTION else safe[: LONGEST_DESCRIPTION - 1] + "…"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else escaped(letter) for letter in text)
