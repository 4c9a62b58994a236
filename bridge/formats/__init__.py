"""The shelf of ERP formats: one file is one format, found by its name.

Not for: any format itself. Calls go through :func:`render` and :func:`read`, so that a format's bug stops one order or
one file and nothing else.
"""

import importlib
import logging
import pkgutil
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import ModuleType
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator

from bridge.errors import BridgeError, ErrorName, PermanentError
from bridge.formats._auto import Auto
from bridge.formats._document import document_text, from_document, order_document, to_document
from bridge.formats._protocol import Format, Unreadable, Waits, Warns
from bridge.model import Reading, SalesOrder

__all__ = [
    "AUTO",
    "Auto",
    "Format",
    "Unreadable",
    "available",
    "build",
    "document_text",
    "from_document",
    "is_whole",
    "name_of",
    "options_of",
    "order_document",
    "read",
    "reads",
    "render",
    "to_document",
    "waits",
    "warnings",
]

AUTO = "auto"

log = logging.getLogger(__name__)


def available() -> tuple[str, ...]:
    """The names of the formats, in alphabetical order; ``auto`` is none, it picks among them."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def options_of(name: str) -> type[BaseModel]:
    """The settings of a format. Those of ``auto`` are all settings for reading that any format has.

    Raises ``PermanentError`` when there is no such format.
    """
    if name == AUTO:
        return _auto_options()
    options = _module(name).Options
    if not (isinstance(options, type) and issubclass(options, BaseModel)):
        raise TypeError(f"Options of format {name} is not a pydantic model")
    return options


def reads(name: str) -> bool:
    """Whether the format reads answers; some only write."""
    extra = options_of(name).model_config.get("json_schema_extra")
    return _side(extra) != "write"


def build(name: str, options: BaseModel | Mapping[str, object]) -> Format:
    """The format with its settings; pydantic's ``ValidationError`` when they are wrong."""
    chosen = options_of(name)
    settings = options if isinstance(options, chosen) else chosen.model_validate(_given(options))
    if name == AUTO:
        made_for = {each: suited for each in _readers() if (suited := _suited(each, settings)) is not None}
        return Auto({each: build(each, made) for each, made in made_for.items()})
    made: Format = _module(name).build(settings)
    return made


def name_of(format_: Format, content: bytes) -> str:
    """The name of the format that reads this content."""
    return format_.name_of(content) if isinstance(format_, Auto) else _name(format_)


def read(format_: Format, content: bytes) -> Reading:
    """All that a file says; a bug of the format becomes ``Unreadable`` like any fault of the file."""
    try:
        return format_.read(content)
    except Unreadable:
        raise
    except Exception as error:
        what = f"the format {_name(format_)} failed on it: {type(error).__name__}"
        raise Unreadable("file", what, "This is a fault of the bridge; please report it") from error


def is_whole(format_: Format, content: bytes) -> bool:
    """False when the content looks cut; a bug of the format counts as a file that is not whole yet."""
    try:
        return format_.is_whole(content)
    except Exception:
        log.exception("unforeseen_error", extra={"stage": "watch"})
        return False


def render(format_: Format, order: SalesOrder, control: int, at: datetime) -> bytes:
    """The file of an order; a bug of the format becomes ``order_not_renderable`` like any fault of the order."""
    try:
        return format_.render(order, control, at)
    except BridgeError:
        raise
    except Exception as error:
        raise PermanentError(
            f"the format {_name(format_)} failed on this order: {type(error).__name__}",
            name=ErrorName.ORDER_NOT_RENDERABLE,
            subject="format",
            hint="This is a fault of the bridge; please report it",
        ) from error


def waits(format_: Format) -> bool:
    """Whether writing an order takes longer than the loop may be kept from others."""
    return isinstance(format_, Waits) and format_.waits


def warnings(format_: Format, order: SalesOrder, control: int, at: datetime) -> tuple[str, ...]:
    """What a person should know of the file that :func:`render` made of the same; a bug of the format is told too."""
    if not isinstance(format_, Warns):
        return ()
    try:
        return format_.warnings(order, control, at)
    except Exception:
        log.exception("unforeseen_error", extra={"stage": "receive"})
        return (f"the format {_name(format_)} cannot tell what it left out; please report it",)


def _name(format_: Format) -> str:
    return type(format_).__module__.rpartition(".")[2].lstrip("_")


def _readers() -> tuple[str, ...]:
    return tuple(name for name in available() if reads(name))


def _module(name: str) -> ModuleType:
    if name not in available():
        raise PermanentError(
            f'"{name}" is not a format',
            name=ErrorName.CONFIG_INVALID,
            subject="format",
            hint=f"There are {', '.join(available())}",
        )
    return importlib.import_module(f"{__name__}.{name}")


def _given(options: BaseModel | Mapping[str, object]) -> Mapping[str, object]:
    if isinstance(options, BaseModel):
        return {name: getattr(options, name) for name in options.model_fields_set}
    return options


def _known_to(name: str, options: BaseModel) -> Mapping[str, object]:
    known = options_of(name).model_fields
    return {key: value for key, value in _given(options).items() if key in known}


class _AutoOptions(BaseModel):
    """Settings for reading, whatever the format turns out to be; each format takes those that it knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="after")
    def _suit_each_format(self) -> Self:
        for name in _readers():
            _suited(name, self)
        return self


def _suited(name: str, options: BaseModel) -> BaseModel | None:
    """The settings as a format takes them; ``None`` when one of them, such as ``paths``, is in the way of another."""
    known = _known_to(name, options)
    try:
        return options_of(name).model_validate(known)
    except ValidationError as error:
        keys = {str(item["loc"][0]) if item["loc"] else "" for item in error.errors()}
        if not all(key in known and _is_taken_elsewhere(name, key, known[key]) for key in keys):
            raise
        return None


def _is_taken_elsewhere(name: str, key: str, value: object) -> bool:
    return any(_takes(options_of(other), key, value) for other in _readers() if other != name)


def _takes(options: type[BaseModel], key: str, value: object) -> bool:
    """Whether the setting alone is one of theirs; what it needs beside it, as ``namespaces``, is another matter."""
    try:
        options.model_validate({key: value})
    except ValidationError as error:
        return all(item["loc"][:1] != (key,) for item in error.errors())
    return True


@lru_cache(maxsize=1)
def _auto_options() -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for name in _readers():
        for key, field in options_of(name).model_fields.items():
            if _side(field.json_schema_extra) != "write":
                fields[key] = _merged(fields.get(key), (field.annotation, field))
    return create_model("AutoOptions", __base__=_AutoOptions, **fields)


def _merged(known: tuple[Any, Any] | None, another: tuple[Any, Any]) -> tuple[Any, Any]:
    """A setting that each format takes in a way of its own is looked at by each of them alone."""
    if known is None:
        return another
    if (known[0], known[1].metadata) == (another[0], another[1].metadata):
        return known
    return object, Field(default_factory=dict, description=known[1].description)


def _side(extra: object) -> object:
    return extra.get("side") if isinstance(extra, Mapping) else None
