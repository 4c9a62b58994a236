"""From a body to an admitted order: decode, translate, route, render, admit. Knows nothing of HTTP.

Not for: answering. The stage *receive* calls it for each request, and a replay for each kept body.
"""

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from bridge.clock import Clock
from bridge.config.routes import Rule
from bridge.config.targets import Application
from bridge.errors import BridgeError, ErrorName, PermanentError, TransientError
from bridge.journal import Journal, Topic
from bridge.journal.records import Admission, Admitted, Body, RejectEnd, Rejection, RenderedDrop
from bridge.model import Part
from bridge.naming import NameFacts, file_name, marker_name, staging_name
from bridge.norce.bodies import BodyKind, Content, content_of
from bridge.norce.fingerprint import fingerprint
from bridge.norce.translate import application_key_of, reference_of
from bridge.norce.wire import OrderRequest, decode
from bridge.reports.brief import brief_of
from bridge.routing import Route, application_name, part_of, route
from bridge.stages.receive.making import MadeFile, MadeOrder, MakingSettings, Outlet, make_file, make_order
from bridge.stages.receive.told import ToldAnswers
from bridge.states import HeldReason

SMALL_BODY = 64 * 1024
"""Larger bodies are decoded and rendered on a thread, so that they do not keep the loop from others."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A body that was authenticated, as it came."""

    body: Body
    content: Content
    request_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """An order that is safe: who it is, whether it was here before, and what a person should know."""

    order_ref: str
    application: str
    admitted: Admitted
    line_count: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """The zone of names and dates, whether a second body under a known reference is kept, and how orders are made.

    ``rules`` are asked, before an order's shop is, which targets it goes to.
    """

    zone: ZoneInfo
    keep_conflicts: bool
    making: MakingSettings = field(default_factory=MakingSettings)
    rules: tuple[Rule, ...] = ()


