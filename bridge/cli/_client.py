"""The admin API of a running bridge, called from a verb.

Not for: deciding what to ask. Every failure becomes a ``BridgeError`` that says what to do.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bridge.cli import _exits
from bridge.cli._globals import Globals
from bridge.config import Config
from bridge.errors import ErrorName, PermanentError, TransientError

PATIENCE_S = 30
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
    """One bridge's admin listener; each call is a connection of its own."""

    def __init__(self, url: str, login: tuple[str, str] | None = None) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.username is not None:
            login = (parts.username, parts.password or "")
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port else ""
        self.url = f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"
        self._headers = {"Authorization": aiohttp.encode_basic_auth(*login)} if login else {}

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Reply:
        """Ask for something."""
        return asyncio.run(self._call("GET", path, query=query))

    def post(self, path: str, body: Mapping[str, str]) -> Reply:
        """Ask for an act."""
        return asyncio.run(self._call("POST", path, body=body))

    async def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, str] | None = None,
    ) -> Reply:
        timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
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


def _unreachable(url: str, error: Exception) -> TransientError:
    said = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    return TransientError(
        f"the bridge does not answer at {url}: {said or type(error).__name__}",
        name=ErrorName.SERVICE_UNREACHABLE,
        hint="start it: erp-bridge run, or systemctl start erp-bridge; --url names another one",
    )


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
    """The listener of the bridge that is meant: ``--url``, else the one of the settings."""
    login = None
    if config.admin.login is not None:
        login = (config.admin.login.username, config.admin.login.secret.get_secret_value())
    return AdminApi(chosen.url or address_of(config), login)


def address_of(config: Config) -> str:
    """The address under which this machine reaches its own admin listener."""
    listen = config.admin.listen
    host = _WILDCARDS.get(listen.host, listen.host)
    return f"http://[{host}]:{listen.port}" if ":" in host else f"http://{host}:{listen.port}"
