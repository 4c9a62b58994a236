"""An answer beside the order itself: what is less than was ordered is never confirmed (``formats/mapping.md`` 2.3).

Not for: what follows from it (``owing.py``). An answer without lines speaks for the whole order, and lines that are not
surely rows of the order are not compared.
"""

from dataclasses import replace
from decimal import Decimal

from bridge.model import Acknowledgement, AckStatus
from bridge.reports import tally
from bridge.reports.brief import Brief, BriefLine

_REFUSALS = frozenset({AckStatus.REJECTED, AckStatus.CANCELLED})


def compared(ack: Acknowledgement, brief: Brief) -> tuple[Acknowledgement, str | None]:
    """The answer with the status that its lines leave it, and a sentence where that is another than it has itself."""
    if ack.status is AckStatus.CONFIRMED and (rows := _short(ack, brief)):
        lines = tuple(
            replace(line, status=AckStatus.CHANGED) if _no(brief.row_of(line)) in rows else line for line in ack.lines
        )
        why = f"It calls itself confirmed, and not all pieces of row {', '.join(rows)} are in it"
        return replace(ack, status=AckStatus.CHANGED, lines=lines), why
    if ack.status is AckStatus.CHANGED and (status := _refused_whole(ack, brief)):
        return replace(ack, status=status), f"It calls itself changed, and each row of the order is {status} in it"
    return ack, None


def _short(ack: Acknowledgement, brief: Brief) -> list[str]:
    """The rows of which the answer confirms fewer pieces than were ordered, or which it leaves out."""
    told = [(row, line) for line in ack.lines if (row := brief.row_of(line)) is not None]
    pieces: dict[str, Decimal] = {}
    for row, line in told:
        confirmed = row.qty if line.qty_confirmed is None else line.qty_confirmed
        pieces[row.line_no] = pieces.get(row.line_no, Decimal(0)) + confirmed
    named = {row.line_no for row, _ in told}
    is_whole = bool(told) and len(told) == len(ack.lines)
    open_rows = tally.undelivered(brief, pieces, frozenset()) if told else []
    return [row.line_no for row in open_rows if is_whole or row.line_no in named]


def _refused_whole(ack: Acknowledgement, brief: Brief) -> AckStatus | None:
    """What all lines say, where they refuse or cancel and are all that was ordered."""
    said = {line.status for line in ack.lines}
    [status, *others] = [*said, None]
    if status not in _REFUSALS or others != [None] or not brief.lines:
        return None
    gone = tally.cancelled_rows(brief, ack.lines, {})
    return None if tally.undelivered(brief, {}, gone) else status


def _no(row: BriefLine | None) -> str | None:
    return row.line_no if row else None
