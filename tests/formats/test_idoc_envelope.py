"""What IDoc files of the field look like: records, suffixes, nesting, letters, damage, sizes."""

import random
import time
import tracemalloc
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from bridge import formats
from bridge.formats import Unreadable
from bridge.model import AckStatus, Reading
from tests.formats.idoc_files import Message, Shape, flat, message, ordrsp, seg, xml

NOTE = "Väntar på gård"


def confirmed(order_ref: str, number: str) -> Message:
    line = seg("E1EDP01", seg("E1EDP20", WMENG="2.000"), POSEX="000001", ACTION="004", MENGE="2.000")
    own = seg("Z1OWN", FIELD="x")
    text = seg("E1EDKT1", seg("E1EDKT2", TDLINE=NOTE, TDFORMAT="*"))
    return ordrsp(seg("E1EDK01", BELNR=f"SO-{order_ref}"), text, own, line, number=number, order_ref=order_ref)


GOOD, MORE, THIRD = (confirmed(ref, number) for ref, number in (("48447", "1"), ("48448", "2"), ("48449", "3")))


def reading(content: bytes | str, **options: Any) -> Reading:
    return formats.build("idoc", options).read(content if isinstance(content, bytes) else content.encode())


def refs(found: Reading) -> list[str | None]:
    return [one.order_ref for one in found.acknowledgements if one.status is AckStatus.CONFIRMED]


@pytest.mark.parametrize(
    "shape",
    [
        Shape(),
        Shape(trimmed=True),
        Shape(end="\r\n"),
        Shape(trimmed=True, end="\r"),
        Shape(suffixes=False),
        Shape(numbered=False),
        Shape(numbered=False, trimmed=True, suffixes=False, end="\r\n"),
        Shape(longer=40),
    ],
    ids=str,
)
def test_a_flat_file_is_read_however_its_records_are_written(shape: Shape) -> None:
    content = flat(GOOD, MORE, shape=shape)

    found = reading(content)

    assert refs(found) == ["48447", "48448"]
    assert found.faults == ()
    assert [one.lines[0].qty_confirmed for one in found.acknowledgements] == [2, 2]
    assert formats.build("idoc", {}).is_whole(content.encode())


@pytest.mark.parametrize(
    "content",
    [
        xml(GOOD, MORE),
        xml(GOOD, MORE, root="ORDERS05"),
        xml(GOOD, MORE, e2=True),
        "\ufeff\r\n" + xml(GOOD, MORE).partition("?>")[2],
        xml(GOOD, MORE).replace("><", ">\r\n  <"),
        xml(GOOD, MORE).replace("<IDOCS>", '<n:IDOCS xmlns:n="urn:sap">').replace("</IDOCS>", "</n:IDOCS>"),
        xml(GOOD, MORE).replace("<IDOCS>", "<!-- by hand --><IDOCS><!-- two --><other/>"),
    ],
)
def test_an_xml_file_is_read_however_its_elements_are_written(content: str) -> None:
    format_ = formats.build("idoc", {})

    found = reading(content)

    assert refs(found) == ["48447", "48448"]
    assert found.faults == ()
    assert format_.is_whole(content.encode())
    assert format_.recognises(content.encode()[:4096]) or "by hand" in content


def test_segments_that_lie_beside_each_other_belong_together_by_their_kinds() -> None:
    def beside(order_ref: str) -> Message:
        rows = [seg("E1EDP01", POSEX="1", ACTION="004", MENGE="1"), seg("E1EDP20", WMENG="1")]
        rows += [seg("E1EDP01", POSEX="2", ACTION="004", MENGE="2"), seg("E1EDP20", WMENG="1")]
        return ordrsp(seg("E1EDK01"), *rows, order_ref=order_ref)

    found = reading(xml(beside("48447")))

    [said] = found.acknowledgements
    assert [(line.line_no, line.qty_confirmed) for line in said.lines] == [("1", Decimal(1)), ("2", Decimal(1))]
    assert said.status is AckStatus.CHANGED


def test_a_flat_segment_that_names_none_above_it_follows_the_one_before_and_heads_stand_alone() -> None:
    below_the_first = flat(GOOD).replace("000002000000", "000002000001").replace("000003000000", "000003000001")
    names_none = below_the_first.replace("000007000006", "000007000000")
    assert names_none != below_the_first

    found = reading(names_none)

    assert refs(found) == ["48447"]
    assert found.acknowledgements[0].lines[0].qty_confirmed == 2


