"""Calls to Norce's order service: one session, one token, one POST at a time for whoever owes one.

Not for: repeating a call, keeping order, or remembering what is owed; the journal and ``stages/report`` do. Nothing
here is ever shown or logged with a token or secret in it: aiohttp's own errors, which can hold a whole request, are
put into words and left behind.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Self

import aiohttp

from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import ErrorName, TransientError
from bridge.norce.client_login import Credentials, Login
from bridge.norce.client_replies import ADDRESS_HINT, Reply, fault_of, login_refused
from bridge.norce.reports import Body, Call

LONGEST_REPLY = 64 * 1024

_TOKEN_CALL = "Token"  # noqa: S105 - the name of an operation in the metrics


@dataclass(frozen=True, slots=True)
class NorceAccess:
    """Where Norce is and who we are to it; ``application_id`` is sent as a header when set."""

    base_url: str
    token_url: str
    credentials: Credentials
    application_id: int | None = None
    timeout: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class _Request:
    """One POST: what it is called in the metrics, where it goes, and what it carries."""

    operation: str
    url: str
    headers: Mapping[str, str]
    body: bytes | Mapping[str, str]


class NorceClient:
    """Norce's order service; use it with ``async with``, from one event loop.

    Any number of callers may send at once.
    """

    def __init__(self, access: NorceAccess, clock: Clock, counters: Counters) -> None:
        self._access = access
        self._clock = clock
        self._counters = counters
        self._login = Login(access.credentials, self._post_form, clock)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=self._access.timeout.total_seconds()),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    async def send(self, operation: str, body: Body) -> None:
        """Returns when Norce has done it.

        Raises ``TransientError`` when later may work (nobody there, busy, login refused) and ``PermanentError``
        *norce_refused* when Norce has said no. After a cut connection it is not known whether Norce did it: the
        caller sends again, which a status bears (``norce/connect.md`` 5).
        """
        call = Call(operation, body)
        token = await self._login.token()
        reply = await self._post_call(call, token)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            token = await self._login.token(refused=token)
            reply = await self._post_call(call, token)
        secrets = (*self._login.secrets(), token)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            self._login.close_for_a_while()
            raise login_refused(f"Norce refused {operation} with 401, and with a new token too")
        fault = fault_of(reply, call, self._clock.now(), secrets)
        if fault:
            raise fault

    async def _post_call(self, call: Call, token: str) -> Reply:
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        if self._access.application_id is not None:
            headers["application-id"] = str(self._access.application_id)
        url = f"{self._access.base_url.rstrip('/')}/Order/{call.operation}"
        return await self._counted(_Request(call.operation, url, headers, json.dumps(call.body).encode()))

    async def _post_form(self, form: Mapping[str, str]) -> Reply:
        headers = {"Accept": "application/json"}
        return await self._counted(_Request(_TOKEN_CALL, self._access.token_url, headers, form))

    async def _counted(self, request: _Request) -> Reply:
        """One exchange with its count and its duration."""
        began = self._clock.monotonic()
        code = "none"
        try:
            reply = await self._exchange(request)
            code = str(reply.status)
            return reply
        finally:
            self._counters.add("norce_requests_total", operation=request.operation, code=code)
            took = self._clock.monotonic() - began
            self._counters.observe("norce_request_duration_seconds", took, operation=request.operation)

    async def _exchange(self, request: _Request) -> Reply:
        if self._session is None:
            raise RuntimeError("the client is used outside its `async with`")
        try:
            async with self._session.post(
                request.url,
                data=request.body,
                headers=request.headers,
                allow_redirects=False,
            ) as response:
                body = await _beginning(response)
                return Reply(response.status, response.headers.get("Retry-After"), body)
        except TimeoutError:
            problem = f"did not answer within {self._access.timeout.total_seconds():g} s"
        except (aiohttp.ClientError, OSError) as error:
            problem = f"cannot be reached ({_name_of(error)})"
        raise TransientError(
            f"Norce {problem}, asked for {request.operation}",
            name=ErrorName.NORCE_UNREACHABLE,
            hint=ADDRESS_HINT,
        )


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    """As much of a reply as anyone here reads; the rest is never fetched."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(LONGEST_REPLY):
        body += chunk
        if len(body) >= LONGEST_REPLY:
            response.close()
            break
    return bytes(body[:LONGEST_REPLY])


def _name_of(error: Exception) -> str:
    """What kind of failure it was, with the system's own word for it, and nothing of the request."""
    number = error.errno if isinstance(error, OSError) else None
    return type(error).__name__ if number is None else f"{type(error).__name__}, errno {number}"
