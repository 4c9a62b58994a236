"""The shelf of transports: one way to reach an ERP a file, found by its name.

Not for: knowing any of them. A file without leading underscore offers ``Options`` and ``build``.
"""

import importlib
import pkgutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from bridge.counters import Counters
from bridge.transports._examining import Surroundings, document, examined
from bridge.transports._findings import Findings, Strategy, findings_in
from bridge.transports._findings_changes import Change, changes
from bridge.transports._inbox import Delivery, InboxDoor
from bridge.transports._pickup import (
    Catalogue,
    Collects,
    Fetch,
    Got,
    Interest,
    Leaving,
    Left,
    Parting,
    PickupPoint,
    RemoteFile,
)
from bridge.transports._protocol import End, FileNames, HostKeyError, Parcel, PausedError, Step, Transport, Whereabouts
from bridge.transports._rename import FlagRefusedError, exists, is_done, rename_new, rename_unless_there
from bridge.transports._serving import Pace, Reading, Rights, Server, ServerSettings, Share, Sight, VisitSettings
from bridge.transports._staging import sync

if TYPE_CHECKING:
    from bridge.transports._visit import Visit

__all__ = [
    "Catalogue",
    "Change",
    "Delivery",
    "End",
    "Fetch",
    "FileNames",
    "Findings",
    "FlagRefusedError",
    "Got",
    "HostKeyError",
    "InboxDoor",
    "Interest",
    "Leaving",
    "Left",
    "Pace",
    "Parcel",
    "Parting",
    "PausedError",
    "PickupPoint",
    "Reading",
    "RemoteFile",
    "Rights",
    "Server",
    "ServerSettings",
    "Share",
    "Sight",
    "Step",
    "Strategy",
    "Surroundings",
    "Transport",
    "VisitSettings",
    "Whereabouts",
    "available",
    "build",
    "changes",
    "document",
    "examined",
    "exists",
    "findings_in",
    "host_fingerprint",
    "is_done",
    "options_of",
    "pickup_of",
    "rename_new",
    "rename_unless_there",
    "sftp_server",
    "sftp_visit",
    "sync",
]


def available() -> tuple[str, ...]:
    """The names on the shelf, sorted."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in names if not name.startswith("_")))


def options_of(name: str) -> type[BaseModel]:
    """The settings that the transport of this name takes."""
    options: type[BaseModel] = importlib.import_module(f"{__name__}.{name}").Options
    return options


def build(name: str, options: BaseModel) -> Transport:
    """The transport of this name with these settings; touches nothing yet."""
    transport: Transport = importlib.import_module(f"{__name__}.{name}").build(options)
    return transport


def pickup_of(transport: Transport) -> PickupPoint | None:
    """Where this transport's server holds the ERP's answers; ``None`` where it holds none, or they come otherwise."""
    return transport.pickup() if isinstance(transport, Collects) else None


def sftp_server(settings: ServerSettings, shares: Sequence[Share], sight: Sight, counters: Counters) -> Server:
    """The built-in SFTP server on these folders; nothing listens yet."""
    module = importlib.import_module(f"{__name__}._server.server")
    server: Server = module.SftpServer(settings, shares, sight, counters)
    return server


def sftp_visit(settings: VisitSettings) -> "Visit":
    """A visit to folders that are served over SFTP; no connection is made yet. It can be a simulated ERP's reach."""
    visit: Visit = importlib.import_module(f"{__name__}._visit").Visit(settings)
    return visit


def host_fingerprint(host_key: Path) -> str:
    """Of the built-in server's host key, as clients show it. Raises a ``BridgeError`` when it cannot be read."""
    return str(importlib.import_module(f"{__name__}._server.keys").fingerprint(host_key))
