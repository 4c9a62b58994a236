"""Orders that rules send elsewhere or split: what each target's file holds, and what stays decided."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge import formats
from bridge.config.routes import Rule, When
from bridge.config.targets import Application
from bridge.journal import Journal
from bridge.states import ReportPolicy
from tests.stages.receive_support import KEY, order, outlet, serving
from tests.support import journals
from tests.support.journals import ack, one, order_state_of, recording, rows

SHOPS = {"demo": Application(name="demo", key=KEY, target="erp")}
SPLIT = Rule(name="drop-ship", target="warehouse", split=True, when=When(any_line_part_no=("DS-*",)))
FREIGHT: dict[str, Any] = {"Type": "Freight", "TypeGroup": "Freight"}


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    async with journals.opened(tmp_path) as journal:
        yield journal


def item(number: int, part_no: str, **more: object) -> dict[str, object]:
    usual = {"LineNo": number, "PartNo": part_no, "Description": part_no, "Quantity": 1, "UnitOfMeasure": "pcs"}
    return {**usual, "UnitPrice": 80, "UnitVat": 20, "VatRate": 25, "Type": "ErpStandard", **more}


MIXED: dict[str, Any] = {"Items": [item(1, "A-1"), item(2, "DS-1"), item(3, "DS-2"), item(4, "FRT", **FREIGHT)]}


def desk(journal: Journal, *rules: Rule, names: Sequence[str] = ("erp", "warehouse", "archive"), **more: Any) -> Any:
    outlets = {name: outlet(name) for name in names} | more.pop("outlets", {})
    return serving(journal, **{"applications": SHOPS, **more, "outlets": outlets, "rules": rules})


async def files(journal: Journal) -> dict[str, Any]:
    """The document in each target's current file."""
    found = await rows(journal, "SELECT target, content FROM drops WHERE state <> 'withdrawn' ORDER BY id")
    return {target: json.loads(content) for target, content in found}


async def count(journal: Journal, table: str) -> int:
    return int(await one(journal, f"SELECT count(*) FROM {table}"))  # noqa: S608 - our own names


def parts_in(document: Any) -> list[str]:
    return [line["part_no"] for line in document["lines"]]


async def test_the_first_rule_that_matches_takes_the_place_of_the_shop(journal: Journal) -> None:
    swedes = Rule(name="Sweden", target="warehouse", also=("archive",), when=When(ship_to_country=("SE",)))

    async with desk(journal, swedes) as at:
        answer = await (await at.post()).json()

    assert answer["StatusCode"] == "OK"
    assert await rows(journal, "SELECT target, confirming, lines FROM drops ORDER BY id") == [
        ("warehouse", 1, None),
        ("archive", 0, None),
    ]
    assert await one(journal, "SELECT target FROM orders") == "warehouse"


async def test_each_target_of_a_split_order_gets_a_file_of_its_own_rows(journal: Journal) -> None:
    async with desk(journal, SPLIT) as at:
        await at.post(order(**MIXED))

    found = await files(journal)
    assert {target: parts_in(document) for target, document in found.items()} == {
        "erp": ["A-1", "FRT"],
        "warehouse": ["DS-1", "DS-2"],
    }
    assert await rows(journal, "SELECT target, confirming, lines, charges FROM drops ORDER BY id") == [
        ("erp", 1, "[1, 4]", 1),
        ("warehouse", 0, "[2, 3]", 0),
    ]
    assert len(found["erp"]["payments"]) == 1
    assert found["warehouse"]["payments"] == []


async def test_what_each_target_got_is_told_on_the_order_s_first_event(journal: Journal) -> None:
    async with desk(journal, SPLIT) as at:
        await at.post(order(**MIXED))

    facts = json.loads(await one(journal, "SELECT facts FROM events WHERE kind = 'received'"))
    assert facts["parts"] == {"erp": [1, 4], "warehouse": [2, 3]}


async def test_the_order_itself_is_kept_whole_so_a_repeat_under_other_rules_is_a_repeat(journal: Journal) -> None:
    body = order(**MIXED)

    async with desk(journal, SPLIT) as at:
        first = await (await at.post(body)).json()
    async with desk(journal) as at:
        second = await (await at.post(body)).json()

    assert first == second
    assert (await count(journal, "orders"), await count(journal, "conflicts")) == (1, 0)
    assert await one(journal, "SELECT amount || ' ' || line_count FROM orders") == "400.00 4"


async def test_an_order_of_which_one_part_cannot_be_written_is_failed_whole(journal: Journal) -> None:
    narrow = replace(outlet("warehouse"), format=formats.build("delimited", {"encoding": "latin-1"}))
    items = [item(1, "A-1"), item(2, "DS-1", Description="żółw")]

    async with desk(journal, SPLIT, outlets={"warehouse": narrow}) as at:
        answer = await (await at.post(order(Items=items))).json()

    assert answer["StatusCode"] == "Failed"
    assert (await count(journal, "orders"), await count(journal, "drops"), await count(journal, "rejects")) == (0, 0, 1)


async def test_a_row_that_another_target_gets_need_not_be_written_here(journal: Journal) -> None:
    narrow = replace(outlet("erp"), format=formats.build("delimited", {"encoding": "latin-1"}))
    items = [item(1, "A-1"), item(2, "DS-1", Description="żółw")]

    async with desk(journal, SPLIT, outlets={"erp": narrow}) as at:
        answer = await (await at.post(order(Items=items))).json()

    assert answer["StatusCode"] == "OK"


@pytest.mark.parametrize("rules", [(SPLIT,), ()])
async def test_a_file_made_anew_holds_the_rows_that_were_decided_at_admission(
    journal: Journal, rules: tuple[Rule, ...]
) -> None:
    async with desk(journal, SPLIT) as at:
        await at.post(order(**MIXED))
    order_id = await one(journal, "SELECT id FROM orders")

    async with desk(journal, *rules) as at:
        for drop in await journal.acts.current(order_id):
            rendered = replace(await at.intake.render_again(order_id, drop.target), confirming=drop.confirming)
            assert await journal.acts.render_again(drop, rendered, "the ERP lost it")

    found = await files(journal)
    assert {target: parts_in(document) for target, document in found.items()} == {
        "erp": ["A-1", "FRT"],
        "warehouse": ["DS-1", "DS-2"],
    }
    assert (len(found["erp"]["payments"]), len(found["warehouse"]["payments"])) == (1, 0)
    assert await count(journal, "drops") == 4
    assert await rows(journal, "SELECT lines FROM drops WHERE state <> 'withdrawn' ORDER BY id") == [
        ("[1, 4]",),
        ("[2, 3]",),
    ]


async def test_only_the_confirming_target_s_answer_confirms_a_split_order(journal: Journal) -> None:
    async with desk(journal, SPLIT) as at:
        await at.post(order(**MIXED))

    copy = await journal.record(recording(ack("48447", number="W-1"), target="warehouse"))
    after_copy = (await order_state_of(journal), await count(journal, "reports"))
    mine = await journal.record(recording(ack("48447", number="SO-1"), claim="second", policy=ReportPolicy()))

    assert (copy.outcome.value, mine.outcome.value) == ("matched", "matched")
    assert after_copy == ("received", 0)
    assert await rows(journal, "SELECT target, verdict FROM acknowledgements ORDER BY id") == [
        ("warehouse", "copy"),
        ("erp", "applied"),
    ]
    assert await rows(journal, "SELECT erp_order_no FROM reports") == [("SO-1",)]
    assert await one(journal, "SELECT erp_order_no FROM orders") == "SO-1"
