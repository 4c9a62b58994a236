"""config show, alerts test, completion."""

import asyncio
import json
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.channels.test_webhook import SECRET, Room, opened
from tests.cli.conftest import Verb

HASH = "scrypt$2$1$1$c2FsdHNhbHRzYWx0c2FsdA==$ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGlnZXN0ZGk="


@pytest.fixture
def room() -> Iterator[Room]:
    """A chat room on a loop of its own, since a verb brings its own too."""
    room, ready = Room(), threading.Event()
    ends: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def serve() -> None:
        ends.append((asyncio.get_running_loop(), asyncio.Event()))
        async with opened(room):
            ready.set()
            await ends[0][1].wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(5)
    yield room
    ends[0][0].call_soon_threadsafe(ends[0][1].set)
    thread.join(5)


def test_the_settings_shown_are_settings_again(verb: Verb, home: Path) -> None:
    (home / "config.toml").write_text('[site]\nname = "A \\"b\\""\n[norce]\nclient_id = "x"\n')

    code, out, _ = verb("config", "show")
    (home / "again.toml").write_text(out)
    again = verb("config", "show", "-c", "again.toml")

    assert code == 0
    assert tomllib.loads(out)["norce"]["client_id"] == "x"
    assert again[:2] == (0, out)


def test_each_value_tells_where_it_came_from(verb: Verb, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text('[receiver]\nusername = "shop"\n')
    monkeypatch.setenv("BRIDGE__LOG__LEVEL", "debug")

    shown = verb("config", "show", "--origin")[1]
    told = {f"{one['table']}.{one['key']}": one for one in json.loads(verb("config", "show", "--json")[1])}

    assert told["receiver.username"]["origin"] == "config.toml:2"
    assert (told["log.level"]["value"], told["log.level"]["origin"]) == ("debug", "environment BRIDGE__LOG__LEVEL")
    assert told["receiver.path"]["origin"] == "default"
    assert told["targets.erp.directory"]["value"] == str(home / "outbox")
    assert 'level = "debug"' in shown
    assert "# environment BRIDGE__LOG__LEVEL" in shown


def test_a_secret_is_only_set_or_not_set(verb: Verb, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "hash").write_text(HASH)
    (home / "config.toml").write_text(
        f'[receiver]\npassword_hash_file = "hash"\n[alerts]\nwebhook = "https://x.example.com/{SECRET}"\n'
    )
    monkeypatch.setenv("BRIDGE__NORCE__CLIENT_SECRET", "s3cret")

    shown = verb("config", "show", "--origin")[1]
    as_json = verb("config", "show", "--json")[1]

    secrets = {f"{one['table']}.{one['key']}": one["value"] for one in json.loads(as_json) if one["secret"]}
    assert secrets == {
        "receiver.password_hash": "set",
        "admin.password": "not set",
        "norce.client_secret": "set",
        "alerts.webhook": "set",
        "sftp_server.password": "not set",
    }
    assert not any(word in shown + as_json for word in ("s3cret", SECRET, HASH))


def test_a_wrong_webhook_is_not_repeated_in_the_fault(verb: Verb, home: Path) -> None:
    (home / "config.toml").write_text(f'[alerts]\nwebhook = "hooks.example.com/{SECRET}"\n')

    code, _, err = verb("config", "show")

    assert code == 78
    assert err.startswith("config.toml:2: [alerts] webhook: is not a web address")
    assert SECRET not in err


def test_a_test_alert_reaches_every_channel(verb: Verb, home: Path, room: Room) -> None:
    (home / "config.toml").write_text(f'[site]\nname = "My shop"\n[alerts]\nwebhook = "{room.url}"\n')

    code, out, err = verb("alerts", "test")

    assert (code, out) == (0, "log: told\nwebhook: told\n")
    assert "A test from My shop (demo)" in room.taken[0]["text"]
    assert "A test from My shop" in err


def test_a_channel_that_fails_is_named_and_ends_in_1(verb: Verb, home: Path, room: Room) -> None:
    room.status = 404
    (home / "config.toml").write_text(f'[alerts]\nwebhook = "{room.url}"\n')

    code, out, err = verb("alerts", "test")
    told = json.loads(verb("alerts", "test", "--json")[1])

    assert code == 1
    assert out.splitlines()[0] == "log: told"
    assert out.splitlines()[1].startswith("webhook: the webhook answered 404; the other side does not know")
    assert [(one["channel"], one["told"]) for one in told] == [("log", True), ("webhook", False)]
    assert SECRET not in out + err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_learns_to_complete(verb: Verb, shell: str) -> None:
    code, out, _ = verb("completion", shell)

    assert code == 0
    assert "_ERP_BRIDGE_COMPLETE" in out


def test_the_verbs_are_completed() -> None:
    environment = {"_ERP_BRIDGE_COMPLETE": "bash_complete", "COMP_WORDS": "erp-bridge st", "COMP_CWORD": "1"}
    script = "from bridge.cli import main; main()"

    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)

    assert done.stdout.split() == ["plain,status"]


def test_nagios_gets_one_line_and_unknown_however_many_faults_there_are(verb: Verb, home: Path) -> None:
    (home / "config.toml").write_text('[receiver]\nlisten = "a|b"\n[sight]\nname = "x"\n')

    code, out, _ = verb("status", "--nagios")

    assert code == 3
    assert out.startswith("ERP-BRIDGE UNKNOWN - config.toml:2: ")
    assert len(out.splitlines()) == 1
    assert "|" not in out
