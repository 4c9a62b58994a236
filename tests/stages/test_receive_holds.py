"""Orders that are taken and answered OK, while a person looks before their file goes out; and those without a file."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bridge import formats
from bridge.clock import iso
from bridge.config.targets import Application
from bridge.enrich import Enrichment
from bridge.enrich.hooks import Hook, called
from bridge.errors import ErrorName, PermanentError
from bridge.journal import Journal
from bridge.journal.conditions import Condition, Limits, alarming
from bridge.journal.records import CurrentDrop
from bridge.journal.restore import doubt_all
from bridge.model import SalesOrder
from bridge.norce.bundles import Levels
from bridge.stages.receive.making import MakingSettings, Outlet
from tests.stages.drop_support import Yard
from tests.stages.receive_support import KEY, Desk, order, outlet, serving
from tests.support import journals
from tests.support.clock import START
from tests.support.journals import ack, one, order_state_of, recording, rows
from tests.support.running import at_rest, running

HOLDS = MakingSettings(holds_totals=True, holds_when_asked=True)
OFF = [{"PaymentCode": 1, "Amount": 1500, "CurrencyCode": "SEK"}]
TOTALS: dict[str, Any] = {"Payments": OFF}
ASKED: dict[str, Any] = {"DoHold": True}
TEMPLATE: dict[str, Any] = {"OrderType": 4}
SECRET = "Maja Lindqvist"


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


@pytest.fixture
async def journal(tmp_path: Path, yard: Yard) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path / "var", yard.clock) as journal:
        yield journal


@pytest.fixture
async def desk(journal: Journal) -> AsyncIterator[Desk]:
    async with serving(journal, making=HOLDS) as desk:
        yield desk


def with_hook(hook: Callable[[Any], object], target: str = "erp") -> Outlet:
    def change(one: SalesOrder) -> SalesOrder:
        return called("mapping:change", hook, one)

    return replace(outlet(target), enrichment=Enrichment((change,), has_hook=True))


def failing(_: SalesOrder) -> SalesOrder:
    raise LookupError(f"no account for {SECRET}")


def unwritable(one: SalesOrder) -> SalesOrder:
    return replace(one, lines=tuple(replace(line, qty=Decimal("1E+9999")) for line in one.lines))


async def drops(journal: Journal) -> list[Any]:
    return await rows(journal, "SELECT target, state, reason, size FROM drops ORDER BY id")


async def seen(journal: Journal) -> CurrentDrop:
    return (await journal.acts.current(1))[0]


async def put_out(yard: Yard, journal: Journal) -> dict[str, bytes]:
    """What lies in the outbox after the drop stage has done all that is due."""
    await journals.meddle(journal, "UPDATE drops SET next_at = ?", iso(START))  # the listener has a clock of its own
    yard.new_wire()
    async with running(yard.stage(journal).run):
        await at_rest(yard.clock)
    return yard.finals()


# --- money ------------------------------------------------------------------------------------------------------------


async def test_payments_that_do_not_add_up_are_answered_ok_and_warned_of(journal: Journal, yard: Yard) -> None:
    async with serving(journal) as desk:
        answer = await (await desk.post(order(**TOTALS))).json()

    assert answer["StatusCode"] == "OK"
    (said,) = await rows(journal, "SELECT facts FROM events WHERE kind = 'received'")
    assert "the rows come to 750.00 with VAT and the payments to 1500.00" in said[0]
    assert list(await put_out(yard, journal)) == ["ORDERS_48447_000001.json"]


async def test_payments_that_do_not_add_up_hold_the_file_when_the_settings_say_so(desk: Desk, journal: Journal) -> None:
    answer = await (await desk.post(order(**TOTALS))).json()

    assert answer["StatusCode"] == "OK"
    assert await order_state_of(journal) == "held"
    assert "the payments to 1500.00" in await one(journal, "SELECT detail FROM drops")


async def test_an_order_whose_payments_add_up_is_not_held(desk: Desk, journal: Journal) -> None:
    await desk.post()

    assert [row[1:3] for row in await drops(journal)] == [("queued", None)]


@pytest.mark.parametrize(("fields", "reason"), [(TOTALS, "totals"), (ASKED, "shop"), ({**TOTALS, **ASKED}, "shop")])
async def test_a_held_file_goes_out_whole_once_it_is_released(
    desk: Desk, journal: Journal, yard: Yard, fields: Any, reason: str
) -> None:
    await desk.post(order(**fields))
    before = (await put_out(yard, journal), (await drops(journal))[0][1:3])

    await yard.stage(journal).acts.release(1, "looked at it")

    assert before == ({}, ("held", reason))
    ((name, content),) = (await put_out(yard, journal)).items()
    assert (name, json.loads(content)["order_ref"]) == ("ORDERS_48447_000001.json", "48447")


async def test_do_hold_is_only_carried_unless_the_settings_say_more(journal: Journal, yard: Yard) -> None:
    async with serving(journal) as desk:
        await desk.post(order(**ASKED, ErpOrderNo="SO-7"))

    ((_, content),) = (await put_out(yard, journal)).items()
    assert (json.loads(content)["hold"], json.loads(content)["suggested_erp_no"]) == (True, "SO-7")


async def test_a_repeat_of_a_held_order_is_answered_alike_and_changes_nothing(desk: Desk, journal: Journal) -> None:
    first = await (await desk.post(order(**TOTALS))).read()
    before = await drops(journal)

    again = await (await desk.post(order(**TOTALS))).read()

    assert again == first
    assert await drops(journal) == before
    assert await one(journal, "SELECT count(*) FROM conflicts") == 0


def bundle() -> bytes:
    """A bundle that states its price on both levels, and is paid once."""
    item = {"Quantity": 1, "UnitVat": 0, "TypeGroup": "Physical"}
    items = [
        {**item, "LineNo": 1, "PartNo": "KIT", "Type": "ManagedStructure", "UnitPrice": "244.84"},
        {**item, "LineNo": 2, "ParentLineNo": 1, "PartNo": "A", "Type": "ErpStandard", "UnitPrice": "167.44"},
        {**item, "LineNo": 3, "ParentLineNo": 1, "PartNo": "B", "Type": "ErpStandard", "UnitPrice": "77.40"},
    ]
    return order(Items=items, Payments=[{"PaymentCode": 1, "Amount": "244.84", "CurrencyCode": "SEK"}])


BUNDLES = replace(HOLDS, levels=Levels.of(["ManagedStructure"], []))


async def test_a_bundle_is_counted_and_written_once(journal: Journal, yard: Yard) -> None:
    async with serving(journal, making=BUNDLES) as desk:
        await desk.post(bundle())

    ((_, content),) = (await put_out(yard, journal)).items()
    assert [line["unit_price"] for line in json.loads(content)["lines"]] == [0, 167.44, 77.40]
    assert await one(journal, "SELECT amount FROM orders") == "244.84"


async def test_a_bundle_that_is_counted_twice_does_not_add_up(desk: Desk, journal: Journal) -> None:
    await desk.post(bundle())

    assert [row[1:3] for row in await drops(journal)] == [("held", "totals")]


async def test_another_setting_for_bundles_makes_no_conflict_of_a_repeat(journal: Journal) -> None:
    for making in (HOLDS, BUNDLES):
        async with serving(journal, making=making) as desk:
            await desk.post(bundle())

    assert await one(journal, "SELECT count(*) FROM conflicts") == 0


# --- orders without a file --------------------------------------------------------------------------------------------


async def test_a_template_is_answered_ok_and_becomes_no_file(journal: Journal, yard: Yard) -> None:
    async with serving(journal) as desk:
        answer = await (await desk.post(order(**TEMPLATE))).json()

    assert answer["StatusCode"] == "OK"
    assert await drops(journal) == [("erp", "held", "template", 0)]
    assert await put_out(yard, journal) == {}


async def test_a_template_is_neither_released_nor_rendered_only_abandoned(
    desk: Desk, journal: Journal, yard: Yard
) -> None:
    await desk.post(order(**TEMPLATE))
    acts = yard.stage(journal).acts

    with pytest.raises(PermanentError, match="template") as released:
        await acts.release(1, "go")
    with pytest.raises(PermanentError, match="no file can be made") as rendered:
        await acts.render_again(1, "go", desk.intake.render_again)
    await acts.abandon(1, "it is a template")

    assert "orders abandon" in (released.value.hint or "")
    assert rendered.value.name is ErrorName.STATE_FORBIDS
    assert await order_state_of(journal) == "abandoned"
    assert await put_out(yard, journal) == {}


@pytest.mark.parametrize(("hook", "why"), [(failing, "LookupError"), (unwritable, "cannot be written once the rules")])
async def test_a_hook_that_fails_holds_its_order_and_loses_nothing(
    journal: Journal, yard: Yard, hook: Callable[[Any], object], why: str
) -> None:
    async with serving(journal, outlets={"erp": with_hook(hook)}) as desk:
        answer = await (await desk.post()).json()

    assert answer["StatusCode"] == "OK"
    assert await drops(journal) == [("erp", "held", "rules", 0)]
    detail = await one(journal, "SELECT detail FROM drops")
    assert why in detail
    assert detail.endswith("erp-bridge orders resend 48447 --render-again --because TEXT")
    assert await put_out(yard, journal) == {}


async def test_a_hook_that_never_returns_holds_its_orders_and_keeps_no_thread_of_the_bridge(journal: Journal) -> None:
    may_end = threading.Event()

    def hanging(one: SalesOrder) -> SalesOrder:
        may_end.wait()
        return one

    hook = Hook("mapping:change", hanging, within_s=0.05)
    stuck = replace(outlet(), enrichment=Enrichment((hook,), has_hook=True))
    async with serving(journal, outlets={"erp": stuck}) as desk:
        answers = [await (await desk.post(order(ref))).json() for ref in ("48447", "48448", "48449")]

    threads = sum(thread.name == "hook" for thread in threading.enumerate())
    may_end.set()
    assert [answer["StatusCode"] for answer in answers] == ["OK"] * 3
    reasons = await rows(journal, "SELECT state, reason, detail FROM drops ORDER BY id")
    assert [row[:2] for row in reasons] == [("held", "rules")] * 3
    assert "did not return within 0.05 s" in reasons[0][2]
    assert all("is not called, since it has not returned" in detail for *_, detail in reasons[1:])
    assert threads == 1


async def test_what_a_hook_says_of_a_person_is_not_logged(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(journal, outlets={"erp": with_hook(failing)}) as desk:
        await desk.post()

    said = [getattr(record, "hint", "") for record in caplog.records if record.message == "order_warning"]
    assert any("the file for erp is held (rules)" in str(hint) for hint in said)
    assert not any(SECRET in str(vars(record)) for record in caplog.records)


async def test_a_hook_that_fails_holds_its_own_target_only(journal: Journal, yard: Yard) -> None:
    shop = Application(name="demo", key=KEY, target="erp", also=("copy",))

    async with serving(
        journal,
        outlets={"erp": outlet(), "copy": with_hook(failing, "copy")},
        applications={"demo": shop},
    ) as desk:
        await desk.post()

    assert [row[:3] for row in await drops(journal)] == [("erp", "queued", None), ("copy", "held", "rules")]
    assert list(await put_out(yard, journal)) == ["ORDERS_48447_000001.json"]


async def test_an_order_that_cannot_be_written_anyway_is_failed_as_ever(journal: Journal) -> None:
    plain = formats.build("delimited", {"encoding": "latin-1"})
    outlets = {"erp": replace(with_hook(lambda one: one), format=plain)}

    async with serving(journal, outlets=outlets) as desk:
        answer = await (await desk.post(order(CustomerOrderComment="żółw"))).json()

    assert answer["StatusCode"] == "Failed"
    assert await one(journal, "SELECT count(*) FROM rejects") == 1


async def test_after_its_hook_is_mended_the_order_is_rendered_anew(journal: Journal, yard: Yard) -> None:
    outlets = {"erp": with_hook(failing)}
    async with serving(journal, outlets=outlets) as desk:
        await desk.post()
        acts = yard.stage(journal).acts
        with pytest.raises(PermanentError, match="LookupError"):
            await acts.render_again(1, "perhaps", desk.intake.render_again)
        outlets["erp"] = with_hook(lambda one: replace(one, comment="mended"))

        said = await acts.render_again(1, "the hook is mended", desk.intake.render_again)

    assert said.startswith("ORDERS_48447_000003.json takes the place of ORDERS_48447_000001.json")
    ((name, content),) = (await put_out(yard, journal)).items()
    assert (name, json.loads(content)["comment"]) == ("ORDERS_48447_000003.json", "mended")


async def test_what_a_file_leaves_out_is_told_when_it_is_rendered_anew_as_at_its_admission(
    journal: Journal, yard: Yard, caplog: pytest.LogCaptureFixture
) -> None:
    total = {"sum": "unit_price", "of": "lines", "path": "total", "decimals": 0}
    outlets = {"erp": outlet()}
    async with serving(journal, outlets=outlets) as desk:
        await desk.post(order(Items=[{**json.loads(order())["Items"][0], "UnitPrice": 12.5}]))
        outlets["erp"] = replace(outlet(), format=formats.build("json", {"fields": [total]}))

        said = await yard.stage(journal).acts.render_again(1, "whole crowns", desk.intake.render_again)

    told = "erp: lines: rounded, since the file takes fewer digits"
    [facts] = [
        json.loads(row[0]) for row in await rows(journal, "SELECT facts FROM events WHERE kind='rendered_again'")
    ]
    assert f"; note: {told}" in said
    assert [one.partition(" (")[0] for one in facts["warnings"]] == [told]
    hints = [getattr(one, "hint", "") for one in caplog.records if getattr(one, "file", "").endswith("_000002.json")]
    assert [hint.partition(" (")[0] for hint in hints] == [told]


async def test_what_was_held_is_held_again_when_it_is_rendered_anew(desk: Desk, journal: Journal, yard: Yard) -> None:
    await desk.post(order(**ASKED))

    said = await yard.stage(journal).acts.render_again(1, "new mapping", desk.intake.render_again)

    assert "and is held: the shop asks" in said
    assert [row[1:3] for row in await drops(journal)] == [("withdrawn", None), ("held", "shop")]
    assert await put_out(yard, journal) == {}


@pytest.mark.parametrize("fields", [TOTALS, ASKED, TEMPLATE, {}])
async def test_whatever_is_held_raises_an_alert_at_once(journal: Journal, yard: Yard, fields: dict[str, Any]) -> None:
    async with serving(journal, making=HOLDS, outlets={"erp": with_hook(failing)}) as desk:
        await desk.post(order(**fields))

    found = await journal.read(lambda db: list(alarming(db, Limits(), yard.clock.now())))

    assert [(one.condition, one.subject, one.example) for one in found] == [
        (Condition.NEEDS_A_PERSON, "held files", "48447"),
    ]


async def released(journal: Journal) -> object:
    return await journal.acts.release(await seen(journal), "go")


async def requeued(journal: Journal) -> object:
    return await journal.requeue(1, "go")


async def resent(journal: Journal) -> object:
    return await journal.acts.resend(await seen(journal), "go")


async def restored_and_resent(journal: Journal) -> object:
    await journal._threads.write(lambda db: doubt_all(db, START))  # noqa: SLF001 - no service runs meanwhile
    return await resent(journal)


async def held_by_a_person_and_released(journal: Journal) -> object:
    await journal.acts.hold(await seen(journal), "wait")
    return await released(journal)


@pytest.mark.parametrize("act", [released, requeued, resent, restored_and_resent, held_by_a_person_and_released])
async def test_no_act_puts_out_an_order_that_has_no_file(
    journal: Journal, yard: Yard, act: Callable[[Journal], Any]
) -> None:
    async with serving(journal, outlets={"erp": with_hook(failing)}) as desk:
        await desk.post()

    moved = await act(journal)

    assert not moved
    assert await put_out(yard, journal) == {}
    assert yard.staged() == set()


async def test_after_a_restore_there_is_still_no_file_to_send(journal: Journal, yard: Yard) -> None:
    async with serving(journal, outlets={"erp": with_hook(failing)}) as desk:
        await desk.post()
    await journal._threads.write(lambda db: doubt_all(db, START))  # noqa: SLF001 - no service runs meanwhile

    with pytest.raises(PermanentError) as caught:
        await yard.stage(journal).acts.resend(1, "go")

    assert "--render-again" in (caught.value.hint or "")


async def test_an_erp_that_answers_a_held_order_settles_it(desk: Desk, journal: Journal, yard: Yard) -> None:
    await desk.post(order(**TOTALS))

    await journal.record(recording(ack()))

    assert [row[1] for row in await drops(journal)] == ["answered"]
    assert await put_out(yard, journal) == {}


async def test_a_hook_that_takes_its_time_keeps_nobody_waiting(journal: Journal) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(one: SalesOrder) -> SalesOrder:
        begun.set()
        return one if go_on.wait(3) else replace(one, comment="nobody was served meanwhile")

    async with serving(journal, outlets={"erp": with_hook(slow)}) as desk, asyncio.TaskGroup() as group:
        order_of_the_slow = group.create_task(desk.post())
        await asyncio.to_thread(begun.wait, 3)
        other = await desk.ask("GET", "/healthz")
        go_on.set()

    assert [answer.status for answer in (other, order_of_the_slow.result())] == [200, 200]
    assert b"nobody was served" not in await one(journal, "SELECT content FROM drops")


async def test_an_amount_that_a_file_rounds_is_noted_with_the_order(journal: Journal) -> None:
    layout = {"fields": [{"from": "part_no"}, {"from": "unit_price", "decimals": 0}]}
    rounding = replace(outlet(), format=formats.build("delimited", layout))
    priced = [{"LineNo": 1, "PartNo": "A", "Quantity": 1, "UnitPrice": 12.5, "UnitVat": 0}]

    async with serving(journal, outlets={"erp": rounding}) as desk:
        response = await desk.post(order(Items=priced))

    noted = await one(journal, "SELECT facts FROM events WHERE kind = 'received'")
    assert response.status == 200
    assert "erp: lines[0].unit_price: rounded" in noted
