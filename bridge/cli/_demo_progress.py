"""How far the demo's orders have come: what the journal and the ERP's book say of one, made into an end or none yet.

Not for: words on the screen (``_demo_words.py``).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.clock import from_iso
from bridge.journal import reading
from bridge.journal.reading import OrderFilter
from bridge.journal.rows import OrderRow
from bridge.journal.threads import open_read_only
from bridge.ops import documents
from bridge.ops.timeline import following
from bridge.simulators.erp_book import Entry

NEWEST = 1000
"""So many orders are looked at; older ones have found their end long ago."""

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """An order that needs no more waiting: confirmed at Norce, or held, with what a person does about it."""

    order_ref: str
    received_at: datetime
    seconds: float
    steps: tuple[str, ...]
    erp_order_no: str | None = None
    held_for: str | None = None
    command: str | None = None

    @property
    def is_confirmed(self) -> bool:
        """True when Norce knows the ERP's number."""
        return self.held_for is None


def candidates(database: Path, is_wanted: Callable[[OrderRow], bool]) -> list[Document]:
    """The documents of those of the newest orders that are wanted. Blocks; belongs on a thread."""
    db = open_read_only(database)
    try:
        rows = reading.list_orders(db, OrderFilter(limit=NEWEST)).orders
        return [documents.order(reading.dossier(db, f"#{row.id}")) for row in rows if is_wanted(row)]
    finally:
        db.close()


def everything(database: Path) -> list[Document]:
    """The documents of all orders. Blocks."""
    db = open_read_only(database)
    try:
        return list(_pages(db))
    finally:
        db.close()


def _pages(db: Any) -> Iterator[Document]:
    after: int | None = None
    while True:
        page = reading.list_orders(db, OrderFilter(limit=NEWEST, after=after))
        yield from (documents.order(reading.dossier(db, f"#{row.id}")) for row in page.orders)
        if page.following is None:
            return
        after = page.following


@dataclass(frozen=True, slots=True)
class Sight:
    """What an order's document alone does not tell: the ERP's entry, what lies in quarantine, where, and when."""

    entry: Entry | None
    quarantined: frozenset[str]
    home: Path
    now: datetime


def finished(document: Document, sight: Sight) -> Finished | None:
    """The end of an order, once it has come to one; pure."""
    verb = f"erp-bridge -c {sight.home / 'config.toml'}"
    entry = sight.entry
    match document["state"]:
        case "reported":
            return _confirmed(document)
        case "held":
            what = following(document).removesuffix(".")
            return _held(document, sight, what, f"{verb} orders timeline {document['order_ref']}")
        case "dead":
            what = f"given up: {_errors(document)}"
            return _held(document, sight, what, f"{verb} orders retry {document['order_ref']}")
        case "dropped" if entry and entry.is_done and sight.quarantined.issuperset(entry.answers):
            name = entry.answers[-1]
            return _held(document, sight, f"its answer {name} lies in quarantine", f"{verb} quarantine show {name}")
        case _:
            return None


def _confirmed(document: Document) -> Finished:
    sent = [from_iso(report["sent_at"]) for report in document["reports"] if report["sent_at"]]
    received = from_iso(document["received_at"])
    ended = min(sent) if sent else from_iso(document["changed_at"])
    number = document["erp_order_no"]
    return Finished(
        order_ref=document["order_ref"],
        received_at=received,
        seconds=(ended - received).total_seconds(),
        steps=("received", "dropped", "fetched", f"accepted {number}", "confirmed"),
        erp_order_no=number,
    )


def _held(document: Document, sight: Sight, what: str, command: str) -> Finished:
    received = from_iso(document["received_at"])
    is_dropped = any(drop["published_at"] for drop in document["drops"])
    steps = ["received", *(["dropped"] if is_dropped else []), *(["fetched"] if sight.entry else [])]
    if document["acknowledgements"]:
        steps.append("answered")
    return Finished(
        order_ref=document["order_ref"],
        received_at=received,
        seconds=(sight.now - received).total_seconds(),
        steps=(*steps, "held"),
        erp_order_no=document["erp_order_no"],
        held_for=what,
        command=command,
    )


def _errors(document: Document) -> str:
    said = [report["error"] for report in document["reports"] if report["error"]]
    said += [drop["detail"] for drop in document["drops"] if drop["detail"]]
    return str(said[-1]) if said else "no reason is known"
