"""What the simulated ERP answers in EDIFACT is right as others see it: the directory's tables, pydifact, the bridge."""

import pytest

from bridge import formats
from bridge.model import AckKind, AckStatus
from bridge.simulators.sides import Said
from bridge.simulators.sides.edifact import answer, application_receipt, syntax_receipt
from tests.formats import edifact_judge as judge
from tests.formats.edifact_foreign import foreign
from tests.formats.edifact_tokens import tokens
from tests.formats.samples import golden

needs_directory = pytest.mark.skipif(not judge.is_here(), reason="the EDIFACT tables are not beside the checkout")
REF, NUMBER = "O'Brien+Co:1?", "SO-1001"
_S, _K = AckStatus, AckKind
SPOKEN = {
    _S.CONFIRMED: _K.RESPONSE,
    _S.CHANGED: _K.RESPONSE,
    _S.REJECTED: _K.RESPONSE,
    _S.CANCELLED: _K.CANCELLATION,
    _S.RECEIVED: _K.RECEIPT,
    _S.DELIVERED: _K.DESPATCH,
    _S.PARTLY_DELIVERED: _K.DESPATCH,
    _S.INVOICED: _K.INVOICE,
}
ANSWERS = {status.value: answer(Said(REF, status, NUMBER, "Spärrad: 'A+B'?")) for status in SPOKEN} | {
    "short": answer(Said("1", "confirmed")),
    "long": answer(Said("R" * 35, "rejected", "N" * 35, "ä" * 100)),
    "contrl": syntax_receipt(golden("edifact", "order")),
    "contrl refused": syntax_receipt(golden("edifact", "order"), "4", "21"),
    "aperak refused": application_receipt(REF, "no such article: 'A+B'?"),
}
each_answer = pytest.mark.parametrize("name", ANSWERS)


@needs_directory
@each_answer
def test_the_simulated_erp_writes_what_the_directory_allows(name: str) -> None:
    found = judge.faults(tokens(ANSWERS[name].decode("iso8859-1")))

    assert found == []


@needs_directory
@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [("+4+21'", "+X+21'", "0083"), ("+4+21'", "+4+ZZ'", "0085"), ("UCI+", "UCX+", "is not in the directory")],
)
def test_the_judge_sees_what_is_wrong_with_a_receipt(before: str, after: str, fault: str) -> None:
    text = ANSWERS["contrl refused"].decode("iso8859-1")
    assert before in text

    found = judge.faults(tokens(text.replace(before, after)))

    assert any(fault in one for one in found), found


@each_answer
def test_a_foreign_parser_reads_what_the_simulated_erp_writes(name: str) -> None:
    text = ANSWERS[name].decode("iso8859-1")

    found = foreign(text)

    assert found == [(one.tag, one.elements) for one in tokens(text)]
    assert [found[0][0], found[1][0], found[-1][0]] == ["UNB", "UNH", "UNZ"]


@pytest.mark.parametrize("status", SPOKEN)
def test_the_bridge_reads_what_the_simulated_erp_means(status: AckStatus) -> None:
    reading = formats.build("edifact", {}).read(ANSWERS[status])

    [said] = reading.acknowledgements
    assert reading.faults == ()
    assert (said.kind, said.status, said.order_ref) == (SPOKEN[status], status, REF)
