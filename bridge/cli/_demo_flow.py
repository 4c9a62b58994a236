"""The demo as it runs: the bridge and both simulators in one process, until the orders are done or somebody stops it.

Not for: the folder (``_demo_home.py``), the comparison (``_demo_books.py``), or words.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from bridge import transports
from bridge.cli._demo_books import Books, disagreements
from bridge.cli._demo_home import HOST, PASSWORD, Ports, configure
from bridge.cli._demo_progress import Finished, Sight, candidates, everything, finished
from bridge.cli._demo_words import Result
from bridge.clock import SystemClock
from bridge.config import Config
from bridge.errors import ErrorName, TransientError
from bridge.journal.rows import OrderRow
from bridge.service import Ports as Listening, run_service
from bridge.service.listeners import cause
from bridge.service.parts import sftp_visit
from bridge.simulators.erp import ErpSettings, SimulatedErp
from bridge.simulators.erp_book import ErpBook
from bridge.simulators.norce import SimulatedNorce
from bridge.simulators.norce_sending import Receiver
from bridge.simulators.norce_tokens import Client

TARGET = "erp"
LOOKS_EVERY = timedelta(milliseconds=100)
STUCK_AFTER_S = 45.0
"""A demo of a number of orders ends when none of them has come to an end for so long."""

PAUSE_IN_FILE = timedelta(milliseconds=800)
TIME_FACTOR = 600.0
"""Norce's ten minutes between two tries are a second here."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played; ``orders`` of ``None`` means until somebody stops it."""

    home: Path
    ports: Ports
    format: str
    orders: int | None
    every: timedelta
    delay: timedelta
    faults: float
    seed: int


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told: once when everything is up, then of each order at its end."""

    ready: Callable[[Ports], None]
    order: Callable[[Finished], None]


async def play(plan: Plan, audience: Audience) -> Result:
    """Play the plan; the result compares the books. Raises a ``BridgeError`` when the bridge cannot start."""
    began = time.monotonic()
    norce = SimulatedNorce(Client(client_secret=PASSWORD))
    stage = _Stage(plan, audience, norce)
    try:
        async with norce.running(HOST, plan.ports.norce):
            config = configure(plan.home, replace(plan.ports, norce=norce.port), plan.format)
            async with asyncio.TaskGroup() as group:
                group.create_task(run_service(config, ready=stage.up, asked_to_stop=stage.stop))
                group.create_task(stage.play(config.journal.database))
    except BaseExceptionGroup as error:
        raise cause(error) from error
    books = Books(
        everything(config.journal.database),
        norce.book.orders(),
        stage.erp_book,
        frozenset(path.name for path in config.targets[TARGET].directory.iterdir()),
    )
    placed = [record.order_ref for record in norce.book.orders()]
    return Result(
        finished=tuple(stage.ended.values()),
        unfinished=tuple(ref for ref in placed if ref not in stage.ended),
        disagreements=tuple(disagreements(books)),
        seconds=time.monotonic() - began,
    )


def _erp_settings(config: Config, plan: Plan) -> ErpSettings:
    target = config.targets[TARGET]
    return ErpSettings(
        outbox=target.directory,
        inbox=target.answer.directory,
        format=target.order.format,
        marker=target.marker,
        delay=plan.delay,
        faults=plan.faults,
        pause=PAUSE_IN_FILE,
        seed=plan.seed,
    )


class _Stage:
    """The part between start and stop: send, watch, tell."""

    def __init__(self, plan: Plan, audience: Audience, norce: SimulatedNorce) -> None:
        self._plan = plan
        self._audience = audience
        self._norce = norce
        self._clock = SystemClock()
        self._ready = asyncio.Event()
        self.stop = asyncio.Event()
        self.ended: dict[str, Finished] = {}
        self.erp_book = ErpBook()
        self._config: Config | None = None

    def up(self, listening: Listening) -> None:
        """The bridge listens: write down where, and let the orders come. Raises an error without an SFTP server."""
        if not listening.sftp:
            raise TransientError(
                "the demo's SFTP server did not start, and its ERP comes that way",
                name=ErrorName.SERVICE_UNREACHABLE,
                hint=f"{self._plan.home / 'var' / 'demo.log'} says why; erp-bridge demo --port 0 takes free ports",
            )
        ports = Ports(listening.orders, listening.admin, self._norce.port, listening.sftp)
        self._config = configure(self._plan.home, ports, self._plan.format)
        url = f"http://{HOST}:{ports.orders}/orders"
        self._norce.receiver = Receiver(url, "norce", PASSWORD, time_factor=TIME_FACTOR)
        self._audience.ready(ports)
        self._ready.set()

    async def play(self, database: Path) -> None:
        """Everything, once the bridge is up; at the end the bridge is asked to stop."""
        await self._ready.wait()
        assert self._config is not None  # noqa: S101 - the line above waits for it
        visit = transports.sftp_visit(await asyncio.to_thread(sftp_visit, self._config, TARGET))
        erp = SimulatedErp(_erp_settings(self._config, self._plan), reach=visit)
        self.erp_book = erp.book
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._live(erp))
                group.create_task(self._send())
                await self._watch(erp, database)
                self.stop.set()
        finally:
            self.stop.set()
            visit.close()

    async def _live(self, erp: SimulatedErp) -> None:
        """The ERP's life; at the end the bridge may close its doors while the ERP is on its way."""
        try:
            await erp.run(self.stop)
        except ExceptionGroup:
            if not self.stop.is_set():
                raise

    async def _send(self) -> None:
        sent = 0
        while not self.stop.is_set() and sent != self._plan.orders and self._norce.receiver is not None:
            self._norce.send(1, self._norce.receiver)
            sent += 1
            await self._clock.wait(self.stop, self._plan.every)

    async def _watch(self, erp: SimulatedErp, database: Path) -> None:
        """Tell of each order that comes to its end; return when all have, when none does any more, or on stop."""
        moved_at = self._clock.monotonic()
        while not self.stop.is_set():
            found = await asyncio.to_thread(self._look, erp, database)
            for one in found:
                self.ended[one.order_ref] = one
                self._audience.order(one)
                moved_at = self._clock.monotonic()
            if self._plan.orders is not None and (
                len(self.ended) >= self._plan.orders or self._clock.monotonic() - moved_at > STUCK_AFTER_S
            ):
                return
            await self._clock.wait(self.stop, LOOKS_EVERY)

    def _look(self, erp: SimulatedErp, database: Path) -> list[Finished]:
        quarantine = self._plan.home / "inbox" / "quarantine"
        kept = frozenset(path.name for path in quarantine.iterdir()) if quarantine.is_dir() else frozenset[str]()

        def is_wanted(row: OrderRow) -> bool:
            is_stuck = row.state == "dropped" and self._is_answered(erp, row.order_ref)
            return row.order_ref not in self.ended and (row.state in {"reported", "held", "dead"} or is_stuck)

        found = [
            finished(
                document,
                Sight(erp.book.orders.get(document["order_ref"]), kept, self._plan.home, self._clock.now()),
            )
            for document in candidates(database, is_wanted)
        ]
        return [one for one in reversed(found) if one is not None]

    def _is_answered(self, erp: SimulatedErp, order_ref: str) -> bool:
        entry = erp.book.orders.get(order_ref)
        return entry is not None and entry.is_done
