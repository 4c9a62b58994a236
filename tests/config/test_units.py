"""Single values: what is written comes back, what is wrong is told how to be written."""

from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from bridge.config import (
    Address,
    format_duration,
    format_size,
    parse_address,
    parse_duration,
    parse_size,
)

UNITS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}


@given(st.timedeltas(timedelta(0), timedelta(days=36_000)))
def test_a_length_of_time_survives_the_way_through_text(length: timedelta) -> None:
    text = format_duration(length)

    again = parse_duration(text)

    assert again == length


@given(st.integers(0, 9999), st.sampled_from(sorted(UNITS)))
def test_a_whole_number_of_each_unit_means_what_it_says(number: int, unit: str) -> None:
    text = f"{number} {unit}"

    length = parse_duration(text)

    assert length == timedelta(seconds=number * UNITS[unit])


@given(st.integers(1, 2**40))
def test_a_size_survives_the_way_through_text(size: int) -> None:
    text = format_size(size)

    again = parse_size(text)

    assert again == size


@given(st.text(max_size=20))
def test_any_text_is_a_length_of_time_or_is_told_why_not(text: str) -> None:
    try:
        length = parse_duration(text)
    except ValueError as error:
        assert text in str(error)  # noqa: PT017  most texts are no lengths, and both ends are right
    else:
        assert length >= timedelta(0)


@pytest.mark.parametrize(
    ("text", "length"),
    [("0.3 s", 0.3), ("500 ms", 0.5), ("15 min", 900), ("4 h", 14400), ("30 d", 2592000), ("30s", 30), ("0 s", 0)],
)
def test_the_units_of_the_manual_are_read(text: str, length: float) -> None:
    read = parse_duration(text)

    assert read == timedelta(seconds=length)


@pytest.mark.parametrize("text", ["", "4", "4 sec", "-1 s", "1e3 s", "1 s 2 ms", "1,5 s", "4 S", "99999999 d"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"length of time|longer than"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["8", "8 MB", "-8 MiB", "0.3 KiB", "99999 GiB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"size|whole number of bytes"):
        parse_size(text)


def test_people_are_told_48_h_and_90_d() -> None:
    lengths = [timedelta(hours=48), timedelta(days=90), timedelta(seconds=90), timedelta(0)]

    texts = [format_duration(length) for length in lengths]

    assert texts == ["48 h", "90 d", "90 s", "0 s"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", Address("127.0.0.1", 8080)),
        ("[::1]:80", Address("::1", 80)),
        ("localhost:0", Address("localhost", 0)),
        ("bridge.example.com:443", Address("bridge.example.com", 443)),
    ],
)
def test_an_address_is_read_and_written_alike(text: str, address: Address) -> None:
    read = parse_address(text)

    assert read == address
    assert str(read) == text


@pytest.mark.parametrize("text", ["8080", ":8080", "::1:80", "[1.2.3.4]:80", "a b:1", "host:x", "host:65536", "host:"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an address|is not a port"):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "is_loopback"),
    [
        ("127.0.0.1:1", True),
        ("[::1]:1", True),
        ("localhost:1", True),
        ("0.0.0.0:1", False),
        ("[::]:1", False),
        ("a:1", False),
    ],
)
def test_only_this_machine_reaches_a_loopback_address(text: str, is_loopback: bool) -> None:  # noqa: FBT001
    address = parse_address(text)

    assert address.is_loopback is is_loopback
