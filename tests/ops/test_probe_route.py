"""A probe over the admin API: what it found comes back as it was made, and needs no reason."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from http import HTTPStatus

from bridge.ops.admin import build_app
from bridge.ops.operations import Access
from tests.ops.running import Client, Running

PROBE = "/api/v1/targets/erp/probe"


async def found(target: str) -> Mapping[str, object]:
    return {"target": target, "strategy": "posix_rename"}


async def test_a_probe_is_carried_out_and_answered_without_a_reason(
    running: Running, aiohttp_client: Callable[..., Awaitable[Client]]
) -> None:
    targets = replace(running.operations().targets, probe=found)
    client = await aiohttp_client(build_app(running.operations(targets=targets)))

    done = await client.post(PROBE)
    unknown = await client.post("/api/v1/targets/wms/probe")
    asked = await client.get(PROBE)

    assert (done.status, await done.json()) == (HTTPStatus.OK, {"target": "erp", "strategy": "posix_rename"})
    assert unknown.status == HTTPStatus.NOT_FOUND
    assert asked.status == HTTPStatus.METHOD_NOT_ALLOWED


async def test_a_bridge_that_is_read_only_refuses_a_probe(
    running: Running, aiohttp_client: Callable[..., Awaitable[Client]]
) -> None:
    client = await aiohttp_client(build_app(running.operations(access=Access(read_only=True))))

    assert (await client.post(PROBE)).status == HTTPStatus.FORBIDDEN
