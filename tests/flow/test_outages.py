"""Six hours without the other side, in scaled time, in both directions: all arrives afterwards, in order, once."""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from bridge.simulators.norce import CONNECT_PATH, TOKEN_PATH, Call, SimulatedNorce
from bridge.simulators.norce_faults import Faults
from bridge.simulators.norce_sending import Receiver
from bridge.simulators.norce_tokens import Client
from tests.flow.bridge_process import PASSWORD, BridgeFolder, Norce
from tests.support.clock import ManualClock
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(60)

FACTOR = 1800
SIX_HOURS_S = 6 * 3600 / FACTOR
ORDERS = 50
A_MINUTE = 600
STATUSES = ("confirmed", "delivered", "invoiced")
ARRIVE = ("Confirmed", "Delivered", "Invoiced")
UNKNOWN = "990001"
"""An order that this Norce does not know: its reports are refused for good."""

# The times of [retry] are the usual ones divided by FACTOR; the drain rate is not scaled.
CONFIG = """
[receiver]
listen = "127.0.0.1:{orders}"
password_file = "secrets/receiver"
[admin]
listen = "127.0.0.1:{admin}"
[norce]
base_url = "http://127.0.0.1:{norce}{connect}"
token_url = "http://127.0.0.1:{norce}{token}"
client_secret_file = "secrets/norce"
report_after = "100 ms"
requests_per_minute = {a_minute}
[norce.report]
{rest}
[watch]
sweep = "0.5 s"
[retry]
first = "3 ms"
longest = "500 ms"
give_up_after = "96 s"
[targets.erp.answer]
quiet_for = "50 ms"
patience = "2 s"
"""


class ScaledBridge(BridgeFolder):
    """A bridge whose patience is scaled like the outage."""

    template = CONFIG
    words = MappingProxyType({"connect": CONNECT_PATH, "token": TOKEN_PATH, "a_minute": A_MINUTE})

    @property
    def receiver(self) -> Receiver:
        return Receiver(f"http://127.0.0.1:{self.orders_port}/orders", "norce", PASSWORD, FACTOR)


@pytest.fixture
async def shop() -> AsyncIterator[SimulatedNorce]:
    async with SimulatedNorce(Client(client_secret="norce secret")).running() as norce:
        yield norce


def answer_all(bridge: BridgeFolder, references: list[str], status: str) -> None:
    lines = [f"{reference};SO-{reference};{status}" for reference in references]
    bridge.answer(f"{status}-{len(references)}.csv", "\r\n".join(["order_ref;erp_order_no;status", *lines, ""]))


async def until_all_stand(shop: SimulatedNorce, status: str, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while any(record.status != status for record in shop.book.orders()):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def norce_link(bridge: BridgeFolder) -> tuple[str, str | None]:
    """How the status shows the way to Norce, and why."""
    _, text = await bridge.fetch("/api/v1/status")
    (link,) = (link for link in json.loads(text)["links"] if link["name"] == "norce")
    return link["state"], link["reason"]


async def until_booked(shop: SimulatedNorce, reference: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while reference not in booked(shop.calls):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def files_of(bridge: BridgeFolder, number: int) -> list[Path]:
    async with asyncio.timeout(PATIENCE_S):
        while len(bridge.outbox()) < number:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
    return bridge.outbox()


def booked(calls: list[Call]) -> dict[str, list[str]]:
    """The statuses that Norce booked for each order, in the order in which they came."""
    found = defaultdict(list)
    for call in calls:
        if call.status == 200:
            found[str(call.body["ClientOrderRef"])].append(call.body["OrderStatus"])
    return found


def assert_paced(calls: list[Call]) -> None:
    """A tenth of the minute's calls may come in one go, the others evenly: no five seconds hold more than that."""
    at = [(call.at - calls[0].at).total_seconds() for call in calls]
    most = A_MINUTE / 10 + 5 * A_MINUTE * 0.9 / 60 + 2
    assert max(sum(began <= moment < began + 5 for moment in at) for began in at) <= most


async def test_norce_down_for_six_hours_gets_every_status_afterwards_in_order_and_at_the_drain_rate(
    tmp_path: Path, shop: SimulatedNorce
) -> None:
    bridge = ScaledBridge(tmp_path, Norce(port=shop.port))
    async with bridge.running():
        references = shop.send(ORDERS, bridge.receiver)
        await until_all_stand(shop, "Allocation", within_s=PATIENCE_S)
        await bridge.order(ClientOrderRef=UNKNOWN)
        await files_of(bridge, ORDERS + 1)
        answer_all(bridge, references[:1], STATUSES[0])  # all is well, and the token is there
        await until_booked(shop, references[0])
        before = len(shop.calls)

        shop.set_faults(Faults(down_s=SIX_HOURS_S, cut=0.05, slow=0.05, slow_s=0.2, refused=0.05, failed=0.05))
        for status in STATUSES:
            await asyncio.sleep(SIX_HOURS_S / 4)
            answer_all(bridge, [*references, UNKNOWN], status)
        assert len(shop.calls) == before
        assert await norce_link(bridge) == ("away", "connection")
        await until_all_stand(shop, ARRIVE[-1], within_s=35)
        assert await norce_link(bridge) == ("ok", None)
        await bridge.state_of(references[0], "reported")
        dead = await bridge.state_of(UNKNOWN, "dead")

    found = booked(shop.calls)
    repeats = Counter(status for statuses in found.values() for status in statuses)
    assert {tuple(dict.fromkeys(statuses)) for statuses in found.values()} == {ARRIVE}
    assert all(statuses == sorted(statuses, key=ARRIVE.index) for statuses in found.values())
    assert set(found) == set(references)
    assert repeats.total() <= len(ARRIVE) * ORDERS * 1.15, "repeats are for cut answers only"
    assert [call.status for call in shop.calls if call.body["ClientOrderRef"] == int(UNKNOWN)][-1] == 400
    assert "No order was found" in str(dead["reports"])
    assert_paced(shop.calls)


async def test_a_bridge_down_for_six_hours_makes_one_file_at_the_36th_attempt(tmp_path: Path) -> None:
    clock = ManualClock()
    async with SimulatedNorce(Client(client_secret="norce secret"), clock).running() as shop:
        bridge = ScaledBridge(tmp_path, Norce(port=shop.port))
        references = shop.send(3, Receiver(bridge.receiver.url, "norce", PASSWORD))
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(34):
                await clock.until_waiting(len(references))
                clock.advance(timedelta(minutes=10))
            await clock.until_waiting(len(references))
        before = [(record.attempts, record.answer) for record in shop.book.orders()]

        async with bridge.running():
            clock.advance(timedelta(minutes=10))
            await until_all_stand(shop, "Allocation", within_s=PATIENCE_S)
            files = await files_of(bridge, len(references))
            await asyncio.sleep(0.3)
            after = bridge.outbox()

    records = shop.book.orders()
    assert before == [(35, None)] * 3
    assert [(record.attempts, record.answer, record.given_up) for record in records] == [(36, "OK", False)] * 3
    assert files == after
    assert [file.name.split("_")[1] for file in files] == sorted(references)
