"""What EDIFACT files of the field look like: signs, letters, envelopes, damage, sizes."""

import time
import tracemalloc

import pytest

from bridge import formats
from bridge.model import AckStatus, Reading
from tests.formats.edifact_files import USUAL, interchange, message, ordrsp

GOOD = message("ORDRSP", "BGM+231+SO-1+29", "RFF+ON:48447", "UNS+S")
MORE = message("ORDRSP", "BGM+231+SO-2+29", "RFF+ON:48448", "UNS+S", reference="2")


def reading(content: bytes | str, **options: object) -> Reading:
    raw = content if isinstance(content, bytes) else content.encode("iso8859-1")
    return formats.build("edifact", options).read(raw)


def refs(found: Reading) -> list[str | None]:
    return [one.order_ref for one in found.acknowledgements if one.status is AckStatus.CONFIRMED]


@pytest.mark.parametrize(
    "content",
    [
        interchange(GOOD),
        USUAL + interchange(GOOD),
        USUAL + "\r\n" + interchange(GOOD, end="'\r\n"),
        interchange(GOOD, end="'"),
        "\r\n  " + interchange(GOOD),
        interchange(GOOD) + "\r\n\r\n\x1a",
        "UNA|;.# ~" + interchange(GOOD).translate(str.maketrans("+:'", ";|~")),
        "UNA:+,?*'" + interchange(GOOD),
        "UNA:+.? \n" + interchange(GOOD, end="\n"),
        interchange(GOOD).replace("SO-1+29", "S\nO-1\r\n+2\n9"),
        interchange(GOOD, syntax="UNOY:4"),
        interchange(GOOD, syntax="XXXX:9"),
    ],
)
def test_an_answer_is_read_whatever_its_signs_and_line_ends(content: str) -> None:
    found = reading(content)

    assert refs(found) == ["48447"]
    assert found.faults == ()
    assert found.acknowledgements[0].erp_order_no == "SO-1"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "iso8859-1"])
def test_a_byte_order_mark_tells_the_letters(encoding: str) -> None:
    content = interchange(message("ORDRSP", "BGM+231+SO-1+27", "FTX+AAO+++Slut på åäö", "RFF+ON:48447"))
    format_ = formats.build("edifact", {})

    found = format_.read(content.encode(encoding))

    assert found.acknowledgements[0].reason == "Slut på åäö"
    assert format_.recognises(content.encode(encoding)[:4096])


@pytest.mark.parametrize(
    ("syntax", "encoding", "options"),
    [
        ("UNOC:3", "iso8859-1", {}),
        ("UNOC:3", "cp1252", {}),
        ("UNOA:1", "iso8859-1", {}),
        ("UNOB:1", "utf-8", {}),
        ("UNOY:4", "utf-8", {}),
        ("UNOW:4", "utf-8", {}),
        ("ABCD:4", "cp1252", {}),
        ("UNOC:3", "cp850", {"encoding": "cp850"}),
        ("UNOC:3", "utf-8", {"encoding": "utf-8"}),
    ],
)
def test_letters_are_read_as_unb_or_the_setting_says(syntax: str, encoding: str, options: dict[str, object]) -> None:
    content = interchange(message("ORDRSP", "BGM+231+R+27", "FTX+AAO+++Åäö", "RFF+ON:48447"), syntax=syntax)

    found = reading(content.encode(encoding), **options)

    assert found.acknowledgements[0].reason == "Åäö"


def test_letters_that_unb_does_not_allow_spoil_one_message_only() -> None:
    bad = message("ORDRSP", "BGM+231+SO-2+29", "RFF+ON:\xff\xfe", reference="2")

    found = reading(interchange(GOOD, bad, syntax="UNOY:4"))

    assert refs(found) == ["48447"]
    assert "message 2" in found.faults[0].where


def test_released_signs_are_letters() -> None:
    content = ordrsp("BGM+231+A?+B?:C??+29", "FTX+AAO+++It?'s ?? 5?+1")

    [said] = reading(content).acknowledgements

    assert said.erp_order_no == "A+B:C?"
    assert said.reason == "It's ? 5+1"


