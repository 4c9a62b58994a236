"""An order's history as lines for a person (``INTERFACE.md`` 4.2); pure, made from the order's document.

Not for: tables or colour; those belong to the command line.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from pathlib import PurePath
from typing import Any

from bridge import naming
from bridge.clock import from_iso
from bridge.journal.records import FileOutcome
from bridge.model import AckKind, AckStatus
from bridge.norce.reports import OPERATIONS
from bridge.states import ReportKind

_HEAD_WIDTH = 66
_WHAT_WIDTH = 78
_LONGEST_REASON = 200
_NTH = {1: "1st", 2: "2nd", 3: "3rd"}

Facts = Mapping[str, Any]


def timeline(document: Facts, zone: tzinfo, pages: str) -> list[str]:
    """The lines of an order: a headline, one line an event, what happens next."""
    lines = [_headline(document)]
    day = None
    before = None
    for event in _reasoned(document):
        at = from_iso(event["at"])
        local = at.astimezone(zone)
        if day is not None and local.date() != day:
            lines.append(f"  {local:%Y-%m-%d}")
        day = local.date()
        lines.append(_line(event, local, at - before if before else None))
        before = at
    return [*lines, f"Next: {following(document)}    Page: {pages}/orders/{document['order_ref']}"]


def _reasoned(document: Facts) -> Iterator[Facts]:
    """The events; one of an answer with the reason that stands in the answer, since events hold nobody's words."""
    reasons = {ack["id"]: reason_of(ack) for ack in document["acknowledgements"]}
    for event in document["events"]:
        reason = reasons.get(event["facts"].get("acknowledgement"))
        yield {**event, "facts": {**event["facts"], "reason": reason}} if reason else event


def reason_of(ack: Facts) -> str:
    """Why the ERP says what it says, in its words on one line: its reason for the order, else those for the lines."""
    lines = [
        f"line {line.get('line_no') or line.get('part_no') or '-'}: {line['reason']}"
        for line in ack.get("lines") or ()
        if line.get("reason")
    ]
    return naming.legible(ack.get("reason") or "; ".join(lines), _LONGEST_REASON)


def _headline(document: Facts) -> str:
    lines = document["lines"]
    amount = document["amount"]
    money = f"{_amount(amount)} {document['currency'] or ''}".strip() if amount else "no amount"
    count = "1 line" if lines == 1 else f"{lines} lines"
    head = f"Order {document['order_ref']} · {document['application']} · {money} · {count}"
    word = (document["outcome"] or document["state"]).upper()
    return f"{head:<{_HEAD_WIDTH}}{word}{_duration(document)}"


def _amount(text: str) -> str:
    """An amount without the zeros that multiplying left behind; two decimals stay."""
    if "." not in text:
        return text
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"


def _duration(document: Facts) -> str:
    """How long it took until Norce was told, once that is so."""
    sent = [from_iso(report["sent_at"]) for report in document["reports"] if report["sent_at"]]
    return f"  in {span(min(sent) - from_iso(document['received_at']))}" if sent else ""


def event_line(event: Facts, zone: tzinfo) -> str:
    """One event of any order as a line: when, whose, what."""
    local = from_iso(event["at"]).astimezone(zone)
    word, what = _told(event)
    return f"{local:%Y-%m-%d %H:%M:%S}  {event['order_ref'] or '-':<12}  {word:<13} {what}".rstrip()


def _told(event: Facts) -> tuple[str, str]:
    facts = event["facts"]
    tell = _TELLERS.get(event["kind"])
    what = tell(event, facts) if tell else _plainly(event, facts)
    return _WORDS.get(event["kind"], event["kind"].replace("_", " ")), what


def _line(event: Facts, local: datetime, since: timedelta | None) -> str:
    word, what = _told(event)
    later = f"+{span(since)}" if since is not None else ""
    clock = f"{local:%H:%M:%S}.{local.microsecond // 1000:03}"
    return f"  {clock}  {word:<13} {what:<{_WHAT_WIDTH}} {later}".rstrip()


_WORDS = {
    "broken_off": "broken off",
    "drop_failed": "not written",
    "report_failed": "not reported",
    "report_dead": "given up",
    "report_uncertain": "in doubt",
    "confirmed_by_fetch": "confirmed",
    "settled_by_person": "settled",
}


def _received(_: Facts, facts: Facts) -> str:
    kind = str(facts.get("kind", "")).upper()
    return f"from Norce, {kind} {size(int(facts.get('size', 0)))}, request {facts.get('request_id', '')}{_noted(facts)}"


