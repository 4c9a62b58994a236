"""What a reply of Norce means for the call that got it: done, later, or never; pure.

Not for: talking to anybody (``client``).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from bridge.errors import BridgeError, ErrorName, InDoubtError, PermanentError, TransientError
from bridge.norce.faults import escaped
from bridge.norce.reports import Call

LONGEST_EXCERPT = 2000
LONGEST_WAIT_S = 3600.0

LOGIN_HINT = "compare client_id, client_secret and scope of [norce] with the OAuth user in Norce Admin"
ADDRESS_HINT = "compare base_url and token_url of [norce], or slug and environment, with your environment's addresses"
UNKNOWN_REF_HINT = (
    "the order's reference is not a plain number, so Norce looks it up by the ERP's number, which it may never "
    "have been told; confirm_within lets the answer to the order carry it"
)
REFUSED_HINT = "see the order in Norce Admin; when the cause is mended: erp-bridge orders retry"

_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back over HTTP; of a long body only the beginning."""

    status: int
    retry_after: str | None = None
    body: bytes = field(default=b"", repr=False)

    @property
    def is_success(self) -> bool:
        """True when the call has done what it was to do."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def fault_of(reply: Reply, call: Call, now: datetime, secrets: tuple[str, ...]) -> BridgeError | None:
    """The error that ``reply`` means, ``None`` when the call is done.

    The class decides on a repetition: 408, 429 and 5xx pass, and so may a redirect (somebody else answers there at
    present); any other 4xx is Norce's last word (``norce/connect.md`` 5). ``secrets`` are struck out of what the
    error quotes.
    """
    if reply.is_success:
        return None
    if reply.status in _BUSY or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _later(reply, call.operation, now, secrets)
    if reply.status < HTTPStatus.BAD_REQUEST:
        return TransientError(
            f"{call.operation} got {reply.status}, a way to somewhere else, which is not followed",
            name=ErrorName.NORCE_UNREACHABLE,
            hint=ADDRESS_HINT,
        )
    told = excerpt(reply.body, secrets)
    ref = str(call.body.get("ClientOrderRef") or call.body.get("OrderNo", ""))
    return PermanentError(
        f"Norce refused {call.operation} with {reply.status}" + (f": {told}" if told else ""),
        name=ErrorName.NORCE_REFUSED,
        subject=ref,
        hint=f"{REFUSED_HINT} {ref}" if ref else UNKNOWN_REF_HINT,
    )


def _later(reply: Reply, operation: str, now: datetime, secrets: tuple[str, ...]) -> TransientError:
    """Busy is said before the work is done; of any other failure nobody knows how far it came.

    A 500 is Norce's own and may name what ails this order; gateways' pages would fill the journal.
    """
    is_busy = reply.status in _BUSY
    told = excerpt(reply.body, secrets) if reply.status == HTTPStatus.INTERNAL_SERVER_ERROR else ""
    failure = TransientError if is_busy else InDoubtError
    return failure(
        f"{operation} got {reply.status}; Norce cannot take it at present" + (f": {told}" if told else ""),
        name=ErrorName.NORCE_BUSY if is_busy else ErrorName.NORCE_UNREACHABLE,
        retry_after_s=retry_after_s(reply.retry_after, now),
    )


def login_refused(what: str, retry_after_s: float | None = None) -> TransientError:
    """The error for credentials that Norce does not take: to be mended without losing what waits."""
    return TransientError(
        what,
        name=ErrorName.NORCE_LOGIN_REFUSED,
        hint=LOGIN_HINT,
        retry_after_s=retry_after_s,
    )


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` asks for, as number or date, one hour at most; ``None`` when it says nothing."""
    text = (header or "").strip()
    if not text or len(text) > 40:  # noqa: PLR2004 - no number and no date is longer
        return None
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max(0.0, (aware - now).total_seconds()), LONGEST_WAIT_S)
    except (ValueError, OverflowError):
        return None


def excerpt(body: bytes, secrets: tuple[str, ...]) -> str:
    """The first 2,000 characters of what Norce said, on one line, without our secrets."""
    text = body.decode("utf-8", errors="replace")
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    text = " ".join(text.split())[:LONGEST_EXCERPT]
    return "".join(letter if letter.isprintable() else escaped(letter) for letter in text)
