"""Orders as EDIFACT before three judges: the UN directory, a foreign parser, and a reading of what they tell."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.model import SalesOrder
from tests.formats import edifact_judge as judge
from tests.formats.edifact_foreign import foreign
from tests.formats.edifact_orders import clean, expected, orders, told
from tests.formats.edifact_tokens import Seg, tokens
from tests.formats.samples import golden
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

needs_directory = pytest.mark.skipif(
    not judge.is_here(),
    reason="the UN's tables lie in ../shared/formats/edifact-directories and are not part of the product",
)
# Latin-1 with question marks; Unicode with signs, decimal mark and line ends of its own.
SETTINGS: dict[str, dict[str, object]] = {
    "latin": {"unencodable": "question_mark"},
    "unicode": {"syntax": "UNOY", "service_characters": '|;,!~"', "newline": "crlf"},
    "d01b": {"directory": "D01B", "unencodable": "question_mark"},
}
each_setting = pytest.mark.parametrize("name", SETTINGS)
CODECS = {"latin": "iso8859-1", "unicode": "utf-8", "d01b": "iso8859-1"}


def written(name: str, order: SalesOrder) -> str | PermanentError:
    try:
        content = formats.build("edifact", SETTINGS[name]).render(order, CONTROL, RECEIVED_AT)
    except PermanentError as refusal:
        return refusal
    return content.decode(CODECS[name])


def kept_whole(name: str, seed: int, count: int) -> int:
    """How many orders were told as they are; the others were refused by the name of a field."""
    whole = 0
    latin = "" if name == "unicode" else "?"
    for order in orders(seed, count):
        text = written(name, order)
        if isinstance(text, PermanentError):
            assert text.name is ErrorName.ORDER_NOT_RENDERABLE
            assert text.subject.replace("[", ".").partition(".")[0] in SalesOrder.__dataclass_fields__
            continue
        assert told(tokens(text), "," if name == "unicode" else ".") == expected(order, latin)
        whole += 1
    return whole


@each_setting
@pytest.mark.timeout(30)
def test_what_is_written_is_what_was_ordered_whatever_the_customer_writes(name: str) -> None:
    whole = kept_whole(name, seed=1, count=70)

    assert whole >= 40


@pytest.mark.soak
@pytest.mark.timeout(3600)
@each_setting
def test_very_many_orders_are_written_as_they_were_ordered(name: str) -> None:
    whole = kept_whole(name, seed=2, count=20_000)

    assert whole >= 10_000


@needs_directory
@pytest.mark.parametrize("directory", ["D96A", "D01B"])
def test_the_guides_order_is_right_by_the_directory(directory: str) -> None:
    content = formats.build("edifact", {"directory": directory}).render(guide_order(), CONTROL, RECEIVED_AT)

    found = judge.faults(tokens(content.decode("iso8859-1")), directory)

    assert found == []


def judged(name: str, seed: int, count: int) -> int:
    directory = "D01B" if name == "d01b" else "D96A"
    right = 0
    for order in orders(seed, count):
        text = written(name, order)
        if isinstance(text, str):
            assert judge.faults(tokens(text), directory) == []
            right += 1
    return right


@needs_directory
@pytest.mark.parametrize("name", ["latin", "d01b"])
@pytest.mark.timeout(30)
def test_orders_are_right_by_the_directory_whatever_the_customer_writes(name: str) -> None:
    right = judged(name, seed=3, count=50)

    assert right >= 30


@needs_directory
@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["latin", "d01b"])
def test_very_many_orders_are_right_by_the_directory(name: str) -> None:
    right = judged(name, seed=4, count=2000)

    assert right >= 1000


@needs_directory
@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("+9'DTM", "+X9'DTM", "1225"),
        ("DTM+137:202412181200:203'", "", "DTM is missing"),
        ("QTY+21:2:PCE'", "QTY+21:two:PCE'", "is no number"),
        ("UNT+47", "UNT+46", "UNT does not agree"),
        ("CUX+2:SEK:9'", "CUX+2:SEK:9'BGM+220'", "out of sequence"),
        ("TDT+20++++:::PostNord'", "TDT+20++++:::" + "x" * 36 + "'", "are room"),
        ("NAD+SU'", "NAD+SU+'", "ends with an empty element"),
        ("UNS+S'", "UNX+S'", "is not in the directory"),
    ],
)
def test_the_judge_sees_what_is_wrong(before: str, after: str, fault: str) -> None:
    text = golden("edifact", "order").decode("iso8859-1")
    assert before in text

    found = judge.faults(tokens(text.replace(before, after)))

    assert any(fault in one for one in found), found


@pytest.mark.parametrize("name", ["latin", "d01b"])
@pytest.mark.timeout(30)
def test_a_foreign_parser_finds_the_same_segments(name: str) -> None:
    texts = [written(name, order) for order in orders(seed=5, count=50)]

    for text in texts:
        if isinstance(text, str):
            assert foreign(text) == [(one.tag, one.elements) for one in tokens(text)]
    assert sum(isinstance(text, str) for text in texts) >= 20


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_foreign_parser_finds_the_same_in_very_many_orders() -> None:
    texts = [text for order in orders(seed=6, count=2000) if isinstance(text := written("latin", order), str)]

    differing = [text for text in texts if foreign(text) != [(one.tag, one.elements) for one in tokens(text)]]

    assert len(texts) >= 1000
    assert differing == []


def test_the_guides_order_tells_its_references_parties_quantities_and_amounts() -> None:
    text = golden("edifact", "order").decode("iso8859-1")

    found = told(tokens(text))

    assert (found["ref"], found["references"]["CR"], found["references"]["IV"]) == ("48447", "ORDER123", "INV12345")
    assert [found["parties"][code]["id"] for code in ("BY", "IV", "DP")] == ["CUST0001", "BILL0002", "SHIP0003"]
    [line] = found["lines"]
    assert (line["qty"], line["unit"], line["price"], line["net"]) == (2, "PCE", 300, 600)
    assert found["totals"] == {"79": Decimal(600), "124": Decimal(150), "128": Decimal(750)}


def test_text_with_signs_of_its_own_makes_no_segment() -> None:
    faked = "Hej'LIN+99++FAKE:SA'QTY+21:1000'UNT+3+1'UNZ+1+123'"
    order = guide_order()

    text = written("latin", replace(order, comment=faked))

    assert isinstance(text, str)
    segments = tokens(text)
    assert [one.at(1) for one in segments if one.tag == "LIN"] == ["1"]
    assert segments[-1] == Seg("UNZ", [["1"], ["123"]])
    assert told(segments)["comment"] == clean(faked)


def test_the_tables_of_the_directory_are_not_in_the_product() -> None:
    product = Path(formats.__file__).parent

    assert not list(product.rglob("*.xml"))
