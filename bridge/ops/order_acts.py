"""The acts on orders that people may ask for over the admin API: hold, release, resend, abandon, confirm, settle, note.

Not for: carrying them out; the journal and what was handed in do that, and say what a state forbids.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from bridge.errors import ErrorName, PermanentError
from bridge.journal import reading
from bridge.journal.rows import OrderRow
from bridge.ops.guard import refuse
from bridge.ops.once import Once, reason_in, word, words_of
from bridge.ops.operations import Operations, OrderActs

Words = Mapping[str, Any]
_HOW = frozenset({"", "as-before", "render-again"})


def order_routes(app: web.Application, operations: Operations, api: str) -> None:
    """Add the routes to the application."""
    asked = _Asked(operations)
    doers = {
        "hold": asked.hold,
        "release": asked.release,
        "resend": asked.resend,
        "abandon": asked.abandon,
        "confirm": asked.confirm,
        "settle": asked.settle,
        "note": asked.note,
    }
    for act, do in doers.items():
        app.router.add_post(f"{api}/orders/{{ref}}/{act}", asked.route(do))


class _Asked:
    """One method an act; each returns in words what became of it."""

    def __init__(self, operations: Operations) -> None:
        self._ops = operations
        self._once = Once()

    def route(
        self,
        do: Callable[[OrderRow, Words], Awaitable[str]],
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """The handler that finds the order, does the act and answers with the order's state after it."""

        async def act(request: web.Request) -> Words:
            words = await words_of(request)
            reason_in(words)
            ref = request.match_info["ref"]
            order = await self._ops.journal.read(lambda db: reading.the_order(db, ref))
            told = await do(order, words)
            now = await self._ops.journal.read(lambda db: reading.the_order(db, f"#{order.id}"))
            return {"order_ref": order.order_ref, "state": now.state, "told": told}

        async def handler(request: web.Request) -> web.Response:
            return await self._once(request, act)

        return handler

    async def hold(self, order: OrderRow, words: Words) -> str:
        """Keep the order's files from the ERP."""
        return await self._acts().hold(order.id, reason_in(words), word(words, "target"))

    async def release(self, order: OrderRow, words: Words) -> str:
        """Let the order's held files go."""
        return await self._acts().release(order.id, reason_in(words), word(words, "target"))

    async def resend(self, order: OrderRow, words: Words) -> str:
        """Send the same file again, or with ``{"how": "render-again"}`` a new one by today's mapping."""
        how = word(words, "how")
        if how not in _HOW:
            refuse(HTTPStatus.BAD_REQUEST, '"how" is "as-before" or "render-again"')
        resend = self._acts().render_again if how == "render-again" else self._acts().resend
        return await resend(order.id, reason_in(words), word(words, "target"))

    async def abandon(self, order: OrderRow, words: Words) -> str:
        """Pursue the order no more."""
        return await self._acts().abandon(order.id, reason_in(words))

    async def confirm(self, order: OrderRow, words: Words) -> str:
        """Record a person's answer in the ERP's place: ``{"erp_order_no": "..."}``.

        A number that another order of the same ERP has is refused, unless ``{"shared": true}`` says that it is meant.
        """
        number = word(words, "erp_order_no")
        if not number or not number.isprintable():
            refuse(HTTPStatus.BAD_REQUEST, 'the ERP\'s number is needed: {"erp_order_no": "...", "reason": "..."}')
        is_shared = words.get("shared") is True
        await self._acts().confirm(order.id, number, reason_in(words), is_shared)
        return f"confirmed with the ERP number {number}"

    async def settle(self, order: OrderRow, words: Words) -> str:
        """Take a report or an answer's question for settled in Norce; ``{"what": "..."}`` names one of several."""
        matter = await self._ops.journal.acts.settle(order.id, reason_in(words), word(words, "what"))
        return f"settled by hand: {matter}"

    async def note(self, order: OrderRow, words: Words) -> str:
        """Keep what a person has to say."""
        await self._ops.journal.acts.note(order.id, reason_in(words))
        return "noted"

    def _acts(self) -> OrderActs:
        if self._ops.order_acts is None:
            raise PermanentError("this bridge carries no orders out", name=ErrorName.STATE_FORBIDS)
        return self._ops.order_acts
