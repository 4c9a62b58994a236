"""The examples that ship: their settings hold, and write and read the files beside them."""

import json
import tomllib
from pathlib import Path

import pytest

from bridge import formats
from bridge.cli._settings import shelves
from bridge.config import load
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.toml"))
each_example = pytest.mark.parametrize("name", NAMES)


def target_of(name: str) -> dict[str, dict[str, object]]:
    [target] = tomllib.loads((EXAMPLES / f"{name}.toml").read_text("utf-8"))["targets"].values()
    assert isinstance(target, dict)
    return target


def beside(name: str, stem: str) -> bytes:
    [path] = (EXAMPLES / name).glob(f"{stem}.*")
    return path.read_bytes()


def options(section: dict[str, object], *others: str) -> dict[str, object]:
    return {key: value for key, value in section.items() if key not in {"format", *others}}


def test_there_are_examples() -> None:
    assert "edifact-wholesale" in NAMES


@each_example
def test_an_example_is_settings_that_the_bridge_takes(name: str, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    (tmp_path / "secrets").mkdir(mode=0o700)
    path.write_text((EXAMPLES / f"{name}.toml").read_text("utf-8"), "utf-8")

    config = load(path, shelves(), {})

    [target] = config.targets.values()
    assert target.order.format == target_of(name)["order"]["format"]


@each_example
def test_an_example_calls_its_shape_assumed(name: str) -> None:
    text = (EXAMPLES / f"{name}.toml").read_text("utf-8")

    assert "-style" in text.splitlines()[0]
    assert "assumed" in text


@each_example
def test_the_guides_order_is_written_as_the_file_beside_the_example(name: str) -> None:
    order = target_of(name)["order"]

    content = formats.build(str(order["format"]), options(order)).render(guide_order(), CONTROL, RECEIVED_AT)

    assert content == beside(name, "order")


@each_example
def test_the_answer_beside_the_example_is_read_as_expected(name: str) -> None:
    answer = target_of(name)["answer"]
    format_ = formats.build(str(answer["format"]), options(answer, "patterns", "directory", "finished"))

    found = format_.read(beside(name, "answer"))

    assert found.faults == ()
    assert [formats.to_document(one) for one in found.acknowledgements] == json.loads(beside(name, "expected"))
