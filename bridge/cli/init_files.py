"""What ``init`` leaves behind: settings that load, secrets for their owner alone, folders; and what to do with them.

Not for: asking (``init.py``).
"""

import json
import secrets
import string
from dataclasses import dataclass
from pathlib import Path

from bridge.cli._settings import shelves
from bridge.cli._writing import keep_copy, make_folder, write_secret, write_whole
from bridge.cli.init_answers import NONE, Answers, extension_of
from bridge.config import ConfigFaults, hash_password, load, parse_address

PASSWORD_LETTERS = 24
_SETTINGS_MODE, _FOLDER_MODE = 0o640, 0o750
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared, not listened on


@dataclass(frozen=True, slots=True)
class Made:
    """What was written, and what a person enters in Norce Admin. ``kept`` are copies of what was there before."""

    settings: Path
    url: str
    username: str
    password: str
    kept: tuple[Path, ...]


def make(path: Path, answers: Answers, kind: str, client_secret: str | None) -> Made:
    """Write everything below the folder of ``path``; settings come last, so that their presence means: done."""
    home = path.absolute().parent
    receiver, norce = home / "secrets" / "receiver", home / "secrets" / "norce"
    text = settings_text(answers, kind)
    make_folder(home, _FOLDER_MODE)
    _prove(path, text)
    password = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(PASSWORD_LETTERS))
    kept = [keep_copy(receiver), keep_copy(path)]
    write_secret(receiver, hash_password(password))
    if client_secret is not None:
        kept.append(keep_copy(norce))
        write_secret(norce, client_secret)
    for name in ("outbox", "inbox"):
        make_folder(home / name, _FOLDER_MODE)
    write_whole(path, text, _SETTINGS_MODE)
    return Made(path, url_of(answers), answers["username"], password, tuple(one for one in kept if one))


def _prove(path: Path, text: str) -> None:
    """See that the text loads, under a name of its own beside ``path``. Raises :class:`ConfigFaults`."""
    trial = path.with_name(f".{path.name}.trial")
    write_whole(trial, text, _SETTINGS_MODE)
    try:
        load(trial, shelves(), {})
    except ConfigFaults as error:
        raise ConfigFaults(error.faults, error.for_run) from None
    finally:
        trial.unlink(missing_ok=True)


def settings_text(answers: Answers, kind: str) -> str:
    """A short ``config.toml``: what was answered; every other key has its default."""
    quoted = {name: json.dumps(value, ensure_ascii=False) for name, value in answers.items()}
    name = f"ORDERS_{{ref}}_{{control:06}}.{extension_of(answers['order_format'])}"
    parts = [
        _HEAD.format(**quoted),
        _PROXY if behind_proxy(answers) else "",
        _norce(answers, quoted),
        _TAIL.format(**quoted, kind=json.dumps(kind), file_name=json.dumps(name)),
    ]
    return "\n".join(part for part in parts if part)


_HEAD = """\
# Made by `erp-bridge init`. Every key that is not here has its default: `erp-bridge config show` lists them all.
version = 1

[site]
name        = {site_name}
environment = {environment}            # demo | test | prod; prod insists on HTTPS and a hashed password

[receiver]                          # where Norce sends orders
listen   = {listen}
username = {username}
password_hash_file = "secrets/receiver"   # a new one: erp-bridge secret set receiver --hash"""
_PROXY = "behind_proxy = true                 # a proxy in front speaks HTTPS; else set tls_certificate and tls_key"
_NO_NORCE = """
[norce]                             # where the bridge reports back
enabled = false                     # true once base_url, token_url and client_id are known; then also
# client_secret_file = "secrets/norce"    # made by: erp-bridge secret set norce"""
_TAIL = """
[applications.shop]
key = {application_key}      # Header.ApplicationKey of the shop's orders
target = "erp"

[targets.erp]
transport = {kind}
file_name = {file_name}

[targets.erp.order]
format = {order_format}
"""


def _norce(answers: Answers, quoted: Answers) -> str:
    if answers["base_url"] == NONE:
        return _NO_NORCE
    scope = "playground" if answers["environment"] == "demo" else _SCOPES[answers["environment"]]
    return "\n".join(
        (
            "\n[norce]                             # where the bridge reports back",
            f"base_url  = {quoted['base_url']}",
            f"token_url = {quoted['token_url']}",
            f"client_id = {quoted['client_id']}",
            'client_secret_file = "secrets/norce"    # made by: erp-bridge secret set norce',
            f'scope     = "{scope}"',
        )
    )


_SCOPES = {"test": "stage", "prod": "prod"}


def behind_proxy(answers: Answers) -> bool:
    """Production on an address that only this machine reaches can only be behind a proxy."""
    return answers["environment"] == "prod" and parse_address(answers["listen"]).is_loopback


def url_of(answers: Answers) -> str:
    """What Norce has to call; only a demo is reached under the address that the bridge listens on."""
    address = parse_address(answers["listen"])
    if answers["environment"] == "demo":
        return f"http://{address}/orders"
    is_hidden = address.is_loopback or address.host in _EVERYWHERE
    return f"https://{'YOUR-PUBLIC-NAME' if is_hidden else address}/orders"
