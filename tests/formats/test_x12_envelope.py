"""What X12 files of the field look like: signs, letters, envelopes, damage, sizes."""

import time
import tracemalloc

import pytest

from bridge import formats
from bridge.formats import Unreadable
from bridge.model import AckStatus, Reading
from tests.formats.x12_files import ack, file_of, group, interchange, one_set

GOOD = one_set("855", "BAK*00*AK*48447*20241218****SO-1*20261121")
MORE = one_set("855", "BAK*00*AK*48448*20241218****SO-2*20261121", number="0002")
THIRD = one_set("855", "BAK*00*AK*48449*20241218****SO-3*20261121", number="0003")


def reading(content: bytes | str, **options: object) -> Reading:
    raw = content if isinstance(content, bytes) else content.encode()
    return formats.build("x12", options).read(raw)


def refs(found: Reading) -> list[str | None]:
    return [one.order_ref for one in found.acknowledgements if one.status is AckStatus.CONFIRMED]


ONE = interchange(group(GOOD))


@pytest.mark.parametrize(
    "content",
    [
        ONE,
        interchange(group(GOOD), end="~"),
        interchange(group(GOOD), end="~\r\n"),
        "\r\n  " + ONE,
        ONE + "\r\n\r\n\x1a",
        ONE.replace("\n", "\n\t\t"),
        ONE.translate(str.maketrans("*>~", "|:'")),
        ONE.translate(str.maketrans("*>~", "\x1d\x1f\x1c")),
        interchange(group(GOOD), end="\n"),
        interchange(group(GOOD), end="\r\n"),
        ONE.replace("BAK*00*AK*48447", "BAK*0\r\n0*AK*48\n447"),
        ONE.replace("*U*00401*", "*^*00501*").replace("X*004010", "X*005010"),
        ONE.replace("          ", " ").replace("ERP            ", "ERP "),
        ONE.replace("IEA*1*000000778", "IEA*1*778"),
    ],
)
def test_an_answer_is_read_whatever_its_signs_and_line_ends(content: str) -> None:
    found = reading(content)

    assert refs(found) == ["48447"]
    assert found.faults == ()
    assert found.acknowledgements[0].erp_order_no == "SO-1"


@pytest.mark.parametrize(
    ("encoding", "options"),
    [
        *((encoding, {}) for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252")),
        ("cp850", {"encoding": "cp850"}),
    ],
)
def test_letters_are_read_as_the_mark_or_the_setting_says(encoding: str, options: dict[str, object]) -> None:
    content = ack("RJ", "N9*ZZ*NOTE", "MSG*Slut på åäö").encode(encoding)
    format_ = formats.build("x12", options)

    assert format_.read(content).acknowledgements[0].reason == "Slut på åäö"
    assert format_.recognises(content[:4096])


def test_several_groups_and_interchanges_may_have_several_signs() -> None:
    other = interchange(group(MORE, number="8"), group(THIRD), control="000000779").translate(str.maketrans("*~", "|'"))

    found = reading(ONE + other + interchange(group(GOOD), control="000000780"))

    assert refs(found) == ["48447", "48448", "48449", "48447"]
    assert found.faults == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SE*3*0002", "SE*4*0002"),
        ("SE*3*0002", "SE*3*0009"),
        ("SE*3*0002", "SE*three*0002"),
        ("SE*3*0002~\n", ""),
        ("AK*48448", "ZZ*48448"),
        ("ST*855*0002", "ST*850*0002"),
        ("BAK*00*AK*48448", "BXX*00*AK*48448"),
    ],
)
def test_a_bad_set_leaves_the_good_ones_alone(before: str, after: str) -> None:
    whole = interchange(group(GOOD, MORE, THIRD))
    assert before in whole

    found = reading(whole.replace(before, after))

    assert refs(found) == ["48447", "48449"]
    [fault] = found.faults
    assert "set 2" in fault.where


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("IEA*1*000000778~", ""),
        ("IEA*1*000000778", "IEA*2*000000778"),
        ("IEA*1*000000778", "IEA*1*000000779"),
        ("IEA*1*000000778", "IEA*one*000000778"),
        ("IEA*1*000000778~", "IEA*1*000000778"),
        ("GE*2*7", "GE*1*7"),
        ("GE*2*7", "GE*2*8"),
        ("GE*2*7~\n", ""),
        ("GS*PR*ERP*SHOP*20261121*1402*7*X*004010~\n", ""),
        ("ST*855*0002", "ISA*855*0002"),
    ],
)
def test_nothing_of_a_broken_interchange_counts(before: str, after: str) -> None:
    whole = interchange(group(GOOD, MORE))
    assert before in whole

    found = reading(whole.replace(before, after))

    assert found.acknowledgements == ()
    assert found.faults
    assert "interchange 1" in found.faults[0].where


def test_a_good_interchange_counts_beside_a_cut_one() -> None:
    found = reading(ONE + interchange(group(MORE), control="000000779")[:-8])

    assert refs(found) == ["48447"]
    assert "interchange 2" in found.faults[0].where


@pytest.mark.parametrize("rest", ["garbage", "GS*PR*A*B~", "ISA", "ISA*00*~"])
def test_what_stands_behind_the_end_is_told(rest: str) -> None:
    found = reading(ONE + rest)

    assert refs(found) == ["48447"]
    assert len(found.faults) == 1


