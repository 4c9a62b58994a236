"""One scrape: counts from memory, levels from the journal, and nothing with a reference in it."""

import ast
import os
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

import bridge
from bridge.journal import Journal
from bridge.ops.admin import build_app
from bridge.ops.documents import Paused
from bridge.ops.folders import TargetFolders
from bridge.ops.metrics import COUNTED
from bridge.states import DropState
from tests.ops.running import Client, Running
from tests.support import journals
from tests.support.clock import START, ManualClock

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


async def scrape(client: Client) -> Samples:
    text = await (await client.get("/metrics")).text()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_the_journals_levels_are_read_at_scrape(
    client: Client, running: Running, journal: Journal, clock: ManualClock
) -> None:
    await journals.admit(journal)
    await journals.bring_to(journal, DropState.PUBLISHED)
    await journal.reject(journals.rejection())
    running.paused.append(Paused("erp", "disk", START, "full"))
    clock.advance(timedelta(minutes=5))

    told = await scrape(client)

    assert told[("bridge_orders", (("state", "dropped"),))] == 1
    assert told[("bridge_orders", (("state", "received"),))] == 0
    assert told[("bridge_oldest_order_age_seconds", (("state", "dropped"),))] == 300
    assert told[("bridge_unfetched_files", (("target", "erp"),))] == 1
    assert told[("bridge_oldest_unfetched_file_age_seconds", (("target", "erp"),))] == 300
    assert told[("bridge_rejects", ())] == 1
    assert told[("bridge_target_paused", (("reason", "disk"), ("target", "erp")))] == 1
    assert told[("bridge_start_time_seconds", ())] == START.timestamp()
    assert told[("bridge_disk_free_bytes", (("folder", "journal"),))] > 0
    assert told[("bridge_db_size_bytes", ())] > 0


async def test_folders_are_looked_at_at_scrape(
    running: Running, aiohttp_client: Callable[..., Awaitable[Client]], tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    places = [TargetFolders("erp", tmp_path / "outbox", inbox, inbox / "archive", inbox / "quarantine")]
    (tmp_path / "outbox").mkdir()
    for name, minutes in (("a.csv", 5), ("b.csv", 1)):
        (tmp_path / "outbox" / name).write_text("four")
        at = START.timestamp() - 60 * minutes
        os.utime(tmp_path / "outbox" / name, (at, at))

    told = await scrape(await aiohttp_client(build_app(running.operations(places=places))))

    outbox, quarantine = (("folder", "outbox erp"),), (("folder", "quarantine erp"),)
    assert told[("bridge_folder_files", outbox)] == 2
    assert told[("bridge_folder_size_bytes", outbox)] == 8
    assert told[("bridge_folder_oldest_file_age_seconds", outbox)] == 300
    assert told[("bridge_folder_files", quarantine)] == 0


async def test_counts_and_durations_come_from_memory(client: Client, running: Running) -> None:
    running.counters.add("orders_received_total", application="demo", outcome="accepted")
    running.counters.add("orders_received_total", 2, outcome="rejected")
    running.counters.level("watcher_up", 1, folder="inbox")
    running.counters.observe("stage_duration_seconds", 0.03, stage="drop")
    running.counters.observe("stage_duration_seconds", 10**6, stage="drop")

    told = await scrape(client)

    received = "bridge_orders_received_total"
    assert told[(received, (("application", "demo"), ("outcome", "accepted")))] == 1
    assert told[(received, (("application", ""), ("outcome", "rejected")))] == 2
    assert told[("bridge_watcher_up", (("folder", "inbox"),))] == 1
    bucket = "bridge_stage_duration_seconds_bucket"
    assert told[(bucket, (("le", "0.01"), ("stage", "drop")))] == 0
    assert told[(bucket, (("le", "0.05"), ("stage", "drop")))] == 1
    assert told[(bucket, (("le", "+Inf"), ("stage", "drop")))] == 2
    assert told[("bridge_stage_duration_seconds_count", (("stage", "drop"),))] == 2


async def test_the_content_type_is_the_one_that_prometheus_reads(client: Client) -> None:
    answer = await client.get("/metrics")

    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"


async def test_no_label_carries_a_reference_or_a_file_name(client: Client, journal: Journal) -> None:
    await journals.admit(journal, "SECRET-REF")
    await journals.bring_to(journal, DropState.PUBLISHED)

    text = await (await client.get("/metrics")).text()

    assert "SECRET-REF" not in text


def test_every_name_that_is_counted_has_its_help_text() -> None:
    used = {name for path in Path(bridge.__file__).parent.rglob("*.py") for name in counted_in(path)}

    assert used <= set(COUNTED), used - set(COUNTED)


def test_names_end_in_their_unit_and_counts_in_total() -> None:
    unlike = [name for name in COUNTED if not re.fullmatch(r"[a-z][a-z_]*[a-z]", name)]

    assert unlike == []


def counted_in(path: Path) -> list[str]:
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in {"add", "level", "observe"}
        and ast.unparse(call.func.value).endswith("counters")
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]
