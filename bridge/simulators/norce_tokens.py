"""The token endpoint of the simulated Norce: its limits, its refusals, the tokens it gave (``norce/connect.md`` 5).

Not for: HTTP.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.clock import Clock

LASTS_S = 3600
PER_MINUTE = 3
BURST = 20


@dataclass(frozen=True, slots=True)
class Client:
    """The one client that may ask."""

    client_id: str = "demo"
    client_secret: str = field(default="demo", repr=False)
    scopes: frozenset[str] = frozenset({"playground", "stage", "prod"})


@dataclass(slots=True)
class _Bucket:
    """Requests that an address may still make; it fills up again with time."""

    left: float
    at: float


class Tokens:
    """Gives tokens and knows them again until they expire."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._expiry: dict[str, float] = {}

    def may_ask(self, address: str) -> bool:
        """False once an address asks more than three times a minute, after a burst of twenty."""
        now = self._clock.monotonic()
        bucket = self._buckets.setdefault(address, _Bucket(BURST, now))
        bucket.left = min(BURST, bucket.left + (now - bucket.at) * PER_MINUTE / 60)
        bucket.at = now
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True

    def refusal(self, form: Mapping[str, object]) -> str | None:
        """The OAuth error for a request that gets no token."""
        if form.get("grant_type") != "client_credentials":
            return "unsupported_grant_type"
        known = (self._client.client_id, self._client.client_secret)
        if (form.get("client_id"), form.get("client_secret")) != known:
            return "invalid_client"
        wanted = str(form.get("scope", "")).split()
        return None if wanted and self._client.scopes.issuperset(wanted) else "invalid_scope"

    def issue(self) -> Mapping[str, object]:
        """A new token, as the endpoint answers it."""
        token = secrets.token_urlsafe(24)
        self._expiry[token] = self._clock.monotonic() + LASTS_S
        return {"access_token": token, "expires_in": LASTS_S, "token_type": "Bearer"}

    def accepts(self, authorization: str) -> bool:
        """True for ``Bearer`` and a token that was given and has not expired."""
        kind, _, token = authorization.partition(" ")
        return kind.lower() == "bearer" and self._expiry.get(token.strip(), 0.0) > self._clock.monotonic()
