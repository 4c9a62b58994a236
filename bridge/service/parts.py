"""From settings to the parts of a bridge: one small function a part, none of which starts anything.

Not for: the order in which parts start and stop (``running.py``).
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

from bridge import channels, formats, transports
from bridge.channels import Channel
from bridge.clock import Clock
from bridge.config import FOLDER, Config
from bridge.config.passwords import Verifier
from bridge.config.targets import Target
from bridge.errors import ErrorName, PermanentError
from bridge.journal import Journal
from bridge.norce.client import NorceAccess
from bridge.norce.client_login import Credentials
from bridge.ops.operations import Access
from bridge.stages.collect.point import CollectPoint
from bridge.stages.collect.steady import Rule
from bridge.stages.drop.stage import LOOK_FOR_TAKEN, DropPoint
from bridge.stages.monitor.board import Board
from bridge.stages.receive.admission import Intake, IntakeSettings
from bridge.stages.receive.making import MakingSettings, outlet_of
from bridge.stages.receive.stage import Limits
from bridge.stages.watch.stage import Finish, Pickup
from bridge.states import ReportPolicy
from bridge.transports import Rights, ServerSettings, Share, Surroundings, VisitSettings


def drop_points(config: Config) -> list[DropPoint]:
    """Each target with its transport."""
    confirms = fetching_confirms(config)
    return [
        DropPoint(
            target.name,
            transports.build(target.transport, target.transport_options),
            target.order.format,
            confirms=confirms[target.name],
            look_every=getattr(target.transport_options, "poll", LOOK_FOR_TAKEN),
        )
        for target in config.targets.values()
    ]


def surroundings(target: Target) -> Surroundings:
    """What is examined of a target besides its drop point."""
    return Surroundings(target.answer.directory, has_marker=bool(target.marker))


def collect_points(config: Config, points: Sequence[DropPoint]) -> list[CollectPoint]:
    """The targets whose answers lie on their server, each with the transport that its order files go by."""
    found = ((config.targets[point.target], transports.pickup_of(point.transport)) for point in points)
    return [
        CollectPoint(
            target=target.name,
            pickup=pickup,
            inbox=target.answer.directory,
            format=reader_of(target),
            patterns=target.answer.patterns,
            rule=Rule(target.answer.finished, target.answer.marker, target.answer.quiet_for, target.answer.patience),
            poll=getattr(target.transport_options, "poll", LOOK_FOR_TAKEN),
            max_file=target.answer.max_file,
        )
        for target, pickup in found
        if pickup is not None
    ]


def fetching_confirms(config: Config) -> Mapping[str, ReportPolicy | None]:
    """For each target, what Norce is told when the ERP fetches a file; ``None`` where that confirms nothing."""
    policy = config.norce.report_policy
    return {target.name: policy if target.confirm_on == "taken" else None for target in config.targets.values()}


def shares(config: Config) -> list[Share]:
    """The folders that the built-in SFTP server shows: ``/outbox`` and ``/inbox``, a folder a target in them if many.

    A target that is reached by another transport fetches nothing here; its inbox is still a folder.
    """
    several = len(config.targets) > 1
    found = []
    for target in config.targets.values():
        below = f"/{target.name}" if several else ""
        if target.transport == "folder":
            found.append(Share(f"/outbox{below}", target.directory, Rights.FETCH, target.name))
        inbox = target.answer
        found.append(Share(f"/inbox{below}", inbox.directory, Rights.DELIVER, largest=inbox.max_file))
    return found


def sftp_settings(config: Config) -> ServerSettings:
    """Where the built-in SFTP server listens and who may come in."""
    server = config.sftp_server
    return ServerSettings(
        address=server.listen,
        username=server.username,
        host_key=server.host_key,
        login=server.login,
        authorized_keys=server.authorized_keys,
        max_sessions=server.max_sessions,
    )


def sftp_visit(config: Config, target: str, key_file: Path | None = None) -> VisitSettings:
    """How an ERP comes to the built-in SFTP server: by a key, or by the password that the settings name.

    Raises :class:`PermanentError` when there is neither, or when the server's host key cannot be read.
    """
    server = config.sftp_server
    if key_file is None and server.login is None:
        raise PermanentError(
            "there is no password to log in with",
            name=ErrorName.CONFIG_INVALID,
            subject="[sftp_server]",
            hint="set [sftp_server] password_file, or give a private key whose public one is in authorized_keys: --key",
        )
    below = f"/{target}" if len(config.targets) > 1 else ""
    return VisitSettings(
        address=server.listen,
        username=server.username,
        outbox=f"/outbox{below}",
        inbox=f"/inbox{below}",
        password=server.login.secret if key_file is None and server.login is not None else None,
        key_file=key_file,
        fingerprint=transports.host_fingerprint(server.host_key) if server.host_key.exists() else "",
    )


def intake(config: Config, journal: Journal, clock: Clock) -> Intake:
    """What makes orders of bodies: targets, shops, and how second bodies are treated."""
    outlets = {target.name: outlet_of(target) for target in config.targets.values()}
    settings = IntakeSettings(
        config.site.time_zone,
        keep_conflicts=config.receiver.on_conflict == "hold",
        making=MakingSettings.of(config.receiver),
        rules=config.routes,
    )
    return Intake(outlets, config.applications, journal, clock, settings)


def limits(config: Config) -> Limits:
    """Sizes and times of the orders listener."""
    receiver = config.receiver
    return Limits(
        path=receiver.path,
        max_body=receiver.max_body,
        max_in_flight=receiver.max_in_flight,
        answer_within=receiver.answer_within,
        confirm_within=receiver.confirm_within,
    )


def pickup(target: Target) -> Pickup:
    """Where a target's answers are found and how they are read."""
    answer = target.answer
    return Pickup(
        target=target.name,
        directory=answer.directory,
        archive=answer.archive,
        quarantine=answer.quarantine,
        format=reader_of(target),
        patterns=answer.patterns,
        finished=Finish(answer.finished),
        marker=answer.marker,
        quiet_for=answer.quiet_for,
        patience=answer.patience,
        max_file=answer.max_file,
    )


