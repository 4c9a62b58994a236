"""One order is one fingerprint, however it was written; another order is another."""

from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal

import pytest

from bridge.model import Infos, Party, PartyKind
from bridge.norce.fingerprint import fingerprint
from tests.norce.orders import JSON, JSON_SAMPLE, XML, XML_SAMPLE, changed, print_of, sample, translated


def test_the_same_order_as_json_and_xml_has_one_fingerprint() -> None:
    prints = {print_of(JSON_SAMPLE, JSON), print_of(XML_SAMPLE, XML)}

    assert len(prints) == 1
    assert len(prints.pop()) == 64


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"300.00", b"300.0"),
        (b"300.00", b"3E+2"),
        (b"2.000", b"2"),
        (b": 0.00,", b": -0,"),
        (b"2024-12-18T12:00:00+01:00", b"2024-12-18T11:00:00Z"),
        (b"2024-12-18T12:00:00+01:00", b"2024-12-18 12:00:00"),
        (b'"48447"', b"48447"),
        (b'"Box": "",', b""),
        (b'"ReferId": null,', b""),
        (b'"DoHold": false,', b""),
        (b'"10001"', b"10001"),
    ],
)
def test_spelling_does_not_make_another_order(old: bytes, new: bytes) -> None:
    assert print_of(JSON_SAMPLE.replace(old, new), JSON) == print_of(JSON_SAMPLE, JSON)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"Amount": 750.00', b'"Amount": 750.01'),
        (b'"ReferId": null', b'"ReferId": 0'),
        (b'"DoHold": false', b'"DoHold": true'),
        (b"12:00:00+01:00", b"12:00:00+02:00"),
        (b"ITEM001", b"ITEM002"),
        (b"Visa", b"VISA"),
    ],
)
def test_another_fact_makes_another_order(old: bytes, new: bytes) -> None:
    assert print_of(JSON_SAMPLE.replace(old, new), JSON) != print_of(JSON_SAMPLE, JSON)


def test_rows_in_another_sequence_are_another_order() -> None:
    item = sample()["Items"][0]
    rows = [item, {**item, "LineNo": 2}]

    prints = {fingerprint(translated(changed(sample(), ("Items",), some)).order) for some in (rows, rows[::-1])}

    assert len(prints) == 2


def test_our_own_settings_do_not_make_another_order() -> None:
    order = translated(sample()).order

    other = replace(order, application="other", seller=Party(PartyKind.COMPANY, name="Shop AB"))

    assert fingerprint(other) == fingerprint(order)


def test_the_sequence_of_infos_and_the_zone_of_a_time_say_nothing() -> None:
    order = replace(translated(sample()).order, info=Infos([("A", "1"), ("B", "2")]))
    assert order.ordered_at is not None

    other = replace(
        order,
        info={"B": "2", "A": "1"},
        ordered_at=order.ordered_at.astimezone(timezone(timedelta(hours=-5))),
    )

    assert fingerprint(other) == fingerprint(order)


def test_long_numbers_are_compared_to_their_last_digit() -> None:
    order = translated(sample()).order
    line = order.lines[0]
    near = [Decimal("1234567890123456789012345678901.23"), Decimal("1234567890123456789012345678901.24")]

    prints = {fingerprint(replace(order, lines=(replace(line, unit_price=price),))) for price in near}

    assert len(prints) == 2
