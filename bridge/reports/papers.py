"""Documents made of an acknowledgement and the order it speaks of: delivery notes, invoices, credits.

Not for: whether one is owed (``owing.py``). What cannot be said for certain is refused with its reason, not guessed.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from bridge.model import AckInvoice, AckLine, Acknowledgement, AckStatus
from bridge.reports import tally
from bridge.reports.brief import Brief, BriefLine
from bridge.reports.kinds import Bill, CreditReport, DeliveryLine, DeliveryReport, InvoiceLine, InvoiceReport
from bridge.reports.tally import Paper
from bridge.states import Outcome, ReportKind

_NOTHING = Decimal(0)
_LONGEST_NUMBER = 50
_PRINT = 16
_GONE = frozenset({None, AckStatus.DELIVERED, AckStatus.PARTLY_DELIVERED})
_BILLED = frozenset({None, AckStatus.INVOICED})
_HALF_A_CENT = Decimal("0.005")
"""ERPs write prices with two decimals; the order's own digits are what Norce is told."""


class UnfitError(Exception):
    """The document cannot be made for certain; the text says why, to a person who has to decide."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an order when the ERP speaks of it.

    ``brief`` is ``None`` where the order itself is not at hand: then the ERP's words are taken as they are.
    ``number`` is the ERP's number that Norce was told, ``is_told`` whether it was told anything but a receipt.
    ``fingerprint`` and ``today`` are those of the acknowledgement.
    """

    order_ref: str
    today: dt.date
    fingerprint: str = ""
    outcome: Outcome | None = None
    erp_order_no: str | None = None
    brief: Brief | None = None
    number: str | None = None
    is_told: bool = False
    was_confirmed: bool = False
    papers: tuple[Paper, ...] = ()
    cancelled: tuple[AckLine, ...] = ()

    @property
    def rows(self) -> Brief:
        """The order, or one without rows."""
        return self.brief or Brief()

    @property
    def cancelled_rows(self) -> frozenset[str]:
        """Rows of which no more will come."""
        return tally.cancelled_rows(self.rows, self.cancelled, self.came)

    @property
    def came(self) -> tally.Pieces:
        """What was delivered so far."""
        return tally.delivered(self.papers)


@dataclass(frozen=True, slots=True)
class Note:
    """A delivery note, and whether the ERP called the order delivered although rows are missing."""

    report: DeliveryReport
    missing: tuple[str, ...] = field(default=())


def kind_of(ack: Acknowledgement) -> ReportKind | None:
    """The document that the ERP's words are enough for."""
    has_rows = any(_billed(line) for line in ack.lines)
    if ack.invoice is not None and ack.invoice.credited_no is not None and ack.status is AckStatus.INVOICED:
        return ReportKind.CREDIT
    if ack.status is AckStatus.INVOICED and has_rows:
        return ReportKind.INVOICE
    if ack.status in {AckStatus.PARTLY_DELIVERED, AckStatus.DELIVERED} and (ack.lines or ack.tracking):
        return ReportKind.DELIVERY
    return None


def number_in(ack: Acknowledgement, known: Known) -> str:
    """The document's own number; where the ERP gave none, one that the same words give again."""
    made = f"{known.order_ref[: _LONGEST_NUMBER - _PRINT - 1]}-{known.fingerprint[:_PRINT]}"
    return _own_number(ack) or made


def is_numbered(ack: Acknowledgement) -> bool:
    """True when the ERP gave the document a number; only then a second one of the same content is surely another."""
    return bool(_own_number(ack))


def _own_number(ack: Acknowledgement) -> str | None:
    return (ack.invoice.no if ack.invoice else None) if ack.status is AckStatus.INVOICED else ack.note_no


def digest_of(ack: Acknowledgement) -> str:
    """What the document says, so that the same number with other content is noticed. Dates may differ."""
    lines = sorted(
        [str(part) for part in (line.line_no, line.part_no, line.qty_delivered, line.qty_confirmed, line.unit_price)]
        for line in ack.lines
    )
    bill = ack.invoice or AckInvoice()
    said = [lines, sorted(ack.tracking), str(bill.total), bill.currency, bill.credited_no]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def note_of(ack: Acknowledgement, known: Known, number: str | None) -> Note:
    """The delivery note that ``ack`` stands for.

    Rows of which the ERP says *delivered* without a quantity have gone out whole; with no rows at all, the order has.
    """
    before = known.came
    lines = tuple(_delivered(ack, known, before))
    missing = tally.undelivered(known.rows, tally.added(before, lines), known.cancelled_rows)
    is_known = bool(known.rows.lines) and all(known.rows.row_of(line) for line in ack.lines)
    speaks_of_rows = any(line.status for line in ack.lines)
    says_all = ack.status is AckStatus.DELIVERED and not (speaks_of_rows and is_known)
    report = DeliveryReport(
        erp_order_no=number,
        note_no=number_in(ack, known),
        date=ack.date or ack.message_date or known.today,
        is_complete=says_all or (is_known and not missing),
        lines=lines,
        parcels=ack.tracking,
        carrier=ack.carrier,
        text=ack.note,
    )
    short = tuple(row.line_no for row in missing) if says_all and is_known else ()
    return Note(report, short)


