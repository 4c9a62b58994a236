"""What an acknowledgement makes owed to Norce, what becomes of its order, and when a person must decide. Pure.

Not for: storing it (``journal/``), nor the documents themselves (``papers.py``).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import assert_never

from bridge.model import Acknowledgement, AckStatus
from bridge.reports import papers, tally
from bridge.reports.compared import compared
from bridge.reports.kinds import (
    CancellationReport,
    InvoiceReport,
    ItemStatus,
    Report,
    StatusReport,
    erp_order_no_of,
    number_of,
)
from bridge.reports.papers import Known, UnfitError
from bridge.reports.plans import Alert, Plan, Verdict
from bridge.states import (
    Choice,
    Consequence,
    Outcome,
    ReportKind,
    ReportPolicy,
    Standing,
    consequence,
    is_further,
    standing,
)

_CANCELS = frozenset({AckStatus.CANCELLED, AckStatus.REJECTED})
_BEGUN = frozenset({Outcome.PARTLY_DELIVERED, Outcome.DELIVERED, Outcome.INVOICED})


def plan(policy: ReportPolicy, ack: Acknowledgement, known: Known) -> Plan:
    """What follows from ``ack``, which is no receipt and whose status is known, for the order that is ``known``."""
    found, why = compared(ack, known.rows)
    follows = _plan(policy, found, known)
    if why is None or follows.alert is None:
        return follows
    return replace(follows, alert=replace(follows.alert, text=f"{follows.alert.text}. {why}"))


def _plan(policy: ReportPolicy, ack: Acknowledgement, known: Known) -> Plan:
    match papers.kind_of(ack):
        case ReportKind.CREDIT:
            return _credit(policy, ack, known)
        case ReportKind.DELIVERY if policy.enabled and policy.delivered is Choice.DOCUMENT:
            return _paper(policy, ack, known, ReportKind.DELIVERY)
        case ReportKind.INVOICE if policy.enabled and policy.invoiced is Choice.DOCUMENT:
            return _paper(policy, ack, known, ReportKind.INVOICE)
        case _ if ack.status in _CANCELS and known.brief is not None:
            return _cancellation(policy, ack, known)
        case _:
            return _plain(policy, ack, known, _said(ack))


def known_after(known: Known, ack: Acknowledgement, follows: Plan) -> Known:
    """What is known of the order once the plan is carried out."""
    statuses = {report.status for report in follows.reports if isinstance(report, StatusReport)}
    numbers = [number for report in follows.reports if (number := erp_order_no_of(report))]
    fresh = [
        tally.Paper(report.kind, number, follows.digest or "", report)
        for report in follows.reports
        if (number := number_of(report)) is not None
    ]
    is_applied = follows.verdict is Verdict.APPLIED
    gone = [line for line in ack.lines if (line.status or ack.status) in _CANCELS]
    counts = follows.verdict in {Verdict.APPLIED, Verdict.DOCUMENT}
    return replace(
        known,
        outcome=follows.outcome if is_applied else known.outcome,
        erp_order_no=_number(ack, known) if is_applied else known.erp_order_no,
        number=numbers[-1] if numbers else known.number,
        is_told=known.is_told or bool(fresh) or not statuses <= {AckStatus.RECEIVED},
        was_confirmed=known.was_confirmed or bool(statuses & {AckStatus.CONFIRMED, AckStatus.CHANGED}),
        papers=(*known.papers, *fresh),
        cancelled=(*known.cancelled, *gone) if counts else known.cancelled,
    )


def _said(ack: Acknowledgement) -> Outcome:
    return Outcome(ack.status.value)


# --- statuses, and the cancellation of a whole order ---------------------------------------------------------------


def _plain(policy: ReportPolicy, ack: Acknowledgement, known: Known, said: Outcome) -> Plan:
    stand = standing(known.outcome, said)
    if stand is not Standing.NEWS:
        return Plan(_verdict(stand))
    follows = consequence(policy, said, was_confirmed=known.was_confirmed)
    if follows.hold:
        return Plan(Verdict.APPLIED, said, waits_because=question_of(said))
    reports = list[Report](_statuses(policy, ack, known, follows))
    if follows.document is ReportKind.CANCELLATION:
        reports.append(CancellationReport(_number(ack, known), known.rows.payment_refs))
    return Plan(Verdict.APPLIED, said, tuple(reports), alert=_told(known, said, follows))


def question_of(outcome: Outcome) -> str:
    """What a person is asked where an outcome is to be held; the only question that a later status may end."""
    return f"the ERP answered {outcome}"


def _verdict(stand: Standing) -> Verdict:
    match stand:
        case Standing.NEWS:
            return Verdict.APPLIED
        case Standing.OLDER:
            return Verdict.OLDER
        case Standing.AFTER_END:
            return Verdict.AFTER_END
        case _:
            assert_never(stand)


def _statuses(policy: ReportPolicy, ack: Acknowledgement, known: Known, follows: Consequence) -> Iterator[StatusReport]:
    for outcome in follows.reports:
        items = tuple(_items(policy, ack, known)) if outcome is Outcome.CHANGED else ()
        status = AckStatus(outcome.value)
        yield StatusReport(status, _number(ack, known), policy.names.get(outcome), items)


def _items(policy: ReportPolicy, ack: Acknowledgement, known: Known) -> Iterator[ItemStatus]:
    """Rows by the order's own numbers; one that is none of them is left to the person who is alerted."""
    for line in ack.lines:
        row = known.rows.row_of(line)
        line_no = line.line_no if known.brief is None else row.line_no if row else None
        if line_no is not None and line.status not in {None, AckStatus.UNKNOWN}:
            yield ItemStatus(line_no, line.status, policy.names.get(line.status))


