"""One JSON object a file, as the format writes it without options.

Not for: other names than the neutral ones.
"""

import json

from bridge.simulators.sides import Said

EXTENSION = "json"


def reference(content: bytes) -> str:
    """The object's ``order_ref``."""
    order = json.loads(content)
    found = order.get("order_ref") if isinstance(order, dict) else None
    if not isinstance(found, str) or not found:
        raise ValueError("no order_ref in the object")
    return found


def answer(said: Said) -> bytes:
    """One object; what is not said is left out."""
    facts = {
        "order_ref": said.order_ref,
        "erp_order_no": said.erp_order_no,
        "status": said.status,
        "reason": said.reason,
    }
    return (json.dumps({name: value for name, value in facts.items() if value}) + "\n").encode()
