"""What an acknowledgement's words and lines amount to for the order as a whole.

Not for: what the order itself asked for; the reader does not know it (``formats/mapping.md`` 2.3). Nothing here
turns missing or unexplained words into a confirmation (decision 8).
"""

from collections.abc import Sequence

from bridge.model import AckKind, AckLine, AckStatus

_S = AckStatus
_KINDS = {
    _S.RECEIVED: AckKind.RECEIPT,
    _S.PARTLY_DELIVERED: AckKind.DESPATCH,
    _S.DELIVERED: AckKind.DESPATCH,
    _S.INVOICED: AckKind.INVOICE,
    _S.CANCELLED: AckKind.CANCELLATION,
}
_DESPATCHED = frozenset({_S.DELIVERED, _S.PARTLY_DELIVERED})
_GRAVER_THAN_CONFIRMED = frozenset({_S.CHANGED, _S.BACKORDER, _S.REJECTED, _S.CANCELLED, _S.ON_HOLD})
# What a mere receipt may say: it tells that a file was readable, not that an order was taken.
RECEIPT_MAY_SAY = frozenset({_S.RECEIVED, _S.REJECTED, _S.UNKNOWN})


def kind_of(status: AckStatus) -> AckKind:
    """The sort of message that a status comes with, when the file does not say."""
    return _KINDS.get(status, AckKind.RESPONSE)


def judge(header: AckStatus | None, lines: Sequence[AckLine]) -> tuple[AckStatus | None, str | None]:
    """The order's verdict and a warning; none when neither header nor lines say anything.

    The lines are trusted more than the header where they are graver.
    """
    if not lines:
        return header, None
    from_lines = _verdict_of(header, lines)
    verdict = header if from_lines is None else _graver(header, from_lines)
    if verdict is _S.CONFIRMED and any(_differs(line) for line in lines):
        return _S.CHANGED, "a line is called confirmed, but not as it was ordered"
    if verdict is _S.DELIVERED and any(line.qty_outstanding or line.qty_backorder for line in lines):
        return _S.PARTLY_DELIVERED, "a line is called delivered, but some of it is outstanding"
    if header not in {None, verdict}:
        return verdict, f"the order is called {header}, but its lines amount to {verdict}"
    return verdict, None


def _verdict_of(header: AckStatus | None, lines: Sequence[AckLine]) -> AckStatus | None:
    said = {line.status for line in lines}
    if not any(said):
        return None
    statuses = {status or header or _S.UNKNOWN for status in said}
    if _S.UNKNOWN in statuses:
        return _S.UNKNOWN
    if len(statuses) == 1:
        return statuses.pop()
    return _S.PARTLY_DELIVERED if statuses <= _DESPATCHED else _S.CHANGED


def _graver(header: AckStatus | None, from_lines: AckStatus) -> AckStatus:
    if header is None or from_lines is _S.UNKNOWN:
        return from_lines
    outweighed = header is _S.CONFIRMED and from_lines in _GRAVER_THAN_CONFIRMED
    partly = header is _S.DELIVERED and from_lines is _S.PARTLY_DELIVERED
    return from_lines if outweighed or partly else header


def _differs(line: AckLine) -> bool:
    """True when a line shows other or fewer pieces, or another article, than was ordered."""
    counts = (line.qty_ordered, line.qty_confirmed)
    is_other = None not in counts and line.qty_ordered != line.qty_confirmed
    return is_other or bool(line.qty_backorder) or line.substitute_part_no is not None
