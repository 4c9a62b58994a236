"""Which kinds of message an ERP may answer with.

Not for: reading any of them.
"""

from collections.abc import Callable, Mapping

from bridge.formats._answer.fields import Statement
from bridge.formats._edifact.answer import Reader, response
from bridge.formats._edifact.envelope import Message
from bridge.formats._edifact.papers import despatch, invoice
from bridge.formats._edifact.receipts import application_receipt, syntax_receipt
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown

_KINDS: Mapping[str, Callable[[Message, Reader], list[Statement]]] = {
    "ORDRSP": response,
    "DESADV": despatch,
    "INVOIC": invoice,
    "CONTRL": syntax_receipt,
    "APERAK": application_receipt,
}


def statements_of(message: Message, reader: Reader) -> list[Statement]:
    """What a message says; raises ``Unreadable`` for one that is no answer, or that cannot be understood."""
    read = _KINDS.get(message.kind)
    if read is None:
        raise Unreadable(
            f"{message.where}, segment 1", f'"{shown(message.kind)}" is no answer; {", ".join(_KINDS)} are read'
        )
    return read(message, reader)
