"""The settings: ``config.toml`` and what stands above it, as frozen models; every fault at once, with its line.

Not for: using them. What the shelves' files want to be told comes in as their ``Options``; nothing here imports one.
"""

from bridge.config.build import FOLDER, Shelves
from bridge.config.effective import Effective, effective
from bridge.config.faults import ConfigFault, ConfigFaults
from bridge.config.load import Config, load, missing_for_run
from bridge.config.models import (
    Admin,
    Alerts,
    Journal,
    Log,
    Norce,
    Receiver,
    Report,
    Retry,
    Site,
    Watch,
)
from bridge.config.passwords import Login, PasswordHash, Verifier, hash_password, parse_basic
from bridge.config.routes import Rule, When
from bridge.config.settings import Setting, settings
from bridge.config.targets import AUTO, Answer, Application, Order, Target
from bridge.config.units import (
    Address,
    format_duration,
    format_size,
    parse_address,
    parse_duration,
    parse_size,
)

__all__ = [
    "AUTO",
    "FOLDER",
    "Address",
    "Admin",
    "Alerts",
    "Answer",
    "Application",
    "Config",
    "ConfigFault",
    "ConfigFaults",
    "Effective",
    "Journal",
    "Log",
    "Login",
    "Norce",
    "Order",
    "PasswordHash",
    "Receiver",
    "Report",
    "Retry",
    "Rule",
    "Setting",
    "Shelves",
    "Site",
    "Target",
    "Verifier",
    "Watch",
    "When",
    "effective",
    "format_duration",
    "format_size",
    "hash_password",
    "load",
    "missing_for_run",
    "parse_address",
    "parse_basic",
    "parse_duration",
    "parse_size",
    "settings",
]
