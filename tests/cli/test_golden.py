"""Golden files beside the settings, and the examples of the repository, which bring theirs."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Verb

CHECKOUT = Path(__file__).resolve().parents[2]
EXAMPLES = CHECKOUT / "examples"
ORDER = (CHECKOUT / "tests/samples/order.json").read_bytes()
ANSWER = b"order_ref;erp_order_no;status\n48447;SO-1001;confirmed\n"


@pytest.fixture
def golden(verb: Verb, home: Path) -> Path:
    """A folder with an order and an answer, and what they are today."""
    (home / "config.toml").write_text(
        '[targets.erp.order]\nfields = [{ from = "order_ref" }, { from = "created_at" }]\n'
    )
    folder = home / "golden" / "erp"
    folder.mkdir(parents=True)
    (folder / "a.order.json").write_bytes(ORDER)
    (folder / "a.out").write_bytes(b"48447;2024-12-18T12:00:00\r\n")
    (folder / "b.answer.csv").write_bytes(ANSWER)
    (folder / "b.read.json").write_text(verb("read", "golden/erp/b.answer.csv", "--json")[1])
    return folder


def test_golden_files_that_come_out_as_ever_end_in_0_each_time(verb: Verb, golden: Path) -> None:
    first, second = verb("check", "--golden", "--json"), verb("check", "--golden", "--json")

    told = json.loads(first[1])
    assert golden.is_dir()
    assert (first[0], first) == (0, second)
    assert [(one["mark"], one["name"]) for one in told] == [
        ("ok", "golden erp/a.order.json"),
        ("ok", "golden erp/b.answer.csv"),
    ]


def test_a_golden_answer_stays_good_when_norce_is_connected(verb: Verb, golden: Path) -> None:
    made = json.loads((golden / "b.read.json").read_text())
    config = golden.parents[1] / "config.toml"
    settings = config.read_text()

    codes = []
    for enabled in ("false", "true"):
        config.write_text(f"[norce]\nenabled = {enabled}\n{settings}")
        codes.append(verb("check", "--golden")[0])
        (golden / "b.read.json").write_text(verb("read", "golden/erp/b.answer.csv", "--as-sent", "--json")[1])

    assert codes == [0, 0]
    assert json.loads((golden / "b.read.json").read_text()) == made
    assert [report["body"]["OrderStatus"] for report in made["reports"]] == ["Confirmed"]


def test_a_golden_delivery_without_a_date_is_the_same_on_another_day(verb: Verb, golden: Path) -> None:
    (golden / "b.answer.csv").write_bytes(
        b"order_ref;erp_order_no;status;tracking;line_no;part_no;qty_delivered\n48447;SO-1;delivered;JD1;1;A;2\n"
    )

    _, dated, _ = verb("read", "golden/erp/b.answer.csv", "--as-sent", "--json")
    _, today, _ = verb("read", "golden/erp/b.answer.csv", "--json")
    (golden / "b.read.json").write_text(dated)

    days = [json.loads(told)["reports"][1]["body"]["DeliveryDate"] for told in (dated, today)]
    assert days[0] == "2026-01-01T00:00:00"
    assert days[1] > days[0]
    assert verb("check", "--golden")[0] == 0


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (
            "a.out",
            b"48447;2024-12-18T12:00:01\r\n",
            'line 1, byte 25: expected "48447;2024-12-18T12:00:01\\r\\n", and it',
        ),
        (
            "a.out",
            b"48447;2024-12-18T12:00:00\n",
            'byte 26: expected "48447;2024-12-18T12:00:00\\n", and it is "48447;',
        ),
        ("a.out", b"", "line 1, byte 1: expected no such line, and it is"),
        ("b.read.json", b"{", "b.read.json is not JSON"),
        ("b.answer.csv", ANSWER.replace(b"SO-1001", b"SO-1002"), '"SO-1001'),
        ("b.answer.csv", b"nothing", "expected"),
        ("a.order.json", b"{}", "ClientOrderRef"),
        ("c.order.json", ORDER, "c.out is missing"),
        ("d.read.json", b"{}", "nothing that it belongs to"),
        ("e.txt", b"", "neither an order nor an answer"),
    ],
)
def test_what_differs_is_shown_and_ends_in_1(verb: Verb, golden: Path, name: str, content: bytes, told: str) -> None:
    (golden / name).write_bytes(content)

    code, out, _ = verb("check", "--golden")

    assert code == 1
    assert told in out
    assert out.count("✗") == 1


def test_the_command_that_is_told_makes_the_file_that_is_missing(verb: Verb, golden: Path) -> None:
    (golden / "a.out").unlink()

    _, out, _ = verb("check", "--golden", "-c", "config.toml")
    told = out.partition("keep it: erp-bridge ")[2].partition(" > ")[0]
    made = verb(*told.split())

    assert told.startswith("-c config.toml preview golden/erp/a.order.json")
    assert made[:2] == (0, "48447;2024-12-18T12:00:00\r\n")


def test_no_golden_file_at_all_is_no_success(verb: Verb, home: Path) -> None:
    nothing = verb("check", "--golden")
    (home / "golden" / "wms").mkdir(parents=True)
    nobody = verb("check", "--golden")

    assert (nothing[0], nobody[0]) == (1, 1)
    assert "NAME.order.json with NAME.out" in nothing[1]
    assert "there is no such target" in nobody[1]


@pytest.mark.parametrize("example", sorted(one.parent.name for one in EXAMPLES.glob("*/config.toml")))
def test_an_example_writes_and_reads_as_its_golden_files_say(verb: Verb, home: Path, example: str) -> None:
    shutil.copytree(EXAMPLES / example, home / example)

    code, out, _ = verb("check", "--golden", "--json", "-c", f"{example}/config.toml")

    told = json.loads(out)
    assert [one for one in told if one["mark"] != "ok"] == []
    assert (code, len(told) >= 2) == (0, True)


def test_the_tutorial_leads_to_the_sample_of_an_erp_that_nobody_has_seen(verb: Verb, home: Path) -> None:
    tutorial = (CHECKOUT / "docs/tutorials/2-make-it-your-erp.md").read_text("utf-8")
    order, answer = (block.partition("\n```")[0] for block in tutorial.split("```toml\n")[1:])
    sample = tutorial.partition("sample:\n\n```\n")[2].partition("```")[0]
    said = tutorial.partition("in Windows' encoding:\n\n```\n")[2].partition("```")[0]
    (home / "config.toml").write_text(f"{order}\n{answer}", "utf-8")
    (home / "answer.csv").write_bytes(said.encode("cp1252"))
    (home / "order.json").write_bytes(ORDER)

    written = verb("preview", "order.json")
    read = verb("read", "answer.csv")

    assert (written[0], written[1].replace("\r\n", "\n")) == (0, sample)
    assert (read[0], "order 48447: confirmed (response, ERP number SO-1001)" in read[1]) == (0, True)
