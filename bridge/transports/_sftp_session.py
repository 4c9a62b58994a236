"""The one kept connection to a server: opened when it is needed, its host key proven first, cut when it is silent.

Not for: files. What stands under *from another thread* may be called from there; all else runs on the target's one.
"""

import base64
import hashlib
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TypeVar

import paramiko
from paramiko.pkey import UnknownKeyType
from pydantic import SecretStr

from bridge.transports._findings import Link
from bridge.transports._protocol import HostKeyError, PausedError
from bridge.transports._sftp_agreed import NotingTransport
from bridge.transports._sftp_faults import LostError, SilentError, login_refused, printable, unreachable
from bridge.transports._sftp_wire import Wire

T = TypeVar("T")

OLD_CIPHERS = ("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc")
OLD_MACS = ("hmac-sha1", "hmac-md5", "hmac-sha1-96", "hmac-md5-96")
"""What paramiko would still offer and we do not, unless the settings name it."""
KEY_KINDS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
}
"""A server may have a host key of each kind; a client sees the one that it asks for. By name, how it may sign."""
_LIBRARY = "paramiko.client"
GRACE_S = 0.5
HANGS_AFTER_S = 1.5
"""So long after its deadline a call that was cut should be back; one that is not hangs in the system."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where a server is, who we are to it, and how it proves to be the right one."""

    host: str
    port: int
    username: str
    key_file: Path | None
    password_file: Path | None
    password: SecretStr
    host_key: str
    old_algorithms: tuple[str, ...]
    timeout_s: float
    keepalive_s: float

    def __str__(self) -> str:
        """The server as people are told of it."""
        return self.host if self.port == 22 else f"{self.host}:{self.port}"  # noqa: PLR2004 - the usual port


