"""One access token for all calls to Norce: fetched when needed, kept while it lasts, renewed by one caller for all.

Not for: HTTP itself, which comes in as a function (``client``).
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from bridge.clock import Clock
from bridge.errors import ErrorName, TransientError
from bridge.norce.client_pace import Pace
from bridge.norce.client_replies import ADDRESS_HINT, Reply, login_refused, retry_after_s

RENEW_BEFORE_S = 60.0
LONGEST_LIFE_S = 86_400.0
ASSUMED_LIFE_S = 600.0
"""Of a token that does not say how long it lasts; a refusal on the way renews it anyway."""

EVERY_S = 20.0
BURST = 10
"""Norce allows an address three token requests a minute and twenty in one go (``norce/connect.md`` 5). Half of these
twenty are left to what ran before a restart and to other programs of this machine."""

PAUSE_AFTER_REFUSAL_S = 20.0

Post = Callable[[Mapping[str, str]], Awaitable[Reply]]
"""Posts a form to the token endpoint; raises ``TransientError`` when nobody answers."""

# RFC 6749 5.2; any other word of the endpoint is not repeated, since it may repeat what we sent.
_ERRORS = frozenset(
    {
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    },
)
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who we are to Norce."""

    client_id: str
    client_secret: str = field(repr=False)
    scope: str

    def form(self) -> Mapping[str, str]:
        """The body of a token request; Norce wants the secret in it, not in a header."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": self.scope,
        }


@dataclass(frozen=True, slots=True)
class _Token:
    text: str = field(repr=False)
    renew_at: float
    """By the monotonic clock."""


class Login:
    """Keeps the token. Many may ask at once: one fetches, the others share its token or its failure."""

    def __init__(self, credentials: Credentials, post: Post, clock: Clock) -> None:
        self._credentials = credentials
        self._post = post
        self._clock = clock
        self._pace = Pace(EVERY_S, BURST)
        self._lock = asyncio.Lock()
        self._token: _Token | None = None
        self._failures = 0
        self._failure: TransientError | None = None
        self._closed_until = float("-inf")

    async def token(self, refused: str | None = None) -> str:
        """A token that lasts, and that is not the one that was ``refused``; raises ``TransientError``."""
        failures = self._failures
        async with self._lock:
            if self._token and self._token.text != refused and self._token.renew_at > self._clock.monotonic():
                return self._token.text
            if self._failure and failures != self._failures:
                raise _again(self._failure)  # another caller has just tried
            self._refuse_while_closed()
            try:
                self._token = await self._fetch()
            except TransientError as error:
                self._failures += 1
                self._failure = _again(error)
                raise
            return self._token.text

    def close_for_a_while(self) -> None:
        """Asks for no new token for 20 s: what the newest one got was a refusal too."""
        self._closed_until = self._clock.monotonic() + PAUSE_AFTER_REFUSAL_S

    def secrets(self) -> tuple[str, ...]:
        """What must never be told to anyone."""
        return (self._credentials.client_secret, self._token.text if self._token else "")

    def _refuse_while_closed(self) -> None:
        wait_s = self._closed_until - self._clock.monotonic()
        if wait_s > 0:
            raise login_refused("Norce refused the login moments ago", wait_s)
        wait_s = self._pace.wait_s(self._clock.monotonic())
        if wait_s > 0:
            raise TransientError(
                "enough tokens were asked for lately",
                name=ErrorName.NORCE_BUSY,
                hint="one token lasts an hour; look for what makes Norce refuse them, or for a second bridge",
                retry_after_s=wait_s,
            )

    async def _fetch(self) -> _Token:
        self._pace.book(self._clock.monotonic())
        reply = await self._post(self._credentials.form())
        if reply.is_success:
            return self._token_in(reply)
        answer = _object_in(reply.body)
        error = answer.get("error")
        wait_s = retry_after_s(reply.retry_after, self._clock.now())
        if reply.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            self.close_for_a_while()
            said = f" ({error})" if isinstance(error, str) and error in _ERRORS else ""
            raise login_refused(f"the token endpoint refused the login with {reply.status}{said}", wait_s)
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._closed_until = self._clock.monotonic() + (wait_s or PAUSE_AFTER_REFUSAL_S)
        raise TransientError(
            f"the token endpoint answered {reply.status}",
            name=ErrorName.NORCE_UNREACHABLE,
            hint=ADDRESS_HINT if reply.status < HTTPStatus.INTERNAL_SERVER_ERROR else "",
            retry_after_s=wait_s,
        )

    def _token_in(self, reply: Reply) -> _Token:
        answer = _object_in(reply.body)
        text, lasts_s = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(text, str) or not _TOKEN.fullmatch(text):
            raise TransientError(
                "the token endpoint's answer holds no usable access_token",
                name=ErrorName.NORCE_UNREACHABLE,
                hint=ADDRESS_HINT,
            )
        if not isinstance(lasts_s, int | float) or not 0 < lasts_s <= LONGEST_LIFE_S:
            lasts_s = ASSUMED_LIFE_S
        return _Token(text, self._clock.monotonic() + lasts_s - RENEW_BEFORE_S)


def _object_in(body: bytes) -> Mapping[str, object]:
    """The JSON object in an answer; anything else is an empty one."""
    try:
        answer: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _again(failure: TransientError) -> TransientError:
    """The same failure for another caller: an error that is raised twice would collect both histories."""
    return TransientError(
        failure.message,
        name=failure.name,
        hint=failure.hint,
        retry_after_s=failure.retry_after_s,
    )
