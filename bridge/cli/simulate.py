"""The verbs that run one simulator alone: simulate norce, simulate erp, simulate sftp.

Not for: both together with a bridge; that is ``demo``.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Noun, examples, given, known

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Coroutine

    from bridge.config import Config
    from bridge.simulators.erp import ErpSettings
    from bridge.simulators.norce_sending import Receiver
    from bridge.simulators.norce_tokens import Client
    from bridge.transports._visit import Visit


@click.group(cls=Noun)
def simulate() -> None:
    """Simulators: a Norce or an ERP alone, to try a bridge against."""


@simulate.command(
    epilog=examples(
        "simulate norce --listen 127.0.0.1:8082",
        "simulate norce --orders http://127.0.0.1:8080/orders --password-file secrets/receiver",
    ),
)
@click.option("--listen", default="127.0.0.1:8082", show_default=True, help="HOST:PORT of its token and status calls.")
@click.option("--orders", "url", help="The receiver to which it posts orders; default: the one of the settings.")
@click.option("--user", help="The login's name at the receiver.")
@click.option("--password-file", type=click.Path(path_type=Path), help="The login's password at the receiver.")
@click.option("--time-factor", type=click.FloatRange(min=1), default=1, help="Norce's ten minutes, divided by this.")
def norce(listen: str, url: str | None, user: str | None, password_file: Path | None, time_factor: float) -> int:
    """Run a Norce that gives tokens, takes reports, and sends orders when asked at /sim/orders."""
    from dataclasses import replace

    from bridge.cli._settings import settings
    from bridge.config import parse_address

    config = settings(given())
    try:
        address = parse_address(listen)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--listen") from error
    receiver = replace(_receiver(config, url, user, password_file), time_factor=time_factor)
    return _until_interrupted(_norce(address.host, address.port, _client(config), receiver))


def _receiver(config: "Config", url: str | None, user: str | None, password_file: Path | None) -> "Receiver":
    from bridge.cli.sending import post_of
    from bridge.simulators.norce_sending import Receiver

    try:
        post = post_of(config, url=url, user=user, password_file=password_file)
    except click.UsageError:
        if url is not None:
            raise
        return Receiver("", config.receiver.username, "")  # whoever asks for orders says where they go
    return Receiver(post.url, post.username, post.password)


def _client(config: "Config") -> "Client":
    from bridge.simulators.norce_tokens import Client

    secret = config.norce.client_secret
    return Client(config.norce.client_id, secret.get_secret_value() if secret else "demo")


async def _norce(host: str, port: int, client: "Client", receiver: "Receiver") -> None:
    from bridge.simulators.norce import CONNECT_PATH, TOKEN_PATH, SimulatedNorce

    stopped = _stopped()
    simulated = SimulatedNorce(client)
    simulated.receiver = receiver
    async with simulated.running(host, port):
        address = f"http://{host}:{simulated.port}"
        _output.say(f"Norce's tokens: {address}{TOKEN_PATH}   status calls: {address}{CONNECT_PATH}")
        _output.say(
            f"Orders: curl -d '{{\"count\": 3}}' {address}/sim/orders   what it was told: {address}/sim/reports"
        )
        await stopped.wait()


@simulate.command(epilog=examples("simulate erp --target erp", "simulate erp --over sftp --key secrets/erp_key"))
@click.option("--target", "target_name", help="The target whose folders it works on; not needed when there is one.")
@click.option("--over", type=click.Choice(("folder", "sftp")), default="folder", help="How it reaches them.")
@click.option("--key", type=click.Path(path_type=Path), help="Its private key for SFTP; without one the password.")
@click.option("--faults", type=click.FloatRange(0, 1), default=0.0, help="Share of its answers that go wrong.")
@click.option("--delay", type=click.FloatRange(min=0), default=2.0, show_default=True, help="Seconds to an answer.")
@click.option("--seed", type=int, default=1, help="Repeats the same faults.")
def erp(target_name: str | None, over: str, key: Path | None, **wished: Any) -> int:
    """Run an ERP that takes a target's files and answers with acknowledgements.

    It knows each format as it is without options; a file by a layout of your own it takes, and says that it does not
    understand it.
    """
    import time
    from datetime import timedelta

    from bridge.cli._settings import settings
    from bridge.simulators.erp import ErpSettings

    config = settings(given())
    target = config.targets[known(list(config.targets), target_name, "target")]
    if key is not None and over != "sftp":
        raise click.UsageError("--key is for --over sftp")
    reach = _visit(config, target.name, key) if over == "sftp" else None
    wanted = ErpSettings(
        outbox=target.directory,
        inbox=target.answer.directory,
        format=target.order.format,
        marker=target.marker,
        delay=timedelta(seconds=wished["delay"]),
        faults=wished["faults"],
        seed=wished["seed"],
        first_number=int(time.time()),  # behind those of the run before
    )
    return _until_interrupted(_erp(wanted, reach))


async def _erp(wanted: "ErpSettings", reach: "Visit | None") -> None:
    import asyncio

    from bridge.service.listeners import cause
    from bridge.simulators.erp import SimulatedErp

    try:
        simulated = SimulatedErp(wanted, tell=_output.line, reach=reach)
    except LookupError as error:
        raise click.UsageError(str(error)) from error
    if reach is None:
        wanted.inbox.mkdir(parents=True, exist_ok=True)
    else:
        await asyncio.to_thread(reach.names)  # a server that is not there is told before anything else
    stopped = _stopped()
    places = f"{wanted.outbox}, answers in {wanted.inbox}" if reach is None else reach.words
    _output.say(f"Takes orders from {places}. Ctrl-C ends it.")
    try:
        await simulated.run(stopped)
    except BaseExceptionGroup as error:
        raise cause(error) from error
    finally:
        if reach is not None:
            reach.close()


def _visit(config: "Config", target: str, key: Path | None) -> "Visit":
    """The way to this bridge's own server."""
    from bridge import transports
    from bridge.errors import PermanentError
    from bridge.service.parts import sftp_visit

    if not config.sftp_server.enabled:
        raise click.UsageError("--over sftp needs a server: set [sftp_server] enabled = true, then erp-bridge run")
    try:
        return transports.sftp_visit(sftp_visit(config, target, key))
    except PermanentError as error:
        raise click.UsageError(f"--over sftp: {error.message}; {error.hint}") from error


@simulate.command(epilog=examples("simulate sftp", "simulate sftp --port 2223 --folder var/partner"))
@click.option("--user", default="bridge", show_default=True, help="The name to log in with.")
@click.option("--port", type=click.IntRange(0, 65535), default=2223, show_default=True, help="0: any free port.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/partner"), show_default=True)
def sftp(user: str, port: int, folder: Path) -> int:
    """Run a partner's SFTP server with /in and /out, for a target with transport = "sftp" to be tried against."""
    from bridge.cli.serving import made_up, serve
    from bridge.config import Address
    from bridge.transports import Rights, ServerSettings, Share

    address = Address("127.0.0.1", port)
    server = made_up(ServerSettings(address, user, folder.absolute() / "host_key"), user, address)
    return serve(server, [Share(f"/{name}", folder.absolute() / name, Rights.DELIVER) for name in ("in", "out")])


def _until_interrupted(work: "Coroutine[Any, Any, None]") -> int:
    import asyncio

    asyncio.run(work)
    return _exits.DONE


def _stopped() -> "asyncio.Event":
    """An event that SIGINT and SIGTERM set."""
    import asyncio
    import signal

    event = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, event.set)
    return event
