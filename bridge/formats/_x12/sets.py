"""Which sets an ERP may answer with.

Not for: reading any of them.
"""

from collections.abc import Callable, Mapping

from bridge.formats._answer.fields import Statement
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.formats._x12.envelope import Set
from bridge.formats._x12.papers import despatch, invoice
from bridge.formats._x12.parts import Reader
from bridge.formats._x12.receipts import file_receipt, group_receipt
from bridge.formats._x12.response import response

_KINDS: Mapping[str, Callable[[Set, Reader], list[Statement]]] = {
    "855": response,
    "856": despatch,
    "810": invoice,
    "997": group_receipt,
    "999": group_receipt,
    "TA1": file_receipt,
}


def statements_of(of: Set, reader: Reader) -> list[Statement]:
    """What a set says; raises ``Unreadable`` for one that is no answer, or that cannot be understood."""
    read = _KINDS.get(of.kind)
    if read is None:
        raise Unreadable(f"{of.where}, segment 1", f'"{shown(of.kind)}" is no answer; {", ".join(_KINDS)} are read')
    return read(of, reader)
