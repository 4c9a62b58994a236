"""Orders as X12 before three judges: the grammar of bots, that of pyx12, and a reading of what they tell."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.model import SalesOrder
from bridge.simulators.sides import Said, side_of
from bridge.simulators.sides.x12 import file_receipt, syntax_receipt
from tests.formats.samples import GOLDEN, golden
from tests.formats.x12_judge import Judge, lacks, segments
from tests.formats.x12_orders import expected, orders, told
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

pytestmark = pytest.mark.timeout(60)  # a judge reads its grammars first
EXAMPLES = Path(__file__).parents[2] / "examples"
WHY = "the judges of X12 are not installed: pip install --no-compile '.[judges]'"
needs_bots = pytest.mark.skipif(lacks("bots"), reason=WHY)
needs_pyx12 = pytest.mark.skipif(lacks("pyx12"), reason=WHY)
# ASCII with plain letters; Latin-1 with question marks; Unicode with signs of its own and line ends.
SETTINGS: dict[str, dict[str, object]] = {
    "extended": {},
    "latin": {"character_set": "latin", "unencodable": "question_mark", "charge_rows": "charge"},
    "unicode": {"character_set": "utf-8", "separators": "|^\x1d", "newline": "crlf"},
}
SIGNS = {"extended": "*>~", "latin": "*>~", "unicode": "|^\x1d"}
CODECS = {"extended": "ascii", "latin": "iso8859-1", "unicode": "utf-8"}
each_setting = pytest.mark.parametrize("name", SETTINGS)


@pytest.fixture(scope="module")
def bots() -> Iterator[Judge]:
    with Judge("bots") as judge:
        yield judge


@pytest.fixture(scope="module")
def pyx12() -> Iterator[Judge]:
    with Judge("pyx12") as judge:
        yield judge


def written(name: str, order: SalesOrder) -> str | PermanentError:
    try:
        content = formats.build("x12", SETTINGS[name]).render(order, CONTROL, RECEIVED_AT)
    except PermanentError as refusal:
        return refusal
    return content.decode(CODECS[name])


def kept_whole(name: str, seed: int, count: int) -> int:
    """How many orders were told as they are; the others were refused by the name of a field."""
    whole = 0
    for order in orders(seed, count):
        text = written(name, order)
        if isinstance(text, PermanentError):
            assert text.name is ErrorName.ORDER_NOT_RENDERABLE
            assert text.subject.replace("[", ".").partition(".")[0] in SalesOrder.__dataclass_fields__
            continue
        assert told(segments(text)) == expected(order, SIGNS[name], name)
        whole += 1
    return whole


@each_setting
def test_what_is_written_is_what_was_ordered_whatever_the_customer_writes(name: str) -> None:
    whole = kept_whole(name, seed=1, count=70)

    assert whole >= 25


@pytest.mark.soak
@pytest.mark.timeout(3600)
@each_setting
def test_very_many_orders_are_written_as_they_were_ordered(name: str) -> None:
    whole = kept_whole(name, seed=2, count=20_000)

    assert whole >= 8000


def judged(judge: Judge, name: str, seed: int, count: int) -> int:
    right = 0
    for order in orders(seed, count):
        text = written(name, order)
        if isinstance(text, str):
            assert judge.faults(text) == []
            right += 1
    return right


@needs_bots
@pytest.mark.parametrize("name", ["extended", "latin"])
def test_orders_are_right_by_a_foreign_grammar_whatever_the_customer_writes(name: str, bots: Judge) -> None:
    right = judged(bots, name, seed=3, count=100)

    assert right >= 40


@needs_bots
@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["extended", "latin"])
def test_very_many_orders_are_right_by_a_foreign_grammar(name: str, bots: Judge) -> None:
    right = judged(bots, name, seed=4, count=2400)

    assert right >= 2000


@needs_bots
def test_each_golden_order_is_right_by_a_foreign_grammar(bots: Judge) -> None:
    files = [GOLDEN / "x12/order.x12", *EXAMPLES.glob("x12-style/golden/erp/*.out")]

    found = {file.name: bots.faults(file.read_text("ascii")) for file in files}

    assert len(files) == 2
    assert found == {file.name: [] for file in files}


@needs_bots
@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("BEG*00", "BEX*00", "BEX"),
        ("*2*EA*", "*two*EA*", "PO102"),
        ("SE*39", "SE*38", "SE01"),
        ("CTT*1~", "CTT*1~CUR*BY*SEK~", "CUR"),
        ("N4*Anytown", "N4*" + "x" * 31, "N401"),
        ("CUR*BY*SEK", "CUR*BY*SE", "CUR02"),
        ("IEA*1*000000123", "IEA*1*000000124", "IEA"),
        ("CSH*SC~TD5****ZZ*PostNord~", "TD5****ZZ*PostNord~CSH*SC~", "CSH"),
        ("BEG*00*SA*48447**20241218~", "", "BEG"),
    ],
)
def test_the_judge_sees_what_is_wrong(before: str, after: str, fault: str, bots: Judge) -> None:
    text = golden("x12", "order").decode("ascii")
    assert before in text

    found = bots.faults(text.replace(before, after))

    assert any(fault in one for one in found), found


STATUSES = ("confirmed", "changed", "rejected", "cancelled", "on_hold", "backorder", "received")
PAPERS = ("delivered", "partly_delivered", "invoiced")


@needs_bots
@pytest.mark.parametrize("status", [*STATUSES, *PAPERS, "nonsense"])
def test_what_the_simulated_erp_says_is_right_by_a_foreign_grammar(status: str, bots: Judge) -> None:
    text = side_of("x12").answer(Said("48447", status, "SO-1", "sold out")).decode()

    assert bots.faults(text) == []


@needs_bots
def test_the_golden_answers_are_right_by_a_foreign_grammar(bots: Judge) -> None:
    for stem in ("answer", "silent", "unknown"):
        faults = bots.faults(golden("x12", stem).decode())
        assert faults == [] or "BAK02" in str(faults), stem  # the one that is silent lacks a verdict


@needs_bots
@needs_pyx12
@pytest.mark.parametrize("code", ["A", "R"])
def test_the_simulated_erps_receipts_are_right_by_two_foreign_grammars(code: str, bots: Judge, pyx12: Judge) -> None:
    order = golden("x12", "order")
    receipt = syntax_receipt(order, code).decode()
    # pyx12 comes from health care: its 997 knows the group HP and the set 835, and neither PO nor 850.
    of_health_care = receipt.replace("AK1*PO", "AK1*HP").replace("AK2*850", "AK2*835")

    assert bots.faults(receipt) == []
    assert pyx12.faults(of_health_care) == []
    assert pyx12.faults(of_health_care.replace(f"AK9*{code}", "AK9*Q"))
    assert pyx12.faults(file_receipt(order, code).decode()) == []


def test_text_with_separators_of_its_own_makes_no_segment() -> None:
    faked = "Hej~PO1*99*1000*EA*1*PE*VP*FAKE~SE*3*0001~IEA*1*000000123~"

    text = written("extended", replace(guide_order(), comment=faked))

    assert isinstance(text, str)
    found = segments(text)
    assert [one.at(1) for one in found if one.tag == "PO1"] == ["1"]
    assert found[-1].elements == ["1", "000000123"]
    assert told(found)["comment"] == "HejPO1991000EA1PEVPFAKESE30001IEA1000000123"