class Intake:
    """Makes orders of bodies.

    :meth:`take` raises :class:`PermanentError` for a body that can never become an order as things are set up, and
    :class:`TransientError` when the same body may be sent again later.
    """

    def __init__(
        self,
        outlets: Mapping[str, Outlet],
        applications: Mapping[str, Application],
        journal: Journal,
        clock: Clock,
        settings: IntakeSettings,
    ) -> None:
        self._outlets = outlets
        self._applications = applications
        self._journal = journal
        self._clock = clock
        self._settings = settings
        self._room: dict[str, int] = {}
        self._turns = {name: asyncio.Lock() for name, outlet in outlets.items() if outlet.has_turns}
        self.told = ToldAnswers(journal, clock)

    async def take(self, incoming: Incoming) -> Taken:
        """Admit the order in a body once; a repeat returns what is known of the first."""
        size = len(incoming.body.content)
        request = await _compute(size, lambda: decode(incoming.body.content, incoming.content))
        key = application_key_of(request)
        name = application_name(key, self._applications)
        ref = reference_of(request)
        try:
            made = await self._make_order(request, name or "", size)
        except PermanentError:
            if ref is None or await self._journal.find(ref) is None:
                raise
            return await self._conflict(incoming, ref, name or key or "")
        try:
            way = await _compute(size, lambda: route(made.order, key, self._applications, self._settings.rules))
            drops = await self._render(incoming, made, way)
        except BridgeError:  # a repeat needs no file, only its first answer
            if await self._journal.find(made.order.order_ref) is None:
                raise
            drops = ()
        return await self._admit(incoming, made, name or key or "", drops)

    async def keep(self, incoming: Incoming, error: BridgeError) -> int:
        """Keep a body that did not become an order, with the reason; returns its id in the reject store."""
        return await self._journal.reject(
            Rejection(error.name, error.subject, error.message, incoming.body, incoming.received_at),
        )

    async def replay(self, reject_id: int) -> Taken:
        """Take a kept body once more, after the cause was mended; raises like :meth:`take`, and when it is not open."""
        stored = await self._journal.stored_reject(reject_id)
        if stored is None or stored.state != "open":
            raise _not_open(reject_id, stored.state if stored else None)
        forced = BodyKind(stored.body.forced_kind) if stored.body.forced_kind else None
        content = content_of(stored.body.content_type, stored.body.content, forced)
        if content is None:
            raise _not_open(reject_id, "of an unknown kind")
        body = replace(stored.body, kind=content.kind.value)
        taken = await self.take(Incoming(body, content, f"replay-{reject_id}", self._clock.now()))
        self.told.add(taken.admitted.order_id, None)
        await self._journal.settle_reject(reject_id, RejectEnd("replayed", taken.order_ref))
        return taken

    async def render_again(self, order_id: int, target: str) -> RenderedDrop:
        """The file of a known order for one of its targets, as it would be made today, under a new control number.

        What would be held at its admission is held again. Raises :class:`PermanentError` when its body is kept no more
        or cannot be made into a file.
        """
        stored = await self._journal.acts.request(order_id)
        forced = BodyKind(stored.body.forced_kind) if stored.body.forced_kind else None
        content = content_of(stored.body.content_type, stored.body.content, forced)
        if content is None or target not in self._outlets:
            raise PermanentError(
                f"nothing can be made for target {target} from the stored request",
                name=ErrorName.ORDER_NOT_RENDERABLE,
                subject=target,
            )
        size = len(stored.body.content)
        request = await _compute(size, lambda: decode(stored.body.content, content))
        shop = application_name(application_key_of(request), self._applications) or ""
        made = await self._make_order(request, shop, size)
        part = stored.parts.get(target)  # what was decided at admission stands, whatever the rules say today
        drop = await self._render_one(target, _part(made, part), stored.received_at, size)
        if not drop.content:
            raise _no_file(drop)
        return replace(drop, part=part)

    async def number_within(self, order_ref: str, within: timedelta) -> str | None:
        """The ERP's number as soon as its answer confirms the order, ``None`` when ``within`` passes first."""
        deadline = self._clock.monotonic() + within.total_seconds()
        with self._journal.listen(Topic.ANSWERS) as news:
            while True:
                news.clear()
                known = await self._journal.find(order_ref)
                if known is not None and known.erp_order_no is not None:
                    return known.erp_order_no
                left = deadline - self._clock.monotonic()
                if left <= 0:
                    return None
                await self._clock.wait(news, timedelta(seconds=left))

    async def _admit(
        self,
        incoming: Incoming,
        made: MadeOrder,
        application: str,
        drops: tuple[RenderedDrop, ...],
    ) -> Taken:
        order = made.order
        of_files = [warning for drop in drops for warning in drop.warnings]
        warnings = (*(_told(drop) for drop in drops if drop.held), *of_files, *made.warnings)
        admission = Admission(
            order_ref=order.order_ref,
            application=application,
            fingerprint=fingerprint(made.sent),
            currency=order.currency,
            amount=_plain(sum((line.line_gross for line in order.lines), Decimal())),
            line_count=len(order.lines),
            body=incoming.body,
            request_id=incoming.request_id,
            received_at=incoming.received_at,
            drops=drops,
            warnings=warnings,
            brief=brief_of(made.sent),
        )
        admitted = await self._journal.admit(admission, keep_conflicts=self._settings.keep_conflicts)
        return Taken(order.order_ref, application, admitted, len(order.lines), warnings)

    async def _conflict(self, incoming: Incoming, ref: str, application: str) -> Taken:
        """A body under a known reference that could not be an order of its own: kept beside the first (invariant 3)."""
        admission = Admission(
            order_ref=ref,
            application=application,
            fingerprint=hashlib.sha256(incoming.body.content).hexdigest(),
            currency=None,
            amount=None,
            line_count=0,
            body=incoming.body,
            request_id=incoming.request_id,
            received_at=incoming.received_at,
            drops=(),
        )
        return Taken(ref, application, await self._journal.admit(admission, keep_conflicts=True))

    async def _make_order(self, request: OrderRequest, shop: str, size: int) -> MadeOrder:
        zone, settings = self._settings.zone, self._settings.making
        return await _compute(size, lambda: make_order(request, shop, zone, settings))

    async def _render(self, incoming: Incoming, made: MadeOrder, way: Route) -> tuple[RenderedDrop, ...]:
        """The files of all targets; if one cannot be rendered, the order as a whole cannot be taken."""
        for target in way.targets:
            await self._refuse_over_backlog(target)
        drops = []
        for target in way.targets:
            part = way.parts.get(target)
            drop = await self._render_one(target, _part(made, part), incoming.received_at, len(incoming.body.content))
            drops.append(replace(drop, confirming=target == way.confirming, part=part))
        return tuple(drops)

    async def _render_one(self, target: str, made: MadeOrder, received_at: datetime, size: int) -> RenderedDrop:
        outlet, at = self._outlets[target], received_at.astimezone(self._settings.zone)
        control = await self._journal.take_control(target)
        if outlet.enrichment and outlet.enrichment.has_hook:  # a stranger's code may take its time
            size = max(size, SMALL_BODY + 1)
        work = partial(make_file, outlet, made, control, at)
        turn = self._turns.get(target)
        file = await (_compute(size, work) if turn is None else _in_turn(turn, work))
        facts = NameFacts(made.order.order_ref, made.order.application, control, at, outlet.format.extension)
        return _drop(outlet, file, facts)

    async def _refuse_over_backlog(self, target: str) -> None:
        """Counted anew only when as many were admitted since as there was room for: meanwhile it can but shrink."""
        limit = self._outlets[target].max_waiting
        if self._room.get(target, 0) <= 0:
            self._room[target] = limit - await self._journal.drops.backlog(target)
        self._room[target] -= 1
        if self._room[target] < 0:
            raise TransientError(
                f"{limit} files of target {target} wait already",
                name=ErrorName.TARGET_BACKLOG,
                subject=target,
                hint="the ERP fetches nothing; Norce sends the order again",
            )


