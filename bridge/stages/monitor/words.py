"""What each alert says: what, since when, how many, what happens if nobody acts, and what to do.

Not for: deciding what is alarming (``journal/conditions.py``). A text changes only when the facts do, so nothing in
it may grow with the time of day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import assert_never

from bridge.journal.conditions import Condition, Finding
from bridge.journal.records import AlertFound

PAGE, TICKET = "page", "ticket"


def alert_of(finding: Finding, zone: tzinfo) -> AlertFound:
    """The finding as an alert, in words; times in ``zone``."""
    words = _words(finding)
    since = f"{finding.since.astimezone(zone):%Y-%m-%d %H:%M}"
    text = f"{words.what} (since {since}). {words.otherwise}. Do: {words.act}"
    return AlertFound(finding.condition, finding.subject, words.severity, text)


def what_of(text: str) -> str:
    """The part of an alert's text that is still true when it is over: what it was, since when, how many."""
    what, closing, _ = text.partition("). ")
    return f"{what})." if closing else text


@dataclass(frozen=True, slots=True)
class _Words:
    severity: str
    what: str
    otherwise: str
    act: str


def _words(finding: Finding) -> _Words:
    subject, many, example = finding.subject, _many(finding), finding.example
    match finding.condition:
        case Condition.ORDERS_NOT_WRITTEN:
            return _Words(
                PAGE,
                f"{many('order')} for {subject} stored but not written as files; the oldest is {example}",
                "The ERP learns nothing of them, and Norce does not send them again",
                f"erp-bridge orders timeline {example}, and erp-bridge status for the target's state",
            )
        case Condition.FILES_NOT_PICKED_UP:
            return _Words(
                PAGE,
                f"{many('file')} for {subject} lie unfetched; the oldest is {example}",
                "The ERP does not know these orders",
                f"look at the ERP's job that fetches files; erp-bridge orders list --state dropped --target {subject}",
            )
        case Condition.ACKNOWLEDGEMENT_OVERDUE:
            return _Words(
                TICKET,
                f"{subject} has not answered {many('order')}; the oldest is {example}",
                "Norce goes on showing them as Allocated",
                f"ask whoever runs the ERP's answers; erp-bridge orders list --overdue --target {subject}",
            )
        case _:
            return _more_words(finding)


def _more_words(finding: Finding) -> _Words:
    subject, many, example = finding.subject, _many(finding), finding.example
    match finding.condition:
        case Condition.STATUS_NOT_REPORTED:
            return _Words(
                TICKET,
                f"{many('answer')} of the ERP not told to Norce yet; the oldest is of order {example}",
                "The shop shows an old status; tries go on until they are given up",
                f"erp-bridge orders timeline {example} shows what Norce said",
            )
        case Condition.DEAD_LETTERS:
            return _Words(
                TICKET,
                f"{many('report')} to Norce given up; the oldest is of order {example}",
                "Norce is never told of these answers",
                f"erp-bridge orders timeline {example}, mend the cause, then erp-bridge orders retry {example}; "
                f"or do it in Norce by hand, then erp-bridge orders settle {example} --because TEXT",
            )
        case Condition.NEEDS_A_PERSON:
            waits = _PERSONS[subject]
            return _Words(
                TICKET,
                f"{finding.count} {waits.what}; the oldest is {waits.noun} {example}",
                waits.otherwise,
                waits.act.format(example=example),
            )
        case Condition.QUARANTINE_GROWING:
            return _Words(
                TICKET,
                f"{many('file')} of {subject} went to quarantine shortly after one another, the first was {example}",
                "Their orders stay without an answer",
                f"read {example}.reason.txt in the quarantine folder; a file moved back into the inbox is tried again",
            )
        case _:
            return _words_beyond_the_journal(finding)


def _words_beyond_the_journal(finding: Finding) -> _Words:
    match finding.condition:
        case Condition.TARGET_PAUSED:
            return _Words(
                PAGE,
                f"The target {finding.subject} is paused: {finding.example}",
                "Its orders are stored and wait; none is lost, none arrives",
                f"mend the cause; what does not end by itself: erp-bridge target resume {finding.subject} "
                f"--because TEXT, or target trust {finding.subject} after a look at its folder or host key",
            )
        case Condition.DISK_LOW:
            return _Words(
                PAGE,
                f"Less than 1 GB is free on the disk of {finding.subject} ({finding.example}): "
                f"about {finding.count * 100} MB",
                "When it is full, orders are answered 503 and no file is written",
                f"make room below {finding.example}",
            )
        case Condition.JOURNAL_DAMAGED:
            return _Words(
                PAGE,
                f"The journal is damaged: {finding.example}",
                "No order is taken until it is mended; Norce comes again for about six hours",
                "stop the bridge, then erp-bridge restore the latest copy; the damaged journal is kept beside it",
            )
        case (
            Condition.ORDERS_NOT_WRITTEN
            | Condition.FILES_NOT_PICKED_UP
            | Condition.ACKNOWLEDGEMENT_OVERDUE
            | Condition.STATUS_NOT_REPORTED
            | Condition.DEAD_LETTERS
            | Condition.NEEDS_A_PERSON
            | Condition.QUARANTINE_GROWING
        ):
            raise ValueError(f"{finding.condition} has its words elsewhere")
        case _:
            assert_never(finding.condition)


@dataclass(frozen=True, slots=True)
class _Waiting:
    what: str
    otherwise: str
    act: str
    noun: str = "order"


_PERSONS: Mapping[str, _Waiting] = {
    "held files": _Waiting(
        "file(s) held back",
        "The ERP does not get them until someone decides",
        "erp-bridge orders timeline {example} says why: what a person holds goes on by erp-bridge orders release "
        "{example} --because TEXT, what was given up by erp-bridge orders retry {example}",
    ),
    "uncertain files": _Waiting(
        "file(s) of which nobody knows whether they arrived",
        "They are neither sent again nor given up by themselves",
        "look whether the ERP has order {example}; if not: erp-bridge orders resend {example} --because TEXT, if so: "
        "erp-bridge orders confirm {example} --erp-no NUMBER --because TEXT",
    ),
    "uncertain reports": _Waiting(
        "report(s) of which nobody knows whether Norce took them",
        "They are neither sent again nor given up by themselves",
        "look at order {example} in Norce; if it was not told: erp-bridge orders retry {example}, if so: "
        "erp-bridge orders settle {example} --because TEXT",
    ),
    "answers to decide": _Waiting(
        "order(s) with an answer of the ERP that a person must decide",
        "Norce is told nothing of that answer, so that no money is moved by a misread code or an uncertain document",
        "erp-bridge orders timeline {example}, decide in Norce, then erp-bridge orders settle {example} --because TEXT",
    ),
    "conflicts": _Waiting(
        "order(s) came again with other content",
        "The first content goes on; the second stays with us",
        "erp-bridge orders show {example} --json lists both; correct the order in Norce or the ERP",
    ),
    "rejects": _Waiting(
        "order(s) of Norce could not be taken and were answered Failed",
        "Norce does not send them again",
        "erp-bridge rejects show {example}, mend the cause, then erp-bridge rejects replay {example}",
        "reject",
    ),
}


def _many(finding: Finding) -> Callable[[str], str]:
    """``many("order")``: ``1 order``, ``3 orders``."""
    return lambda noun: f"1 {noun}" if finding.count == 1 else f"{finding.count} {noun}s"
