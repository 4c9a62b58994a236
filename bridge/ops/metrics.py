"""Everything a monitoring system is told, at ``/metrics``: counts from memory, levels from the journal at scrape.

Not for: counting; that happens where the state changes, into :class:`~bridge.counters.Counters`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bridge.counters import DURATION_BOUNDS_S, Counters, Durations, Labels
from bridge.journal.rows import Totals
from bridge.ops.documents import Paused
from bridge.ops.folders import Level

PREFIX = "bridge_"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

COUNTED: Mapping[str, str] = {
    "acknowledgements_total": "What the ERP's files said, by result.",
    "answers_collected_total": "Answers fetched from a target's server.",
    "attempt_failures_total": "Attempts that failed and will be made again.",
    "conflicts_total": "Orders that came again with other content.",
    "db_transaction_duration_seconds": "Time of one commit of the journal.",
    "file_write_failures_total": "Files that could not be written.",
    "files_picked_up_total": "Files that the ERP fetched.",
    "files_written_total": "Files published for the ERP.",
    "http_request_duration_seconds": "Time from a request's first byte to its answer's last.",
    "http_requests_in_flight": "Requests being worked on.",
    "http_requests_total": "Requests answered.",
    "inbox_files_total": "Files of the ERP, by what became of them.",
    "inbox_polled": "1 while no events come of a folder and a quicker sweep stands in for them.",
    "last_sweep_timestamp_seconds": "When a folder was last looked through as a whole.",
    "log_lines_dropped_total": "Log lines lost because the output was too slow.",
    "norce_request_duration_seconds": "Time of one call to Norce.",
    "norce_requests_total": "Calls made to Norce.",
    "notifications_total": "Alerts told to a channel.",
    "orders_received_total": "Orders that came in, by what became of them.",
    "sftp_connected": "Whether the connection to a target's server stands.",
    "sftp_server_logins_total": "Logins at the built-in SFTP server.",
    "sftp_server_sessions": "Sessions at the built-in SFTP server.",
    "stage_duration_seconds": "Time that orders spend before each stage is done with them.",
    "sweep_finds_total": "Files that a sweep found and no event had told of.",
    "watcher_events_total": "Events that the system told of a folder.",
    "watcher_up": "Whether events of a folder are being told.",
}
"""Each name that is counted in memory, without prefix, with its help text."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What one scrape is made from."""

    totals: Totals
    paused: Sequence[Paused]
    disk_free: Mapping[str, int]
    now: datetime
    started_at: datetime
    version: str
    python: str
    folders: Sequence[Level] = ()


def render(counters: Counters, sight: Sight) -> bytes:
    """The text of one scrape."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(counters, sight))
    return generate_latest(registry)


class _Collected(Collector):
    """One moment, as families of the client library."""

    def __init__(self, counters: Counters, sight: Sight) -> None:
        self._counters = counters
        self._sight = sight

    def describe(self) -> list[Metric]:
        """Nothing in advance: the registry lives for one scrape."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every family once."""
        yield from _counts(self._counters)
        yield from _levels(self._counters)
        yield from _durations(self._counters)
        yield from _journal(self._sight)
        yield from _waits(self._sight)
        yield from _machine(self._sight)


def _counts(counters: Counters) -> Iterator[Metric]:
    for name, rows in _by_name(list(counters.counts())).items():
        names = _label_names(rows)
        family = CounterMetricFamily(f"{PREFIX}{name.removesuffix('_total')}", _help(name), labels=names)
        for labels, value in rows:
            family.add_metric(_values(names, labels), value)
        yield family


def _levels(counters: Counters) -> Iterator[Metric]:
    for name, rows in _by_name(list(counters.levels())).items():
        names = _label_names(rows)
        family = GaugeMetricFamily(f"{PREFIX}{name}", _help(name), labels=names)
        for labels, value in rows:
            family.add_metric(_values(names, labels), value)
        yield family