def test_what_stands_between_sets_is_told_once() -> None:
    found = reading(ONE.replace("GE*1*7", "REF*VN*1~REF*VN*2~SE*9*9~GE*1*7"))

    assert refs(found) == ["48447"]
    assert [fault.where for fault in found.faults] == ["behind set 1"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "  \r\n",
        "GS*PR*ERP~",
        "UNA:+.? '",
        "ISA",
        "ISAA00A          A",
        "ISA*00*          *00*",
        ONE[:104],
        ONE[:105],
        ONE[:104] + "**" + ONE[106:],
        ONE[:104] + "AB" + ONE[106:],
        "ISA" + "*" * 16,
        b"ISA*\xff\xfe\x00",
    ],
)
def test_what_is_no_x12_is_unreadable(content: str | bytes) -> None:
    with pytest.raises(Unreadable):
        reading(content)


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_cut_file_is_not_whole(cut: int) -> None:
    format_ = formats.build("x12", {})
    content = ONE.strip().encode()

    assert format_.is_whole(content)
    assert not format_.is_whole(content[:-cut])


@pytest.mark.parametrize(
    ("head", "is_ours"),
    [
        (b"ISA*00*", True),
        (b"\xef\xbb\xbf  ISA|00|", True),
        ("ISA*00*  ".encode("utf-16"), True),
        (b"ISA 00 ", False),
        (b"ISAAC;00;", False),
        (b"ISA;order_ref;status", False),
        (b"UNA:+.? '", False),
        (b"", False),
    ],
)
def test_only_an_opening_is_recognised(head: bytes, is_ours: bool) -> None:  # noqa: FBT001  # a column of the table
    assert formats.build("x12", {}).recognises(head) is is_ours


# --- sizes ------------------------------------------------------------------------------------------------------------

SHAPES = {
    "sets": lambda count: interchange(
        group(*(one_set("855", f"BAK*00*AK*{at}*20241218", number=f"{at:04}") for at in range(count)))
    ),
    "lines": lambda count: ack("AD", *(part for at in range(count) for part in (f"PO1*{at}*2*EA", "ACK*IA*2*EA"))),
    "levels": lambda count: file_of(
        "856",
        "BSN*00*S-1*20261121*1200",
        *(
            part
            for at in range(count)
            for part in (f"HL*{2 * at}**O", f"PRF*{at}", f"HL*{2 * at + 1}*{2 * at}*I", "LIN*1*VP*A", "SN1**1*EA")
        ),
    ),
    "orders of many packages": lambda count: file_of(
        "856",
        *("BSN*00*S-1*20261121*1200", "HL*0**S"),
        *(f"MAN*GM*{at}" for at in range(count)),
        *(part for at in range(1, count) for part in (f"HL*{at}*0*O", f"PRF*{at}")),
    ),
    "packages": lambda count: file_of(
        "856",
        *("BSN*00*S-1*20261121*1200", "HL*0**O", "PRF*1"),
        *(part for at in range(1, count) for part in (f"HL*{at}*0*I", "LIN*1*VP*A", "SN1**1*EA", f"MAN*GM*{at}")),
    ),
    "invoice": lambda count: file_of(
        "810", "BIG*20261121*F-1**1", *(f"IT1*{at}*1*EA*1" for at in range(count)), "TDS*1"
    ),
    "receipt": lambda count: file_of("997", "AK1*PO*1", *("AK3*N1*8**8" for _ in range(count)), "AK9*R*1*1*0"),
    "strays": lambda count: ONE.replace("GE*1*7", "REF*VN*1~" * count + "GE*1*7"),
    "interchanges": lambda count: "".join(interchange(group(GOOD)) for _ in range(count)),
    "open sets": lambda count: ONE.replace("SE*3*0001~", "ST*855*0001~" * count),
    "elements": lambda count: ack("AK", "PO1*1*2*EA*1*PE" + "*VP*A" * count),
    "texts": lambda count: ack("AK", *(f"MSG*text {at}" for at in range(count))),
}
each_shape = pytest.mark.parametrize("shape", SHAPES)


def _cost(content: bytes, times: int) -> float:
    format_ = formats.build("x12", {})
    found = []
    for _ in range(times):
        began = time.process_time()
        format_.read(content)
        format_.is_whole(content)
        found.append(time.process_time() - began)
    return min(found)


@each_shape
def test_eight_times_the_file_takes_eight_times_as_long(shape: str) -> None:
    small, large = (SHAPES[shape](count).encode() for count in (150, 1200))

    assert _cost(large, 2) < 24 * _cost(small, 4)


@pytest.mark.soak
@pytest.mark.timeout(900)
@each_shape
def test_a_megabyte_takes_about_a_second_and_a_hundred_megabytes_at_most(shape: str) -> None:
    one = len(SHAPES[shape](1000)) - len(SHAPES[shape](500))
    content = SHAPES[shape](500 * 1_000_000 // one).encode()
    tracemalloc.start()
    formats.build("x12", {}).read(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    cost = _cost(content, 2)  # read, and asked whether it is whole

    print(f"{shape}: {len(content) / 1e6:.2f} MB, {cost:.2f} s, {peak / 1e6:.0f} MB")  # noqa: T201  # the figure is the point
    assert 900_000 < len(content) < 1_300_000
    assert peak < 100_000_000
    assert cost < 4  # a loaded machine has its caches to share