def test_several_interchanges_may_have_several_signs() -> None:
    other = "UNA|;.# ~" + interchange(MORE, reference="779").translate(str.maketrans("+:'", ";|~"))

    found = reading(USUAL + interchange(GOOD) + other + interchange(GOOD, reference="780"))

    assert refs(found) == ["48447", "48448", "48447"]
    assert found.faults == ()


def test_groups_are_counted_and_read() -> None:
    segments = ["UNB+UNOC:3+A+B+261121:1402+9", "UNG+ORDRSP+A+B+261121:1402+7+UN+D:96A"]
    closing = ["UNE+1+7", "UNZ+1+9"]
    whole = "'".join([*segments, *GOOD, *closing, ""])

    good, bad = reading(whole), reading(whole.replace("UNE+1+7", "UNE+2+7"))

    assert refs(good) == ["48447"]
    assert refs(bad) == []
    assert bad.faults


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("UNE+1+7'", ""),
        ("UNE+1+7'UNZ+1", "UNG+ORDRSP+A+B+261121:1402+8+UN+D:96A'UNE+0+8'UNZ+2"),
        ("UNG+ORDRSP+A+B+261121:1402+7+UN+D:96A'", ""),
        ("UNE+1+7'UNZ+1", "UNE+1+7'UNE+1+7'UNZ+1"),
    ],
)
def test_a_group_without_its_end_or_its_beginning_breaks_the_interchange(before: str, after: str) -> None:
    segments = ["UNB+UNOC:3+A+B+261121:1402+9", "UNG+ORDRSP+A+B+261121:1402+7+UN+D:96A"]
    whole = "'".join([*segments, *GOOD, "UNE+1+7", "UNZ+1+9", ""])
    assert before in whole

    found = reading(whole.replace(before, after))

    assert refs(found) == []
    assert "UN" in found.faults[0].what


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("UNT+5+2", "UNT+6+2"),
        ("UNT+5+2", "UNT+5+9"),
        ("UNT+5+2", "UNT+five+2"),
        ("UNT+5+2'\n", ""),
        ("RFF+ON:48448", "QTY+1"),
        ("SO-2+29", "SO-2+12"),
        ("UNH+2+ORDRSP", "UNH+2+ORDERS"),
    ],
)
def test_a_bad_message_leaves_the_good_ones_alone(before: str, after: str) -> None:
    third = message("ORDRSP", "BGM+231+SO-3+29", "RFF+ON:48449", "UNS+S", reference="3")
    whole = interchange(GOOD, MORE, third)
    assert before in whole

    found = reading(whole.replace(before, after))

    assert refs(found) == ["48447", "48449"]
    [fault] = found.faults
    assert "message 2" in fault.where


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("UNZ+2+778'", ""),
        ("UNZ+2+778", "UNZ+3+778"),
        ("UNZ+2+778", "UNZ+2+779"),
        ("UNZ+2+778", "UNZ+2+"),
        ("UNZ+2+778'", "UNZ+2+778"),
    ],
)
def test_of_an_interchange_whose_end_disagrees_nothing_counts(before: str, after: str) -> None:
    broken = interchange(GOOD, MORE).replace(before, after)

    found = reading(broken)

    assert found.acknowledgements == ()
    assert "nothing in it counts" in found.faults[0].what


def test_a_broken_interchange_leaves_the_next_one_alone() -> None:
    broken = interchange(GOOD).replace("UNZ+1+778'\n", "")

    found = reading(broken + interchange(MORE, reference="779"))

    assert refs(found) == ["48448"]
    assert len(found.faults) == 1


def test_what_stands_behind_the_end_is_a_fault_and_the_answers_count() -> None:
    found = reading(interchange(GOOD) + "dump of printer queue")

    assert refs(found) == ["48447"]
    assert "behind interchange 1" in found.faults[0].where


@pytest.mark.parametrize("tail", ["UNA", "UNA:+.?", "UNAabcdef", "UNB", "UNB+UNOC:3", "UNB+UNOC:3+A+B+1:1+7'UNH+1'"])
def test_a_second_interchange_that_is_cut_leaves_the_first_alone(tail: str) -> None:
    content = (interchange(GOOD) + tail).encode()

    found = reading(content)

    assert refs(found) == ["48447"]
    assert len(found.faults) == 1
    assert not formats.build("edifact", {}).is_whole(content)


