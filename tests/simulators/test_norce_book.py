"""The simulated Norce's book takes what the contract allows and refuses the rest."""

from typing import Any

import pytest

from bridge.simulators.norce_book import ALLOCATED, CONFIRMED, CREATED, RANKS, Book
from bridge.simulators.norce_fields import RefusedCallError
from bridge.simulators.norce_operations import OPERATIONS
from bridge.simulators.norce_status import send_order_status


@pytest.fixture
def book() -> Book:
    book = Book()
    book.answered("48447", None, ok=True)
    book.answered("48448", "SO-7", ok=True)
    book.place("REF12345")
    return book


def status_of(book: Book, order_ref: str) -> str:
    return next(record.status for record in book.orders() if record.order_ref == order_ref)


def test_an_order_answered_without_a_number_is_allocated_and_with_one_confirmed(book: Book) -> None:
    statuses = {record.order_ref: (record.status, record.erp_order_no) for record in book.orders()}

    assert statuses["48447"] == (ALLOCATED, None)
    assert statuses["48448"] == (CONFIRMED, "SO-7")


def test_a_failed_order_stays_as_it_was_created(book: Book) -> None:
    book.answered("REF12345", None, ok=False)

    assert status_of(book, "REF12345") == CREATED


def test_a_status_with_the_reference_teaches_the_number_which_then_finds_the_order(book: Book) -> None:
    send_order_status(book, {"ClientOrderRef": 48447, "ErpOrderNo": "SO-1", "OrderStatus": "Confirmed"})

    send_order_status(book, {"ErpOrderNo": "SO-1", "OrderStatus": "Delivered"})

    assert status_of(book, "48447") == "Delivered"


def test_the_same_status_again_is_taken(book: Book) -> None:
    call = {"ClientOrderRef": 48447, "ErpOrderNo": "SO-1", "OrderStatus": "Confirmed"}

    send_order_status(book, call)
    send_order_status(book, call)

    assert status_of(book, "48447") == CONFIRMED


def test_a_status_that_overtakes_the_orders_answer_is_not_taken_back_by_it(book: Book) -> None:
    book.place("9")
    send_order_status(book, {"ClientOrderRef": 9, "ErpOrderNo": "SO-9", "OrderStatus": "Confirmed"})

    book.answered("9", None, ok=True)

    assert status_of(book, "9") == CONFIRMED


def test_there_are_norces_21_statuses() -> None:
    assert len(RANKS) == 21


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ({"ClientOrderRef": "48447", "OrderStatus": "Confirmed"}, "not an integer"),
        ({"ClientOrderRef": 48447.0, "OrderStatus": "Confirmed"}, "not an integer"),
        ({"ClientOrderRef": True, "OrderStatus": "Confirmed"}, "not an integer"),
        ({"ClientOrderRef": 2**31, "OrderStatus": "Confirmed"}, "not an integer"),
        ({"ClientOrderRef": 48447, "OrderStatus": "confirmed"}, "not one of"),
        ({"ClientOrderRef": 48447, "OrderStatus": 2}, "not one of"),
        ({"ClientOrderRef": 48447}, "not one of"),
        ({"OrderStatus": "Confirmed"}, "must be given"),
        ({"ClientOrderRef": 0, "OrderStatus": "Confirmed"}, "must be given"),
        ({"ClientOrderRef": 1, "OrderStatus": "Confirmed"}, "No order"),
        ({"ErpOrderNo": "SO-1", "OrderStatus": "Confirmed"}, "No order"),
        ({"ErpOrderNo": 1001, "OrderStatus": "Confirmed"}, "not a text"),
        ({"ErpOrderNo": "9" * 51, "OrderStatus": "Confirmed"}, "not a text"),
        ({"ClientOrderRef": 48448, "ErpOrderNo": "SO-8", "OrderStatus": "Confirmed"}, "another order number"),
        ({"ClientOrderRef": 48447, "ErpOrderNo": "SO-7", "OrderStatus": "Confirmed"}, "belongs to another"),
        ({"ClientOrderRef": 48448, "OrderStatus": "Allocation"}, "cannot go"),
        ({"ClientOrderRef": 48448, "OrderStatus": "Acknowledged"}, "cannot go"),
    ],
)
def test_a_call_against_the_contract_is_refused_and_books_nothing(book: Book, call: dict[str, Any], what: str) -> None:
    before = [record.document() for record in book.orders()]

    with pytest.raises(RefusedCallError, match=what):
        OPERATIONS["SendOrderStatus"](book, call)

    assert [record.document() for record in book.orders()] == before


def test_nothing_follows_a_cancellation_but_what_stands_aside(book: Book) -> None:
    send_order_status(book, {"ClientOrderRef": 48448, "OrderStatus": "Cancelled"})

    send_order_status(book, {"ClientOrderRef": 48448, "OrderStatus": "CancelError"})

    assert status_of(book, "48448") == "Cancelled"
    with pytest.raises(RefusedCallError, match="cannot go"):
        send_order_status(book, {"ClientOrderRef": 48448, "OrderStatus": "Delivered"})
