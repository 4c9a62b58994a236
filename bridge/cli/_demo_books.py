"""Three books of the same orders, kept by three parties: where they disagree, something was lost, doubled or made up.

Not for: reading them. Pure.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.simulators.erp_book import ErpBook
from bridge.simulators.norce_book import CONFIRMED, OrderRecord

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Books:
    """What the journal, Norce and the ERP say; ``waiting`` are the files that still lie in the outbox."""

    journal: Sequence[Document]
    norce: Sequence[OrderRecord]
    erp: ErpBook
    waiting: Collection[str]


def disagreements(books: Books) -> list[str]:
    """A sentence for each thing that one book knows and another does not, or knows otherwise."""
    return [*_orders(books), *_files(books), *_confirmations(books)]


def _orders(books: Books) -> Iterator[str]:
    known = {document["order_ref"] for document in books.journal}
    placed = {record.order_ref for record in books.norce}
    for record in books.norce:
        if record.answer == "OK" and record.order_ref not in known:
            yield f"{record.order_ref}: Norce was answered OK, but the journal has no such order"
    for order_ref in sorted(known - placed):
        yield f"{order_ref}: the journal has it, but Norce never placed it"


def _files(books: Books) -> Iterator[str]:
    drops = {drop["file"]: drop for document in books.journal for drop in document["drops"]}
    taken = {one.name: one for one in books.erp.taken}
    for one in books.erp.taken:
        drop = drops.get(one.name)
        if drop is None:
            yield f"{one.name}: the ERP took it, but the journal never wrote it"
        elif drop["sha256"] != one.sha256:
            yield f"{one.name}: the ERP took other bytes than the journal wrote"
        elif one.order_ref is None:
            yield f"{one.name}: the ERP could not read it"
    times = Counter(one.order_ref for one in books.erp.taken if one.order_ref)
    for order_ref, count in times.items():
        if count > 1:
            yield f"{order_ref}: the ERP got it {count} times"
    for name, drop in drops.items():
        is_out = drop["state"] in {"published", "taken", "answered"}
        if is_out and name not in taken and name not in books.waiting:
            yield f"{name}: the journal calls it {drop['state']}, but the ERP never got it"


def _confirmations(books: Books) -> Iterator[str]:
    documents = {document["order_ref"]: document for document in books.journal}
    for record in books.norce:
        document = documents.get(record.order_ref)
        told = document is not None and any(report["sent_at"] for report in document["reports"])
        if (record.status == CONFIRMED) is not told and not _is_confirmed_in_reply(record, document):
            yield f"{record.order_ref}: {record.status} at Norce, but {'' if told else 'not '}told by the journal"
        entry = books.erp.orders.get(record.order_ref)
        numbers = {record.erp_order_no, document["erp_order_no"] if document else None} - {None}
        if numbers - {entry.erp_order_no if entry else None}:
            said = f"the ERP says {entry.erp_order_no}" if entry else "the ERP does not know the order"
            yield f"{record.order_ref}: number {', '.join(sorted(map(str, numbers)))}, but {said}"


def _is_confirmed_in_reply(record: OrderRecord, document: Document | None) -> bool:
    """True for an order that was sent again and got its number with the answer."""
    return document is not None and record.status == CONFIRMED and record.erp_order_no == document["erp_order_no"]