def test_what_stands_between_messages_is_a_fault_and_the_answers_count() -> None:
    found = reading(interchange(GOOD, ["GARBAGE+1"], MORE).replace("UNZ+3", "UNZ+2"))

    assert refs(found) == ["48447", "48448"]
    assert len(found.faults) == 1


def test_the_sequence_of_segments_does_not_matter_under_their_head() -> None:
    content = ordrsp(
        "BGM+231+SO-1+9",
        "NAD+BY+X",
        "RFF+VN:SO-7",
        "DTM+137:20261121:102",
        "LIN+1+5",
        "RFF+LI:4",
        "PRI+AAA:5",
        "QTY+113:2",
        "PIA+1+A1:IN",
        "QTY+21:2",
        "UNS+S",
    )

    [said] = reading(content).acknowledgements

    assert (said.erp_order_no, said.status) == ("SO-7", AckStatus.CONFIRMED)
    assert (said.lines[0].line_no, said.lines[0].part_no) == ("4", "A1")
    assert said.lines[0].qty_confirmed == 2


@pytest.mark.parametrize(
    "content", [b"", b"\r\n ", b"UNA", b"UNA:+.?", b"UNAAAAAAA", b"hello", b"UNB", b"\x00UNB+UNOC", b"UNA''''''UNB"]
)
def test_what_is_no_edifact_is_unreadable_or_not_whole(content: bytes) -> None:
    format_ = formats.build("edifact", {})

    try:
        found = format_.read(content)
    except formats.Unreadable as refusal:
        found = Reading(faults=(refusal.fault,))

    assert found.acknowledgements == ()
    assert found.faults
    assert not format_.is_whole(content)


@pytest.mark.parametrize(
    ("form", "day"), [("102", "20261121"), ("203", "202611211402"), ("101", "261121"), ("", "20261121")]
)
def test_dates_are_read_in_the_forms_of_the_field(form: str, day: str) -> None:
    [said] = reading(ordrsp("BGM+231+1+29", f"DTM+137:{day}:{form}")).acknowledgements

    assert said.message_date is not None
    assert said.message_date.isoformat() == "2026-11-21"
    assert said.warnings == ()


@pytest.mark.parametrize(("form", "day"), [("616", "202647"), ("718", "20261121-20261122"), ("102", "2026")])
def test_a_date_that_is_none_is_warned_of_and_not_guessed(form: str, day: str) -> None:
    [said] = reading(ordrsp("BGM+231+1+29", f"DTM+137:{day}:{form}")).acknowledgements

    assert said.message_date is None
    assert said.status is AckStatus.CONFIRMED
    assert day in said.warnings[0]


def _large(size: int) -> bytes:
    lines = ["LIN+1+5+ITEM?+001:SA", "QTY+21:2:PCE", "QTY+113:2", "RFF+LI:1", "FTX+AAI+++Text ?'med?' tecken"]
    one = message("ORDRSP", "BGM+231+SO-1+29", "RFF+ON:48447", *lines * 40, "UNS+S")
    length = sum(len(segment) + 2 for segment in one)
    return interchange(*[one] * (size // length)).encode("iso8859-1")


def _seconds(content: bytes) -> float:
    format_ = formats.build("edifact", {})
    started = time.process_time()
    format_.read(content)
    return time.process_time() - started


def test_a_large_file_is_read_in_little_time() -> None:
    content = _large(200_000)

    assert min(_seconds(content) for _ in range(2)) < 1.5


def test_a_file_takes_a_hundred_times_its_size_at_most() -> None:
    content, format_ = _large(30_000), formats.build("edifact", {})
    tracemalloc.start()

    format_.read(content)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * len(content)


@pytest.mark.parametrize(
    "unit", [b"?", b"'", b"UNH+1'", b"UNB+UNOC'", b"UNT+1+1'", b"+", b":", b"?'", b"UNZ'", b"\n", b"LIN'"]
)
def test_no_repetition_makes_reading_slower_than_in_proportion(unit: bytes) -> None:
    def seconds(size: int) -> float:
        return _seconds(b"UNB+UNOC:3+A+B+261121:1402+9'" + unit * (size // len(unit)))

    small = max(seconds(8_000), 0.004)
    large = min(seconds(48_000) for _ in range(3))  # more segments are refused

    assert large < 24 * small
