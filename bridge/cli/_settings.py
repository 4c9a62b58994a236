"""The settings as the verbs want them: from the file that was named, the one in this folder, or the defaults.

Not for: judging them (``config/``). This module is heavy; verbs import it when they run.
"""

import os
from pathlib import Path

from bridge import channels, formats, transports
from bridge.cli._globals import DEFAULT_CONFIG, Globals
from bridge.config import Config, Shelves, load


def shelves() -> Shelves:
    """The options of everything that stands on a shelf."""
    return Shelves(
        formats={name: formats.options_of(name) for name in formats.available()},
        transports={name: transports.options_of(name) for name in transports.available()},
        channels={name: channels.options_of(name) for name in channels.available()},
    )


def path_of(chosen: Globals) -> Path | None:
    """The file of settings; ``None`` when none was named and none lies here: then the defaults hold."""
    if chosen.config is not None:
        return chosen.config
    return DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None


def settings(chosen: Globals) -> Config:
    """The settings. Raises ``ConfigFaults`` with every fault."""
    return load(path_of(chosen), shelves(), os.environ)
