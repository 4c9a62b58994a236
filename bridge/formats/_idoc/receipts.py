"""ALEAUD and STATUS: where our own IDoc stands at SAP. Neither ever confirms an order (decision 8).

Not for: what follows from a refusal (``journal/acknowledgements.py`` raises the alert).
"""

from bridge.formats._answer.fields import Statement
from bridge.formats._edi.saying import told
from bridge.formats._idoc.codes import RECEIPT
from bridge.formats._idoc.facts import Reader, created, unknown_code
from bridge.formats._idoc.idoc import Idoc, Segment
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.model import AckStatus

_S = AckStatus
_OURS = "ORDERS"
_SALES_ORDER = "BUS2032"
_PARAMETERS = tuple(f"STAPA{number}" for number in range(1, 5))


def audit(idoc: Idoc, reader: Reader) -> list[Statement]:
    """An ALEAUD: of each of our IDocs that it names, by the number that we gave it."""
    found = []
    for head in idoc.root.all("E1ADHDR"):
        about = head.at("MESTYP_LNG") or head.at("MESTYP")
        if about not in {"", _OURS}:
            raise Unreadable(head.where, f'it is about "{shown(about)}", and all that is sent is {_OURS}')
        found += [_receipt(idoc, one, reader) for one in head.all("E1STATE")]
    return found or _nothing(idoc, "E1STATE")


def status(idoc: Idoc, reader: Reader) -> list[Statement]:
    """A STATUS: the same, a record for each."""
    return [_receipt(idoc, one, reader) for one in idoc.root.all("E1STATS")] or _nothing(idoc, "E1STATS")


def _nothing(idoc: Idoc, name: str) -> list[Statement]:
    raise Unreadable(idoc.where, f"it has no {name}, so it speaks of no IDoc of ours")


def _receipt(idoc: Idoc, state: Segment, reader: Reader) -> Statement:
    warnings: list[str] = []
    code = state.at("STATUS")
    found = reader.codes.status(RECEIPT, code)
    if found is None:
        warnings.append("it has no status")
        found = _S.UNKNOWN
    elif found is _S.UNKNOWN:
        warnings.append(unknown_code(RECEIPT, code))
    control = _control(state)
    facts = {
        "kind": "receipt",
        "status": found,
        "control": control,
        "order_ref": state.at("ARCKEY") if control is None else None,
        "erp_order_no": _number(state) if found is _S.RECEIVED else None,
        "message_date": created(idoc, warnings),
        "reason": _reason(state, code) if found is not _S.RECEIVED else None,
    }
    return told(facts, state.where, reader.dialect, warnings)


def _control(state: Segment) -> int | None:
    """The control number of our file, which our own control record had; none where what it had as ARCKEY is told."""
    text = state.at("DOCNUM")
    if not text.strip("0") and state.at("ARCKEY"):
        return None
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        raise Unreadable(state.where, f'"{shown(text)}" is no number of an IDoc of ours')
    return int(text)


def _number(state: Segment) -> str | None:
    """The sales order that came of it, where SAP names the document."""
    found = (one.at("OBJKEY") for one in state.all("E1PRTOB") if one.at("OBJTYPE") == _SALES_ORDER)
    return next((number for number in found if number), None)


def _reason(state: Segment, code: str) -> str:
    parameters = [text for name in _PARAMETERS if (text := state.at(f"{name}_LNG") or state.at(name))]
    told_there = " ".join(filter(None, (state.at("STATXT"), f"({', '.join(parameters)})" if parameters else "")))
    return f"status {shown(code)}" + (f": {told_there}" if told_there else "")
