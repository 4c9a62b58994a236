"""What a pydantic model lets a table hold: its keys, their types, and how text from outside becomes a value.

Not for: validating; pydantic does. Works on any model, since the shelves bring their own.
"""

import tomllib
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bridge.config.lines import Place
from bridge.config.sources import Text

_LISTS = (list, tuple, set, frozenset)
_NOT_TEXT = (bool, int, float, dict, Mapping, *_LISTS)


def fields_of(model: type[BaseModel], side: str = "") -> dict[str, FieldInfo]:
    """Each key of ``model`` as it is written; with ``side`` without those that are for the other side only."""
    return {
        key_of(name, field): field
        for name, field in model.model_fields.items()
        if not side or side_of(field) in {"", side}
    }


def key_of(name: str, field: FieldInfo) -> str:
    """How a field is spelt in the file: its alias where Python forbids the word, as with ``from``."""
    if isinstance(field.validation_alias, str):
        return field.validation_alias
    return field.alias or name


def side_of(field: FieldInfo) -> str:
    """``read`` or ``write`` for an option of one side; empty for both."""
    extra = field.json_schema_extra
    side = extra.get("side", "") if isinstance(extra, dict) else ""
    return side if isinstance(side, str) else ""


def only_side_of(model: type[BaseModel]) -> str:
    """The same for a whole format that only reads or only writes."""
    extra = model.model_config.get("json_schema_extra")
    side = extra.get("side", "") if isinstance(extra, dict) else ""
    return side if isinstance(side, str) else ""


def keys_around(model: type[BaseModel], place: Place) -> tuple[str, ...]:
    """The keys that the table of the last part of ``place`` may hold; empty when any key will do."""
    models: tuple[type[BaseModel], ...] = (model,)
    for part in place[:-1]:
        models = tuple(inner for outer in models for inner in _inside(outer, part))
    return tuple(key for inner in models for key in fields_of(inner))


def _inside(model: type[BaseModel], part: str | int) -> Iterator[type[BaseModel]]:
    """The models below one key. A number (an item of a list), or the key of a map, stays where it is."""
    field = fields_of(model).get(str(part))
    if isinstance(part, int) or field is None:
        yield model
    else:
        yield from models_in(field.annotation)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model that an annotation mentions: itself, in a list, in a map, in a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def kinds_of(annotation: Any) -> Iterator[Any]:
    """The plain types a value may have: unions opened, what stands in brackets left out."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from kinds_of(get_args(annotation)[0])
    elif origin in {Union, types.UnionType}:
        for argument in get_args(annotation):
            yield from kinds_of(argument)
    else:
        yield origin or annotation


def readable(value: object, annotation: Any) -> object:
    """``value`` with each :class:`Text` in it turned into what its type can take."""
    if isinstance(value, Text):
        return _from_text(str(value), tuple(kinds_of(annotation)))
    models = tuple(models_in(annotation))
    if isinstance(value, dict):
        fields = fields_of(models[0]) if models else {}
        return {key: readable(item, _annotation(fields.get(key))) for key, item in value.items()}
    return [readable(item, annotation) for item in value] if isinstance(value, list) else value


def _annotation(field: FieldInfo | None) -> Any:
    return field.annotation if field else str


def _from_text(text: str, kinds: tuple[Any, ...]) -> object:
    if not any(kind in _NOT_TEXT for kind in kinds):
        return text
    value = _toml_value(text)
    if not isinstance(value, str):
        return value
    if bool in kinds and text.casefold() in {"true", "false"}:
        return text.casefold() == "true"
    if any(kind in _LISTS for kind in kinds):
        return [item.strip() for item in text.split(",") if item.strip()]
    return text


def _toml_value(text: str) -> object:
    try:
        value: object = tomllib.loads(f"value = {text}")["value"] if "\n" not in text else text
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return value if not isinstance(value, str) else text


def with_absolute_paths(model: type[BaseModel], table: Mapping[str, object], home: Path) -> dict[str, object]:
    """``table`` with the relative paths of a shelf's options put below the folder of the file."""
    paths = {key for key, field in fields_of(model).items() if Path in set(kinds_of(field.annotation))}
    return {
        key: home / value if key in paths and isinstance(value, str) and value else value
        for key, value in table.items()
    }
