"""Calls somebody else's function on an order, and trusts nothing that it does, not even that it ends.

Not for: finding the function (``config/hooks.py``).
"""

import threading
from collections.abc import Callable
from decimal import Decimal
from queue import Empty, SimpleQueue
from typing import Any

from bridge.model import Line, SalesOrder

WITHIN_S = 2.0
"""For one order; it leaves time for a second target within ``[receiver] answer_within``, 4 s unless set."""

_LONGEST = 200


class HookFailedError(Exception):
    """A hook raised, did not end, or gave back what is not the same order; the words never quote the order."""


class Hook:
    """A function named ``name`` that has ``within_s`` seconds for an order; callable from any thread.

    A thread cannot be ended from outside. So each call has a thread of its own, which a stop does not wait for, and
    while one is overdue the function is not called again: each further order fails at once.
    """

    def __init__(self, name: str, function: Callable[[Any], object], within_s: float = WITHIN_S) -> None:
        self._name = name
        self._function = function
        self._within_s = within_s
        self._overdue: list[threading.Thread] = []

    def __call__(self, order: SalesOrder) -> SalesOrder:
        """What the function makes of an order. Raises :class:`HookFailedError`, whatever goes wrong."""
        if any(thread.is_alive() for thread in self._overdue):
            raise HookFailedError(f"hook {self._name} is not called, since it has not returned from an earlier order")
        ends: SimpleQueue[SalesOrder | HookFailedError] = SimpleQueue()
        thread = threading.Thread(target=lambda: ends.put(self._end(order)), name="hook", daemon=True)
        thread.start()
        try:
            end = ends.get(timeout=self._within_s)
        except Empty:
            self._overdue = [*(one for one in self._overdue if one.is_alive()), thread]
            raise HookFailedError(f"hook {self._name} did not return within {self._within_s:g} s") from None
        if isinstance(end, HookFailedError):
            raise end
        return end

    def _end(self, order: SalesOrder) -> SalesOrder | HookFailedError:
        try:
            return called(self._name, self._function, order)
        except HookFailedError as error:
            return error


def called(name: str, hook: Callable[[Any], object], order: SalesOrder) -> SalesOrder:
    """What ``hook`` makes of an order, on this thread. Raises :class:`HookFailedError`, whatever goes wrong."""
    try:
        made = hook(order)
    except (Exception, SystemExit) as error:
        raise HookFailedError(f"hook {name} raised {type(error).__name__}: {_words(error)}"[:_LONGEST]) from error
    if not isinstance(made, SalesOrder):
        raise HookFailedError(f"hook {name} returned {type(made).__name__}, not a SalesOrder")
    wrong = _unlike(order, made)
    if wrong:
        raise HookFailedError(f"hook {name} {wrong}")
    return made


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a stranger's error may not even say what it is
        return "without words"


def _unlike(order: SalesOrder, made: SalesOrder) -> str:
    """What would keep the ERP's answer from being matched; empty when nothing does."""
    if (made.order_ref, made.application) != (order.order_ref, order.application):
        return "changed order_ref or application, by which answers are matched"
    if not isinstance(made.lines, tuple):
        return f"returned lines as {type(made.lines).__name__}, not as a tuple"
    if not made.lines:
        return "left no lines"
    return next((what for line in made.lines if (what := _unfit(line))), "") or _unlike_lines(order, made)


def _unfit(line: object) -> str:
    if not isinstance(line, Line):
        return "returned lines that are no Line"
    if type(line.line_no) is not int:
        return "returned a line number that is no whole number"
    amounts = (line.qty, line.unit_price, line.unit_vat)
    is_exact = all(isinstance(amount, Decimal) for amount in amounts)
    return "" if is_exact else "returned a quantity or a price that is no Decimal"


def _unlike_lines(order: SalesOrder, made: SalesOrder) -> str:
    known = {line.line_no for line in order.lines}
    numbers = [line.line_no for line in made.lines]
    if len(set(numbers)) < len(numbers):
        return "gave two lines one number"
    return "" if known.issuperset(numbers) else "returned a line number that the order does not have"