def _number(ack: Acknowledgement, known: Known) -> str | None:
    return known.erp_order_no or ack.erp_order_no


def _told(known: Known, said: Outcome, follows: Consequence) -> Alert | None:
    if not follows.alert:
        return None
    match said:
        case Outcome.INVOICED:
            what = "the file has no rows with quantities, so Norce is told the status and no money is captured"
        case Outcome.CANCELLED | Outcome.REJECTED:
            what = "Norce is told to cancel the order and its payments"
        case _:
            what = "the order in Norce is a snapshot and stays as it was"
    return Alert(f"answer_{said}", f"Order {known.order_ref}: the ERP answered {said}; {what}")


# --- cancellations -------------------------------------------------------------------------------------------------


def _cancellation(policy: ReportPolicy, ack: Acknowledgement, known: Known) -> Plan:
    """The whole order, the rest of one that was begun, or some of its rows.

    Less than everything that is open must not annul the payment of what still comes, nor of what came.
    """
    if not ack.lines:
        has_begun = known.outcome in _BEGUN
        return _late_cancellation(policy, ack, known) if has_begun else _plain(policy, ack, known, _said(ack))
    if any(known.rows.row_of(line) is None for line in ack.lines):
        return _ask(known, "it cancels a row that is not one row of the order")
    if partly := ", ".join(tally.partly_cancelled(known.rows, ack.lines, known.came)):
        return _ask(known, f"it cancels row {partly} and tells a part of its pieces; what still comes is not certain")
    return _row_cancellation(policy, ack, known)


def _late_cancellation(policy: ReportPolicy, ack: Acknowledgement, known: Known) -> Plan:
    """The ERP cancels an order of which something has left: only what is still open can be cancelled for certain."""
    if _choice_of(policy, ack) is Choice.DOCUMENT and policy.enabled:
        if why := _cannot_annul(known):
            return _ask(known, f"the ERP answered {ack.status} for an order that was begun, and {why}")
        if not tally.undelivered(known.rows, known.came, known.cancelled_rows):
            return _ask(known, f"the ERP answered {ack.status}, and nothing of the order is left to cancel")
    return _plain(policy, ack, known, _said(ack))


def _row_cancellation(policy: ReportPolicy, ack: Acknowledgement, known: Known) -> Plan:
    """Rows of the order are cancelled, be it before or after something has left."""
    said = tally.cancelled_rows(known.rows, ack.lines, known.came)
    gone = known.cancelled_rows | said
    is_rest = not tally.undelivered(known.rows, known.came, gone)
    has_begun = known.outcome in _BEGUN
    if is_rest and not has_begun:
        return _plain(policy, ack, known, _said(ack))
    if known.outcome in {Outcome.CANCELLED, Outcome.REJECTED}:
        return Plan(Verdict.AFTER_END)
    if said <= known.cancelled_rows:  # the same in another file must not annul the payment once more
        return Plan(Verdict.REPEATED)
    choice = _choice_of(policy, ack)
    if choice is Choice.HOLD:
        outcome = known.outcome if has_begun else Outcome.CHANGED
        return Plan(Verdict.APPLIED, outcome, waits_because=f"the ERP answered {ack.status} for some rows")
    if not has_begun:
        return _plain(policy, ack, known, Outcome.CHANGED)
    return _rest(ack, known, is_rest=is_rest and choice is Choice.DOCUMENT and policy.enabled)