def fingerprint(key: paramiko.PKey) -> str:
    """A host key's fingerprint as OpenSSH shows it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")


class Session:
    """Keeps one connection and gives it to one act at a time."""

    def __init__(self, access: Access) -> None:
        logging.getLogger(_LIBRARY).setLevel(logging.CRITICAL)  # what matters of a connection is told in our own words
        self._access = access
        self._expected = access.host_key
        self._socket: socket.socket | None = None
        self._transport: NotingTransport | None = None
        self._wire: Wire | None = None
        self._due: float | None = None
        self._kind = ""
        self._is_given_up = False
        self._is_ended = False

    def pin(self, shown: str, configured: str) -> None:
        """Expect the key that a person trusts, as long as the settings say what they said then."""
        self._expected = shown if shown and configured == self._access.host_key else self._access.host_key

    @property
    def is_connected(self) -> bool:
        """True while a connection is kept."""
        return self._wire is not None

    @property
    def agreed(self) -> Link | None:
        """What the kept connection agreed on; ``None`` while there is none."""
        return self._transport.agreed(self._expected) if self._transport is not None else None

    def carry(self, act: Callable[[Wire], T]) -> T:
        """The act over the kept connection; once more over a new one if it was cut. Every act may be repeated.

        Raises :class:`PausedError` when the server cannot be used, or was silent past a deadline.
        """
        self._is_given_up = self._is_ended
        try:
            return self._tried(act)
        except SilentError as error:
            raise self._silent(error) from error
        except LostError as error:  # an idle connection may have been cut long ago, which is no fault
            if self._is_given_up:
                raise unreachable(str(self._access), f"the call was given up: {error}") from error
        try:
            return self._tried(act)
        except SilentError as error:
            raise self._silent(error) from error
        except LostError as error:
            raise unreachable(str(self._access), f"the server cuts connections: {error}") from error

    def _silent(self, error: SilentError) -> PausedError:
        return unreachable(str(self._access), f"the server is silent: {error}")

    def _tried(self, act: Callable[[Wire], T]) -> T:
        wire = self._wire or self._connected()
        try:
            return act(wire)
        except LostError:
            self.drop()
            raise

    def drop(self) -> None:
        """Let go of the connection, if there is one."""
        self._due = monotonic() + self._access.timeout_s
        self._wire = None
        self._hang_up()
        self._due = None

    def _hang_up(self) -> None:
        transport, connection = self._transport, self._socket
        self._transport = self._socket = None
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # frees paramiko's own thread, whatever it waits for
        if transport is not None:
            transport.close()
        if connection is not None:
            connection.close()

    # --- from another thread ------------------------------------------------------------------------------------------

    @property
    def _overdue_s(self) -> float:
        """For how long the deadline of the call under way has passed; negative before that, and without a call."""
        wire = self._wire
        due = wire.due if wire is not None else self._due
        return -1.0 if due is None else monotonic() - due

    @property
    def hangs(self) -> bool:
        """True while a call does not come back although its connection was cut: it waits for the system."""
        return self._overdue_s > HANGS_AFTER_S

    def cut_if_overdue(self) -> None:
        """Cut a connection whose deadline has passed although its thread has not noticed."""
        if self._overdue_s > GRACE_S:
            self.cut()

    def give_up(self) -> None:
        """End the act under way at its next step; a later one begins anew."""
        self._is_given_up = True
        self.cut()

    def end(self) -> None:
        """End the act under way, and let nothing begin any more."""
        self._is_ended = True
        self.give_up()

    def cut(self) -> None:
        """Cut the connection under whoever waits on it."""
        connection = self._socket
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    # --- connecting ---------------------------------------------------------------------------------------------------

    def _connected(self) -> Wire:
        """A new session; all of it within one deadline. Raises :class:`PausedError`."""
        self._due = monotonic() + self._access.timeout_s
        try:
            transport = self._proven()
            self._log_in(transport)
            self._wire = self._opened(transport)
        except PausedError:
            self.drop()
            raise
        except (OSError, EOFError, paramiko.SSHException, LostError) as error:
            late = monotonic() >= (self._due or 0)
            self.drop()
            raise unreachable(str(self._access), _words_of(error, late=late), _hint_for(error)) from error
        self._due = None
        return self._wire

    def _rest(self) -> float:
        rest = (self._due or 0) - monotonic()
        if rest <= 0 or self._is_given_up:
            raise TimeoutError
        return rest

    def _proven(self) -> paramiko.Transport:
        """The key exchange done with the server that shows the pinned key (decision 10), nothing about us told.

        A server has a key of each kind and shows the one that is asked for, so before a key counts as changed the
        other kinds are asked for too. Raises :class:`HostKeyError`.
        """
        first, seen = "", set()
        for kind in dict.fromkeys((self._kind, "", *KEY_KINDS)):
            key = None if kind in seen else self._shown_key(kind)
            if key is None:
                continue
            if self._transport is not None and fingerprint(key) == self._expected:
                self._kind = key.get_name()
                return self._transport
            self._hang_up()
            first = first or fingerprint(key)
            seen.add(key.get_name())
            if not self._expected:
                break
        raise HostKeyError(str(self._access), shown=first, expected=self._expected, configured=self._access.host_key)

    def _shown_key(self, kind: str) -> paramiko.PKey | None:
        """The host key of this kind, ``""`` being any; ``None`` where the server has none."""
        try:
            return self._greeted(kind).get_remote_server_key()
        except paramiko.ssh_exception.IncompatiblePeer:
            if not kind:
                raise
            self._hang_up()
            return None

    def _greeted(self, kind: str) -> paramiko.Transport:
        access = self._access
        self._socket = self._dialled()
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(access.timeout_s * 1000))
        old = {"ciphers": OLD_CIPHERS, "macs": OLD_MACS}
        unwanted = {what: [one for one in names if one not in access.old_algorithms] for what, names in old.items()}
        if kind:
            unwanted["keys"] = [one for name, ways in KEY_KINDS.items() if name != kind for one in ways]
        self._transport = transport = NotingTransport(self._socket, disabled_algorithms=unwanted)
        transport.set_log_channel(_LIBRARY)
        transport.banner_timeout = transport.handshake_timeout = self._rest()
        transport.auth_timeout = transport.channel_timeout = access.timeout_s
        transport.start_client(timeout=self._rest())
        return transport

    def _dialled(self) -> socket.socket:
        """A connection to the first of the server's addresses that answers, each for its share of the time."""
        access = self._access
        places = [str(found[4][0]) for found in socket.getaddrinfo(access.host, access.port, type=socket.SOCK_STREAM)]
        for left in range(len(places), 1, -1):
            with suppress(OSError):
                return socket.create_connection((places[-left], access.port), self._rest() / left)
        return socket.create_connection((places[-1], access.port), self._rest())

    def _log_in(self, transport: paramiko.Transport) -> None:
        server = str(self._access)
        ways = [way for way in (self._by_key, self._by_password) if way(None)]
        if not ways:
            raise login_refused(server, "there is neither a key nor a password to log in with")
        refused: paramiko.AuthenticationException | None = None
        for way in ways:
            try:
                way(transport)
            except paramiko.AuthenticationException as error:
                refused = error
                self._rest()
                if not transport.is_active():
                    what = f"the server ends the connection at the login of {self._access.username}"
                    raise login_refused(server, what) from error
            if transport.is_authenticated():
                return
        raise login_refused(server, f"the server refuses the login of {self._access.username}") from refused

    def _by_key(self, transport: paramiko.Transport | None) -> bool:
        """Log in with the key; without a transport only tell whether that could be tried."""
        file = self._access.key_file
        if transport is not None and file is not None:
            transport.auth_publickey(self._access.username, self._key(file))
        return file is not None

    def _key(self, file: Path) -> paramiko.PKey:
        try:
            return paramiko.PKey.from_path(file)
        except (OSError, ValueError, TypeError, paramiko.SSHException, UnknownKeyType) as error:
            what = f"the key file {file} cannot be used: {_reason(error)}"
            hint = "name an OpenSSH private key without a passphrase that the bridge's user may read"
            raise login_refused(str(self._access), what, hint) from error

    def _by_password(self, transport: paramiko.Transport | None) -> bool:
        has_one = bool(self._access.password.get_secret_value()) or self._access.password_file is not None
        if transport is not None and has_one:
            transport.auth_password(self._access.username, self._password())
        return has_one

    def _password(self) -> str:
        """The password as it is now: a file that was exchanged counts at the next login."""
        if self._access.password_file is None or self._access.password.get_secret_value():
            return self._access.password.get_secret_value()
        try:
            text = self._access.password_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            what = f"the password file {self._access.password_file} cannot be used: {_reason(error)}"
            raise login_refused(str(self._access), what, "name a text file that the bridge's user may read") from error
        return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text

    def _opened(self, transport: paramiko.Transport) -> Wire:
        transport.set_keepalive(max(1, round(self._access.keepalive_s)))
        channel = transport.open_session(timeout=self._rest())
        channel.settimeout(self._rest())
        channel.invoke_subsystem("sftp")
        return Wire(channel, self._access.timeout_s)


def _reason(error: Exception) -> str:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return printable(text)


def _words_of(error: Exception, *, late: bool) -> str:
    if late or isinstance(error, TimeoutError):
        return "the server is silent: no connection in time"
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return f"the server and the bridge have no algorithm in common: {_reason(error)}"
    return f"no connection: {_reason(error)}"


def _hint_for(error: Exception) -> str:
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return (
            "ask for a newer server, or name what it speaks in [targets.NAME.sftp] old_algorithms: see "
            "docs/how-to/old-sftp.md"
        )
    return ""
