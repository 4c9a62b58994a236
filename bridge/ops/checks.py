"""What `erp-bridge check` looks at without a running bridge: settings, folders, rights, room, journal, versions.

Not for: asking Norce or an SFTP server (``service/online.py``); nothing here leaves the machine or changes anything.
"""

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib import metadata
from pathlib import Path
from typing import Any

from bridge import __version__, formats, naming, transports
from bridge.config import FOLDER, Config, missing_for_run
from bridge.errors import BridgeError
from bridge.journal import overview
from bridge.journal.backup import find_damage
from bridge.journal.threads import open_read_only

LEAST_FREE_BYTES = 1_000_000_000
_EXAMPLES = 3
SAFE_SQLITE = (3, 51, 3)
"""Older ones have a rare fault in write-ahead logs with several writers; the bridge has one."""
_LIBRARIES = ("aiohttp", "pydantic", "sqlite-utils", "watchdog", "paramiko", "lxml")


class Mark(StrEnum):
    """How a check ended."""

    OK = "ok"
    NOTE = "!"
    BAD = "✗"


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, what was seen, and what to do about it.

    ``error`` is the stable name of a trouble with a remote side, which decides how the command ends.
    """

    mark: Mark
    name: str
    seen: str
    remedy: str = ""
    error: str = ""

    def document(self) -> dict[str, Any]:
        """As machines are shown it."""
        return {"mark": self.mark.name.lower(), "name": self.name, "seen": self.seen, "remedy": self.remedy}


def check_all(config: Config, now: datetime) -> list[Check]:
    """Every check, in the order that a person mends things."""
    return [
        *_settings(config),
        *_formats(config),
        *_folders(config),
        *_room(config),
        *_journal(config, now),
        *_sftp_server(config),
        *_versions(),
    ]


def _settings(config: Config) -> Iterator[Check]:
    missing = missing_for_run(config)
    for fault in missing:
        yield Check(Mark.BAD, "settings", f"{fault.key}: {fault.what}", fault.hint)
    for fault in config.warnings:
        yield Check(Mark.NOTE, "settings", f"{fault.key}: {fault.what}", fault.hint)
    if not missing:
        shops, targets = ", ".join(config.applications), ", ".join(config.targets)
        rules = f"; routes: {', '.join(rule.name for rule in config.routes)}" if config.routes else ""
        yield Check(Mark.OK, "settings", f"{config.site.environment}; shops: {shops}; targets: {targets}{rules}")


def _formats(config: Config) -> Iterator[Check]:
    """Each target's format set up as for the service; most need no more than their settings."""
    for name, target in config.targets.items():
        try:
            built = formats.build(target.order.format, target.order.options)
        except BridgeError as error:
            yield Check(Mark.BAD, f"order file {name}", error.line(), f"see [targets.{name}.order]")
            continue
        if formats.waits(built):
            yield Check(Mark.OK, f"order file {name}", f"{target.order.format} writes its sample orders")


def _folders(config: Config) -> Iterator[Check]:
    for name, target in config.targets.items():
        if target.transport == FOLDER:
            yield _folder(f"outbox {name}", target.directory)
            yield _staging(name, target.staging, target.directory)
        yield _folder(f"inbox {name}", target.answer.directory)
        yield _made_when_needed(f"archive {name}", target.answer.archive)
        yield _made_when_needed(f"quarantine {name}", target.answer.quarantine)
    yield from _left_lying(config)
    yield _made_when_needed("journal", config.journal.database.parent)


def _left_lying(config: Config) -> Iterator[Check]:
    """Files of an inbox that no pattern takes, though one would but for capitals: nobody would ever miss them."""
    patterns: dict[Path, tuple[str, ...]] = {}
    for target in config.targets.values():
        folder = target.answer.directory
        patterns[folder] = (*patterns.get(folder, ()), *target.answer.patterns)
    for folder, taken in patterns.items():
        if not (folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)):
            continue  # its own line says so
        names = [path.name for path in folder.iterdir() if path.is_file()]
        missed = sorted(naming.shown(name) for name in names if naming.misses_by_case(name, taken))
        if missed:
            shown = ", ".join(missed[:_EXAMPLES]) + (" ..." if len(missed) > _EXAMPLES else "")
            yield Check(
                Mark.NOTE,
                "names in inbox",
                f"{folder}: {len(missed)} file(s) are left alone, since patterns {', '.join(taken)} differ from their "
                f"names in capitals: {shown}",
                "write the names in patterns of [targets.NAME.answer] as the ERP spells them",
            )


