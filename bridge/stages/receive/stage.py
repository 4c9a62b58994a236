"""Stage *receive*: Norce's orders by HTTP, checked, admitted, answered in kind (``DESIGN.md`` section 8).

Not for: what an order becomes (``stages/receive/admission.py``). Nothing is answered OK before the journal has
it (invariant 1).
"""

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http import HTTPStatus

from aiohttp import web

from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import BridgeError, ErrorName, PermanentError, TransientError
from bridge.journal.records import Body
from bridge.norce import openapi
from bridge.norce.answers import Answer, accepted, answer, failed
from bridge.norce.bodies import BodyKind, Content, content_of
from bridge.stages.receive.admission import Incoming, Intake, Taken
from bridge.stages.receive.gate import Caller, Gate, Refusal
from bridge.stages.receive.page import help_page
from bridge.stages.receive.recorder import Exchange, Recorder

RETRY_AFTER_S = 600
READ_WITHIN_S = 30
_REQUEST_ID = web.RequestKey("request_id", str)
_BODY = web.RequestKey("body", bytes)
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{6,64}")
_SERVER = "erp-bridge"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes and times of the orders listener; ``confirm_within`` is how long an answer waits for the ERP's."""

    path: str
    max_body: int
    max_in_flight: int
    answer_within: timedelta
    confirm_within: timedelta


