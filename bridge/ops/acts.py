"""The acts that people may ask for over the admin listener; each is carried out by what was handed in.

Not for: deciding whether a state allows an act; the journal does, and says so.
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bridge.errors import ErrorName, PermanentError
from bridge.journal import overview, reading
from bridge.journal.records import RejectEnd
from bridge.ops.documents import nothing_given_up
from bridge.ops.once import Once, reason_in, words_of
from bridge.ops.operations import Operations


class Acts:
    """One method an act. An ``Idempotency-Key`` that was seen since the start gets the answer it got then."""

    def __init__(self, operations: Operations) -> None:
        self._ops = operations
        self._once = Once()

    async def retry(self, request: web.Request) -> web.Response:
        """Owe an order's dead reports anew and queue its given-up files again."""
        return await self._once(request, self._retry)

    async def _retry(self, request: web.Request) -> Mapping[str, Any]:
        ref = request.match_info["ref"]
        reason = await _reason(request)
        order = await self._ops.journal.read(lambda db: reading.the_order(db, ref))
        moved = await self._ops.journal.requeue(order.id, reason)
        if not moved:
            raise nothing_given_up(order.order_ref, order.state)
        return {"order_ref": order.order_ref, "requeued": moved}

    async def replay(self, request: web.Request) -> web.Response:
        """Take a kept body once more, after the cause was mended."""
        return await self._once(request, self._replay)

    async def _replay(self, request: web.Request) -> Mapping[str, Any]:
        number = int(request.match_info["id"])
        return {"id": number, "order_ref": await self._ops.replay(number)}

    async def discard(self, request: web.Request) -> web.Response:
        """Put a kept body aside; it stays listed among the settled ones."""
        return await self._once(request, self._discard)

    async def _discard(self, request: web.Request) -> Mapping[str, Any]:
        number = int(request.match_info["id"])
        reason = await _reason(request)
        await self._ops.journal.read(lambda db: overview.the_reject(db, number))
        await self._ops.journal.settle_reject(number, RejectEnd("discarded", because=reason))
        return {"id": number, "state": "discarded"}

    async def target(self, request: web.Request) -> web.Response:
        """Trust a target's server or staging folder, pause it, or end its pause."""
        return await self._once(request, self._target)

    async def probe(self, request: web.Request) -> web.Response:
        """Try a target's folder or server with scratch names; what was found. It needs no reason: nothing changes."""
        return await self._once(request, self._probe)

    async def _probe(self, request: web.Request) -> Mapping[str, Any]:
        return await self._ops.targets.probe(self._named(request))

    def _named(self, request: web.Request) -> str:
        name, known = request.match_info["name"], self._ops.targets.names
        if name not in known:
            hint = f"there are: {', '.join(sorted(known))}"
            raise PermanentError(f"there is no target {name}", name=ErrorName.NOT_FOUND, hint=hint)
        return name

    async def _target(self, request: web.Request) -> Mapping[str, Any]:
        name, act = self._named(request), request.match_info["act"]
        targets = self._ops.targets
        reason = await _reason(request)
        said = await {"trust": targets.trust, "pause": targets.pause, "resume": targets.resume}[act](name, reason)
        return {"target": name, "act": act, **({"detail": said} if said else {})}


async def _reason(request: web.Request) -> str:
    return reason_in(await words_of(request))
