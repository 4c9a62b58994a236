"""Acts of people as the stages and the admin API ask for them: each returns after its commit.

Not for: SQL (``acts.py``, ``confirming.py``, ``settling.py``).
"""

from collections.abc import Sequence

from bridge.clock import Clock
from bridge.journal import acts, confirming, settling
from bridge.journal.records import Confirmation, CurrentDrop, HeldEnd, RenderedDrop, StoredRequest
from bridge.journal.threads import Threads
from bridge.journal.wakes import Topic

_FILES = (Topic.DROPS, Topic.ALERTS)


class ActDesk:
    """The journal's side of acts on orders. What returns a bool is false when the drop changed since it was seen."""

    def __init__(self, threads: Threads, clock: Clock) -> None:
        self._threads = threads
        self._clock = clock

    async def current(self, order_id: int) -> list[CurrentDrop]:
        """The files of an order that count, the confirming one first."""
        return await self._threads.read(lambda db: acts.current(db, order_id))

    async def held(self, target: str) -> list[CurrentDrop]:
        """Files of a target that a person holds, lets go or takes back."""
        return await self._threads.read(lambda db: acts.held(db, target))

    async def named(self, target: str, names: Sequence[str]) -> list[CurrentDrop]:
        """Files of a target by their names that have not left our hands."""
        return await self._threads.read(lambda db: acts.named(db, target, names))

    async def request(self, order_id: int) -> StoredRequest:
        """An order's body as it came. Raises :class:`PermanentError` when it is kept no more."""
        return await self._threads.read(lambda db: acts.request(db, order_id))

    async def hold(self, drop: CurrentDrop, because: str, *, by_file: bool = False) -> bool:
        """Commit the intention to keep a file from the ERP."""
        at = self._clock.now()
        return await self._threads.write(lambda db: acts.hold(db, drop, because, at, by_file=by_file), *_FILES)

    async def release(self, drop: CurrentDrop, because: str) -> bool:
        """Commit that a held file is let go."""
        at = self._clock.now()
        return await self._threads.write(lambda db: acts.release(db, drop, because, at), *_FILES)

    async def settle_held(self, drop: CurrentDrop, end: HeldEnd) -> bool:
        """Commit what became of the file of a held drop."""
        at = self._clock.now()
        return await self._threads.write(lambda db: acts.settle_held(db, drop, end, at), *_FILES)

    async def resend(self, drop: CurrentDrop, because: str) -> bool:
        """Commit that the same file is owed anew."""
        at = self._clock.now()
        return await self._threads.write(lambda db: acts.resend(db, drop, because, at), *_FILES)

    async def render_again(self, drop: CurrentDrop, rendered: RenderedDrop, because: str) -> bool:
        """Commit a new file in the place of one, which ends withdrawn."""
        at = self._clock.now()
        return await self._threads.write(lambda db: acts.render_again(db, drop, rendered, because, at), *_FILES)

    async def abandon(self, order_id: int, because: str) -> None:
        """Commit that an order is pursued no more."""
        at = self._clock.now()
        await self._threads.write(lambda db: acts.abandon(db, order_id, because, at), *_FILES)

    async def confirm(self, said: Confirmation) -> None:
        """Commit a person's answer. Raises :class:`PermanentError` when what is known forbids it."""
        at = self._clock.now()
        await self._threads.write(
            lambda db: confirming.confirm(db, said, at),
            Topic.ANSWERS,
            Topic.REPORTS,
            *_FILES,
        )

    async def settle(self, order_id: int, because: str, what: str = "") -> str:
        """Commit that a report, or the question an answer left open, is settled in Norce by hand; returns it in words.

        Raises :class:`PermanentError` when nothing is to settle, or several matters are and ``what`` names none.
        """
        at = self._clock.now()
        return await self._threads.write(
            lambda db: settling.settle(db, order_id, what, because, at),
            Topic.REPORTS,
            Topic.ANSWERS,
            Topic.ALERTS,
        )

    async def note(self, order_id: int, text: str) -> None:
        """Commit what a person has to say about an order."""
        at = self._clock.now()
        await self._threads.write(lambda db: acts.note(db, order_id, text, at))