def _noted(facts: Facts) -> str:
    return "".join(f"; note: {warning}" for warning in facts.get("warnings", ()))


def _dropped(event: Facts, facts: Facts) -> str:
    digest = str(facts.get("sha256", ""))[:4]
    presumed = "  (presumed: the name was gone before we looked)" if facts.get("presumed") else ""
    said = f"  {facts['size']:,} B" if "size" in facts else ""
    return f"{facts.get('file', '')} for {event['target']}{said}  sha256 {digest}…{presumed}"


def _fetched(event: Facts, facts: Facts) -> str:
    over = f" over {facts['via']}" if facts.get("via") else ""
    return f"{facts.get('file', '')} by {event['target']}{over}"


def _broken_off(event: Facts, facts: Facts) -> str:
    extent = f"{facts['read']:,} of {facts['size']:,} B"
    return f"{facts.get('file', '')} by {event['target']} at {extent}; it waits as before"


def _acknowledged(event: Facts, facts: Facts) -> str:
    number = f", ERP number {facts['erp_order_no']}" if facts.get("erp_order_no") else ""
    verdict = facts.get("verdict")
    if verdict == "receipt" and facts.get("status") in _REFUSALS:
        verdict = "refusal"
    note = "" if verdict == "applied" else f" ({_VERDICTS.get(str(verdict), verdict)})"
    paper = f" by {facts['number']}" if facts.get("number") else ""
    collected = facts.get("collected_at")
    waited = span(from_iso(event["at"]) - from_iso(collected)) if collected else ""
    over = f", collected from its server {waited} before" if collected else ""
    why = f": {facts['reason']}" if facts.get("reason") else ""
    return f"{event['target']} says {facts.get('status')}{paper}{number}{why}{note}{over}"


def _collected(event: Facts, facts: Facts) -> str:
    return f"{facts.get('file', '')} from {event['target']}'s server  {facts['size']:,} B"


_REFUSALS = frozenset({AckStatus.REJECTED, AckStatus.CANCELLED})
_VERDICTS = {
    "receipt": "only a receipt, no confirmation",
    "refusal": "a receipt that refuses our file, so the ERP does not have the order",
    "older": "older than what is known; not reported",
    "after_end": "after the order had ended; not reported",
    "document": "a document of its own; the order stays as far as it is",
    "conflict": "not certain enough for Norce; a person decides",
    "unknown": "not understood; a person must look",
    "copy": "this target only gets a copy",
}


def _reported(_: Facts, facts: Facts) -> str:
    if facts.get("via"):
        return f"{facts.get('status')} by {facts['via']}"
    known = ", which Norce had already" if facts.get("error") else ""
    return f"{_call(facts)} → taken, {nth(int(facts.get('attempt', 1)))} try{known}"


def _call(facts: Facts) -> str:
    """The operation, and what it tells: a status, or a document's number."""
    operation = OPERATIONS[ReportKind(facts.get("report", ReportKind.STATUS))]
    return f"{operation} {facts.get('number') or facts.get('status')}"


def _settled(_: Facts, facts: Facts) -> str:
    what = f'"{facts["question"]}"' if facts.get("question") else _call(facts)
    return f"{what} by a person, nothing was sent: {facts.get('because')}"


def _failed(_: Facts, facts: Facts) -> str:
    attempt = nth(int(facts.get("attempt", 1)))
    return f"{facts.get('error') or facts.get('detail') or 'no reason given'} ({attempt} try)"


def _plainly(event: Facts, facts: Facts) -> str:
    told = [f"{key} {value}" for key, value in facts.items() if key not in {"sha256", "size", "warnings"}]
    return ", ".join([*([event["target"]] if event["target"] else []), *told]) + _noted(facts)


_TELLERS: Mapping[str, Callable[[Facts, Facts], str]] = {
    "received": _received,
    "dropped": _dropped,
    "fetched": _fetched,
    "broken_off": _broken_off,
    "collected": _collected,
    "acknowledged": _acknowledged,
    "reported": _reported,
    "drop_failed": _failed,
    "report_failed": _failed,
    "report_dead": _failed,
    "report_uncertain": _failed,
    "settled_by_person": _settled,
    "confirmed_by_fetch": lambda _event, _facts: "since the ERP fetched the file",
}


def following(document: Facts) -> str:
    """What happens next to an order, and who has to act."""
    matters = [] if document["state"] == "abandoned" else [*_refusals(document), *_in_quarantine(document)]
    if matters and document["state"] not in {"held", "dead"}:
        return "; besides, ".join(matters)
    return "; besides, ".join([*matters, _by_state(document)])


