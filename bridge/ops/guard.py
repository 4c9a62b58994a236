"""What stands in front of every request to the admin listener: names, logins, origins, and how errors are told.

Not for: what is answered when all is well (``admin.py``).
"""

import ipaddress
import re
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, NoReturn

from aiohttp import web

from bridge.errors import BridgeError, ErrorName, TransientError
from bridge.ops.documents import problem, said
from bridge.ops.operations import Access

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

REQUEST_ID = web.RequestKey("request_id", str)
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""What is told to everyone: whether the bridge lives, and whether it is ready."""

_SANE_ID = re.compile(r"[A-Za-z0-9._-]{6,64}")
_OWN_ORIGINS = frozenset({"", "none", "same-origin"})
_STATUS_OF = {
    ErrorName.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorName.AMBIGUOUS: HTTPStatus.CONFLICT,
    ErrorName.STATE_FORBIDS: HTTPStatus.CONFLICT,
    ErrorName.BUSY: HTTPStatus.CONFLICT,
    ErrorName.CONFIG_INVALID: HTTPStatus.BAD_REQUEST,
}
_PROBLEM = "application/problem+json"


class Guard:
    """The middleware of the admin listener."""

    def __init__(self, access: Access) -> None:
        self._access = access

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let the request through, or answer why not; errors become problem documents."""
        given = request.headers.get("X-Request-Id", "")
        request[REQUEST_ID] = given if _SANE_ID.fullmatch(given) else secrets.token_hex(8)
        try:
            refused = await self._refusal(request)
            return refused if refused is not None else await handler(request)
        except BridgeError as error:
            return problem_of(request, error)
        except web.HTTPException as error:
            return _plain_problem(request, error)

    async def _refusal(self, request: web.Request) -> web.Response | None:
        if request.path in OPEN_PATHS:
            return None
        if not _is_own_host(request.headers.get("Host", ""), self._access.hosts):
            hint = "call it by its address, or by localhost; other names are refused, so that no web page can act here"
            return refusal(request, HTTPStatus.FORBIDDEN, "this address is not known here", hint)
        if self._access.verify is not None:
            header = request.headers.get("Authorization", "")
            if not (header and await self._access.verify(header)):
                return _ask_for_login(request, is_wrong=bool(header))
        if request.method not in {"GET", "HEAD"}:
            return self._refusal_of_act(request)
        return None

    def _refusal_of_act(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Sec-Fetch-Site", "") not in _OWN_ORIGINS:
            return refusal(request, HTTPStatus.FORBIDDEN, "this was asked by a page from elsewhere", "")
        if self._access.read_only:
            hint = "[admin] read_only = false allows it"
            return refusal(request, HTTPStatus.FORBIDDEN, "this listener only shows, it changes nothing", hint)
        return None


def _is_own_host(header: str, hosts: frozenset[str]) -> bool:
    """True for addresses, which no foreign name server can give away, for localhost, and for names we were told."""
    host = header.rpartition("]")[0].lstrip("[") if header.startswith("[") else header.partition(":")[0]
    if host.lower() == "localhost" or host.lower() in hosts:
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ask_for_login(request: web.Request, *, is_wrong: bool) -> web.Response:
    said = "the login is wrong" if is_wrong else "a login is needed"
    hint = "it is [admin] username and password_file of this bridge; elsewhere --url http://USER:PASSWORD@host:port"
    response = refusal(request, HTTPStatus.UNAUTHORIZED, said, hint)
    response.headers["WWW-Authenticate"] = 'Basic realm="erp-bridge", charset="UTF-8"'
    return response


def status_of(error: BridgeError) -> HTTPStatus:
    """The HTTP status that an error is told with."""
    passing = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, TransientError) else HTTPStatus.UNPROCESSABLE_ENTITY
    return _STATUS_OF.get(error.name, passing)


def problem_of(request: web.Request, error: BridgeError) -> web.Response:
    """An error as a problem document."""
    status = status_of(error)
    return _response(status, problem(error, status, request.path))


def refusal(request: web.Request, status: HTTPStatus, detail: str, hint: str) -> web.Response:
    """A refusal that is no error of the bridge, in the same form."""
    name = status.phrase.lower().replace(" ", "_")
    document = {
        "type": f"urn:erp-bridge:http:{name}",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
        "hint": hint,
        "instance": request.path,
    }
    return _response(status, document)


def refuse(status: HTTPStatus, detail: str) -> NoReturn:
    """End a request from within its handler."""
    raise _REFUSALS[status](reason=status.phrase, text=detail)


_REFUSALS: dict[HTTPStatus, type[web.HTTPError]] = {
    HTTPStatus.BAD_REQUEST: web.HTTPBadRequest,
    HTTPStatus.NOT_FOUND: web.HTTPNotFound,
}


def _plain_problem(request: web.Request, error: web.HTTPException) -> web.Response:
    status = HTTPStatus(error.status)
    text = error.text or ""
    detail = "" if text.startswith(f"{error.status}: ") else text
    response = refusal(request, status, detail or status.description, "")
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _response(status: HTTPStatus, document: dict[str, Any]) -> web.Response:
    return web.Response(status=status, text=said(document) + "\n", content_type=_PROBLEM)


async def sign(request: web.Request, response: web.StreamResponse) -> None:
    """The headers that every answer carries."""
    response.headers["Server"] = "erp-bridge"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'self'"
    response.headers["Cache-Control"] = "no-store"
    if REQUEST_ID in request:
        response.headers["X-Request-Id"] = request[REQUEST_ID]
