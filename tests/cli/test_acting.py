"""The verbs that change something: through the running service, or into secrets/; never past either."""

import io
import json
import stat
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.config import PasswordHash
from bridge.journal import Journal
from bridge.journal.records import ReportEnd, ReportResult
from bridge.model import AckStatus
from tests.cli.conftest import Verb
from tests.ops.running import Running
from tests.support import journals

Filling = Callable[[Callable[[Journal], Awaitable[object]]], object]
ACTS = [
    ("orders", "retry", "48447"),
    ("rejects", "replay", "1"),
    ("rejects", "discard", "1", "--because", "x"),
    ("target", "pause", "erp", "--because", "x"),
]


async def one_dead(journal: Journal) -> None:
    await journals.admit(journal)
    await journal.record(journals.recording(journals.ack(status=AckStatus.CONFIRMED)))
    (report,) = await journal.reports.due(timedelta())
    await journal.reports.settle(ReportResult(report, ReportEnd.DEAD, "400: no such order"))
    await journal.reject(journals.rejection())


@pytest.fixture
def filled(fill: Filling) -> None:
    fill(one_dead)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("act", ACTS, ids=" ".join)
def test_an_act_without_a_service_ends_in_69_with_a_hint(verb: Verb, home: Path, act: tuple[str, ...]) -> None:
    (home / "config.toml").write_text('[admin]\nlisten = "127.0.0.1:1"\n')

    code, out, err = verb(*act)

    assert (code, out) == (69, "")
    assert "start it: erp-bridge run" in err


@pytest.mark.usefixtures("filled", "service")
def test_a_dead_order_is_tried_again(verb: Verb) -> None:
    first, second = verb("orders", "retry", "48447"), verb("orders", "retry", "48447")

    assert first[:2] == (0, "48447: tried again\n")
    assert second[0] == 4
    assert "nothing of it was given up" in second[2]
    assert json.loads(verb("orders", "show", "48447", "--json")[1])["state"] == "acknowledged"


@pytest.mark.usefixtures("filled", "service")
@pytest.mark.parametrize(
    ("words", "code", "out"),
    [
        (["--all-dead"], 0, "48447: tried again\n"),
        (["--reason", "no such order"], 0, "48447: tried again\n"),
        (["--reason", "timeout"], 3, ""),
    ],
)
def test_dead_orders_are_chosen_by_reason_and_a_dry_run_says_the_same(
    verb: Verb, words: list[str], code: int, out: str
) -> None:
    dry, wet = verb("orders", "retry", *words, "--dry-run"), verb("orders", "retry", *words)

    assert dry[:2] == wet[:2] == (code, out)


@pytest.mark.usefixtures("filled", "service")
def test_one_that_cannot_be_tried_again_keeps_none_of_the_others_from_it(verb: Verb) -> None:
    dry = verb("orders", "retry", "nope", "48447", "--dry-run")
    wet = verb("orders", "retry", "nope", "48447")
    after = verb("orders", "retry", "48447", "--dry-run")

    assert dry == wet
    assert (wet[0], wet[1]) == (3, "48447: tried again\n")
    assert wet[2].startswith('nope: no order is known by "nope"')
    assert (after[0], after[1]) == (4, "")
    assert "nothing of it was given up" in after[2]


@pytest.mark.usefixtures("filled", "service")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["orders", "retry", "48447", "--dry-run"], {"order_ref": "48447", "requeued": 1}),
        (["orders", "retry", "48447"], {"order_ref": "48447", "requeued": 1}),
        (["rejects", "replay", "1"], {"id": 1, "order_ref": "48447"}),
        (["rejects", "discard", "1", "--because", "x"], {"id": 1, "state": "discarded"}),
        (["target", "pause", "erp", "--because", "x"], {"target": "erp", "act": "pause"}),
    ],
)
def test_every_act_tells_as_json_what_came_of_it(verb: Verb, words: list[str], told: dict[str, object]) -> None:
    code, out, _ = verb(*words, "--json")

    assert (code, json.loads(out)) == (0, told)


@pytest.mark.usefixtures("filled")
def test_rejects_are_replayed_and_discarded(verb: Verb, service: Running) -> None:
    replayed = verb("rejects", "replay", "1")
    failed = verb("rejects", "replay", "2")
    discarded = verb("rejects", "discard", "1", "--because", "a test")

    assert replayed[:2] == (0, "1: became order 48447\n")
    assert (failed[0], failed[1]) == (1, "")
    assert "2: Items[2].PartNo is empty; mend it" in failed[2]
    assert discarded[:2] == (0, "1: discarded\n")
    assert service.asked == [("replay", "1"), ("replay", "2")]


@pytest.mark.usefixtures("filled")
def test_all_open_rejects_can_be_replayed(verb: Verb, service: Running) -> None:
    assert verb("rejects", "replay", "--all")[:2] == (0, "1: became order 48447\n")
    assert service.asked == [("replay", "1")]


@pytest.mark.parametrize("act", ["trust", "pause", "resume"])
def test_targets_are_acted_on_with_a_reason(verb: Verb, service: Running, act: str) -> None:
    done = verb("target", act, "erp", "--because", "new disk")
    unknown = verb("target", act, "wms", "--because", "new disk")
    silent = verb("target", act, "erp")

    assert (done[0], unknown[0], silent[0]) == (0, 3, 2)
    assert service.asked == [(act, "erp", "new disk")]


def test_a_hash_fits_its_password(verb: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("s3cret\n"))

    code, out, _ = verb("secret", "hash")

    assert code == 0
    assert PasswordHash.parse(out.strip()).fits("s3cret")


def test_a_secret_is_written_for_its_owner_alone(verb: Verb, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("s3cret "))

    code, out, _ = verb("secret", "set", "norce")

    path = home / "secrets" / "norce"
    assert (code, out) == (0, "")
    assert path.read_text() == "s3cret \n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["norce"]


@pytest.mark.parametrize("name", ["../x", ".hidden", "a/b", ""])
def test_a_secrets_name_is_no_path(verb: Verb, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("s3cret"))

    assert verb("secret", "set", name)[0] == 2


def test_a_folder_that_cannot_be_written_ends_in_73(verb: Verb, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("s3cret"))
    (home / "secrets").write_text("a file where the folder should be")

    assert verb("secret", "set", "norce")[0] == 73


def test_no_secret_on_stdin_is_wrong_usage(verb: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))

    assert verb("secret", "hash")[0] == 2