def test_what_stands_below_an_item_ends_with_it() -> None:
    line = {"ACTION": "004", "MENGE": "1"}
    rows = [seg("E1EDP01", POSEX="1", **line), seg("E1EDPT1"), seg("E1EDP01", POSEX="2", **line), seg("E1EDPT2")]
    content = flat(ordrsp(seg("E1EDK01"), *rows), shape=Shape(numbered=False))

    found = reading(content)

    assert found.acknowledgements == ()
    assert "E1EDPT2 has no E1EDPT1 before it" in found.faults[0].what


@pytest.mark.parametrize(
    ("encode", "options"),
    [
        (lambda text: text.encode(), {}),
        (lambda text: text.encode("utf-8-sig"), {}),
        (lambda text: text.encode("cp1252"), {}),
        (lambda text: text.encode("utf-16"), {}),
        (lambda text: text.encode("cp850"), {"encoding": "cp850"}),
        (lambda text: text.encode("iso8859-1"), {"encoding": "iso8859-1"}),
        (lambda text: text.encode("iso8859-1"), {"encoding": "iso8859-1", "count": "bytes"}),
        (lambda text: text.encode("cp1252"), {"count": "bytes"}),
    ],
    ids=["utf-8", "mark", "cp1252", "utf-16", "cp850", "latin-1", "latin-1 in bytes", "cp1252 in bytes"],
)
def test_a_flat_file_is_read_in_the_code_page_it_shows_or_is_said_to_have(
    encode: Callable[[str], bytes], options: dict[str, Any]
) -> None:
    found = reading(encode(flat(GOOD)), **options)

    assert refs(found) == ["48447"]
    assert found.acknowledgements[0].reason == NOTE


