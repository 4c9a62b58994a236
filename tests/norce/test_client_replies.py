"""Which replies end a call, which bring it back later, and what is told of them."""

from datetime import UTC, datetime

import pytest

from bridge.errors import ErrorName, PermanentError, TransientError
from bridge.norce.client_replies import LONGEST_EXCERPT, Reply, excerpt, fault_of, retry_after_s
from bridge.norce.reports import Call

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CALL = Call("SendOrderStatus", {"ClientOrderRef": 48447, "OrderStatus": "Confirmed"})


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_ends_the_call(status: int) -> None:
    assert fault_of(Reply(status), CALL, NOW, ()) is None


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (408, ErrorName.NORCE_BUSY),
        (429, ErrorName.NORCE_BUSY),
        (503, ErrorName.NORCE_BUSY),
        (500, ErrorName.NORCE_UNREACHABLE),
        (502, ErrorName.NORCE_UNREACHABLE),
        (504, ErrorName.NORCE_UNREACHABLE),
        (302, ErrorName.NORCE_UNREACHABLE),
        (307, ErrorName.NORCE_UNREACHABLE),
    ],
)
def test_what_may_pass_is_tried_again(status: int, name: ErrorName) -> None:
    fault = fault_of(Reply(status, "7"), CALL, NOW, ())

    assert isinstance(fault, TransientError)
    assert fault.name is name


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422])
def test_norces_last_word_is_not_asked_for_twice(status: int) -> None:
    fault = fault_of(Reply(status, body=b"no such order"), CALL, NOW, ())

    assert isinstance(fault, PermanentError)
    assert fault.name is ErrorName.NORCE_REFUSED
    assert fault.subject == "48447"
    assert fault.message == f"Norce refused SendOrderStatus with {status}: no such order"
    assert "confirm_within" not in fault.hint
    assert fault.hint.endswith("erp-bridge orders retry 48447")


def test_what_norce_says_of_its_own_failure_is_kept_and_a_gateway_s_page_is_not() -> None:
    body = b"Object reference tok-1 not set" + b"x" * 5000

    own, gateway = (fault_of(Reply(status, body=body), CALL, NOW, ("tok-1",)) for status in (500, 502))

    assert isinstance(own, TransientError)
    assert "Object reference *** not set" in own.message
    assert len(own.message) < LONGEST_EXCERPT + 100
    assert isinstance(gateway, TransientError)
    assert "Object" not in gateway.message


def test_a_refusal_without_reference_names_the_way_out() -> None:
    fault = fault_of(Reply(400), Call("SendOrderStatus", {"ErpOrderNo": "SO-1"}), NOW, ())

    assert isinstance(fault, PermanentError)
    assert "confirm_within" in fault.hint


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 120 ", 120),
        ("999999", 3600),
        ("Mon, 02 Mar 2026 09:01:30 GMT", 90),
        ("Mon, 02 Mar 2026 08:00:00 GMT", 0),
        ("Tue, 03 Mar 2026 09:00:00 GMT", 3600),
        ("Mon, 02 Mar 2026 10:00:30 +0100", 30),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("9" * 5000, None),
        ("Mon, 99 Mar 2026 09:01:30 GMT", None),
    ],
)
def test_a_wait_is_told_in_seconds_or_as_date_and_is_bounded(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds


def test_an_excerpt_is_short_one_line_and_without_secrets() -> None:
    body = b"tok-1 \x1b[2J\r\n  <p>s3cret</p> \xff" + b"x" * 5000

    told = excerpt(body, ("s3cret", "tok-1", ""))

    assert told.startswith("*** \\x1b[2J <p>***</p> ")
    assert told.isprintable()
    assert len(told) < LONGEST_EXCERPT + 10
