"""What people ask of an order's files: hold, release, resend, render again, abandon; refused where a state forbids it.

Not for: HTTP, nor for carrying an intention to its end (``held.py``). The order of each act is: lease, commit the
intention, move the file, commit the result; a target that cannot be reached leaves the intention to its loop.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from bridge.errors import ErrorName, PermanentError, TransientError
from bridge.journal import Journal
from bridge.journal.records import CurrentDrop, HeldEnd, RenderedDrop
from bridge.stages.drop.held import HeldFiles, NotMovedError, names_of
from bridge.states import RELEASABLE, DropState, HeldReason
from bridge.transports import PausedError

log = logging.getLogger(__name__)

Render = Callable[[int, str], Awaitable[RenderedDrop]]
"""The file of an order (its id) for a target, by today's mapping, with a control number of its own."""

_HOLDABLE = frozenset({DropState.QUEUED, DropState.STAGED, DropState.PUBLISHED})
_RESENDABLE = frozenset({DropState.PUBLISHED, DropState.TAKEN, DropState.UNCERTAIN})
_TO_HOLD_FIRST = frozenset({DropState.STAGED, DropState.PUBLISHED})


class FileActs:
    """Acts on the files of orders. Each takes the order's id, the reason and, where one is meant, the target.

    Each returns in words what became of it, and raises a :class:`~bridge.errors.BridgeError` where it cannot be done.
    """

    def __init__(self, held: Mapping[str, HeldFiles], journal: Journal) -> None:
        self._held = held
        self._journal = journal

    async def hold(self, order_id: int, because: str, target: str = "") -> str:
        """Keep an order's files from the ERP, as many as have not left our hands."""
        drops = await self._drops(order_id, target)
        fitting = [drop for drop in drops if drop.state in _HOLDABLE]
        if not fitting or drops[0].abandoned:
            raise _forbidden(drops, "only a file that the ERP has not fetched can be held")
        return "; ".join([await self._hold(drop, because) for drop in fitting])

    async def _hold(self, drop: CurrentDrop, because: str) -> str:
        async with self._in_hand([drop]):
            if not await self._journal.acts.hold(drop, because):
                raise _changed(drop)
            self._held[drop.target].tell_held(drop)
            end = await self._finished(drop)
        if end is HeldEnd.OUT_OF_OUR_HANDS:
            raise _too_late(drop)
        return f"{drop.file_name} is held" + (_LATER if isinstance(end, TransientError) else "")

    async def release(self, order_id: int, because: str, target: str = "") -> str:
        """Let an order's held files go, back to where they came from."""
        drops = await self._drops(order_id, target)
        fitting = [drop for drop in drops if drop.state is DropState.HELD and drop.reason in RELEASABLE]
        if not fitting or drops[0].abandoned:
            raise _forbidden(drops, _INSTEAD.get(drops[0].reason or "", _RETRY))
        for drop in fitting:
            if drop.by_file:
                raise _forbidden(drops, f"{drop.file_name}.hold lies in the outbox; remove that file")
        return "; ".join([await self._release(drop, because) for drop in fitting])

    async def _release(self, drop: CurrentDrop, because: str) -> str:
        async with self._in_hand([drop]):
            if not await self._journal.acts.release(drop, because):
                raise _changed(drop)
            self._held[drop.target].tell_released(drop)
            end = await self._finished(drop)
        if end is HeldEnd.NAME_TAKEN:
            hint = f"another file lies in the outbox as {drop.file_name}; move it away, then release again"
            raise _forbidden([drop], hint)
        return f"{drop.file_name} goes on" + (_LATER if isinstance(end, TransientError) else "")

    async def resend(self, order_id: int, because: str, target: str = "") -> str:
        """Owe the same file anew: same bytes, name and number. Refused while its name lies in the outbox."""
        drop = (await self._drops(order_id, target))[0]
        if drop.state not in _RESENDABLE or drop.abandoned:
            raise _forbidden([drop], "a file can be sent again once it was published and is not answered")
        if drop.is_empty:
            raise _forbidden([drop], f"there is no file to send; {_AGAIN}")
        held = self._held[drop.target]
        async with self._in_hand([drop]):
            await self._refuse_while_there(drop)
            if not await self._journal.acts.resend(drop, because):
                raise _changed(drop)
            await held.transport.withdraw([names_of(drop)])
        return f"{drop.file_name} is sent again as before"

    async def render_again(self, order_id: int, because: str, render: Render, target: str = "") -> str:
        """Make a new file of the order by today's mapping, with a new number and name; the old one is withdrawn.

        What a person should know of the new file is told in the answer, in the order's history and in the log.
        """
        drop = (await self._drops(order_id, target))[0]
        if drop.state in {DropState.ANSWERED, DropState.WITHDRAWN} or drop.abandoned or _is_moving(drop):
            raise _forbidden([drop], "only a file that is not answered can be made anew")
        rendered = replace(await render(order_id, drop.target), confirming=drop.confirming)
        async with self._in_hand([drop]):
            taken_back = await self._taken_back(drop, because)
            if not await self._journal.acts.render_again(taken_back, rendered, because):
                raise _changed(drop)
        _warn(drop, rendered)
        held = f" and is held: {rendered.detail}" if rendered.held else ""
        noted = "".join(f"; note: {warning}" for warning in rendered.warnings)
        return f"{rendered.file_name} takes the place of {drop.file_name}{held}{noted}"

    async def _taken_back(self, drop: CurrentDrop, because: str) -> CurrentDrop:
        """The drop with its file out of the ERP's sight, if it was in sight at all; else this raises."""
        if drop.state is DropState.UNCERTAIN:
            await self._refuse_while_there(drop)
            return drop
        if drop.state in _TO_HOLD_FIRST and not await self._journal.acts.hold(drop, because):
            raise _changed(drop)
        now = await self._now(drop)
        if now.state is not DropState.HELD or now.reason != HeldReason.PERSON:
            return now
        if await self._held[drop.target].finish(now) is HeldEnd.OUT_OF_OUR_HANDS:
            raise _too_late(drop)
        return now

    async def abandon(self, order_id: int, because: str) -> str:
        """Pursue an order no more; files that the ERP has not fetched are taken back."""
        drops = [drop for drop in await self._journal.acts.current(order_id) if drop.target in self._held]
        async with self._in_hand(drops):
            await self._journal.acts.abandon(order_id, because)
            ends = [await self._finished(drop) for drop in drops]
        back = [drop.file_name for drop, end in zip(drops, ends, strict=True) if end is HeldEnd.WITHDRAWN]
        later = _LATER if any(isinstance(end, TransientError) for end in ends) else ""
        return (f"abandoned; taken back: {', '.join(back)}" if back else "abandoned") + later

    async def _drops(self, order_id: int, target: str) -> list[CurrentDrop]:
        """The order's files, the confirming one first, or the one for ``target``."""
        drops = await self._journal.acts.current(order_id)
        chosen = [drop for drop in drops if drop.target == (target or drop.target) and drop.target in self._held]
        if not chosen:
            raise PermanentError(
                f"the order has no file for target {target}" if target else "no target of the settings has its file",
                name=ErrorName.NOT_FOUND,
                subject=target,
                hint=f"it has files for: {', '.join(drop.target for drop in drops)}",
            )
        return chosen

    @asynccontextmanager
    async def _in_hand(self, drops: Sequence[CurrentDrop]) -> AsyncIterator[None]:
        """These drops for oneself. Raises :class:`~bridge.errors.TransientError` while somebody is at work on them."""
        async with AsyncExitStack() as stack:
            for target in sorted({drop.target for drop in drops}):
                await stack.enter_async_context(self._held[target].turn())
            stack.enter_context(self._journal.drops.lease([drop.id for drop in drops]))
            yield

    async def _finished(self, drop: CurrentDrop) -> HeldEnd | TransientError | None:
        """Carry out what was committed, if something is left to do; what cannot be moved now is left to the loop."""
        now = await self._now(drop)
        if now.state is not DropState.HELD:
            return None
        try:
            return await self._held[drop.target].finish(now)
        except (PausedError, NotMovedError) as error:
            return error

    async def _now(self, drop: CurrentDrop) -> CurrentDrop:
        """The same drop as it is in the journal now."""
        found = [one for one in await self._journal.acts.current(drop.order_id) if one.id == drop.id]
        if not found:
            raise _changed(drop)
        return found[0]

    async def _refuse_while_there(self, drop: CurrentDrop) -> None:
        if await self._held[drop.target].transport.missing([drop.file_name]):
            return
        hint = "the ERP has yet to fetch it; to take it back first: erp-bridge orders hold"
        raise _forbidden([drop], f"{drop.file_name} lies in the outbox; {hint}")


