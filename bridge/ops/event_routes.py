"""The history as it grows, over HTTP: server-sent events that go on where a broken connection left off.

Not for: the history of one order as a document (``admin.py``), nor for alerts, which have no place in the history.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus

from aiohttp import web

from bridge.errors import ErrorName, TransientError
from bridge.journal import history, reading
from bridge.journal.rows import HistoryRow
from bridge.ops import documents
from bridge.ops.filters import moment_in
from bridge.ops.guard import refuse
from bridge.ops.operations import Operations

EVERY = timedelta(milliseconds=500)
STILL_THERE_AFTER_S = 15.0
AT_ONCE = 16
_LONGEST_ID = 18

_FILES = frozenset(
    {"staged", "dropped", "drop_failed", "uncertain", "fetched", "broken_off"}
    | {"held", "released", "resent", "rendered_again"}
    | {"put_back", "still_staged", "out_of_our_hands", "withdrawn", "answer_tried_again", "answer_discarded"}
    | {"collected"},
)


def event_routes(app: web.Application, operations: Operations, api: str) -> None:
    """Add the route, and the end of every stream when the application ends."""
    streams = _Streams(operations)
    app.router.add_get(f"{api}/events", streams.follow)
    app.on_shutdown.append(streams.end)


class _Streams:
    def __init__(self, operations: Operations) -> None:
        self._ops = operations
        self._ending = asyncio.Event()
        self._open = 0

    async def end(self, _: web.Application) -> None:
        """Let every stream come to its end."""
        self._ending.set()

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """Every event from now on; ``?since=``, ``?order=`` and ``Last-Event-ID`` say from where and of which order."""
        told, order_id = await self._start(request)
        if self._open >= AT_ONCE:
            raise TransientError(
                f"{AT_ONCE} streams of events are open already", name=ErrorName.BUSY, hint="close one of them"
            )
        self._open += 1
        try:
            return await self._stream(request, told, order_id)
        finally:
            self._open -= 1

    async def _start(self, request: web.Request) -> tuple[int, int | None]:
        """The id of the last event that is known there, and the order that is meant, if one is."""
        ref, read = request.query.get("order", ""), self._ops.journal.read
        order_id = (await read(lambda db: reading.the_order(db, ref))).id if ref else None
        last = request.headers.get("Last-Event-ID", "")
        if last.isascii() and last.isdigit() and len(last) <= _LONGEST_ID:
            return int(last), order_id
        try:
            since = moment_in(request.query, "since")
        except ValueError as error:
            refuse(HTTPStatus.BAD_REQUEST, str(error))
        return await read(lambda db: history.before(db, since) if since else history.end_of(db)), order_id

    async def _stream(self, request: web.Request, told: int, order_id: int | None) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b": the history as it grows\n\n")
        silent_since = self._ops.clock.monotonic()
        while not self._ending.is_set():
            rows = await self._after(told, order_id)
            now = self._ops.clock.monotonic()
            if rows or now - silent_since >= STILL_THERE_AFTER_S:
                silent_since = now
                try:
                    await response.write(_said(rows))
                except ConnectionError:
                    break  # whoever read it has gone
            if not rows:
                await self._ops.clock.wait(self._ending, EVERY)
                continue
            told = rows[-1].id
        return response

    async def _after(self, told: int, order_id: int | None) -> list[HistoryRow]:
        return await self._ops.journal.read(lambda db: history.after(db, told, order_id))


def _said(rows: Sequence[HistoryRow]) -> bytes:
    """The events as a stream carries them; without any, a line that only says that the bridge is still there."""
    return b"".join(map(_event, rows)) or b": still here\n\n"


def _event(row: HistoryRow) -> bytes:
    document: Mapping[str, object] = documents.history(row)
    text = json.dumps(document, ensure_ascii=False)  # has no line end in it
    return f"id: {row.id}\nevent: {kind_of(row)}\ndata: {text}\n\n".encode()


def kind_of(row: HistoryRow) -> str:
    """Whether an event is about a file, an order, or a link to the outside."""
    if row.kind in _FILES:
        return "file"
    return "order" if row.order_ref is not None else "link"
