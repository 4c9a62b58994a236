"""Whatever somebody's function does to an order, it ends in an order that the ERP can answer, or in one error."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bridge.enrich import HookFailedError
from bridge.enrich.hooks import called
from bridge.model import SalesOrder
from tests.support.orders import guide_order

GUIDE = guide_order()


def raising(_: SalesOrder) -> SalesOrder:
    raise KeyError("no such article")


def leaving(_: SalesOrder) -> SalesOrder:
    raise SystemExit(1)


class MuteError(Exception):
    def __str__(self) -> str:
        raise ValueError


def mute(_: SalesOrder) -> SalesOrder:
    raise MuteError


def endless(order: SalesOrder) -> SalesOrder:
    return endless(order)


@pytest.mark.parametrize(
    ("hook", "what"),
    [
        (raising, "hook a:b raised KeyError: 'no such article'"),
        (leaving, "hook a:b raised SystemExit: 1"),
        (endless, "hook a:b raised RecursionError"),
        (lambda _: None, "hook a:b returned NoneType, not a SalesOrder"),
        (lambda order: [order], "returned list"),
        (lambda order: replace(order, order_ref="other"), "changed order_ref"),
        (lambda order: replace(order, application="other"), "changed order_ref or application"),
        (lambda order: replace(order, lines=()), "left no lines"),
        (lambda order: replace(order, lines=("a",)), "returned lines that are no Line"),
        (lambda order: replace(order, lines=order.lines * 2), "gave two lines one number"),
        (
            lambda order: replace(order, lines=(replace(order.lines[0], line_no=9),)),
            "a line number that the order does",
        ),
        (lambda _order, _more: None, "raised TypeError"),
        (lambda order: replace(order, lines=5), "returned lines as int"),
        (lambda order: replace(order, lines=list(order.lines)), "returned lines as list"),
        (lambda order: replace(order, lines=(replace(order.lines[0], line_no=[]),)), "no whole number"),
        (lambda order: replace(order, lines=(replace(order.lines[0], unit_price=0.1),)), "price that is no Decimal"),
        (mute, "raised MuteError: without words"),
    ],
)
def test_a_hook_that_goes_wrong_is_one_error(hook: Callable[[Any], object], what: str) -> None:
    with pytest.raises(HookFailedError) as caught:
        called("a:b", hook, GUIDE)

    assert what in str(caught.value)
    assert len(str(caught.value)) <= 200


def test_a_hook_that_goes_right_is_its_order() -> None:
    made = called("a:b", lambda order: replace(order, comment="x"), GUIDE)

    assert made == replace(GUIDE, comment="x")
