"""What an acknowledgement's words and lines amount to for the order as a whole.

Not for: what the order itself asked for; the reader does not know it (``formats/mapping.md`` 2.3). Nothing here
turns missing or unexplained words into a confirmation (decision 8).
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

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
_COMES = _DESPATCHED | {_S.INVOICED}
_COMES_NOT = frozenset({_S.BACKORDER, _S.REJECTED, _S.CANCELLED, _S.ON_HOLD})
_GOOD = frozenset({_S.RECEIVED, _S.CONFIRMED})
# What a message of that sort cannot say: it would be a confirmation that only its words deny, or the other way round.
_CONTRADICTS: Mapping[AckKind, frozenset[AckStatus]] = {
    AckKind.DESPATCH: frozenset({_S.CONFIRMED}),
    AckKind.INVOICE: frozenset({_S.CONFIRMED}),
    AckKind.CANCELLATION: frozenset({_S.CONFIRMED}) | _COMES,
}
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
    corrected, why = _by_pieces(verdict, lines)
    if why is None and header not in {None, verdict}:
        return verdict, f"the order is called {header}, but its lines amount to {from_lines}"
    return corrected, why


def contradicts(kind: AckKind | None, status: AckStatus) -> bool:
    """True when a message of this sort cannot say that, such as a cancellation that confirms."""
    return kind is not None and status in _CONTRADICTS.get(kind, frozenset())


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
    if header in _COMES:
        if from_lines in _COMES_NOT:
            return _S.UNKNOWN  # something came, and nothing of it did
        return from_lines if (header, from_lines) == (_S.DELIVERED, _S.PARTLY_DELIVERED) else header
    return from_lines if header in _GOOD and from_lines in _COMES_NOT | {_S.CHANGED} else header


def _by_pieces(verdict: AckStatus | None, lines: Sequence[AckLine]) -> tuple[AckStatus | None, str | None]:
    """The verdict that the numbers of pieces leave, and why it is another; they are trusted more than words."""
    if any(_is_below_zero(line) for line in lines):
        return _S.UNKNOWN, "a line has fewer than no pieces"
    if verdict is _S.CONFIRMED and any(_differs(line) for line in lines):
        return _S.CHANGED, "a line is called confirmed, but not as it was ordered"
    if verdict in _DESPATCHED and all(line.qty_delivered == Decimal(0) for line in lines):
        return _S.UNKNOWN, f"the order is called {verdict}, and nothing of any line came"
    if verdict is _S.DELIVERED and any(line.qty_outstanding or line.qty_backorder for line in lines):
        return _S.PARTLY_DELIVERED, "a line is called delivered, but some of it is outstanding"
    return verdict, None


def _is_below_zero(line: AckLine) -> bool:
    counts = (line.qty_confirmed, line.qty_delivered, line.qty_backorder, line.qty_outstanding)
    return any(count is not None and count < 0 for count in counts)


def _differs(line: AckLine) -> bool:
    """True when a line shows other or fewer pieces, none at all, or another article, than was ordered."""
    counts = (line.qty_ordered, line.qty_confirmed)
    is_other = None not in counts and line.qty_ordered != line.qty_confirmed
    is_nothing = line.qty_confirmed == Decimal(0) and line.qty_ordered != Decimal(0)
    return is_other or is_nothing or bool(line.qty_backorder) or line.substitute_part_no is not None
