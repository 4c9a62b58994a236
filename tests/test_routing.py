"""Which targets an order goes to, by its shop and by `[[routes]]`: tables of cases, and what holds of any rules."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bridge.config.routes import Rule, When
from bridge.config.targets import Application, plain_key
from bridge.errors import ErrorName, PermanentError
from bridge.model import Charge, Delivery, Infos, Line, Part, Party, PartyKind, Payment, SalesOrder
from bridge.routing import Route, application_name, part_of, route

KEY = "123e4567-e89b-12d3-a456-426614174000"
OTHER = "00000000-0000-0000-0000-00000000000a"
FREIGHT = Line(line_no=9, type="Freight", part_no="FRT", qty=Decimal(1), unit_price=Decimal(49))


def shops(**changed: Any) -> dict[str, Application]:
    demo = Application(name="demo", key=KEY, **changed)
    return {"demo": demo, "outlet": Application(name="outlet", key=OTHER, target="warehouse")}


def row(number: int, part_no: str = "A-1", **facts: Any) -> Line:
    return Line(line_no=number, part_no=part_no, qty=Decimal(1), unit_price=Decimal(100), **facts)


def order(*lines: Line, **facts: Any) -> SalesOrder:
    usual: dict[str, Any] = {"order_ref": "1", "application": "demo", "ordered_at": None, "currency": "SEK"}
    return SalesOrder(**{**usual, "lines": lines or (row(1),), **facts})


def rule(target: str = "warehouse", *, split: bool = False, also: Sequence[str] = (), **when: Any) -> Rule:
    said = {key: tuple(value) if isinstance(value, list) else value for key, value in when.items()}
    return Rule(name=f"to {target}", target=target, also=tuple(also), split=split, when=When.model_validate(said))


def way(of: SalesOrder, *rules: Rule, **shop: Any) -> Route:
    return route(of, KEY, shops(**shop), rules)


# --- the shop ------------------------------------------------------------------------------------------------------


def test_an_order_goes_to_its_application_s_target() -> None:
    found = route(order(), OTHER, shops())

    assert found == Route("outlet", "warehouse", ())
    assert found.targets == ("warehouse",)


@pytest.mark.parametrize("spelt", [KEY.upper(), f"{{{KEY}}}", f"  {KEY}\n", f"{{{KEY.upper()}}}"])
def test_a_key_is_compared_as_a_guid(spelt: str) -> None:
    assert application_name(spelt, shops()) == "demo"
    assert plain_key(spelt) == KEY


def test_the_confirming_target_comes_first_and_copies_follow() -> None:
    assert way(order(), also=("warehouse", "archive")).targets == ("erp", "warehouse", "archive")


def test_a_target_gets_an_order_once_however_often_it_is_named() -> None:
    assert way(order(), also=("warehouse", "erp", "warehouse")).targets == ("erp", "warehouse")


@pytest.mark.parametrize("key", [None, "", OTHER.replace("a", "b"), "x" * 500])
def test_an_unknown_shop_is_refused_with_what_to_do(key: str | None) -> None:
    with pytest.raises(PermanentError) as caught:
        route(order(), key, shops(), [rule()])

    error = caught.value
    assert error.name is ErrorName.ORDER_UNROUTABLE
    assert error.message.startswith("Header.ApplicationKey")
    assert "rejects replay" in error.hint
    assert len(error.message) < 200


def test_no_key_is_no_shop_even_where_a_shop_s_key_looks_empty() -> None:
    assert application_name(None, {"demo": Application(name="demo", key="{}")}) is None


# --- conditions ----------------------------------------------------------------------------------------------------

FINN = Party(PartyKind.PERSON, country="FI")
FULL = order(
    row(1, "DS-7", type="ErpStandard", group="Physical"),
    row(2, "B[1]", type="Download", group="Digital"),
    FREIGHT,
    ship_to=FINN,
    bill_to=Party(PartyKind.PERSON, country="se"),
    sold_to=Party(PartyKind.PERSON, country="NO"),
    delivery=Delivery(method="PICKUP-12"),
    customer_type="organization",
    order_type=3,
    info=Infos([("Channel", "B2B web"), ("Empty", "")]),
)

CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"application": ["outlet", "demo"]}, True),
    ({"application": ["outlet"]}, False),
    ({"ship_to_country": ["SE", "FI"]}, True),
    ({"ship_to_country": ["SE"]}, False),
    ({"bill_to_country": ["SE"]}, True),
    ({"bill_to_country": ["FI"]}, False),
    ({"sold_to_country": ["NO"]}, True),
    ({"sold_to_country": ["SE"]}, False),
    ({"delivery_method": ["pickup-*"]}, True),
    ({"delivery_method": ["pickup"]}, False),
    ({"customer_type": ["organi?ation"]}, True),
    ({"customer_type": ["person"]}, False),
    ({"currency": ["SEK", "EUR"]}, True),
    ({"currency": ["EUR"]}, False),
    ({"order_type": [1, 3]}, True),
    ({"order_type": [1, 5]}, False),
    ({"info": {"CHANNEL": ["B2B*"]}}, True),
    ({"info": {"CHANNEL": ["B2C*"]}}, False),
    ({"info": {"MISSING": ["*"]}}, False),
    ({"info": {"Empty": ["*"]}}, False),
    ({"any_line_part_no": ["DS-*"]}, True),
    ({"any_line_part_no": ["ds-?"]}, True),
    ({"any_line_part_no": ["DS"]}, False),
    ({"any_line_part_no": ["B[1]"]}, True),
    ({"any_line_part_no": ["FRT"]}, True),
    ({"any_line_type": ["Download"]}, True),
    ({"any_line_type": ["Service"]}, False),
    ({"any_line_group": ["physical"]}, True),
    ({"any_line_part_no": ["DS-*"], "any_line_group": ["Physical"]}, True),
    ({"any_line_part_no": ["DS-*"], "any_line_group": ["Digital"]}, False),
    ({"all_lines_part_no": ["DS-*", "B*"]}, True),
    ({"all_lines_part_no": ["DS-*"]}, False),
    ({"total_from": 249}, True),
    ({"total_from": "249.01"}, False),
    ({"total_to": 249.0}, True),
    ({"total_to": 248.99}, False),
    ({"total_from": 200, "total_to": 300}, True),
    ({"ship_to_country": ["FI"], "currency": ["EUR"]}, False),
    ({"ship_to_country": ["FI"], "any_line_part_no": ["DS-*"], "order_type": [3]}, True),
]


@pytest.mark.parametrize(("when", "matches"), CONDITIONS)
def test_a_rule_matches_when_all_that_is_written_holds(when: dict[str, Any], matches: bool) -> None:  # noqa: FBT001
    found = way(FULL, rule(**when))

    assert found.confirming == ("warehouse" if matches else "erp")
    assert found.asked[0].matched is matches
    assert all(one.holds for one in found.asked[0].judged) is matches


def test_every_condition_of_the_settings_is_tried_both_ways() -> None:
    tried = {(key, matches) for when, matches in CONDITIONS for key in when}

    assert tried == {(key, matches) for key in When.model_fields for matches in (True, False)}


@pytest.mark.parametrize("key", [key for key in When.model_fields if key not in {"info", "total_from", "total_to"}])
def test_what_an_order_does_not_say_fits_nothing(key: str) -> None:
    bare = order(Line(line_no=1), currency=None, application="")
    when: dict[str, Any] = {key: [1] if key == "order_type" else ["*"]}

    found = way(bare, rule(**when))

    assert not found.asked[0].matched


def test_an_order_without_goods_has_no_lines_that_could_all_fit() -> None:
    assert way(order(FREIGHT), rule(all_lines_part_no=["*"])).confirming == "erp"


def test_the_first_rule_that_matches_wins_and_no_other_is_asked() -> None:
    found = way(order(), rule("a", currency=["EUR"]), rule("b"), rule("c"))

    assert found.targets == ("b",)
    assert [(one.name, one.matched) for one in found.asked] == [("to a", False), ("to b", True)]


def test_a_rule_stands_in_the_shop_s_place_so_its_copies_go_where_the_rule_says() -> None:
    found = way(order(), rule("warehouse", also=["erp"]), also=("archive",))

    assert found.targets == ("warehouse", "erp")
    assert found.parts == {}


def test_the_trace_tells_what_was_wanted_and_what_was_found() -> None:
    (judged, rows) = way(FULL, rule(ship_to_country=["SE", "NO"], any_line_part_no=["D*"])).asked[0].judged

    assert (judged.key, judged.wanted, judged.found, judged.holds) == ("ship_to_country", "SE or NO", "FI", False)
    assert (rows.key, rows.wanted, rows.found, rows.holds) == ("any_line_part_no", "D*", "line 1", True)


# --- splits --------------------------------------------------------------------------------------------------------

SPLIT = rule(split=True, any_line_part_no=["DS-*"])


def test_only_the_rows_that_match_go_to_the_target_of_a_split() -> None:
    found = way(order(row(1), row(2, "DS-1"), row(3, "DS-2"), FREIGHT), SPLIT)

    assert found.targets == ("erp", "warehouse")
    assert found.parts == {"erp": Part((1, 9), charges=True), "warehouse": Part((2, 3), charges=False)}


def test_a_split_that_takes_all_goods_confirms_and_has_the_freight() -> None:
    found = way(order(row(1, "DS-1"), FREIGHT), SPLIT)

    assert found == Route("demo", "warehouse", ())


def test_a_split_of_which_no_row_is_meant_changes_nothing() -> None:
    assert way(order(row(1), FREIGHT), SPLIT) == Route("demo", "erp", ())
    assert way(order(FREIGHT), rule(split=True, any_line_type=["Freight"])) == Route("demo", "erp", ())


def test_the_shop_s_target_confirms_as_soon_as_it_gets_any_of_a_split_order() -> None:
    ledger = rule(split=True, also=["erp"], any_line_part_no=["DS-*"])

    some = way(order(row(1), row(2, "DS-1"), FREIGHT), ledger)
    every = way(order(row(2, "DS-1"), FREIGHT), ledger)

    assert (some.confirming, some.parts) == ("erp", {"warehouse": Part((2,), charges=False)})
    assert (every.confirming, every.parts) == ("erp", {"warehouse": Part((2,), charges=False)})


def test_the_first_rule_s_target_confirms_where_the_shop_s_gets_nothing() -> None:
    rest = rule("store")

    found = way(order(row(1), row(2, "DS-1"), FREIGHT), SPLIT, rest)

    assert found.targets == ("warehouse", "store")
    assert found.parts == {"warehouse": Part((2, 9), charges=True), "store": Part((1,), charges=False)}


def test_what_one_split_leaves_goes_on_to_the_next() -> None:
    digital = rule("mailer", split=True, any_line_group=["Digital"])

    found = way(order(row(1), row(2, "DS-1", group="Digital"), row(3, "X", group="Digital")), SPLIT, digital)

    assert {target: part.lines for target, part in found.parts.items()} == {
        "warehouse": (2,),
        "mailer": (3,),
        "erp": (1,),
    }
    assert [one.lines for one in found.asked] == [(2,), (3,), (1,)]


def test_copies_get_the_rows_of_the_rule_that_names_them() -> None:
    split = rule(split=True, also=["archive"], any_line_part_no=["DS-*"])

    found = way(order(row(1), row(2, "DS-1"), FREIGHT), split, also=("ledger", "archive"))

    assert found.parts == {
        "warehouse": Part((2,), charges=False),
        "erp": Part((1, 9), charges=True),
        "ledger": Part((1, 9), charges=True),
    }
    assert set(found.targets) == {"erp", "warehouse", "archive", "ledger"}  # the archive has all


def test_a_bundle_stays_together_whichever_of_its_rows_is_meant() -> None:
    bundle = [row(1, "BOX", type="ManagedStructure"), row(2, "DS-1", parent_line_no=1), row(3, "C", parent_line_no=2)]

    found = way(order(*bundle, row(4)), SPLIT)

    assert found.parts["warehouse"].lines == (1, 2, 3)


def test_a_fee_below_a_row_goes_with_it() -> None:
    fee = row(2, "FEE", type="EnvironmentalFee", parent_line_no=1)

    found = way(order(row(1, "DS-1"), fee, row(3)), SPLIT)

    assert found.parts["warehouse"].lines == (1, 2)


def test_rows_that_hang_in_a_ring_stay_together() -> None:
    ring = [row(1, "A", parent_line_no=2), row(2, "DS-1", parent_line_no=1), row(3, "B", parent_line_no=1)]

    assert way(order(*ring, row(4, parent_line_no=4)), SPLIT).parts["warehouse"].lines == (1, 2, 3)


def test_a_part_has_its_rows_as_they_came_and_the_money_of_the_whole_only_where_it_is_confirmed() -> None:
    whole = order(
        row(1),
        row(2, "DS-1"),
        payments=(Payment(amount=Decimal(200)),),
        fees=(Charge(amount=Decimal(5)),),
        discounts=(Charge(amount=Decimal(-1)),),
        payment_ref="P1",
        payment_provider="card",
    )

    mine, theirs = (part_of(whole, part) for part in (Part((1,), charges=True), Part((2,), charges=False)))

    assert part_of(whole, None) is whole
    assert mine.lines == whole.lines[:1]
    assert (mine.payments, mine.fees, mine.discounts) == (whole.payments, whole.fees, whole.discounts)
    assert theirs.lines == whole.lines[1:]
    assert (theirs.payments, theirs.fees, theirs.discounts) == ((), (), ())
    assert (theirs.payment_ref, theirs.payment_provider) == (None, None)
    assert theirs.order_ref == whole.order_ref


# --- what holds of any rules ---------------------------------------------------------------------------------------

at_leisure = settings(deadline=None)  # a busy machine is no fault
TARGETS = st.sampled_from(["erp", "warehouse", "store", "ledger"])
TYPES = st.sampled_from([None, "ErpStandard", "Freight", "Download", "EnvironmentalFee"])


@st.composite
def orders(draw: st.DrawFn) -> SalesOrder:
    count = draw(st.integers(1, 8))
    lines = [
        row(
            number,
            draw(st.sampled_from(["A-1", "B-1", "DS-1"])),
            type=draw(TYPES),
            parent_line_no=draw(st.one_of(st.none(), st.integers(1, count))),
        )
        for number in range(1, count + 1)
    ]
    return order(*lines, ship_to=draw(st.sampled_from([None, FINN])))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    split = draw(st.booleans())
    when: dict[str, Any] = {}
    if split or draw(st.booleans()):
        when["any_line_part_no"] = [draw(st.sampled_from(["A-*", "B-*", "DS-*", "*"]))]
    if draw(st.booleans()):
        when["ship_to_country"] = ["FI"]
    return rule(draw(TARGETS), split=split, also=draw(st.lists(TARGETS, max_size=2)), **when)


def rows_of(found: Route, target: str, of: SalesOrder) -> set[int]:
    return {line.line_no for line in part_of(of, found.parts.get(target)).lines}


@at_leisure
@given(orders(), st.lists(rules(), max_size=4), st.lists(TARGETS, max_size=2))
def test_each_row_of_goods_is_taken_once_and_reaches_its_taker(
    of: SalesOrder, asked: list[Rule], also: list[str]
) -> None:
    found = way(of, *asked, also=tuple(also))

    takers = [one for one in found.asked if one.matched]
    taken = [number for one in takers for number in one.lines if not is_common(of, number)]
    assert sorted(taken) == [line.line_no for line in of.lines if not is_common(of, line.line_no)]
    for one in takers:
        goods = {number for number in one.lines if not is_common(of, number)}
        assert all(goods <= rows_of(found, target, of) for target in (one.target, *one.also))


@at_leisure
@given(orders(), st.lists(rules(), max_size=4), st.lists(TARGETS, max_size=2))
def test_one_target_confirms_and_has_what_belongs_to_the_whole(
    of: SalesOrder, asked: list[Rule], also: list[str]
) -> None:
    found = way(of, *asked, also=tuple(also))

    part = found.parts.get(found.confirming)
    assert found.targets.count(found.confirming) == 1
    assert len(set(found.targets)) == len(found.targets)
    assert part is None or part.charges
    assert {line.line_no for line in of.lines if is_common(of, line.line_no)} <= rows_of(found, found.confirming, of)
    assert all(rows_of(found, target, of) for target in found.targets)


@at_leisure
@given(orders(), st.lists(rules(), max_size=4))
def test_the_same_order_goes_the_same_way_and_families_stay_whole(of: SalesOrder, asked: list[Rule]) -> None:
    found = way(of, *asked)

    assert found == way(of, *asked)
    for target in found.targets:
        mine = rows_of(found, target, of)
        for line in of.lines:
            if line.parent_line_no is not None:
                assert (line.line_no in mine) == (line.parent_line_no in mine)


def is_common(of: SalesOrder, number: int) -> bool:
    """Whether neither the row nor any that hangs together with it is an article; told another way than the code."""
    together = {number}
    while True:
        more = {line.line_no for line in of.lines if {line.line_no, line.parent_line_no} & together}
        more |= {line.parent_line_no for line in of.lines if line.line_no in together and line.parent_line_no}
        if more <= together:
            break
        together |= more
    return not any(line.role in {"goods", "service"} for line in of.lines if line.line_no in together)