def _folder(name: str, folder: Path) -> Check:
    if not folder.is_dir():
        return Check(Mark.BAD, name, f"{folder} does not exist", f"mkdir -p {folder}, or mount what it lies on")
    return _usable(name, folder)


def _usable(name: str, folder: Path) -> Check:
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        mode = folder.stat().st_mode & 0o7777
        return Check(
            Mark.BAD,
            name,
            f"{folder} cannot be used by user id {os.geteuid()} (owner {folder.stat().st_uid}, mode {mode:04o})",
            f"chown or chmod {folder} so that the bridge may list it and write to it",
        )
    return Check(Mark.OK, name, f"{folder} can be read and written")


def _staging(name: str, staging: Path, outbox: Path) -> Check:
    if not staging.exists():
        return _made_when_needed(f"staging {name}", staging)
    if outbox.is_dir() and staging.stat().st_dev != outbox.stat().st_dev:
        return Check(
            Mark.BAD,
            f"staging {name}",
            f"{staging} lies on another file system than {outbox}",
            f"set [targets.{name}] staging to a folder below {outbox}: a file is published by one rename",
        )
    return _usable(f"staging {name}", staging)


def _made_when_needed(name: str, folder: Path) -> Check:
    if folder.is_dir():
        return _usable(name, folder)
    parent = _nearest(folder)
    if not os.access(parent, os.W_OK | os.X_OK):
        return Check(Mark.BAD, name, f"{folder} cannot be made in {parent}", f"make it, or give rights on {parent}")
    return Check(Mark.OK, name, f"{folder} will be made when it is needed")


def _nearest(folder: Path) -> Path:
    return next((parent for parent in (folder, *folder.parents) if parent.is_dir()), Path("/"))


def _room(config: Config) -> Iterator[Check]:
    places = {"journal": config.journal.database.parent}
    places |= {
        f"outbox {name}": target.directory for name, target in config.targets.items() if target.transport == FOLDER
    }
    seen = set()
    for name, folder in places.items():
        place = _nearest(folder)
        device, free = place.stat().st_dev, shutil.disk_usage(place).free
        if device in seen:
            continue
        seen.add(device)
        mark, remedy = (Mark.BAD, "make room") if free < LEAST_FREE_BYTES else (Mark.OK, "")
        yield Check(mark, f"room for {name}", f"{free / 1e9:.1f} GB free at {place}", remedy)


def _sftp_server(config: Config) -> Iterator[Check]:
    server = config.sftp_server
    if not server.enabled:
        return
    ways = [*(["password"] if server.login else []), *(["keys"] if server.authorized_keys else [])]
    key = server.host_key
    try:
        known = (
            f"host key {transports.host_fingerprint(key)}" if key.exists() else "a host key is made at the first start"
        )
    except BridgeError as error:
        yield Check(Mark.BAD, "SFTP server", error.message, error.hint)
        return
    yield Check(Mark.OK, "SFTP server", f"{server.listen}, user {server.username} by {' or '.join(ways)}; {known}")


def _journal(config: Config, now: datetime) -> Iterator[Check]:
    database = config.journal.database
    if not database.exists():
        yield Check(Mark.OK, "journal", f"{database} will be made at the first start")
        return
    owner = overview.owner_of(database)
    yield Check(Mark.OK, "service", f"runs ({owner})" if owner else "does not run")
    damage = find_damage(database)
    if damage is not None:
        yield Check(Mark.BAD, "journal", damage, "stop the bridge, keep the files as they are, restore a backup")
        return
    db = open_read_only(database)
    try:
        totals = overview.totals(db)
    finally:
        db.close()
    last = totals.last_received_at
    hours = round((now - last).total_seconds() / 3600) if last else None
    age = "no order yet" if hours is None else f"last order {hours} h ago"
    yield Check(Mark.OK, "journal", f"{totals.size_bytes / 1e6:.1f} MB, {sum(totals.orders.values())} orders, {age}")
    yield _sqlite(totals.sqlite)


def _sqlite(version: str) -> Check:
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    if numbers < SAFE_SQLITE:
        return Check(
            Mark.NOTE, "SQLite", f"{version}, older than 3.51.3: one writer only, which is how the bridge works"
        )
    return Check(Mark.OK, "SQLite", version)


def _versions() -> Iterator[Check]:
    libraries = ", ".join(f"{name} {metadata.version(name)}" for name in _LIBRARIES)
    yield Check(Mark.OK, "versions", f"erp-bridge {__version__}, Python {platform.python_version()}, {libraries}")
