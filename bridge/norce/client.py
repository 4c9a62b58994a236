"""Calls to Norce's order service: one session, one token, one pace, and nobody calls a Norce that is not there.

Not for: repeating a call, keeping order, or remembering what is owed; the journal and ``stages/report`` do. Nothing
here is ever shown or logged with a token or secret in it: aiohttp's own errors, which can hold a whole request, are
put into words and left behind.
"""

import asyncio
import logging
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Self

import aiohttp

from bridge.clock import Clock
from bridge.counters import Counters
from bridge.errors import ErrorName, InDoubtError, TransientError
from bridge.norce.client_circuit import Circuit, Failure, is_away
from bridge.norce.client_login import Credentials, Login
from bridge.norce.client_pace import Pace
from bridge.norce.client_replies import ADDRESS_HINT, Reply, fault_of, login_refused, retry_after_s
from bridge.norce.reports import Body, Call, encoded
from bridge.retry import RetryPolicy

LONGEST_REPLY = 64 * 1024

_TOKEN_CALL = "Token"  # noqa: S105 - the name of an operation in the metrics

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NorceAccess:
    """Where Norce is, who we are to it, and how it is treated.

    ``application_id`` is sent as a header when set; for an order of a shop in ``application_ids`` that shop's goes
    instead. ``retry`` times the probes of a Norce that is away.
    """

    base_url: str
    token_url: str
    credentials: Credentials
    application_id: int | None = None
    application_ids: Mapping[str, int] = field(default_factory=dict)
    timeout: timedelta = timedelta(seconds=10)
    requests_per_minute: int = 600
    retry: RetryPolicy = field(default_factory=RetryPolicy)


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
        self._pace = Pace.per_minute(access.requests_per_minute)
        self._circuit = Circuit(access.retry)
        self._probing = asyncio.Lock()
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

    @property
    def is_away(self) -> bool:
        """True while only a probe may go, since Norce was away the last few times."""
        return self._circuit.is_open

    @property
    def closed_for(self) -> timedelta:
        """How long nobody calls, since Norce was away the last few times; nothing when calls may go."""
        return timedelta(seconds=self._circuit.wait_s(self._clock.monotonic()))

    async def log_in(self) -> None:
        """Get a token, and nothing else; raises ``TransientError`` when Norce is not there or refuses the login."""
        await self._login.token()

    async def send(self, operation: str, body: Body, application: str = "") -> None:
        """Returns when Norce has done it; ``application`` is the shop whose order it is about.

        Raises ``TransientError`` when later may work (nobody there, busy, login refused), ``InDoubtError`` when nobody
        knows whether Norce did it (no answer, a cut connection, a 5xx), and ``PermanentError`` *norce_refused* when
        Norce has said no. A status bears being sent again in doubt, money does not (``norce/connect.md`` 5).
        """
        call = Call(operation, body)
        if self._circuit.is_open:
            async with self._probing:  # one probe; whoever waits here goes on, or is refused, by what it found
                if self._circuit.is_open:
                    self._refuse_while_away(operation)
                    await self._send(call, application)
                    return
        await self._send(call, application)

    def _refuse_while_away(self, operation: str) -> None:
        wait_s = self._circuit.wait_s(self._clock.monotonic())
        if wait_s > 0:
            raise TransientError(
                f"Norce was away moments ago, so {operation} waits for the next probe",
                name=ErrorName.NORCE_UNREACHABLE,
                hint=ADDRESS_HINT,
                retry_after_s=wait_s,
            )

    async def _send(self, call: Call, application: str) -> None:
        token = await self._login.token()
        reply = await self._post_call(call, token, application)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            token = await self._login.token(refused=token)
            reply = await self._post_call(call, token, application)
        secrets = (*self._login.secrets(), token)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            self._login.close_for_a_while()
            raise login_refused(f"Norce refused {call.operation} with 401, and with a new token too")
        fault = fault_of(reply, call, self._clock.now(), secrets)
        if fault:
            raise fault

    async def _post_call(self, call: Call, token: str, application: str) -> Reply:
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        number = self._access.application_ids.get(application, self._access.application_id)
        if number is not None:
            headers["application-id"] = str(number)
        url = f"{self._access.base_url.rstrip('/')}/Order/{call.operation}"
        wait_s = self._pace.book(self._clock.monotonic())
        if wait_s > 0:
            await self._clock.wait(asyncio.Event(), timedelta(seconds=wait_s))
        return await self._counted(_Request(call.operation, url, headers, encoded(call.body)))

    async def _post_form(self, form: Mapping[str, str]) -> Reply:
        headers = {"Accept": "application/json"}
        return await self._counted(_Request(_TOKEN_CALL, self._access.token_url, headers, form))

    async def _counted(self, request: _Request) -> Reply:
        """One exchange with its count and its duration."""
        began = self._clock.monotonic()
        reply: Reply | None = None
        try:
            reply = await self._exchange(request)
        except TransientError:
            self._judge(request.operation, None)
            raise
        else:
            self._judge(request.operation, reply)
            return reply
        finally:
            code = str(reply.status) if reply else "none"
            self._counters.add("norce_requests_total", operation=request.operation, code=code)
            took = self._clock.monotonic() - began
            self._counters.observe("norce_request_duration_seconds", took, operation=request.operation)

    def _judge(self, operation: str, reply: Reply | None) -> None:
        """Tell the circuit. A token is no sign of Connect's being there, but its want keeps every call away."""
        was_open = self._circuit.is_open
        if is_away(reply.status if reply else None):
            asked_s = retry_after_s(reply.retry_after, self._clock.now()) if reply else None
            draw = random.random()  # noqa: S311 - spreads probes
            self._circuit.failed(Failure(self._clock.monotonic(), draw, asked_s))
        elif operation != _TOKEN_CALL:
            self._circuit.answered()
        if self._circuit.is_open and not was_open:
            log.warning("norce_away")
        elif was_open and not self._circuit.is_open:
            log.info("norce_back")

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
            problem, is_sent = f"did not answer within {self._access.timeout.total_seconds():g} s", True
        except (aiohttp.ClientError, OSError) as error:
            problem = f"cannot be reached ({_name_of(error)})"
            is_sent = not isinstance(error, aiohttp.ClientConnectorError)
        failure = InDoubtError if is_sent and request.operation != _TOKEN_CALL else TransientError
        raise failure(
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
