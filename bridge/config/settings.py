"""Every key that exists, told from the models: for the documentation and for the test of the shipped file.

Not for: the values of one installation; :class:`bridge.config.load.Config` holds those.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from bridge.config.models import SECTIONS, LoginKeys, Section, TopKeys
from bridge.config.routes import ROUTES, RouteKeys
from bridge.config.targets import AnswerKeys, ApplicationKeys, EnrichKeys, OrderKeys, TargetKeys
from bridge.config.units import Shown

Plain = str | int | float | bool | list[str]


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: its table (``targets.NAME.answer``), its name, what it is for, and its default as TOML has it.

    ``default`` is ``None`` for a key that is absent unless somebody writes it.
    """

    table: str
    key: str
    description: str
    default: Plain | None


def settings() -> Iterator[Setting]:
    """Each key of our own, table by table; the options of formats and transports are not among them."""
    yield from _of("", TopKeys)
    for name, model in SECTIONS.items():
        yield from _of(name, model)
    yield from _of("receiver.login", LoginKeys)
    yield from _of(ROUTES, RouteKeys)
    yield from _of("applications.NAME", ApplicationKeys)
    yield from _of("targets.NAME", TargetKeys)
    yield from _of("targets.NAME.order", OrderKeys)
    yield from _of("targets.NAME.answer", AnswerKeys)
    yield from _of("targets.NAME.enrich", EnrichKeys)


def _of(table: str, model: type[Section]) -> Iterator[Setting]:
    for key, field in model.model_fields.items():
        if isinstance(field.default, Section):
            yield from _of(f"{table}.{key}", type(field.default))
        elif (table, key) != ("receiver", "login"):  # an array of tables; its keys are told instead
            shown = next((mark.text for mark in field.metadata if isinstance(mark, Shown)), None)
            default = plain(field.default)
            yield Setting(table, key, field.description or "", shown(field.default) if shown else default)


def plain(value: Any) -> Plain | None:
    """A value as TOML has it; of a table without keys there is nothing to show."""
    if isinstance(value, Mapping):
        return None
    if isinstance(value, SecretStr):
        return value.get_secret_value()  # a default is no secret
    if isinstance(value, tuple):
        return [str(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
