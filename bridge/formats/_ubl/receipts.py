"""ApplicationResponse: whether our own document could be taken in. It never confirms an order (decision 8).

Not for: what follows from a refusal (``journal/acknowledgements.py`` raises the alert).
"""

from bridge.formats._answer.fields import Statement
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.formats._ubl.codes import RECEIPT
from bridge.formats._ubl.reading import Reader, all_of, code, day, note, told, where
from bridge.model import AckStatus
from bridge.safexml import Element

_S = AckStatus
_POSITIVE = frozenset({_S.RECEIVED, _S.CONFIRMED, _S.CHANGED})
_NEGATIVE = frozenset({_S.REJECTED, _S.CANCELLED})
_ORDERS = frozenset({"220", "order"})


def receipt(root: Element, reader: Reader) -> list[Statement]:
    """What is said of each document of ours."""
    warnings: list[str] = []
    issued = day(root, warnings, reader, "cbc:IssueDate")
    found = [_receipt(one, issued, reader, list(warnings)) for one in all_of(root, "cac:DocumentResponse")]
    if not found:
        raise Unreadable(where(root), "it has no DocumentResponse, so it answers nothing")
    return found


def _receipt(answer: Element, issued: str | None, reader: Reader, warnings: list[str]) -> Statement:
    kind = code(answer, "cac:DocumentReference/cbc:DocumentTypeCode")
    if kind is not None and kind.lower() not in _ORDERS:
        raise Unreadable(where(answer), f'it answers a document of type "{shown(kind)}", and we send orders (220)')
    facts = {
        "kind": "receipt",
        "order_ref": code(answer, "cac:DocumentReference/cbc:ID"),
        "message_date": issued,
        "status": _verdict(answer, reader, warnings),
        "reason": _reason(answer),
    }
    return told(facts, where(answer), reader, warnings)


def _verdict(answer: Element, reader: Reader, warnings: list[str]) -> AckStatus | None:
    """A code that a target calls a confirmation is a receipt all the same."""
    said = reader.codes.status(RECEIPT, code(answer, "cac:Response/cbc:ResponseCode"), warnings)
    if said in _NEGATIVE:
        return _S.REJECTED
    return _S.RECEIVED if said in _POSITIVE else said


def _reason(answer: Element) -> str | None:
    """What is wrong with the document, then with lines of it."""
    paths = ("cbc:Description", "cac:Status/cbc:StatusReason", "cac:Status/cbc:StatusReasonCode")
    found = [note(answer, *(f"cac:Response/{path}" for path in paths))]
    for line in all_of(answer, "cac:LineResponse"):
        said = note(line, *(f"cac:Response/{path}" for path in paths))
        number = code(line, "cac:LineReference/cbc:LineID")
        found.append(f"line {shown(number)}: {said}" if said and number else said)
    return " / ".join(filter(None, found)) or None