@pytest.mark.parametrize(
    ("declared", "encoding"), [("UTF-8", "utf-8"), ("ISO-8859-1", "iso8859-1"), ("UTF-16", "utf-16"), ("", "utf-8")]
)
def test_an_xml_file_is_read_as_it_declares(declared: str, encoding: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""

    found = reading((declaration + xml(GOOD).partition("?>")[2]).encode(encoding))

    assert found.acknowledgements[0].reason == NOTE


def test_columns_that_count_bytes_are_cut_as_bytes_and_no_letter_moves_another_field() -> None:
    def counted(content: str) -> bytes:
        lines = []
        for line in content.splitlines():
            spare = len(line.encode()) - len(line)
            cut = line.replace("Väntar på gård" + " " * spare, "Väntar på gård")
            lines.append(cut.encode() + b"\n")
        return b"".join(lines)

    content = counted(flat(GOOD))

    found = reading(content, count="bytes")

    assert {len(line) for line in content.splitlines()} == {524, 1063}
    assert (refs(found), found.acknowledgements[0].reason) == (["48447"], NOTE)


# --- damage -----------------------------------------------------------------------------------------------------------


def _without(content: str, line: int) -> str:
    lines = content.splitlines(keepends=True)
    return "".join(lines[:line] + lines[line + 1 :])


@pytest.mark.parametrize(
    "broken",
    [
        flat(MORE).replace("000001000000", "000002000000", 1),
        flat(MORE).replace(f"{'2':0>16}000003", f"{'9':0>16}000003"),
        flat(MORE).replace("000007000006", "000007000099"),
        flat(MORE).replace("E2EDK02   ", "%%garbage ", 1),
        flat(MORE).replace("E2EDP20   ", "E2EDKT2   ", 1),
        flat(MORE).splitlines()[0][:90] + "\n" + flat(MORE).partition("\n")[2],
        flat(MORE).splitlines()[0] + "\n",
        flat(MORE)[:-400] + "\n" + "@\n",
    ],
    ids=["twice", "another's", "no parent", "garbage", "wrong parent", "control cut", "no segments", "behind the end"],
)
def test_a_bad_idoc_leaves_the_good_ones_alone(broken: str) -> None:
    assert broken != flat(MORE)

    found = reading(flat(GOOD) + broken + flat(THIRD))

    assert refs(found) == ["48447", "48449"]
    [fault] = found.faults
    assert "line" in fault.where or "IDoc 2" in fault.where


@pytest.mark.parametrize("trimmed", [True, False])
@pytest.mark.parametrize("cut", [1, 2, 20, 60])
def test_a_last_record_that_is_cut_off_costs_its_idoc_and_no_other(cut: int, *, trimmed: bool) -> None:
    shape = Shape(trimmed=trimmed)
    content = flat(GOOD, shape=shape) + flat(MORE, shape=shape)[: -cut if cut > 1 or trimmed else -2]

    found = reading(content)

    assert refs(found) == ["48447"]
    assert "cut off" in found.faults[0].what
    assert not formats.build("idoc", {}).is_whole(content.encode())


def test_records_of_other_columns_than_the_rest_are_told_with_the_setting_that_may_be_wrong() -> None:
    line = next(one for one in flat(MORE).splitlines() if NOTE in one)
    shifted = flat(MORE).replace(line, line[:80] + line[82:])

    found = reading(flat(GOOD) + shifted)
    in_bytes = reading(flat(GOOD), count="bytes")

    assert refs(found) == ["48447"]
    assert (refs(in_bytes), len(in_bytes.faults)) == ([], 1)
    assert "Set count" in found.faults[0].what
    assert "1061 columns" in found.faults[0].what


def test_no_damage_turns_a_refusal_into_a_confirmation() -> None:
    refused = seg("E1EDP01", POSEX="000001", ACTION="003", MENGE="123456.000", ABGRU="Z1")
    content = flat(ordrsp(seg("E1EDK01"), refused, refused)).encode()
    chance, format_ = random.Random(11), formats.build("idoc", {})

    for _ in range(600):
        start = chance.randrange(len(content))
        filling = bytes(chance.choices(b" 0\n4XE2", k=chance.randint(0, 12)))
        damaged = content[:start] + filling + content[start + chance.randint(0, 12) :]
        try:
            found = format_.read(damaged)
        except formats.Unreadable:
            continue
        assert refs(found) == []


def test_damaged_xml_is_read_or_called_unreadable_and_nothing_else_happens() -> None:
    content = xml(GOOD, MORE).encode()
    chance, format_ = random.Random(12), formats.build("idoc", {})

    for _ in range(400):
        start = chance.randrange(len(content))
        filling = bytes(chance.choices(b' </>E1"4&\xff', k=chance.randint(0, 8)))
        damaged = content[:start] + filling + content[start + chance.randint(0, 12) :]
        assert format_.is_whole(damaged) in {True, False}
        try:
            found = format_.read(damaged)
        except formats.Unreadable as refusal:
            found = Reading(faults=(refusal.fault,))
        assert len(found.acknowledgements) + len(found.faults) >= 1


def test_a_last_record_that_is_whole_but_not_ended_is_waited_for_and_then_read() -> None:
    content = flat(GOOD)[:-1]

    found = reading(content)

    assert refs(found) == ["48447"]
    assert not formats.build("idoc", {}).is_whole(content.encode())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<MENGE>2.000</MENGE>", "<MENGE>2.000</MENGE><MENGE>3.000</MENGE>"),
        ("EDI_DC40", "EDI_DC41"),
        ('<E1EDP20 SEGMENT="1"><WMENG>2.000</WMENG></E1EDP20></E1EDP01>', '</E1EDP01><E1EDP20 SEGMENT="1"/>'),
        ("E1EDP01", "E1EDP18"),
        ("<MESTYP>ORDRSP", "<MESTYP>ORDERS"),
    ],
)
def test_a_bad_idoc_in_xml_leaves_the_good_ones_alone(before: str, after: str) -> None:
    assert before in xml(MORE)
    first, second, third = (xml(one).partition("<IDOCS>")[2].removesuffix("</IDOCS>\n") for one in (GOOD, MORE, THIRD))

    found = reading(f"<IDOCS>{first}{second.replace(before, after)}{third}</IDOCS>")

    assert refs(found) == ["48447", "48449"]
    assert found.faults
    assert "IDoc 2" in found.faults[0].where


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n ",
        b"EDI_DC40",
        b"EDI_DC  ",
        b"hello",
        b"\x00EDI_DC40\x00",
        b"<",
        b"<ORDERS05/>",
        b"<ORDERS05><IDOC/></ORDERS05>",
        b"<IDOC BEGIN='1'>",
        b'<!DOCTYPE x [<!ENTITY e "x">]><ORDERS05><IDOC>&e;</IDOC></ORDERS05>',
        b'<?xml version="1.0" encoding="UTF-16"?><ORDERS05><IDOC/></ORDERS05>',
    ],
)
def test_what_is_no_idoc_is_unreadable_or_at_fault_and_says_nothing(content: bytes) -> None:
    try:
        found = reading(content)
    except formats.Unreadable as refusal:
        found = Reading(faults=(refusal.fault,))

    assert found.acknowledgements == ()
    assert found.faults


