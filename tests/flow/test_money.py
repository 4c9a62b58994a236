"""Deliveries, invoices, a cancellation and a credit of one order through the whole bridge, and Norce's books."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from bridge.simulators.norce import CONNECT_PATH, TOKEN_PATH, SimulatedNorce
from bridge.simulators.norce_faults import Faults
from bridge.simulators.norce_tokens import Client
from tests.flow.bridge_process import SAMPLES, BridgeFolder, Norce
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(60)

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
[norce.report]
cancelled = "cancel"
invoiced = "invoice"
credited = "credit"
[watch]
sweep = "0.5 s"
[retry]
first = "100 ms"
[targets.erp]
{rest}
[targets.erp.answer]
quiet_for = "50 ms"
patience = "2 s"
"""
REF = "48447"
ITEM = json.loads((SAMPLES / "order.json").read_text())["Items"][0]
ITEMS = [
    {**ITEM, "LineNo": 1, "PartNo": "SHOE", "Quantity": 2, "Quantity2": 2, "UnitPrice": 375.00, "UnitVat": 93.75},
    {**ITEM, "LineNo": 2, "PartNo": "SOCK", "Quantity": 10, "Quantity2": 10, "UnitPrice": 12.345, "UnitVat": 3.09},
    {**ITEM, "LineNo": 3, "PartNo": "FRT", "Quantity": 1, "Quantity2": 1, "UnitPrice": 49, "UnitVat": 12.25}
    | {"Type": "Freight", "TypeGroup": "Fee"},
]
SHOE, SOCK, FREIGHT = Decimal("468.75"), Decimal("15.435"), Decimal("61.25")
PAYMENT = {"PaymentCode": 1, "PaymentMethodCode": "CARD", "PaymentRef": "PAY-1", "Amount": 1153.10}


class MoneyBridge(BridgeFolder):
    """A bridge that is set to move money."""

    template = CONFIG
    words = MappingProxyType({"connect": CONNECT_PATH, "token": TOKEN_PATH})

    async def place(self, shop: SimulatedNorce) -> None:
        """The order comes as Norce sends it, and is confirmed there as taken."""
        order = json.loads((SAMPLES / "order.json").read_text())
        order |= {"ClientOrderRef": REF, "Items": ITEMS, "Payments": [PAYMENT], "CurrencyCode": "SEK"}
        text = json.dumps(order)
        shop.book.place(REF).learn(json.loads(text, parse_float=Decimal))
        status, _ = await self.post(text.encode())
        assert status == 200
        shop.book.answered(REF, None, ok=True)

    def say(self, status: str, *rows: str, **facts: str) -> None:
        """The ERP's word, with rows as ``line_no:quantity``."""
        names = ["order_ref", "erp_order_no", "status", "kind", *facts, "line_no", "qty_delivered"]
        kinds = {"invoiced": "invoice", "cancelled": "cancellation", "confirmed": "response"}
        head = [REF, "SO-1", status, kinds.get(status, "despatch"), *facts.values()]
        lines = [";".join([*head, *row.split(":")]) for row in rows or (":",)]
        name = "-".join([status, *facts.values()]).replace(" ", "_")
        self.answer(f"{name}-{len(rows)}.csv", "\r\n".join([";".join(names), *lines, ""]))


@pytest.fixture
async def shop() -> AsyncIterator[SimulatedNorce]:
    async with SimulatedNorce(Client(client_secret="norce secret")).running() as norce:
        yield norce


@pytest.fixture
def bridge(tmp_path: Path, shop: SimulatedNorce) -> MoneyBridge:
    return MoneyBridge(tmp_path, Norce(port=shop.port))


async def taken(shop: SimulatedNorce, count: int, within_s: float = PATIENCE_S) -> list[str]:
    """The operations that Norce took, once there are so many."""
    async with asyncio.timeout(within_s):
        while len(found := [call.operation for call in shop.calls if call.status == 200]) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


def bodies(shop: SimulatedNorce, operation: str) -> list[dict[str, object]]:
    return [call.body for call in shop.calls if call.operation == operation and call.status == 200]


