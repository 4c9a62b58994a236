"""The verb sftp: the folders of every target over SFTP, now, for whoever is told the password.

Not for: the service, which runs the same server where ``[sftp_server]`` says so.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.config import Address
    from bridge.transports import Reading, ServerSettings, Share

_PASSWORD_BYTES = 9


@click.command(cls=Verb, epilog=examples("sftp", "sftp --user erp --port 2222"))
@click.option("--user", default="erp", show_default=True, help="The name to log in with.")
@click.option("--port", type=click.IntRange(0, 65535), default=2222, show_default=True, help="0: any free port.")
def sftp(user: str, port: int) -> int:
    """Serve outbox/ and inbox/ over SFTP, with a made-up password."""
    from bridge.cli._settings import settings
    from bridge.config import Address
    from bridge.service.parts import sftp_settings, shares

    config = settings(given())
    served = shares(config)
    made = made_up(sftp_settings(config), user, Address(config.sftp_server.listen.host, port))
    return serve(made, served)


def made_up(server: "ServerSettings", user: str, address: "Address") -> "ServerSettings":
    """The same server for one login, whose password is made up on the spot."""
    import secrets
    from dataclasses import replace

    from bridge.config.passwords import Login

    login = Login.of(user, secrets.token_urlsafe(_PASSWORD_BYTES))
    return replace(server, address=address, username=user, login=login, authorized_keys=None)


def serve(server: "ServerSettings", shares: "Sequence[Share]") -> int:
    """Serve until SIGINT or SIGTERM; say how to log in, and tell of each file that is fetched."""
    import sys

    from bridge import transports
    from bridge.cli._stopping import until_interrupted
    from bridge.counters import Counters
    from bridge.ops.logs import Logging, LogSettings

    for share in shares:
        _make(share.directory)
    with Logging(LogSettings("auto", "debug" if given().verbose else "warning"), sys.stderr):
        served = transports.sftp_server(server, shares, _tell, Counters())
        served.start()
        try:
            _say_how(server, shares, served.port, served.fingerprint)
            until_interrupted()
        finally:
            served.stop()
    return _exits.DONE


def _make(folder: "Path") -> None:
    from bridge.errors import ErrorName, PermanentError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PermanentError(
            f"cannot make the folder {folder}: {error.strerror}",
            name=ErrorName.FILE_NOT_WRITTEN,
            subject=str(folder),
            hint="go where you may write, or name other folders in config.toml",
        ) from error


def _say_how(server: "ServerSettings", shares: "Sequence[Share]", port: int, fingerprint: str) -> None:
    password = server.login.secret.get_secret_value() if server.login else ""
    _output.say(f"SFTP on {server.address.host} port {port}, user {server.username}, password {password}")
    _output.say(f"  host key  {fingerprint}")
    for share in shares:
        _output.say(f"  {share.path:<10}{share.directory}")
    _output.say(f"Try: sftp -P {port} {server.username}@{server.address.host}        Stop: Ctrl-C")


def _tell(reading: "Reading") -> None:
    extent = "fetched" if reading.is_whole else f"broken off at {reading.read:,} of {reading.size:,} B"
    _output.line(f"{reading.name} {extent}")
