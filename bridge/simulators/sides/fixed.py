"""Records of fixed width, as the format writes and reads them without options.

Not for: other records than H, L and T.
"""

from bridge.simulators.sides import Said

EXTENSION = "txt"
_REFERENCE = slice(1, 36)


def reference(content: bytes) -> str:
    """The reference in the first record, which is the head."""
    head = content.decode("utf-8-sig", "replace").partition("\n")[0]
    found = head[_REFERENCE].strip() if head.startswith("H") else ""
    if not found:
        raise ValueError("no head record with a reference in the first line")
    return found


def answer(said: Said) -> bytes:
    """A head and a trailer that counts it."""
    head = f"H{said.order_ref:<35}{said.erp_order_no:<35}{said.status:<20}{said.reason[:70]:<70}"
    return f"{head}\r\nT{1:07}\r\n".encode()
