"""The admin listener: health, metrics and the API over the journal (``INTERFACE.md`` 4.1), as an aiohttp application.

Not for: pages; they come with an issue of their own. What may be asked at all is ``guard.py``'s.
"""

import asyncio
import platform
import shutil
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from bridge.journal import overview, reading
from bridge.journal.reading import OrderFilter
from bridge.journal.rows import Payload
from bridge.ops import documents, folders, health, metrics
from bridge.ops.acts import Acts
from bridge.ops.event_routes import event_routes
from bridge.ops.file_routes import file_routes
from bridge.ops.filters import filter_of
from bridge.ops.guard import Guard, refuse, sign
from bridge.ops.operations import Operations
from bridge.ops.order_acts import order_routes
from bridge.ops.record_routes import record_routes
from bridge.ops.timeline import timeline

LARGEST_ACT = 64 * 1024
_ROOT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{site}</title>
<h1>{site}</h1>
<p>erp-bridge {version}: brings orders from Norce Commerce to an ERP that speaks in files, and its answers back.</p>
<ul>
<li><a href="/api/v1/status">status</a> <li><a href="/api/v1/orders">orders</a>
<li><a href="/api/v1/rejects">rejects</a> <li><a href="/api/v1/checks">checks</a>
<li><a href="/metrics">metrics</a> <li><a href="/readyz">ready?</a>
</ul>
<p>The same in a terminal: <code>erp-bridge --help</code></p>
</html>
"""


def build_app(operations: Operations) -> web.Application:
    """The application of the admin listener."""
    shown = _Shown(operations)
    acts = Acts(operations)
    app = web.Application(client_max_size=LARGEST_ACT, middlewares=[web.middleware(Guard(operations.access))])
    app.on_response_prepare.append(sign)
    app.router.add_get("/", shown.root)
    app.router.add_get("/healthz", _live)
    app.router.add_get("/readyz", shown.ready)
    app.router.add_get("/metrics", shown.metrics)
    app.router.add_get("/orders/{ref}", shown.page)
    api = "/api/v1"
    app.router.add_get(f"{api}/orders", shown.orders)
    app.router.add_get(f"{api}/orders/{{ref}}", shown.order)
    app.router.add_get(f"{api}/orders/{{ref}}/events", shown.events)
    app.router.add_get(f"{api}/orders/{{ref}}/request", shown.request)
    app.router.add_get(f"{api}/orders/{{ref}}/files", shown.files)
    app.router.add_get(f"{api}/orders/{{ref}}/files/{{number:[0-9]{{1,6}}}}", shown.file)
    app.router.add_get(f"{api}/orders/{{ref}}/answers/{{number:[0-9]{{1,6}}}}", shown.answer)
    app.router.add_get(f"{api}/rejects", shown.rejects)
    app.router.add_get(f"{api}/rejects/{{id:[0-9]{{1,18}}}}", shown.reject)
    app.router.add_get(f"{api}/rejects/{{id:[0-9]{{1,18}}}}/body", shown.reject_body)
    app.router.add_get(f"{api}/status", shown.status)
    app.router.add_get(f"{api}/checks", shown.checks)
    app.router.add_post(f"{api}/orders/{{ref}}/retry", acts.retry)
    app.router.add_post(f"{api}/rejects/{{id:[0-9]{{1,18}}}}/replay", acts.replay)
    app.router.add_post(f"{api}/rejects/{{id:[0-9]{{1,18}}}}/discard", acts.discard)
    event_routes(app, operations, api)
    file_routes(app, operations, api)
    order_routes(app, operations, api)
    record_routes(app, operations, api)
    app.router.add_post(f"{api}/targets/{{name}}/{{act:trust|pause|resume}}", acts.target)
    app.router.add_post(f"{api}/targets/{{name}}/probe", acts.probe)
    return app


async def _live(_: web.Request) -> web.Response:
    return web.Response(text="ok\n")


class _Shown:
    """The answers to everything that only asks."""

    def __init__(self, operations: Operations) -> None:
        self._ops = operations
        self._journal = operations.journal

    async def root(self, _: web.Request) -> web.Response:
        """What this is, with links."""
        site = self._ops.site.replace("&", "&amp;").replace("<", "&lt;")
        return web.Response(text=_ROOT.format(site=site, version=self._ops.version), content_type="text/html")

    async def ready(self, _: web.Request) -> web.Response:
        """Whether orders can be taken, probe by probe."""
        found = await health.ask_all(self._ops.probes)
        return _json(found.document(), HTTPStatus.OK if found.is_ready else HTTPStatus.SERVICE_UNAVAILABLE)

    async def checks(self, _: web.Request) -> web.Response:
        """The same probes, as a list that is always answered 200."""
        return _json((await health.ask_all(self._ops.probes)).document())

    async def metrics(self, _: web.Request) -> web.Response:
        """One scrape."""
        sight = metrics.Sight(
            totals=await self._journal.read(overview.totals),
            paused=self._ops.targets.paused(),
            disk_free=await asyncio.to_thread(_disk_free, self._ops.folders),
            folders=await asyncio.to_thread(folders.levels, self._ops.places),
            now=self._ops.clock.now(),
            started_at=self._ops.started_at,
            version=self._ops.version,
            python=platform.python_version(),
        )
        text = metrics.render(self._ops.counters, sight)
        return web.Response(body=text, headers={"Content-Type": metrics.CONTENT_TYPE})

    async def status(self, _: web.Request) -> web.Response:
        """Links, counts, oldest waits, alerts."""
        totals = await self._journal.read(overview.totals)
        alerts = await self._journal.read(overview.open_alerts)
        quarantined = await asyncio.to_thread(folders.count_quarantined, self._ops.places)
        paused, is_away = self._ops.targets.paused(), self._ops.norce_is_away()
        sight = documents.Sight(alerts, paused, quarantined, running=True, norce_is_away=is_away)
        return _json(documents.status(totals, sight))

    async def orders(self, request: web.Request) -> web.Response:
        """A page of the list."""
        wanted = self._filter(request.query)
        found = await self._journal.read(lambda db: reading.list_orders(db, wanted))
        response = _json(documents.page(found))
        if found.following is not None:
            query = urlencode({**request.query, "after": found.following})
            response.headers["Link"] = f'<{request.path}?{query}>; rel="next"'
        return response

    def _filter(self, query: Mapping[str, str]) -> OrderFilter:
        is_overdue = query.get("overdue", "").lower() in {"1", "true", "yes", "on"}
        overdue = self._ops.overdue(self._ops.clock.now()) if is_overdue else ()
        try:
            return filter_of(query, overdue)
        except ValueError as error:
            refuse(HTTPStatus.BAD_REQUEST, str(error))

    async def order(self, request: web.Request) -> web.Response:
        """One order with all that belongs to it."""
        ref = request.match_info["ref"]
        return _json(documents.order(await self._journal.read(lambda db: reading.dossier(db, ref))))

    async def page(self, request: web.Request) -> web.Response:
        """One order's history as lines of text, until there are pages."""
        ref = request.match_info["ref"]
        document = documents.order(await self._journal.read(lambda db: reading.dossier(db, ref)))
        lines = timeline(document, self._ops.zone, f"{request.scheme}://{request.host}")
        return web.Response(text="\n".join(lines) + "\n")

    async def events(self, request: web.Request) -> web.Response:
        """An order's history."""
        ref = request.match_info["ref"]
        found = await self._journal.read(lambda db: reading.events_of(db, reading.the_order(db, ref).id))
        return _json(documents.events(found))

    async def files(self, request: web.Request) -> web.Response:
        """The files of an order: those made from it, then those of the ERP that speak of it."""
        ref = request.match_info["ref"]
        document = documents.order(await self._journal.read(lambda db: reading.dossier(db, ref)))
        here = f"/api/v1/orders/{quote(ref, safe='')}"
        answers = dict.fromkeys(ack["file"] for ack in document["acknowledgements"])
        return _json(
            [
                *_linked(document["drops"], f"{here}/files"),
                *_linked([{"file": name} for name in answers], f"{here}/answers"),
            ],
        )

    async def request(self, request: web.Request) -> web.Response:
        """The order's body as it came."""
        ref = request.match_info["ref"]
        return _bytes(request, await self._journal.read(lambda db: reading.request_of(db, ref)))

    async def file(self, request: web.Request) -> web.Response:
        """A file made from the order, as it was written."""
        ref, number = request.match_info["ref"], int(request.match_info["number"])
        return _bytes(request, await self._journal.read(lambda db: reading.file_of(db, ref, number)))

    async def answer(self, request: web.Request) -> web.Response:
        """A file of the ERP that speaks of the order, as it was read; 0 is the latest."""
        ref, number = request.match_info["ref"], int(request.match_info["number"])
        return _bytes(request, await self._journal.read(lambda db: reading.answer_of(db, ref, number)))

    async def rejects(self, request: web.Request) -> web.Response:
        """The reject store; ``?settled=1`` lists the replayed and discarded ones too."""
        settled = request.query.get("settled", "") in {"1", "true"}
        return _json(documents.rejects(await self._journal.read(lambda db: overview.list_rejects(db, settled=settled))))

    async def reject(self, request: web.Request) -> web.Response:
        """One kept body's facts."""
        number = int(request.match_info["id"])
        return _json(documents.reject(await self._journal.read(lambda db: overview.the_reject(db, number))))

    async def reject_body(self, request: web.Request) -> web.Response:
        """A kept body as it came."""
        number = int(request.match_info["id"])
        return _bytes(request, await self._journal.read(lambda db: overview.reject_body(db, number)))


