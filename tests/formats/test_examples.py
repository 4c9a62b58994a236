"""The examples that ship: what they are called, what they say of themselves, and that each format is among them.

That they write and read what their golden files say is shown where the verb is tested (``tests/cli/test_golden.py``).
"""

import re
import tomllib
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PROMISED = {
    *("pyramid-style", "visma-style", "business-central-style", "monitor-style", "edifact-wholesale", "plain-csv"),
    "as400-style",
}
FOUND = sorted(path.name for path in EXAMPLES.iterdir())
each_example = pytest.mark.parametrize("name", FOUND)


def text_of(name: str) -> str:
    return (EXAMPLES / name / "config.toml").read_text("utf-8")


def test_the_examples_that_are_promised_are_there() -> None:
    assert PROMISED - set(FOUND) == set()


@each_example
def test_an_example_has_an_order_and_an_answer_as_golden_files(name: str) -> None:
    names = [path.name for path in (EXAMPLES / name / "golden/erp").iterdir()]
    found = {re.sub(r"^[a-z]+[.]|(?<=answer)[.][a-z0-9]+$", "", one) for one in names}

    assert found == {"order.json", "out", "answer", "read.json"}


@each_example
def test_an_example_calls_itself_a_style_and_says_what_is_assumed(name: str) -> None:
    first, _, rest = text_of(name).partition("\n")

    assert "-style" in first
    assert "# ASSUMED" in rest
    assert f"check --golden -c examples/{name}/config.toml" in rest


@pytest.mark.parametrize("kind", ["delimited", "fixed", "xml", "edifact"])
def test_a_format_that_a_merchant_describes_has_an_example(kind: str) -> None:
    formats = {tomllib.loads(text_of(name))["targets"]["erp"]["order"]["format"] for name in FOUND}

    assert kind in formats
