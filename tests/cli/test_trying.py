"""preview and read: what would be written and understood, without service, secret, folder or journal."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Verb

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
HEADING = "order_ref;erp_order_no;status;line_no\n"


@pytest.mark.parametrize("sample", ["order.json", "order.xml"])
def test_preview_prints_the_file_of_an_order(verb: Verb, home: Path, sample: str) -> None:
    code, out, err = verb("preview", str(SAMPLES / sample), "--target", "erp")

    heading, row = out.splitlines()
    assert (code, err) == (0, "")
    assert heading.startswith("order_ref;")
    assert row.startswith("48447;")
    assert sorted(path.name for path in home.iterdir()) == ["config.toml", "inbox", "outbox", "var"]
    assert list((home / "var").iterdir()) == []


def test_preview_prints_the_same_bytes_each_time(verb: Verb) -> None:
    first, second = verb("preview", str(SAMPLES / "order.json")), verb("preview", str(SAMPLES / "order.json"))

    assert first == second


def test_preview_needs_no_file_for_a_made_up_order(verb: Verb) -> None:
    sample, both, neither = verb("preview", "--sample"), verb("preview", "x.json", "--sample"), verb("preview")

    assert sample[0] == 0
    assert sample[1].startswith("order_ref;")
    assert (both[0], neither[0]) == (2, 2)


def test_an_order_that_cannot_be_written_is_one_line_with_field_target_and_remedy(verb: Verb, home: Path) -> None:
    order = json.loads((SAMPLES / "order.json").read_text())
    order["Items"][0]["PartNo"] = "P" * 36
    (home / "long.json").write_text(json.dumps(order))
    (home / "edi.toml").write_text(EDIFACT % "")

    code, out, err = verb("preview", "long.json", "-c", "edi.toml")

    [line] = err.splitlines()
    assert (code, out) == (1, "")
    assert line.startswith('lines[0].part_no "PPP')
    assert line.endswith("room for 35, for target erp. A reference is never cut. Have the shop send a shorter one")


EDIFACT = """[targets.erp]
file_name = "ORDERS_{ref}_{control:06}.edi"
%s
[targets.erp.order]
format = "edifact"
sender = "7350000000009:14"
receiver = "7350000000016:14"
"""


@pytest.mark.parametrize(("said", "ending"), [("", "+ORDERS++++1"), ("test_indicator = false", "+ORDERS")])
def test_a_target_says_whether_its_files_are_tests(verb: Verb, home: Path, said: str, ending: str) -> None:
    (home / "edi.toml").write_text(EDIFACT % said)

    code, out, err = verb("preview", str(SAMPLES / "order.json"), "-c", "edi.toml")

    interchange = out.splitlines()[0].split("'")
    header = next(segment for segment in interchange if segment.startswith("UNB"))
    assert code == 0, err
    assert header.endswith(ending)


def test_preview_reads_stdin(home: Path) -> None:
    command = [sys.executable, "-m", "bridge", "preview", "-", "--target", "erp"]

    done = subprocess.run(
        command, input=(SAMPLES / "order.json").read_bytes(), capture_output=True, check=True, cwd=home
    )

    assert b"48447;" in done.stdout


@pytest.mark.parametrize(
    ("body", "reasons"),
    [
        ('{"ClientOrderRef": "1", "Items": [{"PartNo": "A", "QtyOrdered": "many"}]}', 1),
        ("hello", 1),
        ("{}", 2),
    ],
)
def test_preview_tells_each_reason_on_a_line_and_ends_in_1(verb: Verb, home: Path, body: str, reasons: int) -> None:
    (home / "order.json").write_text(body)

    code, out, err = verb("preview", "order.json")

    assert (code, out) == (1, "")
    assert len(err.splitlines()) >= reasons


def test_an_unknown_target_is_wrong_usage(verb: Verb) -> None:
    code, _, err = verb("preview", str(SAMPLES / "order.json"), "--target", "wms")

    assert code == 2
    assert "there are: erp" in err


def test_a_file_that_is_not_there_ends_in_3(verb: Verb) -> None:
    assert verb("read", "nowhere.csv")[0] == 3


def test_read_prints_the_promised_document(verb: Verb, home: Path) -> None:
    (home / "ORDRSP.csv").write_text(HEADING + "48447;SO-1001;confirmed;001\n")

    code, out, _ = verb("read", "ORDRSP.csv", "--target", "erp", "--json")

    told = json.loads(out)
    assert code == 0
    assert list(told) == ["file", "format", "acknowledgements", "faults", "reports"]
    assert (told["file"], told["format"], told["faults"]) == ("ORDRSP.csv", "delimited", [])
    (ack,) = told["acknowledgements"]
    assert (ack["order_ref"], ack["status"], ack["lines"][0]["line_no"]) == ("48447", "confirmed", "1")
    body = {"OrderStatus": "Confirmed", "ClientOrderRef": 48447, "ErpOrderNo": "SO-1001"}
    assert told["reports"] == [{"operation": "SendOrderStatus", "body": body}]


@pytest.mark.parametrize(
    "content",
    [
        HEADING + "48447;SO-1001;perhaps;1\n",
        HEADING,
        "",
        "\x00\x01",
        HEADING + "48447;SO-1;confirmed;1\n;;;\n48448;;;\n",
    ],
)
def test_read_ends_in_1_when_the_file_would_go_to_quarantine(verb: Verb, home: Path, content: str) -> None:
    (home / "ORDRSP.csv").write_text(content)

    code, out, _ = verb("read", "ORDRSP.csv", "--target", "erp", "--json")

    assert code == 1
    assert json.loads(out)["faults"]


def test_read_in_words_names_what_norce_would_be_told(verb: Verb, home: Path) -> None:
    (home / "ORDRSP.csv").write_text(HEADING + "48447;SO-1001;confirmed;1\n")

    _, out, _ = verb("read", "ORDRSP.csv")

    assert "order 48447: confirmed (response, ERP number SO-1001, 1 lines)" in out
    assert "Norce would be told: SendOrderStatus OrderStatus Confirmed" in out


def test_read_says_when_norce_would_be_told_only_later(verb: Verb, home: Path) -> None:
    (home / "config.toml").write_text("[norce]\nenabled = false\n")
    (home / "ORDRSP.csv").write_text(HEADING + "48447;SO-1001;confirmed;1\n")

    _, out, _ = verb("read", "ORDRSP.csv")

    assert "Norce would be told once [norce] enabled is true: SendOrderStatus OrderStatus Confirmed" in out


@pytest.mark.parametrize(
    ("paths", "name", "content"),
    [
        ('order_ref = "$.o"\nstatus = "$.s"', "json", '{"o": 48447, "s": "confirmed"}'),
        ('order_ref = "O"\nstatus = "S"', "xml", "<A><O>48447</O><S>confirmed</S></A>"),
    ],
)
def test_paths_of_one_format_leave_the_others_alone(
    verb: Verb, home: Path, paths: str, name: str, content: str
) -> None:
    (home / "config.toml").write_text(f"[targets.erp.answer.paths]\n{paths}\n")
    (home / "answer").write_text(content)

    code, out, _ = verb("read", "answer", "--json")

    told = json.loads(out)
    assert (code, told["format"], told["acknowledgements"][0]["order_ref"]) == (0, name, "48447")
