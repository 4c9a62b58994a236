"""Text from outside becomes a file name that no file system, partner or onlooker can be harmed by."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings, strategies as st

from bridge.naming import (
    LONGEST_NAME_BYTES,
    NameFacts,
    file_name,
    is_never_taken,
    kept_name,
    legible,
    marker_name,
    matches,
    misses_by_case,
    numbered,
    placeholders,
    shown,
    staging_name,
)

TEMPLATE = "ORDERS_{ref}_{control:06}.csv"
BARE = "{ref}.csv"
ALLOWED = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
AT = datetime(2026, 11, 21, 14, 2, 11, tzinfo=UTC)

HOSTILE = [
    "", " ", ".", "..", "-", "--", "-rf", ".hidden", "../../etc/passwd", "a/b", "a\\b", "C:\\x", "con", "NUL", "aux.x",
    "COM1", "lpt9.", "a\0b", "a\nb", "\x1b[31m", "Å", "Ö" * 200, "x" * 119, "x" * 120, "x" * 500, "-" + "x" * 400,
    "." * 300, "{control}", "{ref}", "{nonsense}", "%s", "$(id)", "`id`", "A/1", "A:1", "A_1", "\ud800", "\U0001f600",
    "\u202egpj.exe", "a b", "a\tb", "~", "*", "?", "_-5", "-5", "_x0123abcd",
]  # fmt: skip


def name_of(ref: str, template: str = TEMPLATE, control: int = 123) -> str:
    return file_name(template, NameFacts(ref, "demo", control, AT, "csv"))


def test_a_plain_reference_stands_in_the_name_as_it_is() -> None:
    assert name_of("48447") == "ORDERS_48447_000123.csv"


def test_the_same_facts_give_the_same_name() -> None:
    assert name_of("A/1") == name_of("A/1")


def test_every_placeholder_is_filled() -> None:
    template = "{format}-{application}-{date}-{time}-{ref}-{control}"

    assert name_of("48447", template) == "csv-demo-20261121-140211-48447-123"
    assert placeholders(template) == {"format", "application", "date", "time", "ref", "control"}


def test_a_placeholder_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        name_of("48447", "{nonsense}_{control}")


def test_a_reference_cannot_bring_placeholders_of_its_own() -> None:
    assert "000123_000123" not in name_of("{control}")
    assert name_of("{control}") != name_of("123")


@given(ref=st.text(), template=st.sampled_from([TEMPLATE, BARE, "{ref}", "{control}-{ref}"]))
@example(ref="con", template=BARE)
@example(ref="." + "x" * 119, template="{ref}")
@settings(max_examples=500)
def test_any_reference_gives_a_harmless_name(ref: str, template: str) -> None:
    name = name_of(ref, template)

    assert ALLOWED.fullmatch(name)
    assert len(name.encode()) <= LONGEST_NAME_BYTES
    assert not DEVICE.fullmatch(name)


@given(refs=st.lists(st.text(), min_size=2, max_size=2, unique=True), template=st.sampled_from([TEMPLATE, BARE]))
@settings(max_examples=500)
def test_two_references_never_meet_under_the_same_control_number(refs: list[str], template: str) -> None:
    first, second = refs

    assert name_of(first, template) != name_of(second, template)


def test_ten_thousand_hostile_references_never_meet() -> None:
    refs = [f"{one}{two}{count}" for count in range(5) for one in HOSTILE for two in HOSTILE][:10_000]
    refs = list(dict.fromkeys([*HOSTILE, *refs]))

    names = {name_of(ref, BARE) for ref in refs}

    assert len(refs) > 9_000
    assert len(names) == len(refs)
    assert all(ALLOWED.fullmatch(name) and not DEVICE.fullmatch(name) for name in names)


def test_a_reference_that_is_spelt_like_another_one_s_name_does_not_meet_it() -> None:
    taken = name_of("A/1", "{ref}")

    assert name_of(taken, "{ref}") != taken
    assert name_of("-5", "{ref}") != name_of("_-5", "{ref}")


def test_a_long_reference_is_cut_and_control_number_and_ending_stay() -> None:
    names = {name_of("x" * length + "y" * 300) for length in (1, 2, 100)}

    assert len(names) == 3
    assert {len(name) for name in names} == {LONGEST_NAME_BYTES}
    assert all(name.endswith("_000123.csv") for name in names)


@pytest.mark.parametrize("ref", ["." + "x" * 115, "-" + "x" * 200, "." * 119])
def test_a_long_reference_with_a_bad_beginning_keeps_its_ending(ref: str) -> None:
    name = name_of(ref, BARE)

    assert name.endswith(".csv")
    assert len(name) <= LONGEST_NAME_BYTES


def test_staging_and_marker_names_follow_from_the_final_name() -> None:
    final = name_of("48447")

    assert staging_name(final) == "ORDERS_48447_000123.csv.part"
    assert marker_name("{name}.done", final) == "ORDERS_48447_000123.csv.done"
    assert marker_name("", final) == ""


def test_a_taken_name_is_numbered() -> None:
    assert [numbered("a.csv", number) for number in (1, 2, 3)] == ["a.csv", "a.csv~2", "a.csv~3"]


def test_a_foreign_name_is_shown_with_its_odd_bytes_escaped() -> None:
    odd = b"ORD\xff\x1b[31m\n.csv".decode("utf-8", "surrogateescape")

    assert shown(odd) == "ORD\\xff\\x1b[31m\\x0a.csv"
    assert shown("Bekräftelse 1.csv") == "Bekräftelse 1.csv"


@pytest.mark.parametrize("name", ["a.csv", "Bekräftelse 1.csv", "a~2", "a..b"])
def test_a_harmless_foreign_name_is_kept(name: str) -> None:
    assert kept_name(name) == name


@given(name=st.binary(min_size=1, max_size=400).filter(lambda name: b"/" not in name and b"\0" not in name))
def test_any_foreign_name_is_kept_under_a_harmless_one(name: bytes) -> None:
    kept = kept_name(name.decode("utf-8", "surrogateescape"))

    assert kept.isprintable()
    assert len(kept.encode()) <= 200
    assert not kept.startswith((".", "-"))
    assert "/" not in kept
    assert "\\" not in kept


def test_two_long_foreign_names_with_the_same_beginning_stay_two() -> None:
    assert kept_name("ä" * 150 + "1") != kept_name("ä" * 150 + "2")


@pytest.mark.parametrize(
    "name",
    [".a", "a.part", "a.tmp", "a.filepart", "STATUS.txt", "a.csv.reason.txt", "README", "README.md"],
)
def test_unfinished_uploads_and_our_own_notes_are_never_answers(name: str) -> None:
    assert is_never_taken(name)


@pytest.mark.parametrize("name", ["a.csv", "part", "a.part.csv", "status.txt", "reason.txt"])
def test_other_names_may_be_answers(name: str) -> None:
    assert not is_never_taken(name)


def test_case_counts_in_the_patterns_of_a_target() -> None:
    assert matches("ORDRSP_1.csv", ("INVOIC*", "ORDRSP*"))
    assert not matches("ordrsp_1.csv", ("INVOIC*", "ORDRSP*"))


@pytest.mark.parametrize(("name", "misses"), [("ordrsp_1.csv", True), ("ORDRSP_1.csv", False), ("DESADV_1.csv", False)])
def test_a_name_that_only_its_capitals_keep_from_a_pattern_is_told_from_others(name: str, misses: bool) -> None:  # noqa: FBT001 - a case
    assert misses_by_case(name, ("INVOIC*", "ORDRSP*.csv")) is misses


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (" Client inconnu\r\n", "Client inconnu"),
        ("a\x1b[31mb\u2028c", "a [31mb c"),
        ("x" * 20, "x" * 20),
        ("x" * 21, f"{'x' * 17}..."),
        ("\t\n", ""),
    ],
)
def test_words_from_outside_are_told_on_one_short_printable_line(text: str, told: str) -> None:
    assert legible(text, 20) == told
