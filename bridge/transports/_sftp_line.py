"""One server's line: a session on a thread of its own, which keeps nobody waiting even where it hangs itself.

Not for: what is said on it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from bridge.transports._findings import Link
from bridge.transports._sftp_faults import unreachable
from bridge.transports._sftp_session import HANGS_AFTER_S, Access, Session
from bridge.transports._sftp_wire import Wire

T = TypeVar("T")

_LONGEST_TICK_S = 1.0


class Line:
    """Carries one act after the other. The thread is a daemon: what it hangs in must not keep the process."""

    def __init__(self, access: Access) -> None:
        self._server = str(access)
        self._session = Session(access)
        self._tick_s = min(_LONGEST_TICK_S, access.timeout_s / 4)
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._left: list[Future[Any]] = []
        self._is_closed = False

    def pin(self, shown: str, configured: str) -> None:
        """Expect the key that a person trusts; see :meth:`Session.pin`."""
        self._session.pin(shown, configured)

    @property
    def is_connected(self) -> bool:
        """True while a connection is kept."""
        return self._session.is_connected

    @property
    def agreed(self) -> Link | None:
        """What the kept connection agreed on; ``None`` while there is none."""
        return self._session.agreed

    async def carry(self, act: Callable[[Wire], T]) -> T:
        """The act on the thread, over the session; its deadlines are watched from here too.

        Raises :class:`~bridge.transports.PausedError` as the session does, and where the thread hangs in the system
        (a name that is looked up, say) past every deadline: until it is back, nothing else is tried on it.
        """
        if self._is_closed:
            raise unreachable(self._server, "the bridge has let go of the server")
        if any(not job.done() for job in self._left):
            raise unreachable(self._server, "an earlier call still hangs; the system does not let go of it")
        self._left.clear()
        job = self._begun(lambda: self._session.carry(act))
        future = asyncio.wrap_future(job)
        while not (await asyncio.wait({future}, timeout=self._tick_s))[0]:
            self._session.cut_if_overdue()
            if self._session.hangs:
                self._leave(job, future)
                raise unreachable(self._server, "a call hangs past its deadline, and cutting it does not help")
        return future.result()

    async def close(self) -> None:
        """Cut what is under way and let go of the connection and the thread; one that hangs is left behind.

        Whoever comes later finds the server away.
        """
        self._is_closed = True
        self._session.end()
        future = asyncio.wrap_future(self._begun(self._session.drop))
        self._jobs.put(None)
        await asyncio.wait({future}, timeout=HANGS_AFTER_S)

    def _leave(self, job: "Future[T]", future: "asyncio.Future[T]") -> None:
        self._session.give_up()
        self._left.append(job)
        future.add_done_callback(lambda late: late.cancelled() or late.exception())  # nobody waits for it any more

    def _begun(self, act: Callable[[], T]) -> "Future[T]":
        job: Future[T] = Future()
        self._jobs.put(lambda: _fulfil(job, act))
        if self._thread is None:
            self._thread = Thread(target=self._work, name=f"sftp-{self._server}", daemon=True)
            self._thread.start()
        return job

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


@dataclass(frozen=True)
class _Ending:
    """Brings whatever ends an act to whoever waits for it."""

    job: "Future[Any]"

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if error is not None:
            self.job.set_exception(error)
        return True


def _fulfil(job: "Future[T]", act: Callable[[], T]) -> None:
    with _Ending(job):
        job.set_result(act())
