"""An ERP to talk to: takes order files from a folder as ERPs do, and answers with files, well or badly on demand.

Not for: more than one target, or how the folders are reached (``erp_reach.py``).
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bridge.clock import Clock, SystemClock
from bridge.naming import is_never_taken, marker_name
from bridge.simulators.erp_answers import AnswerFile, files_about, mood_for
from bridge.simulators.erp_book import FIRST_NUMBER, Entry, ErpBook, Mood
from bridge.simulators.erp_reach import Disk, Reach
from bridge.simulators.sides import side_of

LOOKS_EVERY = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class ErpSettings:
    """Where the ERP finds orders and puts answers, and how it behaves."""

    outbox: Path
    inbox: Path
    format: str
    marker: str = ""
    """The target's template for markers; with one, a file is taken once its marker lies beside it."""

    delay: timedelta = timedelta(seconds=2)
    faults: float = 0.0
    pause: timedelta = timedelta(seconds=1)
    """Between the two goes of a half-written file."""

    seed: int = 1
    first_number: int = FIRST_NUMBER


class SimulatedErp:
    """One ERP over one target's folders. ``tell`` is called with a sentence for each file taken or written."""

    def __init__(
        self,
        settings: ErpSettings,
        clock: Clock | None = None,
        tell: Callable[[str], None] | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._settings = settings
        self._reach = reach or Disk(settings.outbox, settings.inbox)
        self._clock = clock or SystemClock()
        self._side = side_of(settings.format)
        self._chance = random.Random(settings.seed)
        self._tell = tell or (lambda _: None)
        self.book = ErpBook(settings.first_number)

    async def run(self, closing: asyncio.Event) -> None:
        """Take and answer until ``closing``; answers that are not due by then are never written."""
        async with asyncio.TaskGroup() as answering:
            while not closing.is_set():
                for entry in await self._take():
                    answering.create_task(self._answer(entry, closing))
                await self._clock.wait(closing, LOOKS_EVERY)

    async def _take(self) -> list[Entry]:
        """Take what lies there; what was taken before a fault is in the book, for nobody will take it again."""
        taken: list[tuple[str, bytes]] = []
        try:
            await asyncio.to_thread(self._take_all, taken)
        finally:
            entered = [entry for name, content in taken if (entry := self._enter(name, content))]
        return entered

    def _enter(self, name: str, content: bytes) -> Entry | None:
        """Note a file; the order to answer, or ``None`` for a file that this ERP cannot read."""
        try:
            order_ref = self._side.reference(content)
        except ValueError as error:
            self.book.take(name, content, None)
            self._tell(f"{name} taken, but not understood: {error}")
            return None
        taken = self.book.take(name, content, order_ref)
        mood = Mood.WELL if taken.again else mood_for(self._chance, self._settings.faults)
        self._tell(f"{name} taken: order {order_ref}" + (", for the second time" if taken.again else ""))
        return self.book.enter(order_ref, mood)

    async def _answer(self, entry: Entry, closing: asyncio.Event) -> None:
        passed = 0.0
        for file in files_about(entry, self._side):
            if await self._clock.wait(closing, self._settings.delay * (file.after - passed)):
                return
            passed = file.after
            entry.answers.append(file.name)
            await self._write(file, closing)
            self._tell(f"{file.name} written: order {entry.order_ref}, {entry.mood.replace('_', '-')}")
        entry.is_done = True

    # --- files ----------------------------------------------------------------------------------------------------

    def _take_all(self, taken: list[tuple[str, bytes]]) -> None:
        """Read and remove each finished file, the marker with it."""
        for one in self._taken():
            taken.append(one)  # noqa: PERF402 - the first ones are kept where a later one fails

    def _taken(self) -> Iterator[tuple[str, bytes]]:
        names = self._reach.names()
        present = set(names)
        markers = {marker_name(self._settings.marker, name) for name in names} if self._settings.marker else set()
        for name in names:
            marker = marker_name(self._settings.marker, name) if self._settings.marker else None
            is_finished = marker is None or marker in present
            if name in markers or is_never_taken(name) or not is_finished:
                continue
            content = self._reach.take(name)
            if marker is not None:
                self._reach.remove(marker)
            yield name, content

    async def _write(self, file: AnswerFile, closing: asyncio.Event) -> None:
        if not file.in_place:
            await asyncio.to_thread(self._reach.put, file.name, file.content)
            return
        half = len(file.content) // 2
        handle = await asyncio.to_thread(self._reach.begin, file.name)
        try:
            await asyncio.to_thread(handle.write, file.content[:half])
            await self._clock.wait(closing, self._settings.pause)
            await asyncio.to_thread(handle.write, file.content[half:])  # wherever the file lies by now
        finally:
            await asyncio.to_thread(handle.close)
