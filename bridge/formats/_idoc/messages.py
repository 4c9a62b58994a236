"""Which kinds of message SAP may answer with.

Not for: reading any of them.
"""

from collections.abc import Callable, Mapping

from bridge.formats._answer.fields import Statement
from bridge.formats._idoc.answer import response
from bridge.formats._idoc.facts import Reader
from bridge.formats._idoc.idoc import Idoc
from bridge.formats._idoc.papers import despatch, invoice
from bridge.formats._idoc.receipts import audit, status
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown

_KINDS: Mapping[str, Callable[[Idoc, Reader], list[Statement]]] = {
    "response": response,
    "despatch": despatch,
    "invoice": invoice,
    "receipt": audit,
    "status": status,
}
_USUAL: Mapping[str, str] = {
    "ORDRSP": "response",
    "DESADV": "despatch",
    "DELVRY": "despatch",
    "SHPCON": "despatch",
    "INVOIC": "invoice",
    "ALEAUD": "receipt",
    "STATUS": "status",
}


def statements_of(idoc: Idoc, reader: Reader, own: Mapping[str, str]) -> list[Statement]:
    """What an IDoc says; raises ``Unreadable`` for one that is no answer, or that cannot be understood."""
    message = idoc.control.at("MESTYP")
    kind = own.get(message) or _USUAL.get(message)
    if kind is None:
        what = f'"{shown(message)}" (MESTYP) is no answer; {", ".join(_USUAL)} are read'
        raise Unreadable(idoc.where, what, "Add it to message_types, if it is one")
    return _KINDS[kind](idoc, reader)
