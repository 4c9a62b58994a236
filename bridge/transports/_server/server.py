"""The listening socket, the connections, and one thread that lets them in and looks after them.

Not for: SSH (paramiko has a thread a connection), logins (``door.py``), or files (``desk.py``).
"""

import errno
import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

import paramiko

from bridge.counters import Counters
from bridge.errors import ErrorName, TransientError
from bridge.transports._server import keys, tree
from bridge.transports._server.desk import Desk, Session
from bridge.transports._server.door import MOST_TRIES, Door, House
from bridge.transports._server.readings import Readings
from bridge.transports._server.tree import Tree
from bridge.transports._serving import ServerSettings, Share, Sight

_LIBRARY = "paramiko.server"
_LOOKS_EVERY_S = 0.2
_AT_THE_DOOR = 10
"""Connections that have not logged in; one more takes the place of the one that waits longest."""

_SILENT_AFTER_MS = 60_000
_KEEPALIVE_S = 30
_TURNED_AWAY_AFTER_S = 1.0
_SWEPT_EVERY_S = 3600.0
_STOPPED_WITHIN_S = 2.0
_CLOSED_WITHIN_S = 3.0
_BROKEN = frozenset({errno.EBADF, errno.EINVAL, errno.ENOTSOCK})
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

log = logging.getLogger("bridge.sftp_server")


class SftpServer:
    """The built-in server; threads of its own, so that nothing in it can end or hold up the bridge."""

    def __init__(self, settings: ServerSettings, shares: Sequence[Share], sight: Sight, counters: Counters) -> None:
        self._settings = settings
        self._shares = shares
        self._tree = Tree(shares)
        self._readings = Readings(sight)
        self._house = House(settings, counters)
        self._guests: dict[paramiko.Transport, Door] = {}
        self._thread = threading.Thread(target=self._run, name="sftp-server", daemon=True)
        self._broom = threading.Thread(target=self._sweep, name="sftp-server-broom", daemon=True)
        self.port = 0
        self.fingerprint = ""

    def start(self) -> None:
        """Listen; see the protocol."""
        logging.getLogger(_LIBRARY).setLevel(logging.CRITICAL)  # what matters of a connection is told in our own words
        self._key = keys.host_key(self._settings.host_key)
        self.fingerprint = str(self._key.fingerprint)
        self._socket = self._listen()
        self.port = int(self._socket.getsockname()[1])
        self._thread.start()
        self._broom.start()
        log.info("sftp_server_started", extra={"port": self.port, "fingerprint": self.fingerprint})

    def _listen(self) -> socket.socket:
        address = self._settings.address
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        try:
            return socket.create_server((address.host, address.port), family=family, backlog=64)
        except OSError as error:
            raise TransientError(
                f"cannot listen on {address}: {error.strerror}",
                name=ErrorName.PORT_TAKEN,
                subject=str(address),
                hint="another program has the port: choose one by [sftp_server] listen",
            ) from error

    @property
    def is_serving(self) -> bool:
        """See the protocol."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Let nobody in, wait for what is being transferred, end the rest; within seconds, whatever hangs."""
        if self._thread.ident is None:
            return
        self._house.stopping.set()
        self._thread.join(_STOPPED_WITHIN_S)
        _await(lambda: not self._has_transfers(), self._settings.pace.finish_within_s)
        guests = dict(self._guests)
        for transport in guests:
            transport.close()
        # the threads of sessions close what was open; that is their last act, and quick
        _await(lambda: not self._has_transfers() and not any(one.is_alive() for one in guests), _CLOSED_WITHIN_S)
        for door in guests.values():
            door.leave()
        log.info("sftp_server_stopped")

    def _has_transfers(self) -> bool:
        return any(door.transfers for door in list(self._guests.values()))

    def _sweep(self) -> None:
        """A thread of its own: a folder on a share that hangs holds up nobody."""
        while True:
            for share in self._shares:
                tree.clear_leftovers(share)
            if self._house.stopping.wait(_SWEPT_EVERY_S):
                return

    # --- the one thread -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            with self._socket:
                self._socket.settimeout(_LOOKS_EVERY_S)
                while not self._house.stopping.is_set():
                    self._let_in()
                    self._look_after()
        except OSError as error:  # the socket itself is broken; whoever owns the server starts another
            log.error("sftp_server_down", extra={"error": error.strerror})  # noqa: TRY400 - the trace tells no more

    def _let_in(self) -> None:
        try:
            connection, (source, *_) = self._socket.accept()
        except TimeoutError:
            return
        except OSError as error:
            if error.errno in _BROKEN:
                raise
            if error.errno not in _NO_ROOM:
                return  # who knocked is gone again
            log.warning("sftp_server_busy", extra={"error": error.strerror})
            self._house.stopping.wait(1)
            return
        try:
            self._welcome(connection, source)
        except (OSError, EOFError, RuntimeError, paramiko.SSHException) as error:  # RuntimeError: no thread left
            log.debug("sftp_server_busy", extra={"error": str(error)})
            connection.close()

    def _welcome(self, connection: socket.socket, source: str) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENT_AFTER_MS)
        self._make_room()
        transport = paramiko.Transport(connection)
        transport.set_log_channel(_LIBRARY)
        transport.local_version = "SSH-2.0-erp-bridge"
        transport.add_server_key(self._key)
        transport.set_subsystem_handler("sftp", Session, Desk, self._tree, self._readings)
        door = Door(self._house, source, transport)
        self._guests[transport] = door
        transport.start_server(event=threading.Event(), server=door)
        transport.set_keepalive(_KEEPALIVE_S)

    def _make_room(self) -> None:
        """Who connects and does not log in pushes out others from the same place; a client that logged in stays."""
        waiting = [transport for transport, door in self._guests.items() if not door.is_known]
        while len(waiting) >= _AT_THE_DOOR:
            crowd = Counter(self._guests[transport].source for transport in waiting)
            source, _ = crowd.most_common(1)[0]
            longest = next(transport for transport in waiting if self._guests[transport].source == source)
            waiting.remove(longest)
            longest.close()
            self._guests.pop(longest).leave()

    def _look_after(self) -> None:
        now = time.monotonic()
        for transport, door in list(self._guests.items()):
            if transport.is_active() and not self._is_over(door, now):
                continue
            transport.close()
            if not transport.is_alive() and not door.transfers:
                door.leave()
                del self._guests[transport]

    def _is_over(self, door: Door, now: float) -> bool:
        pace = self._settings.pace
        if door.is_turned_away and now - door.asked_at > _TURNED_AWAY_AFTER_S:
            return True
        if not door.is_in:
            return door.wrong >= MOST_TRIES or now - door.came_at > pace.login_within_s
        return now - door.asked_at > pace.idle_s


def _await(claim: Callable[[], bool], within_s: float) -> None:
    until = time.monotonic() + within_s
    while not claim() and time.monotonic() < until:
        time.sleep(0.02)
