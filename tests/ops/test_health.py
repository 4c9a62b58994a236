"""Probes are asked at once, within a time, and a probe that fails is a finding and no error."""

import asyncio

from bridge.errors import ErrorName, TransientError
from bridge.ops.health import Probe, ProbeResult, ask_all
from tests.ops.running import probe


async def test_a_probe_that_hangs_is_not_well() -> None:
    async def ask() -> ProbeResult:
        await asyncio.sleep(60)
        return ProbeResult(ok=True)

    health = await ask_all([Probe("norce", stops_orders=True, ask=ask), probe("journal", ok=True)], patience_s=0.01)

    assert [result.ok for _, result in health.found] == [False, True]
    assert health.found[0][1].why == "no answer within 0.01 s"
    assert not health.is_ready


async def test_a_probe_that_raises_tells_why_and_what_to_do() -> None:
    async def ask() -> ProbeResult:
        raise TransientError("the journal is busy", name=ErrorName.JOURNAL_BUSY, hint="wait")

    async def read() -> ProbeResult:
        raise OSError(5, "Input/output error")

    health = await ask_all([Probe("journal", stops_orders=False, ask=ask), Probe("disk", stops_orders=False, ask=read)])

    assert health.is_ready
    told = health.document()["probes"]
    assert [(one["why"], one["hint"]) for one in told] == [
        ("the journal is busy", "wait"),
        ("[Errno 5] Input/output error", ""),
    ]
