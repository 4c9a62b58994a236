"""What holds in one installation: every key with its value as TOML has it and where that came from; secrets hidden.

Not for: the keys that exist (``settings.py``), or judging values.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr

from bridge.config.build import WRITE
from bridge.config.load import Config
from bridge.config.models import SECTIONS, Section
from bridge.config.passwords import Login
from bridge.config.routes import ROUTES, RouteKeys
from bridge.config.settings import Plain, plain
from bridge.config.shape import fields_of, key_of
from bridge.config.targets import AnswerKeys, ApplicationKeys, EnrichKeys, OrderKeys, Target, TargetKeys
from bridge.config.units import Shown

SET, NOT_SET = "set", "not set"


@dataclass(frozen=True, slots=True)
class Effective:
    """One value. Of a secret, ``value`` is only ``set`` or ``not set``; ``None`` is a key that nobody wrote."""

    table: str
    key: str
    value: Plain | None
    origin: str
    is_secret: bool = False


def effective(config: Config) -> Iterator[Effective]:
    """Each value, table by table, in the order of the shipped file."""
    told = _Teller(config.origins)
    yield told.one("", "version", config.version)
    for name, keys in SECTIONS.items():
        yield from _secrets(config, name, told)  # first: tables below this one follow its keys
        yield from told.section(name, keys, getattr(config, name))
    for number, rule in enumerate(config.routes):
        values = told.section(f"{ROUTES}.{number}", RouteKeys, rule)
        yield from (one for one in values if one.value or not one.table.endswith(".when"))  # all that was written
    for name, application in config.applications.items():
        yield from told.section(f"applications.{name}", ApplicationKeys, application)
    for name, target in config.targets.items():
        yield from _target(f"targets.{name}", target, told)


def _target(table: str, target: Target, told: "_Teller") -> Iterator[Effective]:
    yield from told.section(table, TargetKeys, target)
    if target.transport != "folder":  # that one has no table: its keys are the target's own
        yield from told.options(f"{table}.{target.transport}", target.transport_options)
    yield from told.section(f"{table}.order", OrderKeys, target.order)
    yield from told.options(f"{table}.order", target.order.options, WRITE)
    yield from told.section(f"{table}.answer", AnswerKeys, target.answer)
    for key, value in target.answer.options.items():
        yield told.one(f"{table}.answer", key, value)
    yield from told.section(f"{table}.enrich", EnrichKeys, target.enrich)


def _secrets(config: Config, section: str, told: "_Teller") -> Iterator[Effective]:
    match section:
        case "receiver":
            hashed = any(login.is_hash for login in config.receiver.logins[:1])
            name = "password_hash" if hashed else "password"
            yield told.secret("receiver", name, _of_main(config))
        case "admin":
            yield told.secret("admin", "password", config.admin.login)
        case "sftp_server":
            yield told.secret("sftp_server", "password", config.sftp_server.login)
        case "norce":
            yield told.secret("norce", "client_secret", config.norce.client_secret)


def _of_main(config: Config) -> Login | None:
    """The receiver's own login; the further ones are told by the files that they name."""
    mine = (login for login in config.receiver.logins if login.username == config.receiver.username)
    return next(mine, None)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Knows where each value came from."""

    origins: Mapping[str, str]

    def one(self, table: str, key: str, value: object) -> Effective:
        dotted = f"{table}.{key}" if table else key
        if isinstance(value, SecretStr):
            return self.secret(table, key, value if value.get_secret_value() else None)
        return Effective(table, key, _plain(value), self._origin(dotted))

    def secret(self, table: str, key: str, value: object) -> Effective:
        known = self.origins.get(f"{table}.{key}", "")
        return Effective(table, key, SET if value is not None else NOT_SET, known or "nowhere", is_secret=True)

    def section(self, table: str, keys: type[Section], values: BaseModel) -> Iterator[Effective]:
        """Our own keys of a table; an array of tables is told as tables with numbers."""
        for key, field in keys.model_fields.items():
            value = getattr(values, key)
            if isinstance(value, Section):
                yield from self.section(f"{table}.{key}", type(value), value)
            elif isinstance(value, tuple) and any(isinstance(item, Section) for item in value):
                for number, item in enumerate(value):
                    yield from self.section(f"{table}.{key}.{number}", type(item), item)
            else:
                shown = next((mark.text for mark in field.metadata if isinstance(mark, Shown)), None)
                yield self.one(table, key, shown(value) if shown and value is not None else value)

    def options(self, table: str, values: BaseModel, side: str = "") -> Iterator[Effective]:
        """What a file of a shelf was told, for one side or both."""
        names = {key_of(name, field): name for name, field in type(values).model_fields.items()}
        for key in fields_of(type(values), side):
            yield self.one(table, key, getattr(values, names[key]))

    def _origin(self, dotted: str) -> str:
        """Of a key, or of the first thing written in it; what a default derives from another key is a default."""
        inside = (label for other, label in self.origins.items() if other.startswith(f"{dotted}."))
        return self.origins.get(dotted) or next(inside, "default")


def _plain(value: Any) -> Any:
    """The value as JSON can hold it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return plain(value)
