"""The shelf of alert channels: one way to reach people a file, found by its name.

Not for: knowing any of them. A file without leading underscore offers ``Options`` and ``build``.
"""

import importlib
import pkgutil

from pydantic import BaseModel

from bridge.channels._protocol import Act, Channel, Notice

__all__ = ["Act", "Channel", "Notice", "available", "build", "options_of"]


def available() -> tuple[str, ...]:
    """The names on the shelf, sorted."""
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in names if not name.startswith("_")))


def options_of(name: str) -> type[BaseModel]:
    """The settings that the channel of this name takes."""
    options: type[BaseModel] = importlib.import_module(f"{__name__}.{name}").Options
    return options


def build(name: str, options: BaseModel) -> Channel:
    """The channel of this name with these settings; tells nobody yet."""
    channel: Channel = importlib.import_module(f"{__name__}.{name}").build(options)
    return channel
