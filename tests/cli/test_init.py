"""init: answers by options or at a terminal become settings that load, secrets of our own, and a next step."""

import io
import json
import stat
import sys
from pathlib import Path

import pytest

from bridge.cli._globals import Globals
from bridge.cli._settings import settings
from bridge.cli.init_answers import QUESTIONS, SAMPLE_KEY
from bridge.config import PasswordHash, missing_for_run
from tests.cli.conftest import Verb

KEY = "0f8fad5b-d9cb-469f-a165-70867728950e"
PROD = ("--environment", "prod", "--application-key", KEY)
NORCE = ("--base-url", "https://acme.example.com/commerce/connect/4.0/", "--client-id", "bridge")


class Terminal(io.StringIO):
    """A person who types what was prepared."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def empty(home: Path) -> Path:
    """The folder as it is before anything was set up."""
    (home / "config.toml").unlink()
    for name in ("outbox", "inbox", "var"):
        (home / name).rmdir()
    return home


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{answer}\n" for answer in answers)))


def test_without_any_answer_a_demo_is_made_that_can_run(verb: Verb, empty: Path) -> None:
    code, out, _ = verb("init")

    config = settings(Globals())
    assert code == 0
    assert missing_for_run(config) == ()
    assert config.warnings == ()
    assert config.norce.enabled is False
    assert sorted(path.name for path in empty.iterdir()) == ["config.toml", "inbox", "outbox", "secrets"]
    assert [line.split()[:2] for line in out.splitlines()[1:5]] == [
        ["Endpoint", "type"],
        ["URL", "http://127.0.0.1:8080/orders"],
        ["Username", "norce"],
        ["Password", out.splitlines()[4].split()[1]],
    ]
    assert out.splitlines()[-2:] == ["  erp-bridge check", "  erp-bridge run"]


def test_the_password_is_printed_once_and_only_its_hash_is_kept(verb: Verb, empty: Path) -> None:
    _, out, err = verb("init", "--json")

    password = json.loads(out)["password"]
    kept = (empty / "secrets" / "receiver").read_text()
    assert PasswordHash.parse(kept.strip()).fits(password)
    assert out.count(password) == 1
    assert password not in err + kept + (empty / "config.toml").read_text()


def test_secrets_are_for_their_owner_alone(verb: Verb, empty: Path) -> None:
    (empty / "norce.txt").write_text("s3cret\n")

    verb("init", *NORCE, "--client-secret-file", "norce.txt")

    secrets = empty / "secrets"
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {
        "receiver": 0o600,
        "norce": 0o600,
    }
    secret = settings(Globals()).norce.client_secret
    assert secret is not None
    assert secret.get_secret_value() == "s3cret"


@pytest.mark.usefixtures("empty")
def test_every_answer_can_be_an_option(verb: Verb) -> None:
    words = {
        "--site-name": 'Café "Öl" \\ 1',
        "--environment": "test",
        "--listen": "0.0.0.0:9080",
        "--username": "shop-1",
        "--application-key": KEY.upper(),
        "--order-format": "json",
        "--base-url": NORCE[1],
        "--token-url": "https://login.example.com/token",
        "--client-id": "bridge",
        "--target": "folder",
    }

    code, out, _ = verb("init", *(word for pair in words.items() for word in pair))

    config = settings(Globals())
    assert code == 0
    assert (config.site.name, config.site.environment) == ('Café "Öl" \\ 1', "test")
    assert (str(config.receiver.listen), config.receiver.username) == ("0.0.0.0:9080", "shop-1")
    assert config.applications["shop"].key == KEY
    assert config.targets["erp"].order.format == "json"
    assert config.targets["erp"].file_name.endswith(".json")
    assert config.norce.base_url == "https://acme.example.com/commerce/connect/4.0"
    assert config.norce.token_url == "https://login.example.com/token"
    assert (config.norce.client_id, config.norce.scope) == ("bridge", "stage")
    assert "https://YOUR-PUBLIC-NAME/orders" in out
    assert "erp-bridge secret set norce" in out


@pytest.mark.usefixtures("empty")
def test_production_is_strict_and_lacks_only_what_init_names(verb: Verb) -> None:
    _, out, _ = verb("init", *PROD, *NORCE, "--json")

    config = settings(Globals())
    assert [fault.key for fault in missing_for_run(config)] == ["[norce] client_secret_file"]
    assert json.loads(out)["next"][0] == "erp-bridge secret set norce"
    assert config.norce.token_url == "https://acme.example.com/identity/1.0/connect/token"


@pytest.mark.usefixtures("empty")
def test_a_person_is_asked_eight_questions_and_again_after_a_wrong_answer(
    verb: Verb, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ("My shop", "stage", "test", "8080", "127.0.0.1:8080", "", "no key", KEY, "csv", "delimited")
    typed(monkeypatch, *answers, NORCE[1], "", "bridge")

    code, _, err = verb("init")

    config = settings(Globals())
    assert code == 0
    assert err.count("Error: ") == 4
    assert '"stage" is not one of demo, test, prod' in err
    assert '"no key" is not an application key' in err
    assert config.site.name == "My shop"
    assert config.receiver.username == "norce"
    assert config.norce.client_id == "bridge"
    assert len(QUESTIONS) - 1 == 8  # the address of the API and that of the token are one


@pytest.mark.usefixtures("empty")
def test_a_person_without_norce_is_not_asked_about_it(verb: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, *[""] * 7)

    code, _, err = verb("init")

    assert code == 0
    assert "Client id" not in err
    assert settings(Globals()).applications["shop"].key == SAMPLE_KEY


def test_a_person_who_leaves_in_the_middle_leaves_nothing_behind(
    verb: Verb, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "My shop")

    code, _, _ = verb("init")

    assert code == 130
    assert list(empty.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--environment", "stage"], "--environment"),
        (["--listen", "8080"], "--listen"),
        (["--username", "a:b"], "--username"),
        (["--application-key", "1234"], "--application-key"),
        (["--environment", "test"], "--application-key"),
        (["--order-format", "csv"], "--order-format"),
        (["--base-url", "norce.example.com"], "--base-url"),
        (["--base-url", NORCE[1], "--token-url", "x"], "--token-url"),
        ([*PROD, "--base-url", NORCE[1]], "--client-id"),
        (["--target", "carrier-pigeon"], "--target"),
        (["--site-name", "two\nlines"], "--site-name"),
        (["--client-secret-file", "nowhere"], "--client-secret-file"),
    ],
)
def test_a_wrong_or_missing_option_is_named_and_nothing_is_written(
    verb: Verb, empty: Path, words: list[str], told: str
) -> None:
    code, out, err = verb("init", *words)

    assert (code, out) == (2, "")
    assert told in err.splitlines()[-1]
    assert list(empty.iterdir()) == []


def test_settings_that_are_there_are_not_touched_unless_forced_and_then_kept(verb: Verb, home: Path) -> None:
    before = (home / "config.toml").read_text()

    refused = verb("init")
    (home / "secrets").mkdir()
    (home / "secrets" / "receiver").write_text("old hash")
    untouched = (home / "config.toml").read_text()
    forced = verb("init", "--force")

    assert (refused[0], forced[0]) == (4, 0)
    assert "--force" in refused[2]
    assert untouched == before
    assert (home / "config.toml.bak").read_text() == before
    assert (home / "secrets" / "receiver.bak").read_text() == "old hash"


@pytest.mark.usefixtures("empty")
def test_everything_that_somebody_has_to_say_is_asked_for_at_once(verb: Verb) -> None:
    code, _, err = verb("init", "--environment", "prod", "--base-url", "https://n.example.com")

    assert code == 2
    assert ("--application-key: application key" in err, "--client-id: client id" in err) == (True, True)


def test_what_an_earlier_force_kept_stays(verb: Verb, home: Path) -> None:
    first = (home / "config.toml").read_text()

    verb("init", "--force", "--site-name", "Second")
    third = verb("init", "--force", "--json")

    assert (home / "config.toml.bak").read_text() == first
    assert 'name        = "Second"' in (home / "config.toml.bak2").read_text()
    assert "config.toml.bak2" in json.loads(third[1])["kept"]


def test_settings_are_made_where_c_says(verb: Verb, empty: Path) -> None:
    code, out, _ = verb("init", "-c", "etc/bridge.toml")

    assert code == 0
    assert sorted(path.name for path in (empty / "etc").iterdir()) == ["bridge.toml", "inbox", "outbox", "secrets"]
    assert "erp-bridge run -c etc/bridge.toml" in out
    assert verb("check", "-c", "etc/bridge.toml")[0] == 0


def test_a_folder_that_cannot_be_made_ends_in_73(verb: Verb, empty: Path) -> None:
    (empty / "secrets").write_text("in the way")

    code, _, err = verb("init")

    assert code == 73
    assert "rights" in err
    assert not (empty / "config.toml").exists()
