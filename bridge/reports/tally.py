"""How much of an order is delivered, invoiced, credited, and what of it is still open: sums over its documents.

Not for: deciding what follows (``owing.py``).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bridge.model import AckLine
from bridge.reports.brief import Brief, BriefLine
from bridge.reports.kinds import CreditReport, DeliveryLine, DeliveryReport, InvoiceLine, InvoiceReport, Report
from bridge.states import ReportKind

Pieces = Mapping[str, Decimal]
"""How many of each row, by its number."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document that Norce is owed or was sent; ``digest`` tells its content, as the ERP gave it."""

    kind: ReportKind
    number: str
    digest: str
    report: Report


def delivered(papers: Iterable[Paper]) -> Pieces:
    """What the delivery notes say together."""
    return _sum(paper.report.lines for paper in papers if isinstance(paper.report, DeliveryReport))


def invoiced(papers: Iterable[Paper], number: str | None = None) -> Pieces:
    """What the invoices say together, or the one with this number."""
    bills = [paper.report.bill for paper in papers if isinstance(paper.report, InvoiceReport)]
    return _sum(bill.lines for bill in bills if number in {None, bill.no})


def credited(papers: Iterable[Paper], number: str) -> Pieces:
    """What was credited of one invoice."""
    reports = [paper.report for paper in papers if isinstance(paper.report, CreditReport)]
    return _sum(report.bill.lines for report in reports if report.credited_no == number)


def added(pieces: Pieces, more: Iterable[DeliveryLine | InvoiceLine]) -> Pieces:
    """``pieces`` with ``more`` on top."""
    found = dict(pieces)
    for line in more:
        key = line.line_no or ""
        found[key] = found.get(key, Decimal(0)) + line.qty
    return found


def _sum(groups: Iterable[Sequence[DeliveryLine] | Sequence[InvoiceLine]]) -> Pieces:
    return added({}, [line for lines in groups for line in lines])


def cancelled_rows(brief: Brief, said: Iterable[AckLine], came: Pieces) -> frozenset[str]:
    """The rows of which the ERP said that no more of them will come; one cancelled in part still waits for the rest."""
    rows = [(brief.row_of(line), line) for line in said]
    return frozenset(row.line_no for row, line in rows if row is not None and not _is_partly(row, line, came))


def partly_cancelled(brief: Brief, said: Iterable[AckLine], came: Pieces) -> list[str]:
    """The cancelled rows that speak of some of their pieces only: these are gone, or they are what is left."""
    rows = [(brief.row_of(line), line) for line in said]
    return [row.line_no for row, line in rows if row is not None and _is_partly(row, line, came)]


def _is_partly(row: BriefLine, said: AckLine, came: Pieces) -> bool:
    """What came before may be repeated: that takes nothing back."""
    some = [said.qty_confirmed, said.qty_backorder, said.qty_outstanding, said.qty_delivered]
    before = came.get(row.line_no, Decimal(0))
    if said.qty_delivered is not None and said.qty_delivered <= before:
        some.pop()
    return any(qty is not None and 0 < qty < row.qty for qty in some)


def closing(papers: Iterable[Paper]) -> str | None:
    """The number of the invoice that closed the order's payment at Norce, if one did."""
    bills = [paper.report for paper in papers if isinstance(paper.report, InvoiceReport)]
    return next((report.bill.no for report in bills if report.is_last), None)


def undelivered(brief: Brief, done: Pieces, cancelled: frozenset[str]) -> list[BriefLine]:
    """The rows of which something is still to come: goods, or any where the order has no goods."""
    rows = [row for row in brief.lines if row.qty > 0]
    goods = [row for row in rows if row.is_goods] or rows
    return _open(goods, lambda row: row.line_no in cancelled or done.get(row.line_no, Decimal(0)) >= row.qty)


def uninvoiced(brief: Brief, done: Pieces, came: Pieces, cancelled: frozenset[str]) -> list[BriefLine]:
    """The rows of which money is still to be asked for. Of a cancelled one it is what came before; none is free."""

    def is_enough(row: BriefLine) -> bool:
        wanted = came.get(row.line_no, Decimal(0)) if row.line_no in cancelled else row.qty
        return done.get(row.line_no, Decimal(0)) >= wanted

    return _open([row for row in brief.lines if row.qty > 0 and row.unit_price], is_enough)


def _open(rows: Sequence[BriefLine], is_enough: Callable[[BriefLine], bool]) -> list[BriefLine]:
    """A bundle is done by its own row or by all its parts, and a part by the bundle: ERPs name either."""
    enough = {row.line_no: is_enough(row) for row in rows}
    parts: dict[str, list[bool]] = {}
    for row in rows:
        if row.parent is not None:
            parts.setdefault(row.parent, []).append(enough[row.line_no])

    def is_done(row: BriefLine) -> bool:
        by_bundle = row.parent is not None and enough.get(row.parent, False)
        return enough[row.line_no] or by_bundle or all(parts.get(row.line_no, [False]))

    return [row for row in rows if not is_done(row)]
