"""The demo's own folder: a whole installation, made anew, with settings that other verbs can use meanwhile.

Not for: anything outside that folder; nothing else is ever written or removed.
"""

import shutil
import socket
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bridge import formats
from bridge.cli._settings import shelves
from bridge.config import Config, format_duration, load
from bridge.errors import ErrorName, PermanentError, TransientError
from bridge.journal.overview import owner_of

HOME = Path("var/demo")
PASSWORD = "demo"  # noqa: S105 - shown on the screen; it protects nothing
USUAL_ORDERS, USUAL_PAGES, USUAL_NORCE, USUAL_SFTP = 8080, 8081, 8082, 2222
HOST = "127.0.0.1"
PATIENCE = timedelta(seconds=2)

_SETTINGS = """\
# Made by `erp-bridge demo`, anew at each start. Try: erp-bridge -c {path} status
[receiver]
listen = "{host}:{orders}"
password_file = "secrets/receiver"

[admin]
listen = "{host}:{pages}"

[norce]
base_url = "http://{host}:{norce}/commerce/connect/4.0"
token_url = "http://{host}:{norce}/identity/1.0/connect/token"
client_secret_file = "secrets/norce"
requests_per_minute = 60000
report_after = "200 ms"

[targets.erp]
file_name = "ORDERS_{{ref}}_{{control:06}}.{extension}"

[targets.erp.order]
format = "{format}"

[targets.erp.answer]
quiet_for = "200 ms"
patience = "{patience}"

[watch]
sweep = "1 s"

[retry]
first = "500 ms"
longest = "5 s"

[sftp_server]
enabled = true
listen = "{host}:{sftp}"
password_file = "secrets/erp"

[log]
format = "json"
"""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens; 0 lets the system choose."""

    orders: int
    pages: int
    norce: int
    sftp: int


def usual_ports(wanted: int | None) -> Ports:
    """The usual ports, free ones where they are busy; ``wanted`` is for orders, and 0 frees all of them."""
    if wanted == 0:
        return Ports(0, 0, 0, 0)
    orders = _free_or_any(USUAL_ORDERS) if wanted is None else wanted
    return Ports(orders, *(_free_or_any(port) for port in (USUAL_PAGES, USUAL_NORCE, USUAL_SFTP)))


def _free_or_any(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return 0
    return port


def prepare(home: Path, *, keep: bool) -> None:
    """Make the folder afresh, or use what lies there.

    Raises a ``BridgeError`` when a demo runs in it already, or when it is a link to somewhere else.
    """
    owner = owner_of(home / "var" / "bridge.db")
    if owner is not None:
        raise TransientError(
            f"a demo runs in {home} already ({owner})",
            name=ErrorName.JOURNAL_LOCKED,
            hint="end it with Ctrl-C, or start this one in another folder",
        )
    if home.is_symlink():
        raise PermanentError(
            f"{home} leads somewhere else, and a demo begins by emptying it",
            name=ErrorName.FOLDER_REFUSED,
            hint="remove the link",
        )
    try:
        if home.exists() and not keep:
            shutil.rmtree(home)
        (home / "secrets").mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("receiver", "norce", "erp"):
            secret = home / "secrets" / name
            secret.touch(0o600)
            secret.write_text(PASSWORD + "\n")
        for name in ("outbox", "inbox", "var"):
            (home / name).mkdir(exist_ok=True)
    except OSError as error:
        raise PermanentError(
            f"cannot write {error.filename or home}: {error.strerror}",
            name=ErrorName.FILE_NOT_WRITTEN,
            hint="the demo writes into var/demo below the working folder: go where you may write",
        ) from error


def configure(home: Path, ports: Ports, format_name: str) -> Config:
    """Write the demo's settings and read them back; nothing of the environment has a say."""
    path = home / "config.toml"
    text = _SETTINGS.format(
        path=path,
        host=HOST,
        orders=ports.orders,
        pages=ports.pages,
        norce=ports.norce,
        sftp=ports.sftp,
        format=format_name,
        extension=_extension(format_name),
        patience=format_duration(PATIENCE),
    )
    path.write_text(text)
    return load(path, shelves(), {})


def _extension(format_name: str) -> str:
    return formats.build(format_name, formats.options_of(format_name)()).extension