def _choice_of(policy: ReportPolicy, ack: Acknowledgement) -> Choice:
    return policy.rejected if ack.status is AckStatus.REJECTED else policy.cancelled


def _rest(ack: Acknowledgement, known: Known, *, is_rest: bool) -> Plan:
    if is_rest and (why := _cannot_annul(known)):
        asks = f"the ERP answered {ack.status} for the rest of an order that was begun, and {why}"
        return replace(_ask(known, asks), verdict=Verdict.DOCUMENT)
    reports = (CancellationReport(_number(ack, known), known.rows.payment_refs),) if is_rest else ()
    what = "Norce is told to cancel the rest and its payments" if is_rest else "nothing is told to Norce"
    text = f"Order {known.order_ref}: the ERP answered {ack.status} for rows of an order that was begun; {what}"
    return Plan(Verdict.DOCUMENT, reports=reports, alert=Alert(f"answer_{ack.status}", text))


def _cannot_annul(known: Known) -> str:
    """Why the payments must not be annulled now: money of goods that have left was not asked for. Else empty."""
    everything = frozenset(row.line_no for row in known.rows.lines)
    billed = tally.invoiced(known.papers)
    unpaid = ", ".join(row.line_no for row in tally.uninvoiced(known.rows, billed, known.came, everything))
    if not known.rows.payment_refs or not unpaid:
        return ""
    return f"what was delivered of row {unpaid} is not invoiced: annulling the payment would lose its money"


# --- documents -----------------------------------------------------------------------------------------------------


def _paper(policy: ReportPolicy, ack: Acknowledgement, known: Known, kind: ReportKind) -> Plan:
    """A delivery note or an invoice: owed once, whether the order is further already or not."""
    if known.outcome in {Outcome.CANCELLED, Outcome.REJECTED}:
        return Plan(Verdict.AFTER_END)
    number = papers.number_in(ack, known)
    before = _same_number(known, kind, number)
    if before is not None and before.digest == papers.digest_of(ack):
        return _again(policy, ack, known)
    if why := _doubt(known, kind, ack):
        return _ask(known, why)
    try:
        return _delivery(policy, ack, known) if kind is ReportKind.DELIVERY else _invoice(policy, ack, known)
    except UnfitError as error:
        return _ask(known, f"{_NAMES[kind]} {number}: {error}")


_NAMES = {
    ReportKind.DELIVERY: "delivery note",
    ReportKind.INVOICE: "invoice",
    ReportKind.CREDIT: "credit",
}


def _same_number(known: Known, kind: ReportKind, number: str) -> tally.Paper | None:
    return next((paper for paper in known.papers if paper.kind is kind and paper.number == number), None)


def _doubt(known: Known, kind: ReportKind, ack: Acknowledgement) -> str:
    """Why a document that is not the same as an earlier one may be it all the same; empty where it is surely new.

    Without a number of the ERP's, one that moves money and says what an earlier one said cannot be told from it.
    """
    number = papers.number_in(ack, known)
    if _same_number(known, kind, number) is not None:
        return f"{_NAMES[kind]} {number} came again with other content"
    if kind is ReportKind.DELIVERY or papers.is_numbered(ack):
        return ""
    digest = papers.digest_of(ack)
    twin = next((paper.number for paper in known.papers if paper.kind is kind and paper.digest == digest), None)
    return f"{_NAMES[kind]} {number} has no number of the ERP's and says the same as {twin}" if twin else ""


def _again(policy: ReportPolicy, ack: Acknowledgement, known: Known) -> Plan:
    """The same document in another file: only a word about the whole order can be new."""
    speaks_of_rows = any(line.status for line in ack.lines)
    if is_further(known.outcome, _said(ack)) and not speaks_of_rows:
        return _plain(policy, ack, known, _said(ack))
    return Plan(Verdict.REPEATED)