def _linked(entries: Sequence[Mapping[str, Any]], base: str) -> list[dict[str, Any]]:
    return [{**entry, "href": f"{base}/{number}"} for number, entry in enumerate(entries, start=1)]


def _json(document: Mapping[str, object] | Sequence[object], status: int = HTTPStatus.OK) -> web.Response:
    return web.Response(status=status, text=documents.said(document) + "\n", content_type="application/json")


def _bytes(request: web.Request, payload: Payload) -> web.Response:
    """A payload as it was: never run, never kept by the browser, and not sent again when it is known."""
    etag = f'"{payload.sha256}"'
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": etag})
    name = quote(payload.name, safe="")
    return web.Response(
        body=payload.content,
        headers={
            "Content-Type": _harmless(payload.content_type),
            "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
            "ETag": etag,
        },
    )


def _harmless(content_type: str) -> str:
    kind = content_type.partition(";")[0].strip().lower()
    return kind if kind in {"application/json", "application/xml", "text/xml"} else "application/octet-stream"


def _disk_free(folders: Mapping[str, Path]) -> dict[str, int]:
    free = {}
    for name, folder in folders.items():
        try:
            free[name] = shutil.disk_usage(folder).free
        except OSError:
            continue  # a folder that is gone has no disk; other gauges tell of it
    return free
