"""The shelf of transports: one way to reach an ERP a file, found by its name.

Not for: knowing any of them. A file without leading underscore offers ``Options`` and ``build``.
"""

import importlib
import pkgutil

from pydantic import BaseModel

from bridge.transports._protocol import End, FileNames, HostKeyError, Parcel, PausedError, Step, Transport, Whereabouts
from bridge.transports._rename import FlagRefusedError, exists, rename_new, rename_unless_there

__all__ = [
    "End",
    "FileNames",
    "FlagRefusedError",
    "HostKeyError",
    "Parcel",
    "PausedError",
    "Step",
    "Transport",
    "Whereabouts",
    "available",
    "build",
    "exists",
    "options_of",
    "rename_new",
    "rename_unless_there",
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
