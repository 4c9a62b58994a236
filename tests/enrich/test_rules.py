"""The rules of a target: what each changes, in which order, and what none of them touches."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from bridge.config.targets import Enrich
from bridge.enrich import enrichment
from bridge.model import Infos, Party, PartyKind, Promotion, SalesOrder
from tests.support.orders import guide_order, sales_orders


def changed(order: SalesOrder | None = None, **rules: Any) -> SalesOrder:
    found = enrichment(Enrich(**rules))
    assert found is not None
    return found.apply(order or guide_order())


def test_no_rule_is_no_enrichment() -> None:
    assert enrichment(Enrich()) is None


def test_a_default_fills_only_what_is_missing() -> None:
    order = changed(defaults={"currency": "EUR", "source": "WEB", "sold_to.region": "Skåne", "lines.gtin": "0"})

    assert (order.currency, order.source) == ("SEK", "Online")
    assert order.sold_to
    assert order.sold_to.region == "Skåne"
    assert [line.gtin for line in order.lines] == ["0"]


def test_a_default_makes_no_party_that_the_order_does_not_have() -> None:
    order = changed(defaults={"seller.name": "Acme"})

    assert order.seller is None


def test_a_map_changes_words_and_leaves_those_that_it_does_not_name() -> None:
    assert changed(maps={"delivery.method": {"PostNord": "PN1"}}).delivery.method == "PN1"
    assert changed(maps={"delivery.method": {"DHL": "D1"}}).delivery.method == "PostNord"
    assert changed(maps={"delivery.method": {"DHL": "D1", "*": "OTHER"}}).delivery.method == "OTHER"
    assert changed(maps={"payments.code": {"10001": 7}}).payments[0].code == 7
    assert changed(maps={"lines.gtin": {"*": "x"}}).lines[0].gtin is None


def test_a_derived_fact_is_put_together_of_others() -> None:
    order = changed(
        derive={
            "comment": "{customer_order_ref}: {comment} {customer_invoice_ref}",
            "info.COST": "{sold_to.code}-{sales_contact.code}",
            "lines.text": "{lines.part_no} {lines.unit_price} {lines.info.Warranty} of {order_ref}",
        },
    )

    assert order.comment == "ORDER123: Please handle with care. INV12345"
    assert order.info["cost"] == "CUST0001-SALES001"
    assert order.lines[0].text == f"ITEM001 {order.lines[0].unit_price} 2 years of 48447"


def test_nothing_put_together_is_nothing() -> None:
    assert changed(derive={"comment": " {seller.name} "}).comment is None


def test_a_derived_fact_of_a_list_in_a_list_sees_both_entries() -> None:
    guide = guide_order()
    line = replace(guide.lines[0], promotions=(Promotion("1", "Sale"), Promotion("2", "More")))

    order = changed(
        replace(guide, lines=(line,)), derive={"lines.promotions.name": "{lines.promotions.id}{lines.part_no}"}
    )

    assert [promotion.name for promotion in order.lines[0].promotions] == ["1ITEM001", "2ITEM001"]


def test_a_dropped_fact_is_gone_whatever_it_is() -> None:
    guide = replace(guide_order(), info=Infos([("CARD", "1"), ("KEEP", "2")]))

    order = changed(guide, drop=["sold_to.email", "bill_to", "payments.info", "info.card", "lines.comment"])

    assert (order.bill_to, dict(order.payments[0].info), dict(order.info)) == (None, {}, {"KEEP": "2"})
    assert order.sold_to
    assert (order.sold_to.email, order.lines[0].comment) == (None, None)


def test_rules_go_in_the_order_in_which_they_are_told() -> None:
    order = changed(
        defaults={"lines.gtin": "G1"},
        maps={"lines.gtin": {"G1": "G2"}},
        derive={"lines.text": "{lines.gtin}"},
        drop=["lines.gtin"],
    )

    assert (order.lines[0].gtin, order.lines[0].text) == (None, "G2")


def test_two_targets_do_not_see_each_other_s_changes() -> None:
    guide = guide_order()

    changed(guide, defaults={"sold_to.region": "Skåne"}, derive={"info.A": "b"})

    assert guide == guide_order()


@given(sales_orders())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_rule_touches_an_amount_or_what_answers_are_matched_by(order: SalesOrder) -> None:
    found = changed(
        order,
        defaults={"lines.unit": "pcs", "payments.method": "x", "sold_to.city": "Lund", "info.A": "b"},
        maps={"lines.text": {"*": "t"}, "currency": {"*": "SEK"}},
        derive={"lines.comment": "{lines.qty} {order_ref}", "bill_to.name": "{bill_to.city}"},
        drop=["lines.gtin", "fees", "ship_to"],
    )

    def kept(one: SalesOrder) -> list[object]:
        amounts = [(line.line_no, line.qty, line.unit_price, line.unit_vat, line.vat_rate) for line in one.lines]
        return [one.order_ref, one.application, one.ordered_at, [paid.amount for paid in one.payments], *amounts]

    assert kept(found) == kept(order)


HOOKS = """
from dataclasses import replace
from decimal import Decimal

def change(order):
    return replace(order, comment="by hook", lines=tuple(replace(line, qty=Decimal(3)) for line in order.lines))
"""


def test_a_hook_comes_last_and_may_change_an_amount(tmp_path: Path) -> None:
    (tmp_path / "hook_of_rules.py").write_text(HOOKS)

    order = changed(derive={"comment": "derived"}, hook="hook_of_rules:change", home=tmp_path)

    assert (order.comment, order.lines[0].qty) == ("by hook", Decimal(3))


def test_a_party_made_by_hand_is_left_alone() -> None:
    order = replace(guide_order(), ship_to=Party(PartyKind.PERSON))

    found = changed(order, defaults={"ship_to.country": "SE"})

    assert found.ship_to == Party(PartyKind.PERSON, country="SE")


def test_a_hook_that_is_missing_is_told() -> None:
    with pytest.raises(ValueError, match="there is no module"):
        enrichment(Enrich(hook="no_such_module_of_rules:change"))
