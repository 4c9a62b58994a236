"""preview -v names what an order holds and Norce's contract does not; what it says there is not shown."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Verb
from tests.norce.orders import XML_SAMPLE, changed, sample

JSON_ORDER = json.dumps(changed(changed(sample(), ("Brandnew",), "secret"), ("Items", 0, "Colour"), "secret")).encode()
XML_ORDER = XML_SAMPLE.replace(b"<PartNo>", b"<Colour>secret</Colour><PartNo>", 1).replace(
    b"</OrderRequest>", b"<Brandnew>secret</Brandnew></OrderRequest>"
)


@pytest.mark.parametrize("body", [JSON_ORDER, XML_ORDER], ids=["json", "xml"])
def test_preview_names_unknown_fields_when_asked_for_more_words(verb: Verb, home: Path, body: bytes) -> None:
    (home / "order").write_bytes(body)

    plain, wordy = verb("preview", "order"), verb("preview", "order", "-v")

    assert (plain[0], plain[2]) == (0, "")
    assert (wordy[0], wordy[1]) == plain[:2]
    assert sorted(wordy[2].splitlines()) == [
        "not in Norce's contract: Brandnew",
        "not in Norce's contract: Items[0].Colour",
    ]


def test_preview_names_them_of_an_order_that_cannot_be_taken_too(verb: Verb, home: Path) -> None:
    (home / "order.json").write_text('{"clientOrderRef": "1"}')

    code, _, err = verb("-v", "preview", "order.json")

    assert code == 1
    assert err.splitlines()[0] == "not in Norce's contract: clientOrderRef"
