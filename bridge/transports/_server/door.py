"""Who may come in: one connection's login, and what all connections share: seats, keys, and patience with guessers.

Not for: what a session may do (``desk.py``).
"""

import hmac
import logging
import threading
import time
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

import paramiko
from paramiko.common import (
    AUTH_FAILED,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_FAILED_RESOURCE_SHORTAGE,
    OPEN_SUCCEEDED,
)

from bridge.config.passwords import Verifier
from bridge.counters import Counters
from bridge.transports._server.keys import authorized
from bridge.transports._serving import Pace, ServerSettings

if TYPE_CHECKING:
    from bridge.transports._server.transfers import Transfer

MOST_TRIES = 6
"""So many wrong passwords on one connection, and it is ended."""

MOST_OPEN = 64
"""Files open at once on one connection."""

_MOST_OPEN_IN_ALL = 256
"""Files open at once on all of them: the bridge needs descriptors of its own."""

_MOST_SESSIONS = 4
"""Sessions at once on one connection; a client needs one, one that shares its connection a few."""

_REMEMBERED = 1000
_FORGIVEN_AFTER_S = 600.0
_WIDEST = 16

log = logging.getLogger("bridge.sftp_server")


class Patience:
    """How long the next wrong answer takes: twice as long as the one before, up to a bound.

    Counted for each source and for each name, so that neither many names from one place nor many places after one
    name are quicker; who asks with both gets the longer wait.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def delay_s(self, source: str, name: str, now: float) -> float:
        """Count one wrong login; the seconds to let it wait."""
        with self._lock:
            count = max(self._count(("source", source), now), self._count(("name", name), now))
        return float(min(self._pace.first_delay_s * 2 ** min(count - 1, _WIDEST), self._pace.longest_delay_s))

    def _count(self, who: tuple[str, str], now: float) -> int:
        count, last = self._failures.pop(who, (0, now))
        count = count + 1 if now - last < _FORGIVEN_AFTER_S else 1
        self._failures[who] = (count, now)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)
        return count


class House:
    """What all connections of a server share."""

    def __init__(self, settings: ServerSettings, counters: Counters) -> None:
        self.settings = settings
        self.counters = counters
        self.stopping = threading.Event()
        self.patience = Patience(settings.pace)
        self.verifier = Verifier([settings.login]) if settings.login else None
        self._seats = threading.BoundedSemaphore(settings.max_sessions)
        self._lock = threading.Lock()
        self._taken = 0
        self._open = 0

    @property
    def has_room_for_a_file(self) -> bool:
        """True while not too many are open."""
        return self._open < _MOST_OPEN_IN_ALL

    def count_open(self, by: int) -> None:
        """A file more or less is open."""
        with self._lock:
            self._open += by

    def take_seat(self) -> bool:
        """True when there is room for one more session."""
        if not self._seats.acquire(blocking=False):
            return False
        self._count(1)
        return True

    def leave_seat(self) -> None:
        """A session is over."""
        self._seats.release()
        self._count(-1)

    def _count(self, by: int) -> None:
        with self._lock:
            self._taken += by
            self.counters.level("sftp_server_sessions", self._taken)


class Door(paramiko.ServerInterface):
    """One connection, from its first byte to its last. Called on the connection's own thread."""

    def __init__(self, house: House, source: str, transport: paramiko.Transport) -> None:
        self.source = source
        self.came_at = self.asked_at = time.monotonic()
        self.transfers: set[Transfer] = set()
        self.is_in = False
        self.is_turned_away = False
        self.wrong = 0
        self._transport = transport
        self._channels: list[paramiko.Channel] = []
        self._served: weakref.WeakSet[paramiko.Channel] = weakref.WeakSet()
        self._tried_key = False
        self._house = house
        self._has_seat = False

    @property
    def is_known(self) -> bool:
        """True once its login was right; what it is worth to others is decided by that."""
        return self.is_in or self._transport.is_authenticated()

    def get_allowed_auths(self, username: str) -> str:
        """What this server was set up with, whoever asks."""
        ways = {"publickey": self._house.settings.authorized_keys, "password": self._house.verifier}
        return ",".join(way for way, known in ways.items() if known is not None)

    def check_auth_password(self, username: str, password: str | bytes) -> int:
        """A right password always passes at once; a wrong one takes longer each time."""
        verifier = self._house.verifier
        text = password if isinstance(password, str) else password.decode("utf-8", "surrogateescape")
        if verifier is not None and verifier.verify(username, text):
            return AUTH_SUCCESSFUL
        self.wrong += 1
        self._refused()
        self._house.stopping.wait(self._house.patience.delay_s(self.source, username, time.monotonic()))
        return AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        """A key of the file, which is read anew each time; whether the client has it, paramiko asks afterwards."""
        settings = self._house.settings
        self._tried_key = True
        is_user = hmac.compare_digest(username.encode(), settings.username.encode())
        keys = settings.authorized_keys
        is_known = is_user and keys is not None and key.asbytes() in authorized(keys)
        return AUTH_SUCCESSFUL if is_known else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        """The login is through: take a seat, if there is one."""
        self._enter()
        if kind != "session":
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        return OPEN_SUCCEEDED if self._has_seat and self._has_room() else OPEN_FAILED_RESOURCE_SHORTAGE

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        """SFTP and nothing else, once a channel; no shell, no commands, no forwarding."""
        if name != "sftp" or channel in self._served:
            return False
        self._served.add(channel)
        return super().check_channel_subsystem_request(channel, name)

    def has_room_for_a_file(self) -> bool:
        """True while neither this connection nor all of them have too many files open."""
        return len(self.transfers) < MOST_OPEN and self._house.has_room_for_a_file

    def note_open(self, transfer: "Transfer") -> None:
        """A file was opened."""
        self.transfers.add(transfer)
        self._house.count_open(1)

    def note_closed(self, transfer: "Transfer") -> None:
        """A file was closed, by the client or behind it."""
        if transfer in self.transfers:
            self.transfers.discard(transfer)
            self._house.count_open(-1)

    def leave(self) -> None:
        """The connection is over."""
        if self._has_seat:
            self._has_seat = False
            self._house.leave_seat()
        if self._tried_key and not self._was_right and not self.wrong:
            self._refused()  # none of its keys let it in; a single strange one among others is no guess

    @property
    def _was_right(self) -> bool:
        login = self._transport.auth_handler
        return self.is_in or (login is not None and login.is_authenticated())

    def _has_room(self) -> bool:
        """Take over the channels that paramiko would keep until the connection ends, and let go those that ended."""
        while (channel := self._transport.accept(0)) is not None:
            self._channels.append(channel)
        self._channels = [channel for channel in self._channels if not channel.closed]
        return len(self._channels) < _MOST_SESSIONS

    def _enter(self) -> None:
        if self.is_in:
            return
        self.is_in = True
        self._has_seat = self._house.take_seat()
        self._house.counters.add("sftp_server_logins_total", result="accepted")
        if self._has_seat:
            log.info("sftp_login", extra={"source": self.source})
        else:
            self.is_turned_away, self.asked_at = True, time.monotonic()
            hint = "does the ERP leave connections open? else raise [sftp_server] max_sessions"
            about = {"source": self.source, "sessions": self._house.settings.max_sessions, "hint": hint}
            log.warning("sftp_sessions_full", extra=about)

    def _refused(self) -> None:
        self._house.counters.add("sftp_server_logins_total", result="refused")
        log.warning("sftp_login_refused", extra={"source": self.source})
