"""Whose password goes where when ``--url`` names a bridge."""

from pathlib import Path

import pytest

from bridge.cli._client import admin_api
from bridge.cli._globals import Globals
from bridge.cli._settings import settings

CONFIG = """
[admin]
listen = "127.0.0.1:9999"
password_file = "admin"
"""


@pytest.mark.parametrize(
    ("url", "sends_own"),
    [
        (None, True),
        ("http://localhost:9999", True),
        ("http://127.0.0.1:7777", True),
        ("http://bridge.example.com:9999", False),
        ("http://192.0.2.4:9999", False),
    ],
)
def test_the_password_of_the_settings_stays_on_this_machine(tmp_path: Path, url: str | None, sends_own: bool) -> None:  # noqa: FBT001
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "admin").write_text("kept here")
    (tmp_path / "admin").chmod(0o600)
    chosen = Globals(config=tmp_path / "config.toml", url=url)

    api = admin_api(chosen, settings(chosen))

    assert api.sends_login is sends_own


def test_an_address_may_hold_its_own_login(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    chosen = Globals(config=tmp_path / "config.toml", url="http://me:secret@192.0.2.4:9999")

    api = admin_api(chosen, settings(chosen))

    assert api.url == "http://192.0.2.4:9999"
    assert api.sends_login
