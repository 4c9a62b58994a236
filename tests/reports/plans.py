"""An order of three rows, and what follows from what its ERP says, one word after the other."""

from dataclasses import replace

from bridge.model import Acknowledgement
from bridge.reports.kinds import DeliveryReport, InvoiceReport, Report
from bridge.reports.owing import known_after, plan
from bridge.reports.papers import Known
from bridge.reports.plans import Plan
from bridge.states import Choice, Outcome, ReportPolicy
from tests.support.rows import FREIGHT, SHOES, SOCKS, TODAY, brief, row

ALL = ReportPolicy(
    invoiced=Choice.DOCUMENT, cancelled=Choice.DOCUMENT, rejected=Choice.DOCUMENT, credited=Choice.DOCUMENT
)
EVERYTHING = (row(SHOES, "2"), row(SOCKS, "10"), row(FREIGHT, "1"))
NEW = Known("48447", TODAY, brief=brief())
CONFIRMED = replace(
    NEW, outcome=Outcome.CONFIRMED, erp_order_no="SO-1", number="SO-1", is_told=True, was_confirmed=True
)


def told(*acks: Acknowledgement, known: Known = CONFIRMED, policy: ReportPolicy = ALL) -> list[Plan]:
    """What follows from each of these, one after the other."""
    plans = []
    for number, ack in enumerate(acks):
        known = replace(known, fingerprint=f"{number:x}{repr(ack).encode().hex()}")
        plans.append(plan(policy, ack, known))
        known = known_after(known, ack, plans[-1])
    return plans


def last(*acks: Acknowledgement, known: Known = CONFIRMED, policy: ReportPolicy = ALL) -> Plan:
    return told(*acks, known=known, policy=policy)[-1]


def document(follows: Plan) -> Report:
    assert follows.reports, follows
    return follows.reports[-1]


def note(follows: Plan) -> DeliveryReport:
    found = document(follows)
    assert isinstance(found, DeliveryReport)
    return found


def bill(follows: Plan) -> InvoiceReport:
    found = document(follows)
    assert isinstance(found, InvoiceReport)
    return found
