"""Reads all settings at once: everything that is right into one frozen :class:`Config`, or every fault together.

Not for: the parts; each has its own module beside this one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bridge.config.build import Builder, Shelves
from bridge.config.faults import ConfigFault, ConfigFaults
from bridge.config.models import (
    MAPS,
    SECTIONS,
    Admin,
    AdminKeys,
    Alerts,
    Demo,
    Journal,
    Log,
    Norce,
    NorceKeys,
    Receiver,
    ReceiverKeys,
    Retry,
    SftpServer,
    SftpServerKeys,
    Site,
    TopKeys,
    Watch,
)
from bridge.config.norce_hosts import check_norce_hosts, with_hosts
from bridge.config.reader import Reader
from bridge.config.routes import ROUTES, Rule, check_routes, routes
from bridge.config.rules import check_applications, check_for_run, check_receiver, check_targets, check_version
from bridge.config.secrets import Vault
from bridge.config.sftp_server import check_sftp_server
from bridge.config.sources import gather
from bridge.config.targets import Application, Target


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one bridge. ``origins`` tells for each key (``receiver.listen``) where its value came from."""

    version: int
    site: Site
    receiver: Receiver
    admin: Admin
    norce: Norce
    journal: Journal
    applications: Mapping[str, Application]
    routes: tuple[Rule, ...]
    targets: Mapping[str, Target]
    watch: Watch
    retry: Retry
    alerts: Alerts
    sftp_server: SftpServer
    log: Log
    demo: Demo
    origins: Mapping[str, str] = field(repr=False)
    warnings: tuple[ConfigFault, ...] = ()
    for_run: tuple[ConfigFault, ...] = ()


def load(
    path: Path | None,
    shelves: Shelves,
    environ: Mapping[str, str],
    credentials_dir: Path | None = None,
    overrides: Iterable[tuple[str, object]] = (),
) -> Config:
    """The settings of ``path`` (``None``: no file, all defaults, paths below the working folder) and all around it.

    ``overrides`` are the command line's: ``("receiver.listen", "127.0.0.1:0")``, text as in the environment or a
    value as in TOML. Without ``credentials_dir`` the folder that systemd names in ``environ`` counts. Raises
    :class:`ConfigFaults` with every fault. A secret that is missing or unreadable is no fault here: see
    :func:`missing_for_run`.
    """
    named = environ.get("CREDENTIALS_DIRECTORY", "")
    credentials = credentials_dir or (Path(named) if named else None)
    reader = Reader(gather(path, environ, credentials, overrides))
    config = _config(reader, shelves)
    if reader.faults:
        raise ConfigFaults(sorted(reader.faults, key=_standing), reader.for_run)
    return config


def missing_for_run(config: Config) -> tuple[ConfigFault, ...]:
    """What keeps the service from starting, though other verbs work: passwords, secrets, prod's demands."""
    return config.for_run


def _standing(fault: ConfigFault) -> tuple[bool, int, str]:
    return fault.line is None, fault.line or 0, fault.file


_TOP = (*TopKeys.model_fields, *SECTIONS, ROUTES, *MAPS)


def _config(reader: Reader, shelves: Shelves) -> Config:
    tree = reader.sources.tree
    top = _top(reader)
    site = reader.section(Site, ("site",), tree.get("site", {}))
    vault = Vault(reader, is_strict=site.environment == "prod")
    receiver, admin, norce = _with_secrets(reader, vault)
    sftp_server = _sftp_server(reader, vault)
    builder = Builder(reader, shelves, vault)
    targets = builder.targets()
    applications = builder.applications(targets)
    rules = routes(reader)
    check_receiver(reader, receiver, admin)
    check_applications(reader, applications, targets)
    check_routes(reader, rules, applications, targets)
    check_targets(reader, targets)
    check_for_run(reader, site, receiver, admin, norce)
    check_sftp_server(reader, sftp_server, {"receiver": receiver.listen, "admin": admin.listen}, site)
    return Config(
        version=top.version,
        site=site,
        receiver=receiver,
        admin=admin,
        norce=norce,
        journal=reader.section(Journal, ("journal",), tree.get("journal", {})),
        applications=applications,
        routes=rules,
        targets=targets,
        watch=reader.section(Watch, ("watch",), tree.get("watch", {})),
        retry=reader.section(Retry, ("retry",), tree.get("retry", {})),
        alerts=reader.section(Alerts, ("alerts",), tree.get("alerts", {})),
        sftp_server=sftp_server,
        log=reader.section(Log, ("log",), tree.get("log", {})),
        demo=reader.section(Demo, ("demo",), tree.get("demo", {})),
        origins=reader.origins,
        warnings=tuple(reader.warnings),
        for_run=tuple(reader.for_run),
    )


def _top(reader: Reader) -> TopKeys:
    """What stands above all tables; what nobody knows there is a fault."""
    tree = reader.sources.tree
    top = reader.section(TopKeys, (), {key: tree[key] for key in tree if key in TopKeys.model_fields})
    check_version(reader, top.version)
    for key in tree:
        if key not in _TOP:
            reader.unknown((key,), _TOP)
    return top


def _with_secrets(reader: Reader, vault: Vault) -> tuple[Receiver, Admin, Norce]:
    """The three sections that have a secret, with it where it was found."""
    tree = reader.sources.tree
    receiver = reader.section(ReceiverKeys, ("receiver",), tree.get("receiver", {}))
    admin = reader.section(AdminKeys, ("admin",), tree.get("admin", {}))
    table = reader.table(("norce",), tree.get("norce", {}))
    norce = reader.section(NorceKeys, ("norce",), table)
    check_norce_hosts(reader, table)
    vault.refuse_misplaced()
    return (
        Receiver.model_construct(**dict(receiver), logins=tuple(vault.receiver_logins(receiver))),
        Admin.model_construct(**dict(admin), login=vault.admin_login(admin)),
        Norce.model_construct(**with_hosts(reader, norce, table), client_secret=vault.client_secret(norce)),
    )


def _sftp_server(reader: Reader, vault: Vault) -> SftpServer:
    keys = reader.section(SftpServerKeys, ("sftp_server",), reader.sources.tree.get("sftp_server", {}))
    return SftpServer.model_construct(**dict(keys), login=vault.sftp_login(keys))