class _RefusedError(Exception):
    """A request that is answered by a plain HTTP status before its order was looked at."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.title)
        self.refusal = refusal


class ReceiveStage:
    """The orders listener as an aiohttp application."""

    def __init__(self, intake: Intake, gate: Gate, limits: Limits, clock: Clock, counters: Counters) -> None:
        self._intake = intake
        self._gate = gate
        self._limits = limits
        self._clock = clock
        self._counters = counters
        self._in_flight = 0
        self._is_closing = False
        self.recorder = Recorder(clock)

    def app(self) -> web.Application:
        """The application with its routes (``INTERFACE.md`` 4.1)."""
        around = web.middleware(partial(self._around))
        app = web.Application(client_max_size=self._limits.max_body, middlewares=[around])
        app.on_response_prepare.append(_sign)
        path = self._limits.path.rstrip("/")
        app.router.add_post(path or "/", self._serve)
        app.router.add_post(f"{path}/json", self._serve_json)
        app.router.add_post(f"{path}/xml", self._serve_xml)
        app.router.add_post(f"{path}/CreateOrder", self._serve_xml)
        app.router.add_get(path or "/", self._help)
        app.router.add_get(f"{path}/openapi.json", self._describe)
        app.router.add_get("/healthz", _live)
        return app

    def close(self) -> None:
        """Answer 503 from now on; requests in hand are finished."""
        self._is_closing = True

    # --- around a request -----------------------------------------------------------------------------------------

    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Give each request its id, its count and its duration; nothing that goes wrong becomes a 500."""
        given = request.headers.get("X-Request-Id", "")
        request[_REQUEST_ID] = given if _SANE_ID.fullmatch(given) else secrets.token_hex(8)
        began = self._clock.monotonic()
        code = HTTPStatus.SERVICE_UNAVAILABLE.value
        try:
            response = await self._handled(request, handler)
            code = response.status
            self._record(request, response)
        except web.HTTPException as error:
            code = error.status
            raise
        else:
            return response
        finally:
            resource = request.match_info.route.resource
            route = resource.canonical if resource else "other"
            self._counters.add("http_requests_total", route=route, method=request.method, code=str(code))
            took = self._clock.monotonic() - began
            self._counters.observe("http_request_duration_seconds", took, route=route, method=request.method)

    def _record(self, request: web.Request, response: web.StreamResponse) -> None:
        """Hand the exchange to the recorder; what was not let in or not read whole has no body to keep."""
        body = request.get(_BODY)
        if body is None or not isinstance(response, web.Response):
            return
        answer = response.body if isinstance(response.body, bytes) else b""
        headers = tuple(request.headers.items())
        self.recorder.keep(Exchange(request.method, request.path_qs, headers, body, response.status, answer))

    async def _handled(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except _RefusedError as error:
            return _refused(error.refusal)
        except web.HTTPException:
            raise
        except BridgeError as error:
            return self._busy(request, error)
        except Exception:
            log.exception("unforeseen_error", extra={"stage": "receive", "request_id": request[_REQUEST_ID]})
            return self._busy(request, _unforeseen())

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        return await self._pass_gate(request, None)

    async def _serve_json(self, request: web.Request) -> web.StreamResponse:
        return await self._pass_gate(request, BodyKind.JSON)

    async def _serve_xml(self, request: web.Request) -> web.StreamResponse:
        return await self._pass_gate(request, BodyKind.XML)

    async def _help(self, request: web.Request) -> web.StreamResponse:
        text = help_page(str(request.url.with_query(None)))
        return web.Response(text=text, status=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})

    async def _describe(self, _: web.Request) -> web.StreamResponse:
        """What this listener takes and answers; it tells nothing that the contract does not, so no login is asked."""
        return web.json_response(openapi.document(self._limits.path))

    async def _pass_gate(self, request: web.Request, forced: BodyKind | None) -> web.StreamResponse:
        if self._is_closing:
            raise TransientError("the bridge is stopping", name=ErrorName.STOPPING)
        refusal = await self._gate.check(
            Caller(
                peer=request.remote or "",
                forwarded_for=request.headers.get("X-Forwarded-For", ""),
                authorization=request.headers.get("Authorization", ""),
            ),
        )
        if refusal is not None:
            log.warning("login_refused", extra={"stage": "receive", "error": refusal.title, "hint": refusal.hint})
            raise _RefusedError(refusal)
        if self._in_flight >= self._limits.max_in_flight:
            raise TransientError("too many orders at once", name=ErrorName.BUSY)
        self._in_flight += 1
        try:
            return await self._answer(request, forced)
        finally:
            self._in_flight -= 1

    # --- one order ------------------------------------------------------------------------------------------------

    async def _answer(self, request: web.Request, forced: BodyKind | None) -> web.StreamResponse:
        incoming = await self._read(request, forced)
        try:
            taken = await self._take(incoming)
        except PermanentError as error:
            return await self._fail(incoming, error)
        except TransientError as error:
            self._count("", "unavailable")
            return self._busy(request, error)
        except Exception:
            log.exception("unforeseen_error", extra={"stage": "receive", "request_id": incoming.request_id})
            await self._intake.keep(incoming, _unforeseen())
            return self._busy(request, _unforeseen())
        return await self._write(request, incoming, taken)

    async def _read(self, request: web.Request, forced: BodyKind | None) -> Incoming:
        """The whole body and what it is. Refuses what can be cured by a setting of Norce or ours with 413 and 415."""
        if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
            raise _RefusedError(
                Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Compressed bodies are not taken", "send it as it is"),
            )
        if (request.content_length or 0) > self._limits.max_body:
            raise _too_large(self._limits.max_body)
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                content = await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise _too_large(self._limits.max_body) from None
        except TimeoutError:
            raise TransientError("the body did not arrive in time", name=ErrorName.BUSY) from None
        except (ConnectionError, web.RequestPayloadError):
            raise TransientError("the body did not arrive whole", name=ErrorName.BUSY) from None
        request[_BODY] = content
        label = request.headers.get("Content-Type", "")
        kind = content_of(label, content, forced)
        if kind is None:
            raise _RefusedError(
                Refusal(
                    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                    "Orders are taken as JSON or XML",
                    "Content-Type: application/json or application/xml (Norce Admin: ERP endpoint type REST)",
                ),
            )
        body = Body(content, label, kind.kind.value, forced.value if forced else None)
        return Incoming(body, kind, request[_REQUEST_ID], self._clock.now())

    async def _take(self, incoming: Incoming) -> Taken:
        try:
            async with asyncio.timeout(self._limits.answer_within.total_seconds()):
                return await self._intake.take(incoming)
        except TimeoutError:
            raise TransientError("the journal did not answer in time", name=ErrorName.JOURNAL_BUSY) from None

    async def _fail(self, incoming: Incoming, error: PermanentError) -> web.StreamResponse:
        """*Failed* is final for Norce, so the body is kept first (invariant 13)."""
        reject_id = await self._intake.keep(incoming, error)
        self._count("", "rejected")
        log.error(
            "order_rejected",
            extra={
                "stage": "receive",
                "error": error.message,
                "hint": error.hint or f"erp-bridge rejects show {reject_id}",
                "request_id": incoming.request_id,
            },
        )
        return _response(incoming.content, failed(error.message))

    async def _write(self, request: web.Request, incoming: Incoming, taken: Taken) -> web.StreamResponse:
        """Write the answer out, then note that it was; a number told to a new order settles its confirmation."""
        number = taken.admitted.erp_order_no
        if not taken.admitted.repeat and self._limits.confirm_within:
            number = await self._intake.number_within(taken.order_ref, self._limits.confirm_within)
        response = _response(incoming.content, accepted(number))
        told = None if taken.admitted.repeat else number
        try:
            await response.prepare(request)
            await response.write_eof()
        except ConnectionError:
            told = None
            log.warning(
                "answer_not_written",
                extra={"order": taken.order_ref, "stage": "receive", "request_id": incoming.request_id},
            )
        finally:
            self._intake.told.add(taken.admitted.order_id, told)
        self._log_taken(incoming, taken)
        return response

    def _log_taken(self, incoming: Incoming, taken: Taken) -> None:
        took = self._clock.now() - incoming.received_at
        outcome = "repeated" if taken.admitted.repeat else "accepted"
        self._count(taken.application, outcome)
        facts = {
            "order": taken.order_ref,
            "application": taken.application,
            "stage": "receive",
            "lines": taken.line_count,
            "ms": round(took.total_seconds() * 1000),
            "request_id": incoming.request_id,
        }
        if taken.admitted.conflict:
            self._counters.add("conflicts_total", application=taken.application)
            log.warning("order_conflict", extra={**facts, "hint": "the first goes on; look at both bodies"})
        elif taken.admitted.repeat:
            log.info("order_repeated", extra=facts)
        else:
            log.info("order_received", extra=facts)
        for warning in taken.warnings:
            log.warning("order_warning", extra={**facts, "hint": warning})

    def _count(self, application: str, outcome: str) -> None:
        self._counters.add("orders_received_total", application=application or "unknown", outcome=outcome)

    def _busy(self, request: web.Request, error: BridgeError) -> web.Response:
        log.warning(
            "order_refused_busy",
            extra={"stage": "receive", "error": error.line(), "request_id": request[_REQUEST_ID]},
        )
        refusal = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, error.message, error.hint or "nothing is lost; send it again")
        response = _refused(refusal)
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response


def _response(content: Content, said: Answer) -> web.Response:
    content_type, body = answer(content.kind, said)
    return web.Response(body=body, headers={"Content-Type": content_type})


def _refused(refusal: Refusal) -> web.Response:
    """A refusal as a problem document (RFC 9457)."""
    document = {
        "type": "about:blank",
        "status": refusal.status.value,
        "title": refusal.title,
        "hint": refusal.hint,
    }
    response = web.json_response(document, status=refusal.status, content_type="application/problem+json")
    if refusal.says_how:
        response.headers["WWW-Authenticate"] = 'Basic realm="orders", charset="UTF-8"'
    return response


def _too_large(limit: int) -> _RefusedError:
    return _RefusedError(
        Refusal(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"The order is larger than {limit} bytes",
            "raise [receiver] max_body; Norce sends it again",
        ),
    )


def _unforeseen() -> TransientError:
    return TransientError("an unforeseen fault of the bridge; the body is kept", name=ErrorName.UNFORESEEN)


async def _sign(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = _SERVER
    response.headers["X-Request-Id"] = request.get(_REQUEST_ID, "")


async def _live(_: web.Request) -> web.StreamResponse:
    return web.Response(text="ok")
