"""A template tried in this process, for what needs no limits: what it writes, or why it writes nothing."""

import json
import pickle
from dataclasses import dataclass
from functools import cache
from typing import Any

from bridge.formats._options import TextOptions
from bridge.formats._template import sample
from bridge.formats._template.child import answered
from bridge.formats._template.facts import facts_of
from bridge.formats._template.faults import TemplateFault
from bridge.formats._template.frames import Kind, Limits, Rules
from bridge.formats._template.sandbox import compiled
from bridge.model import SalesOrder
from tests.support.orders import CONTROL, RECEIVED_AT


@dataclass(frozen=True)
class Fault:
    """Why there is no text; ``field`` and ``remedy`` where the order is to blame."""

    what: str
    line: int | None
    field: str = ""
    remedy: str = ""


def tried(source: str, order: SalesOrder | None = None, **rules: Any) -> str | Fault:
    """What a template makes of an order, a full one unless another is given."""
    try:
        template, names = _compiled(source, Rules(**{"escape": "refuse", **rules}))
    except (TemplateFault, SyntaxError) as error:
        return Fault(str(error), getattr(error, "line", None))
    except Exception as error:  # jinja's own, of many kinds
        return Fault(str(error), getattr(error, "lineno", None))
    facts = facts_of(order or sample.full_order(), (CONTROL, RECEIVED_AT), names, TextOptions())
    kind, body = answered(template, pickle.dumps(facts), Limits())
    return body.decode() if kind is Kind.TEXT else Fault(**json.loads(body))


_compiled = cache(compiled)
