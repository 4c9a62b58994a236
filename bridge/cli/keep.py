"""The verbs that keep a bridge going: targets and secrets.

Not for: orders.
"""

import re
import sys
from pathlib import Path

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Noun, because_option, examples, given
from bridge.cli._writing import write_secret

_SECRET_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@click.group(cls=Noun)
def target() -> None:
    """Targets: trust a folder or server, pause, resume."""


def _act(act: str, name: str, because: str) -> int:
    from bridge.cli._client import admin_api, path_of
    from bridge.cli._settings import settings

    told = admin_api(given(), settings(given())).post(path_of("targets", name, act), {"reason": because}).document()
    _output.told(told, f"{name}: {told.get('detail') or f'{act} done'}")
    return _exits.DONE


@target.command(epilog=examples('target trust erp --because "new disk"', "target trust wms --because moved"))
@click.argument("name")
@because_option
def trust(name: str, because: str) -> int:
    """Use the server's host key, or else the staging folder, that is there now, after a look at it."""
    return _act("trust", name, because)


@target.command(epilog=examples('target pause erp --because "stocktaking"', 'target pause wms --because "new server"'))
@click.argument("name")
@because_option
def pause(name: str, because: str) -> int:
    """Leave a target alone, also after a restart; its orders are stored and wait."""
    return _act("pause", name, because)


@target.command(
    epilog=examples('target resume erp --because "stocktaking is over"', "target resume wms --because done")
)
@click.argument("name")
@because_option
def resume(name: str, because: str) -> int:
    """End a target's pause."""
    return _act("resume", name, because)


@click.group(cls=Noun)
def secret() -> None:
    """Secrets: hash a password, put a secret into secrets/."""


@secret.command("hash", epilog=examples("secret hash", "secret hash < password.txt > secrets/receiver"))
def hash_secret() -> int:
    """Print the hash of a password, for a password_hash_file. Asks for it, or reads stdin."""
    _output.line(_hashed(_read_secret()))
    return _exits.DONE


@secret.command("set", epilog=examples("secret set norce", "secret set receiver --hash"))
@click.argument("name")
@click.option("--hash", "as_hash", is_flag=True, help="Keep only the hash of a password.")
def set_secret(name: str, *, as_hash: bool) -> int:
    """Write secrets/NAME beside the settings, for the bridge's user alone. Asks for it, or reads stdin."""
    if not _SECRET_NAME.fullmatch(name):
        raise click.BadParameter("letters, digits, dot, dash and underscore only", param_hint="NAME")
    value = _read_secret()
    path = _folder() / name
    write_secret(path, _hashed(value) if as_hash else value)
    _output.say(f"Written: {path} (mode 0600)")
    return _exits.DONE


def _folder() -> Path:
    settings = given().config
    return (settings.absolute().parent if settings is not None else Path.cwd()) / "secrets"


def _read_secret() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Secret", hide_input=True, confirmation_prompt=True, err=True))
    text = sys.stdin.read()
    value = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
    if not value:
        raise click.UsageError("stdin holds no secret")
    return value


def _hashed(value: str) -> str:
    from bridge.config import hash_password

    return hash_password(value)