async def test_two_deliveries_an_invoice_for_each_the_rest_cancelled_and_a_credit_leave_the_books_right(
    bridge: MoneyBridge, shop: SimulatedNorce
) -> None:
    story: Sequence[tuple[str, tuple[str, ...], dict[str, str]]] = (
        ("confirmed", (), {}),
        ("partly_delivered", ("1:2", "2:4"), {"note_no": "DN-1", "tracking": "373500"}),
        ("invoiced", ("1:2", "2:4", "3:1"), {"invoice_no": "F-1"}),
        ("partly_delivered", ("2:2",), {"note_no": "DN-2"}),
        ("invoiced", ("2:2",), {"invoice_no": "F-2"}),
        ("cancelled", ("2:",), {}),
        ("invoiced", ("1:1",), {"invoice_no": "C-1", "credited_no": "F-1"}),
    )
    async with bridge.running():
        await bridge.place(shop)
        for number, (status, rows, facts) in enumerate(story, 1):
            bridge.say(status, *rows, **facts)
            operations = await taken(shop, number)
        document = await bridge.state_of(REF, "reported")

    assert operations == [
        "SendOrderStatus",
        "CreateDeliveryNote",
        "CreateInvoice",
        "CreateDeliveryNote",
        "CreateInvoice",
        "CancelOrder",
        "CreditPayment",
    ]
    assert [call.status for call in shop.calls] == [200] * len(story)
    (record,) = shop.book.orders()
    delivered = {row.part_nos[0]: row.delivered for row in record.rows}
    invoiced = {row.part_nos[0]: row.invoiced for row in record.rows}
    goods = {"SHOE": Decimal(2), "SOCK": Decimal(6)}
    assert {part_no: delivered[part_no] for part_no in goods} == goods
    assert {part_no: invoiced[part_no] for part_no in goods} == goods
    assert record.captured == 2 * SHOE + 6 * SOCK + FREIGHT
    assert record.credited == SHOE
    assert record.annulled == ["PAY-1"]
    assert record.notes == ["DN-1", "DN-2"]
    assert [body["IsLastInvoiceForOrder"] for body in bodies(shop, "CreateInvoice")] == [False, False]
    assert document["outcome"] == "invoiced"
    assert [report["operation"] for report in document["reports"]] == operations


async def test_invariant_8_files_that_come_twice_capture_once(bridge: MoneyBridge, shop: SimulatedNorce) -> None:
    async with bridge.running():
        await bridge.place(shop)
        bridge.say("delivered", note_no="DN-1", tracking="373500")
        bridge.say("invoiced", "1:2", "2:10", "3:1", invoice_no="F-1")
        await taken(shop, 3)
        bridge.say("invoiced", "3:1", "2:10", "1:2", invoice_no="F-1")
        bridge.say("delivered", note_no="DN-1", tracking="373500")
        await asyncio.sleep(1)
        document = await bridge.state_of(REF, "reported")

    (record,) = shop.book.orders()
    assert record.captured == Decimal("1153.100")
    assert [call.status for call in shop.calls] == [200] * 3
    assert [body["IsLastInvoiceForOrder"] for body in bodies(shop, "CreateInvoice")] == [True]
    assert len(document["reports"]) == 3


async def test_an_invoice_whose_answer_was_cut_off_waits_for_a_person_and_is_settled_by_norce_s_word(
    bridge: MoneyBridge, shop: SimulatedNorce
) -> None:
    async with bridge.running():
        await bridge.place(shop)
        bridge.say("confirmed")
        await taken(shop, 1)
        shop.set_faults(Faults(cut=1))
        bridge.say("invoiced", "1:2", "2:10", "3:1", invoice_no="F-1")
        held = await bridge.state_of(REF, "held")
        shop.set_faults(Faults())
        bridge.say("delivered", note_no="DN-1", tracking="373500")
        await asyncio.sleep(0.7)
        before = len(shop.calls)
        _, timeline, _ = await bridge.command("orders", "timeline", REF)
        code, _, err = await bridge.command("orders", "retry", REF)
        reported = await bridge.state_of(REF, "reported")

    assert [report["state"] for report in held["reports"]] == ["sent", "uncertain"]
    assert before == 2
    assert "erp-bridge orders retry 48447" in timeline
    assert code == 0, err
    (record,) = shop.book.orders()
    assert record.captured == Decimal("1153.100")
    assert "already exists" in reported["reports"][1]["error"]
    assert [report["state"] for report in reported["reports"]] == ["sent"] * 3


async def test_a_fetched_file_confirms_the_order_of_an_erp_that_never_answers(
    bridge: MoneyBridge, shop: SimulatedNorce
) -> None:
    bridge.configure(rest='confirm_on = "taken"')
    async with bridge.running():
        await bridge.place(shop)
        await bridge.state_of(REF, "dropped")
        (file,) = bridge.outbox()
        file.unlink()
        document = await bridge.state_of(REF, "reported")

    assert bodies(shop, "SendOrderStatus") == [{"OrderStatus": "Confirmed", "ClientOrderRef": 48447}]
    assert (document["outcome"], document["erp_order_no"]) == ("confirmed", None)
    assert document["drops"][0]["state"] == "taken"
