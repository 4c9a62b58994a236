"""Alerts as JSON by POST: Slack, Teams and whatever else takes ``{"text": ...}``; our own fields stand beside it.

Not for: deciding when to try again; whoever tells does. The address is a secret: it is never logged nor shown.
"""

import os
from datetime import timedelta
from http import HTTPStatus

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from bridge.channels._protocol import Act, Notice
from bridge.clock import iso
from bridge.errors import ErrorName, TransientError

_OPENINGS = {Act.RAISED: "", Act.REPEATED: "Still: ", Act.CLOSED: "Over: "}
_HINTS = {
    HTTPStatus.UNAUTHORIZED: "the other side refuses this address: make a new one there and set [alerts] webhook",
    HTTPStatus.FORBIDDEN: "the other side refuses this address: make a new one there and set [alerts] webhook",
    HTTPStatus.NOT_FOUND: "the other side does not know this address any more: set a new one in [alerts] webhook",
    HTTPStatus.GONE: "the other side does not know this address any more: set a new one in [alerts] webhook",
    HTTPStatus.BAD_REQUEST: 'the other side does not take {"text": ...}: use an address that does',
}


class Options(BaseModel):
    """Where notices go, and how long each may take."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: SecretStr = Field(SecretStr(""), description="Address that takes the notices.")
    timeout: timedelta = Field(timedelta(seconds=10), description="Longest wait for one notice.")


class WebhookChannel:
    """Posts each notice once; no redirect is followed, since an address that moved is not the one that was given."""

    name = "webhook"

    def __init__(self, options: Options) -> None:
        self._url = options.url
        self._timeout = aiohttp.ClientTimeout(total=options.timeout.total_seconds())

    async def tell(self, notice: Notice) -> None:
        """Post it. Raises :class:`TransientError` for anything but a 2xx answer within the time."""
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.post(self._url.get_secret_value(), json=document(notice), allow_redirects=False) as response,
            ):
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _unreachable(_why(error)) from None  # the library's own text may hold the address
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise _refused(status)


def document(notice: Notice) -> dict[str, str]:
    """What is posted."""
    return {
        "text": f"{_OPENINGS[notice.act]}[{notice.severity}] {_plain(notice.text)}",
        "act": notice.act,
        "kind": notice.kind,
        "subject": notice.subject,
        "severity": notice.severity,
        "since": iso(notice.since),
    }


def _plain(text: str) -> str:
    """Nothing in it is read as a mention or a link; these three are what Slack and Teams give a meaning."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno and error.errno > 0:
        return os.strerror(error.errno).lower()
    return type(error).__name__


def _unreachable(why: str) -> TransientError:
    return TransientError(
        f"the webhook cannot be reached: {why}",
        name=ErrorName.CHANNEL_FAILED,
        subject="webhook",
        hint="look at [alerts] webhook and the way out of this machine; then erp-bridge alerts test",
    )


def _refused(status: int) -> TransientError:
    other = "look at [alerts] webhook; then erp-bridge alerts test"
    if status < HTTPStatus.BAD_REQUEST:
        other = "redirects are not followed: set the address that it leads to in [alerts] webhook"
    return TransientError(
        f"the webhook answered {status}",
        name=ErrorName.CHANNEL_FAILED,
        subject="webhook",
        hint=_HINTS.get(HTTPStatus(status), other) if status in set(HTTPStatus) else other,
    )


def build(options: Options) -> WebhookChannel:
    """The channel; nothing is posted yet."""
    return WebhookChannel(options)
