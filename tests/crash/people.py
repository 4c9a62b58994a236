"""A person who decides about orders, over the admin API and by ``NAME.hold``, and takes up the thread after each kill.

What was carried out is read from the order's history, as a person would. What the bridge acknowledged binds it: the
names that must be out of the ERP's sight from then on are told to the ERP, which complains when it sees one.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from tests.crash.world import Erp

Order = Mapping[str, Any]
Scripts = Mapping[str, tuple[str, ...]]

BY_API: Scripts = {
    "48451": ("dropped", "hold", "release"),
    "48452": ("dropped", "hold", "abandon"),
    "48453": ("dropped", "abandon"),
    "48454": ("dropped", "render-again"),
    "48455": ("dropped", "hold", "render-again"),
    "48456": ("fetched", "resend"),
}
BY_FILE: Scripts = {
    "48457": ("mark", "held", "unmark"),
    "48458": ("dropped", "mark", "held", "abandon", "unmark"),
}
LOST = frozenset({"48456"})
"""Fetched at once, and lost by the ERP, so that a person sends it again."""

_TRACE = {
    "hold": "held",
    "release": "released",
    "resend": "resent",
    "render-again": "rendered_again",
    "abandon": "abandoned",
}
_TAKEN = ("taken", "answered")
_LOOKS = 4
_WITHIN_S = 20.0


class TooLateError(Exception):
    """The ERP was quicker: the rest of an order's script is pointless."""


class Person:
    """Follows one script an order; those ``refused`` came too late for good. ``refusals`` tells each word of it."""

    def __init__(self, outbox: Path, erp: Erp, scripts: Scripts) -> None:
        self._outbox = outbox
        self._erp = erp
        self._scripts = scripts
        self._unmarked: set[str] = set()
        self.refused: set[str] = set()
        self.refusals: list[str] = []

    async def see_through(self, port: int) -> None:
        """Do what is left to do. A bridge that dies ends this with an error of the connection."""
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}/api/v1/orders/") as api, asyncio.timeout(_WITHIN_S):
            for ref, script in self._scripts.items():
                with contextlib.suppress(TooLateError):
                    for act in script:
                        await self._do(api, ref, act)

    async def _do(self, api: aiohttp.ClientSession, ref: str, act: str) -> None:
        if ref in self.refused:
            raise TooLateError
        match act:
            case "dropped":
                await _until(api, ref, lambda order: order["drops"][0]["state"] not in {"queued", "staged"})
            case "fetched":
                await _until(api, ref, lambda order: self._is_fetched(ref, order))
            case "mark":
                await self._mark(api, ref)
            case "held" if ref not in self._unmarked:
                self._bind(await _until(api, ref, self._is_out_of_sight))
            case "unmark":
                await self._unmark(api, ref)
            case act if act in _TRACE:
                await self._ask(api, ref, act)

    async def _ask(self, api: aiohttp.ClientSession, ref: str, act: str) -> None:
        """Ask for what the history does not show yet; where it changed at that moment, look again and ask again."""
        for _ in range(_LOOKS):
            order = await _look_at(api, ref)
            if _TRACE[act] in _kinds(order):
                self._bind(order)
                return
            if act == "render-again" and order["drops"][0]["state"] in _TAKEN:
                break  # nobody in their senses makes a second file of what the ERP has
            await self._post(api, ref, act, order)
        self.refused.add(ref)
        raise TooLateError

    async def _post(self, api: aiohttp.ClientSession, ref: str, act: str, order: Order) -> None:
        if act == "release":
            self._unbind(order)
        verb, words = ("resend", {"how": act}) if act == "render-again" else (act, {})
        async with api.post(f"{ref}/{verb}", json={"reason": "a person says so", **words}) as response:
            if response.status != HTTPStatus.OK:
                self.refusals.append(f"{ref}: {act}: {(await response.json())['detail']}")
                await asyncio.sleep(0.02)

    async def _mark(self, api: aiohttp.ClientSession, ref: str) -> None:
        if ref not in self._unmarked:
            (self._outbox / f"{_name(await _look_at(api, ref))}.hold").touch()

    async def _unmark(self, api: aiohttp.ClientSession, ref: str) -> None:
        if ref not in self._unmarked:
            self._unbind(await _look_at(api, ref))
            self._unmarked.add(ref)
        for wish in self._outbox.glob(f"ORDERS_{ref}_*.hold"):
            wish.unlink()

    def _is_fetched(self, ref: str, order: Order) -> bool:
        """The bridge notes it only where it saw the file itself; after a death it may presume, and not see."""
        has_it = any(f"_{ref}_" in name for name, _ in self._erp.fetched)
        return has_it and order["drops"][0]["state"] in {"published", *_TAKEN}

    def _is_out_of_sight(self, order: Order) -> bool:
        """The move follows the commit that the API shows; no promise is made before both are done."""
        return order["drops"][0]["state"] != "published" and not (self._outbox / _name(order)).exists()

    def _bind(self, order: Order) -> None:
        """From now on the ERP must not see what is held, withdrawn or abandoned."""
        is_bound = order["state"] == "abandoned" or order["drops"][0]["state"] == "held"
        kept = order["drops"] if is_bound else order["drops"][1:]
        self._erp.out_of_sight |= {drop["file"] for drop in kept}

    def _unbind(self, order: Order) -> None:
        if order["state"] != "abandoned":
            self._erp.out_of_sight.discard(_name(order))


async def _look_at(api: aiohttp.ClientSession, ref: str) -> Order:
    async with api.get(ref) as response:
        order: Order = await response.json()
        return order


async def _until(api: aiohttp.ClientSession, ref: str, is_so: Callable[[Order], bool]) -> Order:
    while not is_so(order := await _look_at(api, ref)):  # noqa: ASYNC110 - what is waited for happens elsewhere
        await asyncio.sleep(0.01)
    return order


def _kinds(order: Order) -> set[str]:
    return {event["kind"] for event in order["events"]}


def _name(order: Order) -> str:
    return str(order["drops"][0]["file"])
