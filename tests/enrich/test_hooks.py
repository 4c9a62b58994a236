"""Whatever somebody's function does to an order, it ends in an order that the ERP can answer, or in one error."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bridge.enrich import HookFailedError
from bridge.enrich.hooks import Hook, called
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


def test_a_hook_that_does_not_return_is_an_error_in_time_and_is_not_called_meanwhile() -> None:
    calls: list[SalesOrder] = []
    may_end = threading.Event()

    def waiting(order: SalesOrder) -> SalesOrder:
        calls.append(order)
        may_end.wait()
        return order

    hook = Hook("a:b", waiting, within_s=0.05)
    before = threading.active_count()

    with pytest.raises(HookFailedError, match=r"hook a:b did not return within 0\.05 s"):
        hook(GUIDE)
    for _ in range(3):
        with pytest.raises(HookFailedError, match="hook a:b is not called, since it has not returned"):
            hook(GUIDE)

    assert (len(calls), threading.active_count()) == (1, before + 1)
    may_end.set()


def test_a_hook_that_returned_at_last_is_called_again() -> None:
    may_end = threading.Event()
    ended = threading.Event()

    def waiting(order: SalesOrder) -> SalesOrder:
        may_end.wait()
        ended.set()
        return order

    hook = Hook("a:b", waiting, within_s=0.05)
    with pytest.raises(HookFailedError):
        hook(GUIDE)
    may_end.set()
    for thread in threading.enumerate():
        if thread.name == "hook":
            thread.join(5)

    assert ended.is_set()
    assert hook(GUIDE) is GUIDE


def test_what_a_hook_raises_on_its_thread_is_the_same_one_error() -> None:
    with pytest.raises(HookFailedError, match="hook a:b raised KeyError"):
        Hook("a:b", raising)(GUIDE)
