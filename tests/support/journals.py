"""A real journal for tests: orders to admit, files of the ERP to record, and a look at the rows behind it."""

import hashlib
import json
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from bridge import formats
from bridge.clock import Clock
from bridge.journal import Journal
from bridge.journal.records import (
    Admission,
    Body,
    ClaimedFile,
    DropResult,
    Recording,
    Rejection,
    RenderedDrop,
)
from bridge.model import AckKind, Acknowledgement, AckStatus, Fault, Reading
from bridge.states import DropState, HeldReason, ReportPolicy
from tests.support.clock import START, ManualClock

BODY = Body(b'{"ClientOrderRef": "48447"}', "application/json", "json")


@asynccontextmanager
async def opened(folder: Path, clock: Clock | None = None) -> AsyncIterator[Journal]:
    """A journal in `folder`, closed at the end as the service closes it."""
    journal = Journal(folder / "bridge.db", clock or ManualClock())
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


def drop(ref: str, control: int, target: str = "erp", *, confirming: bool = True, marker: str = "") -> RenderedDrop:
    name = f"ORDERS_{ref}_{control:06}.csv"
    content = f"{ref};{control}\r\n".encode()
    return RenderedDrop(target, confirming, "delimited", control, name, f"{name}.part", marker, content)


def admission(ref: str = "48447", control: int = 1, **changed: Any) -> Admission:
    """An order for `erp` alone, unless `changed` says otherwise."""
    facts: dict[str, Any] = {
        "order_ref": ref,
        "application": "demo",
        "fingerprint": "as first sent",
        "currency": "SEK",
        "amount": "306.05",
        "line_count": 3,
        "body": BODY,
        "request_id": "request-1",
        "received_at": START,
        "drops": (drop(ref, control),),
    }
    return Admission(**(facts | changed))


async def admit(journal: Journal, ref: str = "48447", *, copies: Sequence[str] = (), marker: str = "") -> int:
    """Admits an order as the intake does and notes its answer as written out; returns its id."""
    drops = [drop(ref, await journal.take_control("erp"), marker=marker)]
    drops += [drop(ref, await journal.take_control(copy), copy, confirming=False) for copy in copies]
    admitted = await journal.admit(admission(ref, drops=tuple(drops)), keep_conflicts=True)
    await journal.note_answered([(admitted.order_id, None)])
    return admitted.order_id


async def settle(
    journal: Journal,
    state: DropState,
    target: str = "erp",
    *,
    reason: HeldReason | None = None,
    presumed: bool = False,
) -> list[int]:
    """Moves every drop that is due to `state`."""
    due = await journal.drops.due(target)
    return await journal.drops.settle([DropResult(one, state, presumed=presumed, reason=reason) for one in due])


async def bring_to(journal: Journal, state: DropState, target: str = "erp") -> None:
    """Brings the target's queued drops to `state` by the moves that the stage makes."""
    match state:
        case DropState.QUEUED:
            return
        case DropState.HELD:
            await settle(journal, DropState.HELD, target, reason=HeldReason.COLLISION)
        case _:
            await settle(journal, DropState.STAGED, target)
    if state is DropState.UNCERTAIN:
        await settle(journal, DropState.UNCERTAIN, target)
    if state in {DropState.PUBLISHED, DropState.TAKEN}:
        await settle(journal, DropState.PUBLISHED, target)
    if state is DropState.TAKEN:
        await journal.drops.note_taken(await journal.drops.waiting(target))


def ack(
    ref: str | None = "48447",
    status: AckStatus = AckStatus.CONFIRMED,
    number: str | None = "SO-1001",
    kind: AckKind = AckKind.RESPONSE,
    **more: Any,
) -> Acknowledgement:
    return Acknowledgement(kind, status, order_ref=ref, erp_order_no=number, **more)


def recording(
    *acks: Acknowledgement,
    claim: str = "1-a__ORDRSP_778.csv",
    target: str = "erp",
    policy: ReportPolicy | None = None,
    faults: Sequence[Fault] = (),
) -> Recording:
    """A file of the ERP that says `acks`; its content, and so its hash, follows from them."""
    documents = tuple(json.dumps(formats.to_document(one), sort_keys=True) for one in acks)
    content = "\n".join((*documents, *(fault.what for fault in faults))).encode()
    file = ClaimedFile(claim, target, claim.partition("__")[2], content, hashlib.sha256(content).hexdigest())
    return Recording(file, Reading(acks, tuple(faults)), documents, policy or ReportPolicy())


def rejection(content: bytes = b"not an order", reason: str = "it is not JSON") -> Rejection:
    return Rejection("order_unreadable", "", reason, Body(content, "application/json", "json", "json"), START)


async def rows(journal: Journal, question: str, *values: object) -> list[Any]:
    """What a reader sees that is committed."""
    return await journal.read(lambda db: db.execute(question, values).fetchall())


async def one(journal: Journal, question: str, *values: object) -> Any:
    """The first column of the only row."""
    found = await rows(journal, question, *values)
    assert len(found) == 1, found
    return found[0][0]


async def drop_state(journal: Journal, ref: str = "48447", target: str = "erp") -> str:
    question = "SELECT d.state FROM drops d JOIN orders o ON o.id = d.order_id WHERE o.order_ref = ? AND d.target = ?"
    return str(await one(journal, question, ref, target))


async def order_state_of(journal: Journal, ref: str = "48447") -> str:
    return str(await one(journal, "SELECT state FROM orders WHERE order_ref = ?", ref))


async def reports_of(journal: Journal, ref: str = "48447") -> list[tuple[int, str, str | None, str]]:
    question = """
        SELECT r.seq, r.status, r.erp_order_no, r.state FROM reports r JOIN orders o ON o.id = r.order_id
        WHERE o.order_ref = ? ORDER BY r.seq"""
    return await rows(journal, question, ref)


async def verdicts(journal: Journal) -> list[str]:
    return [row[0] for row in await rows(journal, "SELECT verdict FROM acknowledgements ORDER BY id")]


async def everything(journal: Journal) -> dict[str, list[Any]]:
    """All rows of all tables, to show that nothing changed."""
    tables = await rows(journal, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {name: await rows(journal, f'SELECT * FROM "{name}"') for (name,) in tables}  # noqa: S608 - our own names


async def meddle(journal: Journal, act: str, *values: object) -> None:
    """Does to the rows what no method of the journal does yet, or what a person with a tool might do."""
    await journal._threads.write(lambda db: db.execute(act, values).rowcount)  # noqa: SLF001 - the reason stands above


@asynccontextmanager
async def made_busy(journal: Journal, folder: Path, patience_ms: int = 20) -> AsyncIterator[None]:
    """Somebody else writes to the database for as long as the block runs; the journal waits so long for that."""
    await meddle(journal, f"PRAGMA busy_timeout = {patience_ms}")
    with closing(sqlite3.connect(folder / "bridge.db", isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        yield
        foreign.execute("ROLLBACK")
