"""The admin API of a running bridge, called from a verb.

Not for: deciding what to ask. Every failure becomes a ``BridgeError`` that says what to do.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

import aiohttp
import click

from bridge.cli import _exits
from bridge.cli._globals import Globals
from bridge.config import Address, Config
from bridge.errors import ErrorName, PermanentError, TransientError

PATIENCE_S = 30
SILENT_AT_MOST_S = 60
"""A stream of events says at least every fifteen seconds that it is still there."""

_DATA = b"data: "
_LONGEST_EVENT = 1024 * 1024
_ERROR = "urn:erp-bridge:error:"
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - turned into an address that can be called
_CODES = {
    HTTPStatus.UNAUTHORIZED: _exits.REFUSED,
    HTTPStatus.FORBIDDEN: _exits.REFUSED,
    HTTPStatus.BAD_REQUEST: _exits.USAGE,
    HTTPStatus.NOT_FOUND: _exits.NOTHING_FOUND,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    content: bytes
    content_type: str

    def document(self) -> Any:
        """The reply as JSON."""
        return json.loads(self.content)


class AdminApi:
    """One bridge's admin listener; each call is a connection of its own.

    Every call raises a ``BridgeError``: what the bridge refused as it told it, or that it cannot be reached.
    """

    def __init__(self, url: str, login: tuple[str, str] | None = None) -> None:
        """Wrong usage (``click.BadParameter``) for what is no address of a listener."""
        parts = address_in(url, "--url")
        if parts.username is not None:
            login = (parts.username, parts.password or "")
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
        self.url = f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"
        self.sends_login = login is not None
        self._headers = {"Authorization": aiohttp.encode_basic_auth(*login)} if login else {}

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Ask for something."""
        return asyncio.run(self._call("GET", path, query=query))

    def post(self, path: str, body: Mapping[str, object], patience_s: float = PATIENCE_S) -> Reply:
        """Ask for an act."""
        return asyncio.run(self._call("POST", path, body=body, patience_s=patience_s))

    def follow(self, query: Mapping[str, str], tell: Callable[[dict[str, Any]], None]) -> None:
        """Tell each event as it happens, after a broken connection from where it broke off; only an error ends it."""
        asyncio.run(self._follow(query, tell))

    async def _follow(self, query: Mapping[str, str], tell: Callable[[dict[str, Any]], None]) -> None:
        timeout = aiohttp.ClientTimeout(sock_connect=PATIENCE_S, sock_read=SILENT_AT_MOST_S)
        async with aiohttp.ClientSession(
            headers=self._headers, timeout=timeout, read_bufsize=_LONGEST_EVENT
        ) as session:
            last = ""
            while True:
                async for event in self._events(session, query, last):
                    tell(event)
                    last = str(event["id"])

    async def _events(
        self, session: aiohttp.ClientSession, query: Mapping[str, str], last: str
    ) -> AsyncIterator[dict[str, Any]]:
        """The events of one connection, until it breaks; a bridge that is not there at all is an error."""
        url, headers = f"{self.url}/api/v1/events", {"Last-Event-ID": last}
        try:
            async with session.get(url, params=query, headers=headers) as response:
                if response.status >= HTTPStatus.BAD_REQUEST:
                    raise _error_in(response.status, await response.read(), self.url)
                async for line in _data_in(response):
                    yield json.loads(line)
        except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError) as error:
            raise _unreachable(self.url, error) from error
        except (aiohttp.ClientError, OSError):
            return  # it was there a moment ago; where it is gone for good, the next connection says so

    async def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Reply:
        timeout = aiohttp.ClientTimeout(total=patience_s)
        try:
            async with (
                aiohttp.ClientSession(headers=self._headers, timeout=timeout) as session,
                session.request(method, f"{self.url}/api/v1{path}", params=query, json=body) as response,
            ):
                content = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable(self.url, error) from error
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise _error_in(response.status, content, self.url)
        return Reply(content, response.headers.get("Content-Type", ""))


async def _data_in(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async for line in response.content:
        if line.startswith(_DATA):
            yield line.removeprefix(_DATA)


def _unreachable(url: str, error: Exception) -> TransientError:
    return TransientError(
        f"the bridge does not answer at {url}: {reason_of(error)}",
        name=ErrorName.SERVICE_UNREACHABLE,
        hint="start it: erp-bridge run, or systemctl start erp-bridge; --url names another one",
    )


def reason_of(error: Exception) -> str:
    """Why a connection came to nothing, in words; a library's own text only where there are none."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno).lower()
    return str(error) or type(error).__name__


def address_in(url: str, option: str) -> SplitResult:
    """The parts of a web address, ``http`` unless it says otherwise. Wrong usage for what is none."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise click.BadParameter(f'"{url}" is not a web address; write http://host:port', param_hint=option)
    return parts


def path_of(noun: str, name: str, *rest: str) -> str:
    """The path of one thing. Raises ``PermanentError`` for a name that no path can carry; nothing is called so."""
    if name.strip() in {"", ".", ".."}:
        raise PermanentError(f'nothing is called "{name}"', name=ErrorName.NOT_FOUND, hint="write its whole name")
    return "/".join(("", noun, quote(name, safe=""), *rest))


def _error_in(status: int, content: bytes, url: str) -> PermanentError:
    """The problem that a bridge told, as the error it was there."""
    try:
        told = json.loads(content)
    except ValueError:
        told = None
    document = told if isinstance(told, dict) else {}
    detail, hint = str(document.get("detail") or f"{url} answered {status}"), str(document.get("hint") or "")
    name = str(document.get("type", "")).removeprefix(_ERROR)
    if name in {one.value for one in ErrorName}:
        return PermanentError(detail, name=ErrorName(name), hint=hint)
    return _exits.CallRefusedError(detail, hint=hint, exit_code=_CODES.get(HTTPStatus(status), _exits.BAD))


def admin_api(chosen: Globals, config: Config) -> AdminApi:
    """The listener of the bridge that is meant: ``--url``, else the one of the settings.

    The password of the settings goes to this machine only; for another one, ``--url`` holds its own.
    """
    own = address_of(config)
    url = chosen.url or own
    login = None
    if config.admin.login is not None and _is_here(address_in(url, "--url"), urlsplit(own)):
        login = (config.admin.login.username, config.admin.login.secret.get_secret_value())
    return AdminApi(url, login)


def _is_here(asked: SplitResult, own: SplitResult) -> bool:
    return asked.hostname == own.hostname or Address(asked.hostname or "", asked.port or 0).is_loopback


def address_of(config: Config) -> str:
    """The address under which this machine reaches its own admin listener."""
    listen = config.admin.listen
    host = _WILDCARDS.get(listen.host, listen.host)
    return f"http://[{host}]:{listen.port}" if ":" in host else f"http://{host}:{listen.port}"
