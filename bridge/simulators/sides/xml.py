"""An XML document a file, as the format writes it without options.

Not for: other names than the neutral ones.
"""

from bridge import safexml
from bridge.safexml import XmlRefused
from bridge.simulators.sides import Said

EXTENSION = "xml"


def reference(content: bytes) -> str:
    """The text of the root's ``order_ref``."""
    try:
        found = safexml.parse(content).findtext("order_ref")
    except XmlRefused as refusal:
        raise ValueError(str(refusal)) from refusal
    if not found:
        raise ValueError("no order_ref in the root element")
    return str(found)


def answer(said: Said) -> bytes:
    """One element; what is not said is left out."""
    facts = (
        ("order_ref", said.order_ref),
        ("erp_order_no", said.erp_order_no),
        ("status", said.status),
        ("reason", said.reason),
    )
    told = tuple((name, value) for name, value in facts if value)
    return safexml.serialize(safexml.build("Acknowledgement", told), indent=True)