def _durations(counters: Counters) -> Iterator[Metric]:
    grouped: dict[str, list[tuple[Labels, Durations]]] = {}
    for name, labels, durations in counters.durations():
        grouped.setdefault(name, []).append((labels, durations))
    for name, rows in grouped.items():
        names = sorted({label for labels, _ in rows for label, _ in labels})
        family = HistogramMetricFamily(f"{PREFIX}{name}", _help(name), labels=names)
        for labels, durations in rows:
            family.add_metric(_values(names, labels), _cumulated(durations), durations.total_s)
        yield family


def _cumulated(durations: Durations) -> list[tuple[str, float]]:
    buckets: list[tuple[str, float]] = []
    count = 0
    for bound, here in zip([*map(str, map(float, DURATION_BOUNDS_S)), "+Inf"], durations.buckets, strict=True):
        count += here
        buckets.append((bound, count))
    return buckets


def _by_name(rows: Sequence[tuple[str, Labels, float]]) -> dict[str, list[tuple[Labels, float]]]:
    grouped: dict[str, list[tuple[Labels, float]]] = {}
    for name, labels, value in sorted(rows):
        grouped.setdefault(name, []).append((labels, value))
    return grouped


def _label_names(rows: Sequence[tuple[Labels, float]]) -> list[str]:
    return sorted({label for labels, _ in rows for label, _ in labels})


def _values(names: Sequence[str], labels: Labels) -> list[str]:
    known = dict(labels)
    return [known.get(name, "") for name in names]


def _help(name: str) -> str:
    return COUNTED.get(name, name.replace("_", " "))


def _journal(sight: Sight) -> Iterator[Metric]:
    totals = sight.totals
    yield _gauge("orders", "Orders in the journal, by state.", "state", totals.orders)
    yield _gauge("dead_letters", "Work given up, by kind.", "kind", totals.dead)
    yield _single("rejects", "Bodies kept that could not become an order.", totals.rejects)
    yield _single("conflicts_open", "Second, differing bodies that wait for a person.", totals.conflicts)
    yield _single("uncertain_drops", "Files of which nobody knows whether they arrived.", totals.uncertain)
    yield _single("db_size_bytes", "Size of the journal.", totals.size_bytes)


def _waits(sight: Sight) -> Iterator[Metric]:
    ages = {state: _age(sight.now, since) for state, since in sight.totals.oldest.items()}
    for state in sight.totals.orders:
        ages.setdefault(state, 0.0)
    yield _gauge("oldest_order_age_seconds", "Since when the oldest order is in its state.", "state", ages)
    targets = sight.totals.targets
    unfetched = {target.name: target.unfetched for target in targets}
    oldest = {target.name: _age(sight.now, target.oldest_unfetched_at) for target in targets}
    yield _gauge("unfetched_files", "Files that the ERP has not fetched.", "target", unfetched)
    yield _gauge("oldest_unfetched_file_age_seconds", "Since when the oldest of them waits.", "target", oldest)
    paused = GaugeMetricFamily(f"{PREFIX}target_paused", "Targets that are left alone.", labels=["target", "reason"])
    for pause in sight.paused:
        paused.add_metric([pause.target, pause.reason], 1)
    yield paused


def _machine(sight: Sight) -> Iterator[Metric]:
    levels = sight.folders
    ages = {one.folder: _age(sight.now, one.oldest) for one in levels}
    yield _gauge("folder_files", "Files in a folder.", "folder", {one.folder: one.files for one in levels})
    yield _gauge("folder_size_bytes", "Size of these files.", "folder", {one.folder: one.size for one in levels})
    yield _gauge("folder_oldest_file_age_seconds", "Since when the oldest of them lies there.", "folder", ages)
    yield _gauge("disk_free_bytes", "Room on the disk of a folder.", "folder", sight.disk_free)
    yield _single("start_time_seconds", "When the bridge started.", sight.started_at.timestamp())
    build = GaugeMetricFamily(f"{PREFIX}build_info", "What is running.", labels=["version", "python", "sqlite"])
    build.add_metric([sight.version, sight.python, sight.totals.sqlite], 1)
    yield build


def _gauge(name: str, help_text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}{name}", help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _single(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}{name}", help_text, value=value)


def _age(now: datetime, since: datetime | None) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