def _delivery(policy: ReportPolicy, ack: Acknowledgement, known: Known) -> Plan:
    number, confirms = _introduction(policy, ack, known)
    note = papers.note_of(ack, known, number)
    said = Outcome.DELIVERED if note.report.is_complete else Outcome.PARTLY_DELIVERED
    if not note.report.lines and not note.report.parcels:
        return _plain(policy, ack, known, said)
    alert = None
    if note.missing:
        rows = ", ".join(note.missing)
        text = f"Order {known.order_ref}: the ERP calls it delivered, and not everything was of row {rows}"
        alert = Alert("delivered_short", text)
    return _documented(ack, known, said, (*confirms, note.report), alert)


def _invoice(policy: ReportPolicy, ack: Acknowledgement, known: Known) -> Plan:
    number, confirms = _introduction(policy, ack, known)
    report = papers.invoice_of(ack, known, number)
    return _documented(ack, known, Outcome.INVOICED, (*confirms, report), _billed_oddly(report, known))


def _billed_oddly(report: InvoiceReport, known: Known) -> Alert | None:
    """What is odd about an invoice that is certain: the payment is closed too early, or stays open.

    Too early it was where a row was cancelled before we heard that some of it had left: nothing told us to wait.
    """
    if (closed_by := tally.closing(known.papers)) is not None:
        text = f"Order {known.order_ref}: invoice {report.bill.no} comes after {closed_by}, which closed the payment"
        return Alert("invoiced_late", f"{text} at Norce; look there whether its money was captured")
    if left := papers.left_out(report, known):
        text = f"Order {known.order_ref}: all goods are invoiced, and row {', '.join(left)} is not"
        return Alert("invoiced_short", f"{text}; until it is, Norce keeps the payment open")
    return None


def _introduction(
    policy: ReportPolicy,
    ack: Acknowledgement,
    known: Known,
) -> tuple[str | None, tuple[StatusReport, ...]]:
    """The ERP's number by which Norce will know the order, and the confirmation that tells it, where one is needed."""
    number = _number(ack, known)
    is_new = number is not None and number != known.number
    if not known.is_told or (is_new and known.outcome not in _BEGUN):
        return number, (StatusReport(AckStatus.CONFIRMED, number, policy.names.get(Outcome.CONFIRMED)),)
    return known.number, ()


def _documented(
    ack: Acknowledgement,
    known: Known,
    said: Outcome,
    reports: tuple[Report, ...],
    alert: Alert | None,
) -> Plan:
    digest = papers.digest_of(ack)
    if standing(known.outcome, said) is Standing.NEWS:
        return Plan(Verdict.APPLIED, said, reports, digest, alert=alert)
    return Plan(Verdict.DOCUMENT, reports=reports, digest=digest, alert=alert)


def _credit(policy: ReportPolicy, ack: Acknowledgement, known: Known) -> Plan:
    """A credit leaves the order as far as it is, and comes after its end too."""
    number = papers.number_in(ack, known)
    credited = ack.invoice.credited_no if ack.invoice else None
    before = _same_number(known, ReportKind.CREDIT, number)
    if before is not None and before.digest == papers.digest_of(ack):
        return Plan(Verdict.REPEATED)
    if why := _doubt(known, ReportKind.CREDIT, ack):
        return _ask(known, why)
    if policy.credited is Choice.HOLD:
        return Plan(Verdict.DOCUMENT, waits_because=f"the ERP credits invoice {credited} by {number}")
    if not policy.enabled:
        return Plan(Verdict.DOCUMENT)
    try:
        report = papers.credit_of(ack, known, known.number)
    except UnfitError as error:
        return _ask(known, f"credit {number}: {error}")
    text = f"Order {known.order_ref}: the ERP credits invoice {credited} by {number}; Norce is told to pay it back"
    alert = Alert("credited", text)
    return Plan(Verdict.DOCUMENT, reports=(report,), digest=papers.digest_of(ack), alert=alert)


def _ask(known: Known, why: str) -> Plan:
    text = f"Order {known.order_ref}: {why}. Norce is told nothing of it; a person decides"
    return Plan(Verdict.CONFLICT, waits_because=why, alert=Alert("document_held", text))