def _refusals(document: Facts) -> Iterator[str]:
    """Files that the ERP refused by a receipt and that are neither answered nor handed over anew."""
    ref = document["order_ref"]
    for drop in document["drops"]:
        if drop["refused_at"] and drop["state"] not in {"queued", "answered", "withdrawn"}:
            why = naming.legible(drop["refusal"] or "no reason given", _LONGEST_REASON)
            yield (
                f"{drop['target']} refused {drop['file']} ({why}), so it does not have the order: a person mends the "
                f"target's format, then: erp-bridge orders resend {ref} --render-again --because TEXT"
            )


def _in_quarantine(document: Facts) -> Iterator[str]:
    """Each ERP's last word on the order, where nobody understood it and its file waits for a person."""
    unknown = AckStatus.UNKNOWN
    said = [ack for ack in document["acknowledgements"] if ack["kind"] != AckKind.RECEIPT or ack["status"] == unknown]
    for target, ack in {ack["target"]: ack for ack in said}.items():
        if ack["status"] == unknown and ack["file_outcome"] == FileOutcome.QUARANTINED:
            name = PurePath(ack["kept_as"] or ack["file"]).name
            yield (
                f"the answer of {target} lies in quarantine, for its status is not known: "
                f"erp-bridge quarantine show {name} says what to mend, then: erp-bridge quarantine retry {name}"
            )


def _by_state(document: Facts) -> str:
    ref = document["order_ref"]
    match document["state"]:
        case "received":
            return f"the bridge writes the file for {document['target']}."
        case "dropped":
            return _erp_acts(document)
        case "acknowledged":
            owed = any(report["state"] == "owed" for report in document["reports"])
            return "the bridge reports to Norce." if owed else "nothing to do; no report is owed."
        case "dead":
            return f"a person mends the cause, then: erp-bridge orders retry {ref}; or does it in Norce: {_settle(ref)}"
        case "held":
            return _who_decides(
                document, [drop for drop in document["drops"] if drop["state"] in {"held", "uncertain"}]
            )
        case _:
            return "nothing to do."


def _erp_acts(document: Facts) -> str:
    target = document["target"]
    file = next((drop for drop in document["drops"] if drop["confirming"] and drop["state"] != "withdrawn"), None)
    if file is None or not (file["taken_at"] or file["presumed"]):
        return f"{target} fetches the file and answers."
    seen = "it has fetched the file" if file["taken_at"] else "its file is gone from the outbox"
    return f"{target} answers; {seen}."


def _who_decides(document: Facts, held: Sequence[Facts]) -> str:
    ref = document["order_ref"]
    if document["waits_because"]:
        return f"a person decides: {document['waits_because']}. Done in Norce: {_settle(ref)}"
    doubtful = [report for report in document["reports"] if report["state"] == "uncertain"]
    if doubtful:
        calls = ", ".join(f"{report['operation']} {report['number'] or ''}".rstrip() for report in doubtful)
        look = f"nobody knows whether Norce did {calls}: look there"
        return f"{look}; not done: erp-bridge orders retry {ref}, done: {_settle(ref)}"
    return "a person looks: " + "; ".join(_held(drop) for drop in held) + "."


def _settle(ref: str) -> str:
    return f"erp-bridge orders settle {ref} --because TEXT"


def _held(drop: Facts) -> str:
    why = drop["detail"] or drop["reason"] or "it is not known whether the file arrived"
    return f"{drop['file']} is {drop['state']} ({why})"


def span(length: timedelta) -> str:
    """A length of time in its two largest units: ``27 ms``, ``1.9 s``, ``4 min 12 s``, ``2 d 3 h``."""
    seconds = length.total_seconds()
    if seconds < 1:
        return f"{round(seconds * 1000)} ms"
    if seconds < 10:  # noqa: PLR2004 - from here on tenths tell nothing
        return f"{seconds:.1f} s"
    return " ".join(list(_units(round(seconds)))[:2])


def _units(seconds: int) -> Iterator[str]:
    for worth, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, worth)
        if count:
            yield f"{count} {unit}"


def size(count: int) -> str:
    """A size as people say it: ``412 B``, ``3.4 kB``, ``1.2 MB``."""
    for worth, unit in ((1_000_000, "MB"), (1000, "kB")):
        if count >= worth:
            return f"{count / worth:.1f} {unit}"
    return f"{count} B"


def nth(number: int) -> str:
    """``1st``, ``2nd``, ``3rd``, ``4th``."""
    teen = number % 100 in {11, 12, 13}
    return f"{number}{'th' if teen else _NTH.get(number % 10, '0th')[1:]}"