_AGAIN = "after its cause is mended: erp-bridge orders resend REF --render-again --because TEXT"
_RETRY = "what was given up or met a taken name is tried again by: erp-bridge orders retry REF"
_INSTEAD: Mapping[str, str] = {
    HeldReason.RULES: f"there is no file to let go; {_AGAIN}",
    HeldReason.TEMPLATE: "a template becomes no file; erp-bridge orders abandon REF --because TEXT closes it",
}
_LATER = "; its file is moved as soon as the target can be reached"


def _warn(drop: CurrentDrop, rendered: RenderedDrop) -> None:
    about = {"order": drop.order_ref, "target": drop.target, "stage": "drop", "file": rendered.file_name}
    for warning in rendered.warnings:
        log.warning("order_warning", extra={**about, "hint": warning})


def _is_moving(drop: CurrentDrop) -> bool:
    return drop.state is DropState.HELD and drop.reason in {HeldReason.RELEASING, HeldReason.WITHDRAWING}


def _forbidden(drops: Sequence[CurrentDrop], hint: str) -> PermanentError:
    states = ", ".join(f"{drop.file_name} is {drop.state}{_why(drop)}" for drop in drops)
    what = "abandoned" if drops[0].abandoned else states
    message = f"order {drops[0].order_ref} is {what}" if drops[0].abandoned else f"order {drops[0].order_ref}: {what}"
    return PermanentError(message, name=ErrorName.STATE_FORBIDS, subject=drops[0].order_ref, hint=hint)


def _why(drop: CurrentDrop) -> str:
    return f" ({drop.reason})" if drop.reason else ""


def _changed(drop: CurrentDrop) -> PermanentError:
    return _forbidden([drop], "it changed at this moment; look again: erp-bridge orders show REF")


def _too_late(drop: CurrentDrop) -> PermanentError:
    return PermanentError(
        f"{drop.file_name} is in the outbox no more: the ERP took it before it could be held",
        name=ErrorName.STATE_FORBIDS,
        subject=drop.order_ref,
        hint="its answer tells more; after that, or by phone, decide anew",
    )
