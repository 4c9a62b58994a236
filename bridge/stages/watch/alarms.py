"""What people must hear of one inbox: that nobody looks through it, or that the system tells nothing of it.

Not for: telling them (``stages/monitor``), nor for single files. A text changes only when the facts do, so that one
outage is one alert.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.clock import Clock
from bridge.errors import BridgeError
from bridge.journal.records import AlertFound
from bridge.stages.watch.folder import Pickup, WatchSettings

_SWEEPS_MISSED = 3


@dataclass(frozen=True, slots=True)
class _Moment:
    """A time to show, and the same on the monotonic clock."""

    at: datetime
    monotonic: float


class Alarms:
    """The outages of one pickup. Short ones, which a restart of the ERP's share makes, wake nobody."""

    def __init__(self, pickup: Pickup, settings: WatchSettings, clock: Clock) -> None:
        self._pickup = pickup
        self._settings = settings
        self._clock = clock
        self._looked: _Moment | None = None
        self._trouble: BridgeError | None = None
        self._deaf_since: _Moment | None = None
        self._deaf_because = ""
        self._stuck: tuple[str, _Moment, str] | None = None

    def note_look(self) -> None:
        """The inbox was listed, or a file of it was dealt with; the first look counts from the start on."""
        self._looked, self._trouble = self._now(), None

    def note_trouble(self, error: BridgeError) -> None:
        """A look failed."""
        self._trouble = error

    def note_hearing(self, trouble: str) -> None:
        """Whether the system tells of new files; ``trouble`` says why not, and is empty when it does."""
        if not trouble:
            self._deaf_since = None
        elif self._deaf_since is None:
            self._deaf_since = self._now()
        self._deaf_because = trouble

    def note_stuck(self, name: str, since: float, why: str) -> None:
        """The file that cannot be taken or moved on for longest, ``since`` on the monotonic clock; no name: none."""
        known = self._stuck
        if not name:
            self._stuck = None
        elif known is None or (known[0], known[1].monotonic) != (name, since):
            ago = timedelta(seconds=self._clock.monotonic() - since)
            self._stuck = (name, _Moment(self._clock.now() - ago, since), why)

    def findings(self) -> list[AlertFound]:
        """The outages that last too long now."""
        return [*self._stalled(), *self._deaf(), *self._stuck_file()]

    def _stalled(self) -> list[AlertFound]:
        settings = self._settings
        within = max(settings.stalled_after, _SWEEPS_MISSED * settings.sweep)
        if self._looked is None or self._clock.monotonic() - self._looked.monotonic < within.total_seconds():
            return []
        act = (self._trouble and self._trouble.hint) or "look into the log and at the folder, then restart the bridge"
        text = (
            f"The inbox {self._pickup.directory} is not looked through: {self._why()} "
            f"(since {self._shown(self._looked)}). "
            f"The ERP's answers stay unread, and Norce goes on showing their orders as Allocated. Do: {act}"
        )
        return [AlertFound("sweep_stalled", str(self._pickup.directory), "page", text)]

    def _why(self) -> str:
        error = self._trouble
        if error is None:
            return "the last look has not come to its end"
        is_elsewhere = error.subject not in {"", str(self._pickup.directory)}
        return f"{error.subject}: {error.message}" if is_elsewhere else error.message

    def _deaf(self) -> list[AlertFound]:
        since, within = self._deaf_since, self._settings.deaf_after
        if since is None or self._clock.monotonic() - since.monotonic < within.total_seconds():
            return []
        text = (
            f"The system tells nothing of the inbox {self._pickup.directory}: {self._deaf_because} "
            f"(since {self._shown(since)}). The sweep finds the ERP's answers, only later. "
            "Do: raise fs.inotify.max_user_instances and fs.inotify.max_user_watches; it mends itself then"
        )
        return [AlertFound("watcher_down", str(self._pickup.directory), "ticket", text)]

    def _stuck_file(self) -> list[AlertFound]:
        within = self._settings.stalled_after
        if self._stuck is None or self._clock.monotonic() - self._stuck[1].monotonic < within.total_seconds():
            return []
        name, since, why = self._stuck
        text = (
            f"The file {name} in {self._pickup.directory} cannot be taken: {why} (since {self._shown(since)}). "
            "What it says of its orders stays unread; younger files are read meanwhile. "
            "Do: close the program that holds it open, or give the bridge's user the right to move it"
        )
        return [AlertFound("answer_stuck", str(self._pickup.directory), "ticket", text)]

    def _now(self) -> _Moment:
        return _Moment(self._clock.now(), self._clock.monotonic())

    def _shown(self, moment: _Moment) -> str:
        return f"{moment.at.astimezone(self._settings.zone):%Y-%m-%d %H:%M}"
