"""Acts over HTTP, done once: the same ``Idempotency-Key`` gets the answer that it got then. And what a body asks for.

Not for: any act.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from bridge.ops.documents import said
from bridge.ops.guard import refuse

REMEMBERED = 1000
LONGEST_TEXT = 500

Act = Callable[[web.Request], Awaitable[Mapping[str, Any]]]


class Once:
    """The answers given since the start to acts that carried a key."""

    def __init__(self) -> None:
        self._answered: OrderedDict[tuple[str, str], tuple[int, str]] = OrderedDict()
        self._acting = asyncio.Lock()

    async def __call__(self, request: web.Request, act: Act) -> web.Response:
        """Do ``act``, or answer as when it was done under the same key; a refused act is not remembered."""
        given = request.headers.get("Idempotency-Key", "")
        if not given:
            return _answer(HTTPStatus.OK, said(await act(request)))
        key = (request.path, given[:LONGEST_TEXT])
        async with self._acting:
            if key not in self._answered:
                self._answered[key] = (HTTPStatus.OK, said(await act(request)))
                while len(self._answered) > REMEMBERED:
                    self._answered.popitem(last=False)
            return _answer(*self._answered[key])


def _answer(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text + "\n", content_type="application/json")


async def words_of(request: web.Request) -> Mapping[str, Any]:
    """The object in the body; an empty body is an empty one. Anything else is refused."""
    try:
        document = json.loads(await request.text() or "{}")
    except (ValueError, RecursionError):
        refuse(HTTPStatus.BAD_REQUEST, 'the body is not JSON; write {"reason": "..."}')
    if not isinstance(document, dict):
        refuse(HTTPStatus.BAD_REQUEST, 'the body is not an object; write {"reason": "..."}')
    return document


def word(words: Mapping[str, Any], name: str) -> str:
    """A text of the body, trimmed; empty when it is missing. What is no text is refused."""
    value = words.get(name, "")
    if not isinstance(value, str):
        refuse(HTTPStatus.BAD_REQUEST, f'"{name}" must be a text')
    return value.strip()[:LONGEST_TEXT]


def reason_in(words: Mapping[str, Any]) -> str:
    """Why a person acts; a body that does not say it is refused."""
    reason = words.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        refuse(HTTPStatus.BAD_REQUEST, 'a reason is needed: {"reason": "..."}')
    return reason.strip()[:LONGEST_TEXT]