def _delivered(ack: Acknowledgement, known: Known, before: tally.Pieces) -> Iterator[DeliveryLine]:
    if not ack.lines and ack.status is AckStatus.DELIVERED:
        for row in tally.undelivered(known.rows, before, known.cancelled_rows):
            if row.part_no:
                yield DeliveryLine(row.line_no, row.part_no, row.qty - before.get(row.line_no, _NOTHING), row.text)
    for position, line in enumerate(ack.lines, 1):
        ordered = known.rows.row_of(line)
        qty = _pieces(ack, line, ordered, before)
        part_no = (ordered.part_no if ordered else None) or line.part_no
        if part_no and qty is not None and qty > 0:
            line_no = ordered.line_no if ordered else line.line_no or str(position)
            yield DeliveryLine(line_no, part_no, qty, ordered.text if ordered else None)


def _pieces(ack: Acknowledgement, line: AckLine, row: BriefLine | None, before: tally.Pieces) -> Decimal | None:
    said = _quantity(line, _GONE)
    if said is None and row is not None and (line.status or ack.status) is AckStatus.DELIVERED:
        return row.qty - before.get(row.line_no, _NOTHING)
    return said


def invoice_of(ack: Acknowledgement, known: Known, number: str | None) -> InvoiceReport:
    """The invoice that ``ack`` stands for. Raises :class:`UnfitError` when its money is not certain."""
    bill = _bill(ack, known, number)
    done = tally.added(tally.invoiced(known.papers), bill.lines)
    if known.brief is not None:
        _refuse_more_than(known.rows, done, {row.line_no: row.qty for row in known.rows.lines}, "ordered")
    is_last = known.brief is not None and not tally.uninvoiced(known.rows, done, known.came, known.cancelled_rows)
    return InvoiceReport(bill, is_last)


def left_out(report: InvoiceReport, known: Known) -> tuple[str, ...]:
    """The fees and the like that no invoice has, once the goods are all invoiced; ERPs forget them."""
    done = tally.added(tally.invoiced(known.papers), report.bill.lines)
    left = tally.uninvoiced(known.rows, done, known.came, known.cancelled_rows)
    return () if any(row.is_goods for row in left) else tuple(row.line_no for row in left)


def credit_of(ack: Acknowledgement, known: Known, number: str | None) -> CreditReport:
    """The credit that ``ack`` stands for. Raises :class:`UnfitError` when its money is not certain."""
    bill = _bill(ack, known, number)
    credited_no = (ack.invoice.credited_no if ack.invoice else None) or ""
    done = tally.added(tally.credited(known.papers, credited_no), bill.lines)
    if tally.invoiced(known.papers):
        billed = tally.invoiced(known.papers, credited_no)
        _refuse_more_than(known.rows, done, billed, f"invoiced by {credited_no}")
    elif known.brief is not None:  # invoiced past us: no more can be due back than was ordered
        _refuse_more_than(known.rows, done, {row.line_no: row.qty for row in known.rows.lines}, "ordered")
    return CreditReport(bill, credited_no)


def _refuse_more_than(rows: Brief, done: tally.Pieces, most: tally.Pieces, what: str) -> None:
    for row in rows.lines:
        limit = most.get(row.line_no, _NOTHING)
        if done.get(row.line_no, _NOTHING) > limit:
            raise UnfitError(f"row {row.line_no}: {done[row.line_no]:f} in all, and only {limit:f} {what}")


def _billed(line: AckLine) -> Decimal:
    return _quantity(line, _BILLED) or _NOTHING


def _quantity(line: AckLine, words: frozenset[AckStatus | None]) -> Decimal | None:
    """The pieces that a document moves. Confirmed ones are meant only where the row's own word does not differ."""
    if line.qty_delivered is not None:
        return line.qty_delivered
    return line.qty_confirmed if line.status in words else None


def _bill(ack: Acknowledgement, known: Known, number: str | None) -> Bill:
    said = ack.invoice or AckInvoice()
    order = known.rows
    if said.currency and order.currency and said.currency != order.currency:
        raise UnfitError(f"it is in {said.currency}, and the order in {order.currency}")
    is_credit = said.credited_no is not None
    lines = tuple(_bill_line(line, known, is_credit=is_credit) for line in ack.lines if _billed(line))
    if not lines:
        raise UnfitError("it has no rows with quantities, and without them no money moves")
    return Bill(
        erp_order_no=number,
        no=number_in(ack, known),
        date=said.date or ack.date or ack.message_date or known.today,
        lines=lines,
        currency=said.currency or order.currency,
        due=said.due,
        vat=said.vat,
        application_key=order.application_key,
    )


def _bill_line(line: AckLine, known: Known, *, is_credit: bool) -> InvoiceLine:
    """A row with the order's own price and VAT: another price has a VAT that nobody told us."""
    row, qty, name = known.rows.row_of(line), _billed(line), line.line_no or line.part_no or "?"
    qty = abs(qty) if is_credit else qty
    if qty < 0:
        raise UnfitError(f"row {name}: {qty:f} pieces are a credit, and the document is an invoice")
    if qty != qty.to_integral_value():
        raise UnfitError(f"row {name}: {qty:f} pieces; Norce takes whole numbers only")
    if row is None:
        if known.brief is not None or not line.part_no:
            raise UnfitError(f"row {name} is not one row of the order, so its VAT is not known")
        return InvoiceLine(line.line_no, line.part_no, qty, line.unit_price)
    if row.part_no is None:
        raise UnfitError(f"row {row.line_no} has no part number, and Norce's invoice asks for one")
    if line.unit_price is not None and abs(line.unit_price - row.unit_price) > _HALF_A_CENT:
        raise UnfitError(f"row {row.line_no} costs {line.unit_price:f}, and {row.unit_price:f} in the order")
    return InvoiceLine(row.line_no, row.part_no, qty, row.unit_price, row.unit_vat, row.vat_rate, row.text)
