"""Whatever a sender makes of an order, it is answered at once and in its kind, and never by a fault of ours.

Each case posts a thousand and more mutated orders to the real handler on a real port, over connections that stay open.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bridge.clock import SystemClock
from bridge.norce.bodies import BodyKind, content_of
from tests.norce.mutations import Mutant, mutants
from tests.stages.receive_support import LIMITS, Desk, basic, outlet, serving
from tests.support import journals
from tests.support.journals import one

CONNECTIONS = 8
ANSWERED = frozenset({200, 413, 415})
LONGEST_S = 1.0
TRIES = 5  # a busy machine keeps some answer waiting; a body that costs too much does so each time
FORCED = {"/orders/json": BodyKind.JSON, "/orders/xml": BodyKind.XML, "/orders/CreateOrder": BodyKind.XML}


@dataclass
class Tally:
    """What the answers were; `wrong` holds what they must never be."""

    said: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    wrong: list[str] = field(default_factory=list)
    late: list[Mutant] = field(default_factory=list)
    refused: set[tuple[str, bytes]] = field(default_factory=set)

    def note(self, mutant: Mutant, status: int, body: bytes, took: float) -> None:
        self.slowest_s = max(self.slowest_s, took)
        code = code_in(mutant, body) if status == 200 else str(status)
        self.said[code] += 1
        if code == "Failed":
            self.refused.add((mutant.label, mutant.body))
        if took > LONGEST_S:
            self.late.append(mutant)
        if status not in ANSWERED or code == "?":
            self.wrong.append(f"{status} after {took:.2f} s: {body[:200]!r} to {mutant.path} {mutant.body[:300]!r}")


def code_in(mutant: Mutant, body: bytes) -> str:
    """OK or Failed, read in the kind that the order came in; a question mark for any other form."""
    content = content_of(mutant.label, mutant.body, FORCED.get(mutant.path))
    assert content is not None
    try:
        if content.kind is BodyKind.JSON:
            return str(json.loads(body)["StatusCode"])
        root = ET.fromstring(body)  # noqa: S314 - our own bytes
    except (ValueError, KeyError, ET.ParseError):
        return "?"
    if root.tag.endswith("}Envelope") is not (content.kind is BodyKind.SOAP):
        return "?"
    return next((element.text or "?" for element in root.iter() if element.tag.endswith("}StatusCode")), "?")


class Line:
    """One connection that stays open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def post(self, mutant: Mutant) -> tuple[int, bytes]:
        lines = [
            f"POST {mutant.path} HTTP/1.1",
            "Host: x",
            f"Authorization: {basic()}",
            f"Content-Length: {len(mutant.body)}",
            *([f"Content-Type: {mutant.label}"] if mutant.label else []),
        ]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + mutant.body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, *headers = head.decode().split("\r\n")
        length = next(header.split(":")[1] for header in headers if header.lower().startswith("content-length:"))
        return int(status.split()[1]), await self._reader.readexactly(int(length))

    def close(self) -> None:
        self._writer.close()


async def post_all(desk: Desk, waiting: Iterator[Mutant], tally: Tally) -> None:
    """Posts until nothing waits; called several times at once, each on a connection of its own."""
    line = Line(*await desk.connect())
    for mutant in waiting:
        began = time.perf_counter()
        status, body = await line.post(mutant)
        tally.note(mutant, status, body, time.perf_counter() - began)
    line.close()


async def posted(tmp_path: Path, seed: int, number: int) -> tuple[Tally, int, int]:
    """What became of so many mutants, how many orders and how many rejects there are."""
    tally = Tally()
    async with journals.opened(tmp_path, SystemClock()) as journal:
        outlets = {"erp": outlet(max_waiting=number)}
        async with serving(journal, outlets=outlets, limits=replace(LIMITS, max_in_flight=2 * CONNECTIONS)) as desk:
            waiting = mutants(seed, number)
            async with asyncio.TaskGroup() as group:
                for _ in range(CONNECTIONS):
                    group.create_task(post_all(desk, waiting, tally))
        unforeseen = await one(journal, "SELECT count(*) FROM rejects WHERE name = 'unforeseen'")
        assert unforeseen == 0
        orders = int(await one(journal, "SELECT count(*) FROM orders"))
        rejects = int(await one(journal, "SELECT count(*) FROM rejects"))
    return tally, orders, rejects


async def is_slow(tmp_path: Path, mutant: Mutant) -> bool:
    """Whether it takes too long alone, too, and each time; every time it is new to the journal."""
    for number in range(TRIES):
        tally = Tally()
        async with (
            journals.opened(tmp_path / f"again-{number}", SystemClock()) as journal,
            serving(journal, outlets={"erp": outlet()}) as desk,
        ):
            await post_all(desk, iter([mutant]), tally)
        if not tally.late:
            return False
    return True


async def check(tmp_path: Path, caplog: pytest.LogCaptureFixture, seed: int, number: int) -> None:
    tally, orders, rejects = await posted(tmp_path, seed, number)

    unhandled = [record for record in caplog.records if record.exc_info or not record.name.startswith("bridge.")]
    assert tally.wrong == []
    assert [mutant for number, mutant in enumerate(tally.late) if await is_slow(tmp_path / str(number), mutant)] == []
    assert unhandled == []
    assert sum(tally.said.values()) == number
    assert rejects == len(tally.refused)  # invariant 13; the same is kept once
    assert orders > number / 20, "most mutants should get further than the parser"
    assert rejects > number / 20
    print(f"seed {seed}: {dict(tally.said)}, slowest {tally.slowest_s:.3f} s")  # noqa: T201 - shown by pytest -rP


@pytest.mark.parametrize("seed", range(20))
async def test_five_hundred_mutated_orders_are_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    await check(tmp_path, caplog, seed, 500)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(100, 140))
async def test_five_thousand_mutated_orders_are_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    await check(tmp_path, caplog, seed, 5000)
