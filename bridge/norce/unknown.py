"""Fields that Norce sent and the contract does not have: they change nothing, but somebody may have wanted them.

Not for: values. Those may be private, and stay in the body that is kept.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import get_args

from pydantic import AliasChoices, BaseModel
from pydantic.fields import FieldInfo

from bridge.norce.faults import path_of, shown
from bridge.norce.wire import OrderRequest

MOST_TOLD = 200

_Place = tuple[int | str, ...]


def unknown_fields(document: Mapping[str, object]) -> tuple[str, ...]:
    """The path of each field that no class of the contract has, in the order sent, at most 200 of them.

    ``ExtensionData`` is a trace of .NET and only told when it holds something. What lies inside an unknown field is not
    told by itself.
    """
    return tuple(islice(_unknown(document, OrderRequest, ()), MOST_TOLD))


def _unknown(group: Mapping[str, object], kind: type[BaseModel], place: _Place) -> Iterator[str]:
    known = {alias: field for field in kind.model_fields.values() for alias in _names(field)}
    for name, value in group.items():
        if name in known:
            yield from _inside(value, known[name], (*place, name))
        elif name != "ExtensionData" or value:
            yield path_of((*place, name if name.isidentifier() else shown(name)))


def _inside(value: object, field: FieldInfo, place: _Place) -> Iterator[str]:
    inner = _group_in(field.annotation)
    if inner is None:
        return
    if isinstance(value, dict):
        yield from _unknown(value, inner, place)
    elif isinstance(value, list):
        for at, row in enumerate(value):
            if isinstance(row, dict):
                yield from _unknown(row, inner, (*place, at))


def _names(field: FieldInfo) -> Iterator[str]:
    choices = field.validation_alias
    for name in choices.choices if isinstance(choices, AliasChoices) else (field.alias,):
        if isinstance(name, str):
            yield name


def _group_in(annotation: object) -> type[BaseModel] | None:
    """The class whose fields a field holds, alone or as rows."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_group_in(inner) for inner in get_args(annotation))
    return next((kind for kind in found if kind), None)