def _part(made: MadeOrder, part: Part | None) -> MadeOrder:
    return replace(made, order=part_of(made.order, part))


def _drop(outlet: Outlet, file: MadeFile, facts: NameFacts) -> RenderedDrop:
    final = file_name(outlet.file_name, facts)
    return RenderedDrop(
        target=outlet.target,
        confirming=False,
        format=outlet.format_name,
        control=facts.control,
        file_name=final,
        staging_name=staging_name(final),
        marker_name=marker_name(outlet.marker, final),
        content=file.content,
        held=file.hold.reason if file.hold else None,
        detail=file.hold.detail if file.hold else "",
        warnings=file.warnings,
    )


def _told(drop: RenderedDrop) -> str:
    """That a file is held, for the log too; what a hook said may quote the order, so only the drop keeps it."""
    return f"the file for {drop.target} is held ({drop.held}); erp-bridge orders timeline REF says why"


def _no_file(drop: RenderedDrop) -> PermanentError:
    is_template = drop.held is HeldReason.TEMPLATE
    return PermanentError(
        f"no file can be made for target {drop.target}: {drop.detail}",
        name=ErrorName.STATE_FORBIDS if is_template else ErrorName.ORDER_NOT_RENDERABLE,
        subject=drop.target,
        hint="erp-bridge orders abandon REF --because TEXT closes it" if is_template else "",
    )


def _plain(amount: Decimal) -> str:
    """An amount for people: all its digits, at least two behind the point, no idle zeros beyond."""
    whole, _, cents = f"{amount.normalize():f}".partition(".")
    return f"{whole}.{cents:0<2}"


async def _in_turn(turn: asyncio.Lock, work: Callable[[], T]) -> T:
    """Work on a thread, while no other of its target does: one that hangs takes a thread from the others, and not all.

    A turn lasts as long as its thread, also when whoever asked has been answered 503 meanwhile.
    """
    await turn.acquire()
    done = asyncio.get_running_loop().run_in_executor(None, work)
    done.add_done_callback(lambda _: turn.release())
    return await asyncio.shield(done)


async def _compute(size: int, work: Callable[[], T]) -> T:
    """Small work at once, large work on a thread."""
    return work() if size <= SMALL_BODY else await asyncio.to_thread(work)


def _not_open(reject_id: int, state: str | None) -> PermanentError:
    return PermanentError(
        f"reject {reject_id} is {state}" if state else f"there is no reject {reject_id}",
        name=ErrorName.STATE_FORBIDS if state else ErrorName.NOT_FOUND,
        subject=str(reject_id),
        hint="erp-bridge rejects list shows those that are open",
    )