@pytest.mark.parametrize(
    ("content", "is_ours"),
    [
        (b"EDI_DC40  100", True),
        (b"\xef\xbb\xbfEDI_DC40  100", True),
        ("EDI_DC40".encode("utf-16"), True),
        (b"\r\n<?xml version='1.0'?>\n<!-- x -->\n<ORDERS05>\n  <IDOC BEGIN='1'>", True),
        (b'<n:INVOIC02 xmlns:n="x"><IDOC>', True),
        ("<DELVRY07><IDOC BEGIN='1'>".encode("utf-16"), True),
        (b"<IDOC><EDI_DC40>", True),
        (b"<Order><IDOCTYP>", False),
        (b"<Order><Lines><IDOC>", False),
        (b"EDI_DD40", False),
        (b"UNB+UNOC", False),
    ],
)
def test_an_idoc_is_recognised_by_its_first_bytes_or_its_root(content: bytes, *, is_ours: bool) -> None:
    assert formats.build("idoc", {}).recognises(content) is is_ours


# --- sizes ------------------------------------------------------------------------------------------------------------


def _large(size: int) -> dict[str, bytes]:
    lines = [
        seg(
            "E1EDP01",
            seg("E1EDP20", WMENG="2.000", EDATU="20261201"),
            seg("E1EDP19", QUALF="001", IDTNR="ITEM001", KTEXT="Example"),
            POSEX=f"{number:06}",
            ACTION="004",
            MENGE="2.000",
        )
        for number in range(1, 41)
    ]
    one = ordrsp(seg("E1EDK01", BELNR="SO-1"), *lines)
    made = {
        "flat": flat(one).encode(),
        "trimmed": flat(one, shape=Shape(trimmed=True)).encode(),
        "xml": xml(one).partition("<IDOCS>")[2].removesuffix("</IDOCS>\n").encode(),
    }
    many = {name: content * max(1, size // len(content)) for name, content in made.items()}
    return many | {"xml": b"<IDOCS>" + many["xml"] + b"</IDOCS>"}


def _seconds(content: bytes) -> float:
    format_ = formats.build("idoc", {})
    started = time.process_time()
    format_.read(content)
    return time.process_time() - started


@pytest.mark.parametrize("shape", ["flat", "trimmed", "xml"])
def test_a_large_file_is_read_in_little_time(shape: str) -> None:
    content = _large(200_000)[shape]

    assert min(_seconds(content) for _ in range(2)) < 1.5


@pytest.mark.soak
@pytest.mark.parametrize("shape", ["flat", "trimmed", "xml"])
def test_a_megabyte_is_read_within_a_second(shape: str) -> None:
    content = _large(1_000_000)[shape]

    assert min(_seconds(content) for _ in range(3)) < 1.0


@pytest.mark.parametrize("shape", ["flat", "trimmed", "xml"])
def test_a_file_takes_a_hundred_times_its_size_at_most(shape: str) -> None:
    content, format_ = _large(60_000)[shape], formats.build("idoc", {})
    tracemalloc.start()

    format_.read(content)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * len(content)


def test_a_message_of_several_thousand_receipts_is_read() -> None:
    states = [seg("E1STATE", DOCNUM=f"{number:016}", STATUS="53") for number in range(1, 2001)]

    found = reading(flat(message("ALEAUD", seg("E1ADHDR", *states, MESTYP="ORDERS"))))

    assert [one.control for one in found.acknowledgements] == list(range(1, 2001))


def test_letters_that_are_not_what_the_document_says_are_told_with_the_setting() -> None:
    content = b'<?xml version="1.0" encoding="UTF-8"?>\n<ORDRSP><IDOC><X>\xe5</X></IDOC></ORDRSP>\n'

    with pytest.raises(Unreadable) as refused:
        formats.build("idoc", {}).read(content)

    assert "Set encoding to what the ERP writes" in refused.value.fault.what
