"""A visit to a bridge's folders over SFTP, as an ERP makes it: for the simulated one.

Not for: pushing orders to an ERP's server; nothing here is staged, witnessed or tried for long.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import paramiko

from bridge.errors import ErrorName, PermanentError, TransientError
from bridge.transports._server.keys import NO_KEY
from bridge.transports._serving import VisitSettings

_TIMEOUT_S = 20.0
P = ParamSpec("P")
R = TypeVar("R")


class Visit:
    """One kept connection, used by one thread at a time; made anew once when it broke.

    Each call raises a ``BridgeError`` when the server cannot be reached, or does not let in.
    """

    def __init__(self, settings: VisitSettings) -> None:
        self._settings = settings
        self._lock = threading.RLock()
        self._transport: paramiko.Transport | None = None
        self._client: paramiko.SFTPClient | None = None

    @property
    def words(self) -> str:
        """Where it goes, for people."""
        settings = self._settings
        return f"{settings.outbox}, answers in {settings.inbox} of the SFTP server at {settings.address}"

    def names(self) -> list[str]:
        """The orders' files, sorted."""
        return sorted(self._do(paramiko.SFTPClient.listdir, self._settings.outbox))

    def take(self, name: str) -> bytes:
        """Read an order's file and remove it."""
        content = self._do(_read, f"{self._settings.outbox}/{name}")
        self.remove(name)
        return content

    def remove(self, name: str) -> None:
        """Remove a file beside the orders."""
        self._do(_remove, f"{self._settings.outbox}/{name}")

    def put(self, name: str, content: bytes) -> None:
        """Put a whole answer: under another name first, then renamed."""
        self._do(_put, f"{self._settings.inbox}/{name}", content)

    def begin(self, name: str) -> "Growing":
        """Begin an answer; the server shows it once it is closed."""
        return Growing(self._do(paramiko.SFTPClient.open, f"{self._settings.inbox}/{name}", "wb"), self._lock)

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            if self._transport is not None:
                self._transport.close()
            self._transport = self._client = None

    def _do(self, act: Callable[Concatenate[paramiko.SFTPClient, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._lock:
            try:
                return act(self._connected(), *args, **kwargs)
            except (EOFError, ConnectionError, TimeoutError, paramiko.SSHException):
                self.close()
                return act(self._connected(), *args, **kwargs)

    def _connected(self) -> paramiko.SFTPClient:
        if self._client is None:
            self._client = self._connect()
        return self._client

    def _connect(self) -> paramiko.SFTPClient:
        settings = self._settings
        where = f"{settings.address}"
        try:
            line = socket.create_connection((settings.address.host, settings.address.port), _TIMEOUT_S)
            self._transport = paramiko.Transport(line)
            self._transport.start_client(timeout=_TIMEOUT_S)
            self._check_host_key(self._transport)
            self._log_in(self._transport)
            client = paramiko.SFTPClient.from_transport(self._transport)
        except paramiko.AuthenticationException as error:
            raise PermanentError(
                f"{where} does not let {settings.username} in",
                name=ErrorName.SERVICE_UNREACHABLE,
                hint="is it the password or key that the server knows?",
            ) from error
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise TransientError(
                f"cannot reach the SFTP server at {where}: {error}",
                name=ErrorName.SERVICE_UNREACHABLE,
                hint="does it run? [sftp_server] enabled = true, then erp-bridge run; or erp-bridge sftp",
            ) from error
        if client is None:
            raise TransientError(f"{where} gives no session", name=ErrorName.SERVICE_UNREACHABLE)
        client.get_channel().settimeout(_TIMEOUT_S)  # type: ignore[union-attr]  # it has one until it is closed
        return client

    def _log_in(self, transport: paramiko.Transport) -> None:
        settings = self._settings
        if settings.key_file is not None:
            transport.auth_publickey(settings.username, _private(settings.key_file))
        elif settings.password is not None:
            transport.auth_password(settings.username, settings.password.get_secret_value())

    def _check_host_key(self, transport: paramiko.Transport) -> None:
        found, wanted = str(transport.get_remote_server_key().fingerprint), self._settings.fingerprint
        if wanted and found != wanted:
            transport.close()
            raise PermanentError(
                f"the server has the host key {found}, not {wanted}",
                name=ErrorName.SERVICE_UNREACHABLE,
                hint="another server listens there",
            )


class Growing:
    """A file being written over SFTP, as patient as it must be with others on the same connection."""

    def __init__(self, file: paramiko.SFTPFile, lock: threading.RLock) -> None:
        self._file = file
        self._lock = lock

    def write(self, data: bytes, /) -> None:
        """Add to it."""
        with self._lock:
            self._file.write(data)
            self._file.flush()

    def close(self) -> None:
        """It is whole."""
        with self._lock:
            self._file.close()


def _private(file: Path) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(file)
    except (OSError, *NO_KEY) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no private key without passphrase"
        raise PermanentError(
            f"cannot log in by the key {file}: {why}",
            name=ErrorName.SERVICE_UNREACHABLE,
            hint="name the private key whose public one is in [sftp_server] authorized_keys",
        ) from error


def _read(client: paramiko.SFTPClient, path: str) -> bytes:
    with client.open(path, "rb") as file:
        return bytes(file.read())


def _remove(client: paramiko.SFTPClient, path: str) -> None:
    """A name that is gone was removed by the call before, of which the connection broke."""
    with contextlib.suppress(FileNotFoundError):
        client.remove(path)


def _put(client: paramiko.SFTPClient, path: str, content: bytes) -> None:
    """All of it anew after a break; an answer that was whole already comes twice then, as with real ERPs."""
    partial = f"{path}.part"
    _remove(client, partial)
    with client.open(partial, "wb") as file:
        file.write(content)
    client.rename(partial, path)