def boards(config: Config) -> list[Board]:
    """One board for each inbox, whichever targets share it."""
    inboxes: dict[Path, list[Target]] = {}
    for target in config.targets.values():
        inboxes.setdefault(target.answer.directory, []).append(target)
    return [
        Board(inbox, targets[0].answer.quarantine, tuple(target.name for target in targets))
        for inbox, targets in inboxes.items()
    ]


def reader_of(target: Target) -> formats.Format:
    """The format that reads a target's answers; with ``auto``, each that its settings allow."""
    answer = target.answer
    if answer.format != formats.AUTO:
        return formats.build(answer.format, answer.options_for(answer.format))
    return formats.Auto({name: formats.build(name, options) for name, options in answer.readers.items()})


def access(config: Config) -> NorceAccess:
    """Where Norce is and who the bridge is to it."""
    norce = config.norce
    secret = norce.client_secret.get_secret_value() if norce.client_secret else ""
    return NorceAccess(
        base_url=norce.base_url,
        token_url=norce.token_url,
        credentials=Credentials(norce.client_id, secret, norce.scope),
        application_id=norce.application_id,
        application_ids={
            name: shop.application_id for name, shop in config.applications.items() if shop.application_id
        },
        timeout=norce.timeout,
        requests_per_minute=norce.requests_per_minute,
        retry=config.retry.policy,
    )


def told(config: Config) -> list[Channel]:
    """Who is told of alerts: the log always and first, then what is configured."""
    built = [channels.build("log", channels.options_of("log")())]
    if config.alerts.webhook.get_secret_value():
        built.append(channels.build("webhook", channels.options_of("webhook")(url=config.alerts.webhook)))
    return built


def folders(config: Config) -> Mapping[str, Path]:
    """The folders whose free space is watched, by the names that people are shown."""
    folders = {"journal": config.journal.database.parent}
    for target in config.targets.values():
        if target.transport == FOLDER:
            folders[f"outbox {target.name}"] = target.directory
        folders[f"inbox {target.name}"] = target.answer.directory
    return folders


def admin_access(config: Config) -> Access:
    """Who may use the admin listener; without a password it listens on loopback only."""
    admin = config.admin
    if admin.login is None:
        return Access(hosts=frozenset({admin.listen.host}), read_only=admin.read_only)
    verifier = Verifier([admin.login])

    async def verify(header: str) -> bool:
        return verifier.is_remembered(header) or await asyncio.to_thread(verifier.check, header)

    return Access(hosts=frozenset({admin.listen.host}), verify=verify, read_only=admin.read_only)


def tls(config: Config) -> ssl.SSLContext | None:
    """The orders listener's certificate, or ``None`` for plain HTTP; at least TLS 1.2."""
    certificate, key = config.receiver.tls_certificate, config.receiver.tls_key
    if certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise PermanentError(
            f"certificate or key cannot be used: {error}",
            name=ErrorName.CONFIG_INVALID,
            subject=str(certificate),
            hint="[receiver] tls_certificate and tls_key must be a PEM chain and its own key",
        ) from error
    return context
