"""The part of the admin API that is about folders: what lies in them, and the files in quarantine.

Not for: the disk (``folders.py``), nor moving files, which is done by what was handed in.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from aiohttp import web

from bridge.errors import ErrorName, PermanentError
from bridge.journal import reading
from bridge.ops import folders
from bridge.ops.documents import said
from bridge.ops.guard import refuse
from bridge.ops.once import Once, reason_in, word, words_of
from bridge.ops.operations import FileActs, Operations


def file_routes(app: web.Application, operations: Operations, api: str) -> None:
    """Add the routes to the application."""
    files = _Files(operations)
    app.router.add_get(f"{api}/files", files.listed)
    app.router.add_get(f"{api}/quarantine", files.quarantined)
    app.router.add_get(f"{api}/quarantine/{{name}}", files.content)
    app.router.add_post(f"{api}/quarantine/{{name}}/retry", files.retry)
    app.router.add_post(f"{api}/quarantine/{{name}}/discard", files.discard)


class _Files:
    def __init__(self, operations: Operations) -> None:
        self._ops = operations
        self._once = Once()

    async def listed(self, request: web.Request) -> web.Response:
        """The files of the outboxes, inboxes or archives; ``?older=30m`` leaves out younger ones."""
        kind = request.query.get("folder", "")
        if kind not in {"", *folders.KINDS}:
            refuse(HTTPStatus.BAD_REQUEST, f"there is no folder {kind}; there are: {', '.join(folders.KINDS)}")
        older = _length(request.query.get("older", ""))
        before = self._ops.clock.now() - older if older else None
        return _json(await asyncio.to_thread(folders.files_in, self._ops.places, kind, before))

    async def quarantined(self, _: web.Request) -> web.Response:
        """The files that need a person, each with its reasons."""
        return _json(await asyncio.to_thread(folders.quarantined, self._ops.places))

    async def content(self, request: web.Request) -> web.Response:
        """A file in quarantine, as it is."""
        name = request.match_info["name"]
        content = await asyncio.to_thread(folders.content_of, self._ops.places, name)
        name = quote(name, safe="")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return web.Response(body=content, content_type="application/octet-stream", headers=headers)

    async def retry(self, request: web.Request) -> web.Response:
        """Put a file back into the inbox; ``{"order": REF}`` says which order it speaks of."""
        return await self._once(request, self._retry)

    async def _retry(self, request: web.Request) -> Mapping[str, Any]:
        name, words = request.match_info["name"], await words_of(request)
        reason, ref = reason_in(words), word(words, "order")
        order = await self._ops.journal.read(lambda db: reading.the_order(db, ref)) if ref else None
        put_back = await self._acts().retry(name, reason, order.id if order else None)
        return {"name": name, "inbox_name": put_back, "order_ref": order.order_ref if order else None}

    async def discard(self, request: web.Request) -> web.Response:
        """Put a file aside into the archive, unused."""
        return await self._once(request, self._discard)

    async def _discard(self, request: web.Request) -> Mapping[str, Any]:
        name, reason = request.match_info["name"], reason_in(await words_of(request))
        return {"name": name, "kept_as": await self._acts().discard(name, reason)}

    def _acts(self) -> FileActs:
        if self._ops.quarantine is None:
            raise PermanentError("this bridge reads no inbox", name=ErrorName.STATE_FORBIDS)
        return self._ops.quarantine


def _length(text: str) -> timedelta | None:
    if not text:
        return None
    try:
        return folders.age(text)
    except ValueError as error:
        refuse(HTTPStatus.BAD_REQUEST, f"older: {error}")


def _json(document: list[dict[str, Any]]) -> web.Response:
    return web.Response(text=said(document) + "\n", content_type="application/json")
