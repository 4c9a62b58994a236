"""Posting one order and understanding what comes back; and the orders that are posted.

Not for: words about usage (``sending.py``).
"""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bridge.cli._client import reason_of
from bridge.config import parse_address
from bridge.norce.bodies import BodyKind, content_of
from bridge.simulators.norce_samples import SampleOrders

WITHIN_S = 30
_EPOCH_S = 1_767_225_600
"""The beginning of 2026: fresh references are tenths of seconds since then, which fits Norce's integer until 2032."""

_TENTHS = 10
_LARGEST_INTEGER = 2**31 - 1
_ELEMENT = re.compile(rb"<(?:\w+:)?(\w+)[^>]*>([^<]*)</")
_TYPES = {BodyKind.JSON: "application/json", BodyKind.XML: "application/xml", BodyKind.SOAP: "text/xml"}


@dataclass(frozen=True, slots=True)
class Post:
    """Where to, and as whom."""

    url: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """An order as it is posted."""

    order_ref: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; ``status`` is ``None`` when nobody answered, and ``body`` then says why."""

    status: int | None
    body: str

    @property
    def answer(self) -> dict[str, Any]:
        """The fields of the OrderResponse, from JSON or XML; empty when there is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            pairs = _ELEMENT.findall(self.body.encode())
            return {name.decode(): value.decode() or None for name, value in pairs}
        return found if isinstance(found, dict) else {}

    @property
    def is_ok(self) -> bool:
        """True when Norce would be content."""
        return self.status == 200 and self.answer.get("StatusCode") == "OK"  # noqa: PLR2004 - as HTTP says it

    @property
    def is_refused(self) -> bool:
        """True when the login or the address was refused."""
        return self.status in {401, 403}

    def words(self) -> str:
        """The reply in a line for a person."""
        if self.status is None:
            return f"no answer: {self.body}"
        code, said = self.answer.get("StatusCode"), self.answer
        if code is None:
            problem = "; ".join(str(said[name]) for name in ("title", "detail", "hint") if said.get(name))
            return f"HTTP {self.status}: {problem or self.body[:200].strip()}"
        number = f", ERP number {said['ErpOrderNo']}" if said.get("ErpOrderNo") else ""
        return f"{code}{number}: {said.get('Description') or ''}"

    def document(self) -> dict[str, Any]:
        """The reply for machines."""
        said = self.answer
        return {
            "http": self.status,
            "StatusCode": said.get("StatusCode"),
            "Description": said.get("Description") if self.status is not None else self.body,
            "ErpOrderNo": said.get("ErpOrderNo"),
        }


def samples(count: int, application_key: str) -> Iterator[Letter]:
    """Made-up orders under references that nobody used before."""
    first = _fresh_reference()
    made = SampleOrders(seed=first, first=first, application_key=application_key)
    for _ in range(count):
        order = made.next()
        yield Letter(order.order_ref, order.body, _TYPES[BodyKind.JSON])


def copies_of(content: bytes, count: int) -> Iterator[Letter]:
    """The order of a file as it is, then copies under fresh references. Raises ``ValueError`` where that cannot be."""
    found = content_of(None, content)
    kind = found.kind if found else BodyKind.JSON
    yield Letter(_reference_in(content, kind), content, _TYPES[kind])
    if count == 1:
        return
    try:
        order = json.loads(content)
    except ValueError as error:
        raise ValueError("only a JSON order can be copied under another reference") from error
    first = _fresh_reference()
    for number in range(first, first + count - 1):
        body = json.dumps({**order, "ClientOrderRef": str(number)}).encode()
        yield Letter(str(number), body, _TYPES[BodyKind.JSON])


def _reference_in(content: bytes, kind: BodyKind) -> str:
    """The reference as far as a glance tells; what is wrong with the order is the receiver's to say."""
    if kind is BodyKind.JSON:
        found = re.search(rb'"ClientOrderRef"\s*:\s*"?([^",}\s]+)', content)
    else:
        found = re.search(rb"<(?:\w+:)?ClientOrderRef[^>]*>([^<]+)<", content)
    return found[1].decode("utf-8", "replace") if found else "?"


def _fresh_reference() -> int:
    return int((time.time() - _EPOCH_S) * _TENTHS) % _LARGEST_INTEGER or 1


def posted(post: Post, letter: Letter) -> Reply:
    """One POST, never repeated."""
    return asyncio.run(_posted(post, letter))


async def _posted(post: Post, letter: Letter) -> Reply:
    headers = {
        "Authorization": aiohttp.encode_basic_auth(post.username, post.password),
        "Content-Type": letter.content_type,
        "Accept": letter.content_type,
    }
    try:
        async with (
            asyncio.timeout(WITHIN_S),
            aiohttp.ClientSession() as session,
            session.post(post.url, data=letter.body, headers=headers, allow_redirects=False) as reply,
        ):
            return Reply(reply.status, await reply.text(errors="replace"))
    except TimeoutError:
        return Reply(None, f"nothing within {WITHIN_S} s")
    except (aiohttp.ClientError, OSError) as error:
        return Reply(None, f"{post.url} cannot be reached: {reason_of(error)}")


def tell_simulator(base_url: str, letter: Letter, reply: Reply) -> None:
    """Where the settings' Norce is this machine's, book the order there, as if that shop had sent it.

    Without it a simulated Norce would refuse the order's status as that of an unknown order.
    """
    parts = urlsplit(base_url)
    if not reply.is_ok or not parts.port or not parse_address(parts.netloc).is_loopback:
        return
    sent = {"ClientOrderRef": letter.order_ref, "ErpOrderNo": reply.answer.get("ErpOrderNo")}
    asyncio.run(_told(f"{parts.scheme}://{parts.netloc}/sim/orders", {"sent": sent}))


async def _told(url: str, document: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(2), aiohttp.ClientSession() as session, session.post(url, json=document):
            pass
    except (aiohttp.ClientError, OSError):
        return  # no simulator there, then nobody is to be told
