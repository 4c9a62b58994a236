"""Whether a target can be used now: its pause, the proof of its staging folder, and what a person says about both.

Not for: moving files; the drop stage asks here first.
"""

import logging
import secrets
from datetime import timedelta

from bridge.clock import Clock
from bridge.journal import Journal, Topic
from bridge.journal.records import TrustedKey
from bridge.states import SELF_ENDING_PAUSES, Pause, PauseReason
from bridge.transports import Findings, HostKeyError, PausedError, Transport

PROBE_AGAIN = timedelta(seconds=10)
LOGIN_PACE = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=8), timedelta(minutes=15))

log = logging.getLogger(__name__)


def pause_between(reason: PauseReason, refused: int) -> timedelta:
    """How long a paused target is left alone, after so many refused logins on end.

    Servers lock an account after some five refusals within a quarter of an hour: four fall into one here.
    """
    if reason is not PauseReason.LOGIN:
        return PROBE_AGAIN
    return LOGIN_PACE[min(refused, len(LOGIN_PACE)) - 1]


class Readiness:
    """One target's readiness. Pauses of folder, disk, connection and login end at the next good probe.

    A probe follows the last by its time alone: orders that come meanwhile are no reason to knock again.
    """

    def __init__(self, target: str, transport: Transport, journal: Journal, clock: Clock) -> None:
        self._target = target
        self._transport = transport
        self._journal = journal
        self._clock = clock
        self.is_proven = False
        self._shown: HostKeyError | None = None
        self._refused = 0
        self._again_at = 0.0
        self.pause: Pause | None = None

    @property
    def again_in(self) -> timedelta:
        """When :meth:`is_open` is worth asking again."""
        rest = timedelta(seconds=self._again_at - self._clock.monotonic())
        return rest if timedelta() < rest else PROBE_AGAIN

    async def is_open(self) -> bool:
        """True when files may move; tries a paused target again unless its pause waits for a person.

        Raises :class:`~bridge.transports.PausedError` when the probe finds that nothing can be done.
        """
        if self.is_proven:
            return True
        memory = await self._journal.target_memory(self._target)
        if memory.paused is not None:
            self._close(PauseReason(memory.paused), "paused by a person")
            return False
        if self.pause is not None and self.pause.reason not in SELF_ENDING_PAUSES:
            return False
        if self._clock.monotonic() < self._again_at:
            return False
        self._transport.pin(memory.host_key, memory.host_key_for)
        how = await self._transport.probe(await self._identity())
        self.is_proven = True
        if self.pause is not None:
            log.info("target_resumed", extra={"target": self._target, "stage": "drop"})
        log.debug("target_probed", extra={"target": self._target, "detail": how})
        self.pause = None
        self._refused = 0
        self._journal.wake(Topic.ALERTS)
        return True

    async def examine(self) -> Findings:
        """What the place can do, tried with scratch names; changes no pause and concludes nothing about files."""
        memory = await self._journal.target_memory(self._target)
        self._transport.pin(memory.host_key, memory.host_key_for)
        return await self._transport.examine(memory.identity if memory.proven else None)

    async def _identity(self) -> str:
        """The proven identity of the staging folder; made at the target's first start.

        It is committed as a wish before its file is written and as proven afterwards, so that a process that dies
        in between finds its own half-done work and not a stranger's.
        """
        memory = await self._journal.target_memory(self._target)
        if memory.identity is not None and memory.proven:
            return memory.identity
        identity = memory.identity or secrets.token_hex(16)
        await self._make_identity(identity, replace=False)
        return identity

    async def _make_identity(self, identity: str, *, replace: bool) -> None:
        """Make the folder that is there ours; what it cannot bear witness of becomes uncertain before that."""
        await self._journal.set_identity(self._target, identity, proven=False)
        await self._transport.plant(identity, replace=replace)
        await self._journal.doubt(self._target, await self._transport.staged())
        await self._journal.set_identity(self._target, identity, proven=True)

    def close(self, error: PausedError) -> None:
        """Leave the target alone for this error; the same reason again only keeps the pause."""
        self._shown = error if isinstance(error, HostKeyError) else None
        self._refused = self._refused + 1 if error.reason is PauseReason.LOGIN else 0
        wait = pause_between(error.reason, self._refused)
        self._again_at = self._clock.monotonic() + wait.total_seconds()
        self._close(error.reason, error.line())

    def _close(self, reason: PauseReason, text: str) -> None:
        self.is_proven = False
        if self.pause is not None and self.pause.reason is reason:
            return
        self.pause = Pause(reason, self._clock.now(), text)
        extra = {"target": self._target, "stage": "drop", "error": reason.value, "hint": text}
        log.warning("target_paused", extra=extra)
        self._journal.wake(Topic.ALERTS)

    async def trust(self, because: str) -> str:
        """A person has looked at what is there now, and the pause ends; returns in words what is trusted.

        A server that showed another host key: that key counts from now on, the one that the person was shown. Else
        the staging folder gets a new identity.
        """
        if self._shown is not None:
            return await self._trust_key(self._shown, because)
        await self._make_identity(secrets.token_hex(16), replace=True)
        await self.resume(because)
        return "the staging folder that is there now is trusted"

    async def _trust_key(self, error: HostKeyError, because: str) -> str:
        await self._journal.set_host_key(self._target, TrustedKey(error.shown, error.configured, because))
        self._shown = None
        await self.resume(because)
        return f"host key {error.shown} is trusted, in place of {error.expected or 'none'}"

    async def hold(self, because: str) -> None:
        """A person wants the target left alone, also after a restart."""
        await self._journal.set_pause(self._target, PauseReason.PERSON, because)
        self._close(PauseReason.PERSON, because)

    async def resume(self, because: str) -> None:
        """A person ends the pause; the target is probed anew at the next look."""
        await self._journal.set_pause(self._target, None, because)
        self.pause = None
        self.is_proven = False
        self._refused, self._again_at = 0, 0.0
        self._journal.wake(Topic.DROPS)
