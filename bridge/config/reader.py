"""Validates one table at a time and turns what pydantic finds into words with file, line and remedy.

Not for: which tables exist (``build.py``), nor rules between two keys (``rules.py``).
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bridge.config.faults import ConfigFault
from bridge.config.lines import Place
from bridge.config.models import Section
from bridge.config.shape import fields_of, keys_around, readable, with_absolute_paths
from bridge.config.sources import Sources
from bridge.config.units import shown

SectionT = TypeVar("SectionT", bound=Section)
OptionsT = TypeVar("OptionsT", bound=BaseModel)
_EXPECTED = {
    "bool_type": "expects true or false",
    "bool_parsing": "expects true or false",
    "int_type": "expects a whole number without quotes, like 64",
    "int_parsing": "expects a whole number without quotes, like 64",
    "int_from_float": "expects a whole number, like 64",
    "float_type": "expects a number without quotes, like 2.0",
    "float_parsing": "expects a number without quotes, like 2.0",
    "string_type": 'expects text in quotes, like "text"',
    "tuple_type": 'expects a list, like ["one", "two"]',
    "list_type": 'expects a list, like ["one", "two"]',
    "set_type": 'expects a list, like ["one", "two"]',
    "too_short": 'expects a list that is not empty, like ["one", "two"]',
    "dict_type": "expects a [table] of its own",
    "model_type": "expects a [table] of its own",
    "mapping_type": "expects a [table] of its own",
}


class Reader:
    """Reads tables and collects every fault, every warning, and the origin of every value."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.faults: list[ConfigFault] = []
        self.for_run: list[ConfigFault] = []
        self.warnings: list[ConfigFault] = []
        self.origins: dict[str, str] = {}
        self._faulty: set[Place] = set()

    def section(
        self, model: type[SectionT], place: Place, table: object, defaults: Mapping[str, object] | None = None
    ) -> SectionT:
        """The model of one table of ours. What is wrong is noted, and the default stands in for it."""
        given = self.table(place, table)
        self._note_origins(model, place, given)
        value = readable({**(defaults or {}), **given}, model)
        try:
            return model.model_validate(value, context=self.sources.home)
        except ValidationError as error:
            bad = self.note(model, place, error)
        kept = {**(defaults or {}), **{key: item for key, item in given.items() if key not in bad}}
        return model.model_validate(readable(kept, model), context=self.sources.home)

    def options(self, model: type[OptionsT], place: Place, table: Mapping[str, object]) -> OptionsT | None:
        """The options of one shelf file, or ``None`` after noting what is wrong with them."""
        made = self.attempt(model, table)
        if isinstance(made, ValidationError):
            self.note(model, place, made)
            return None
        self._note_origins(model, place, table)
        return made

    def attempt(self, model: type[OptionsT], table: Mapping[str, object]) -> OptionsT | ValidationError:
        """The same without noting anything."""
        value = {key: readable(item, _annotation(model, key)) for key, item in table.items()}
        try:
            return model.model_validate(with_absolute_paths(model, value, self.sources.home))
        except ValidationError as error:
            return error

    def table(self, place: Place, value: object) -> dict[str, object]:
        """``value`` if it is a table; else an empty one, and a fault."""
        if isinstance(value, dict):
            return value
        name = ".".join(str(part) for part in place)
        self.fault(place, f"expects a table, not {shown(value)}", f"write [{name}] and its keys below")
        return {}

    def unknown(self, place: Place, known: Iterable[str], otherwise: str = "") -> None:
        """Note a key that does not exist here; what is known of it elsewhere tells more than a word like it."""
        hint = otherwise or meant(str(place[-1]), known)
        self.fault(place, "unknown table" if self._is_table(place) else "unknown key", hint)

    def fault(self, place: Place, what: str, hint: str = "") -> None:
        """Note something that stops every verb."""
        made = self._made(place, what, hint)
        if (made.key, made.what) not in {(fault.key, fault.what) for fault in self.faults}:
            self.faults.append(made)
        self._faulty.add(place)

    def clash(self, places: tuple[Place, ...], what: str, hint: str = "") -> None:
        """Note two keys that do not go together, at the first of ``places``; silent when one is faulty already."""
        if not any(place in self._faulty for place in places):
            self.fault(self._written(places), what, hint)

    def later(self, place: Place, what: str, hint: str = "") -> None:
        """Note something that keeps only the service from starting."""
        self.for_run.append(self._made(place, what, hint))

    def warn(self, place: Place, what: str, hint: str = "") -> None:
        """Note something that a person should look at."""
        self.warnings.append(self._made(place, what, hint))

    def note(self, model: type[BaseModel], place: Place, error: ValidationError, hint: str = "") -> set[str]:
        """Note each fault of one table; the keys of the table that are concerned."""
        found = [item for item in error.errors(include_url=False) if not _follows(item)]
        for item in found:
            where = (*place, *item["loc"])
            if item["type"] == "extra_forbidden":
                self.unknown(where, keys_around(model, item["loc"]), hint)
            else:
                what, remedy = _words(item)
                self.fault(where, what, remedy or hint)
        return {str(item["loc"][0]) for item in found if item["loc"]}

    def note_given(self, place: Place, table: Mapping[str, object]) -> None:
        """Keep where each value of ``table`` came from."""
        for key, value in table.items():
            self._note_value((*place, key), value, is_given=True)

    def note_origin(self, place: Place, label: str) -> None:
        """Keep where the value at ``place`` came from."""
        self.origins[_dotted(place)] = label

    def _written(self, places: tuple[Place, ...]) -> Place:
        """The first of ``places`` that somebody wrote, else the first."""
        known = self.sources.lines.keys
        return next((p for p in places if p in known or p in self.sources.origins), places[0])

    def _made(self, place: Place, what: str, hint: str) -> ConfigFault:
        origin = self.sources.origin_of(place)
        if origin:
            return ConfigFault(origin.label, None, self._name(place), what, hint)
        line = self.sources.lines.line_of(place)
        return ConfigFault(self.sources.file, line, self._name(place), what, hint)

    def _name(self, place: Place) -> str:
        """A place as it reads in the file: ``[targets.erp.order] format``, ``[[receiver.login]] username``."""
        lines = self.sources.lines
        table = place if self._is_table(place) else place[:-1]
        if place in lines.keys:
            table = lines.table_of(place)
        rest = place[len(table) :]
        key = ".".join(str(part) for part in rest).replace("..", ".")
        key = re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", key)
        heading = ".".join(str(part) for part in table if isinstance(part, str))
        in_array = bool(table) and isinstance(table[-1], int)
        brackets = f"[[{heading}]]" if in_array else f"[{heading}]"
        return f"{brackets} {key}".strip() if heading else key

    def _is_table(self, place: Place) -> bool:
        size = len(place)
        outside = any(len(other) > size and other[:size] == place for other in self.sources.origins)
        return outside or place in self.sources.lines.tables

    def _note_origins(self, model: type[BaseModel], place: Place, table: Mapping[str, object]) -> None:
        for key, field in fields_of(model).items():
            inner = table.get(key, {})
            if isinstance(field.default, Section) and isinstance(inner, dict):
                self._note_origins(type(field.default), (*place, key), inner)
            else:
                self._note_value((*place, key), table.get(key), is_given=key in table)

    def _note_value(self, place: Place, value: object, *, is_given: bool) -> None:
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value)):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in items:
                self._note_value((*place, key), item, is_given=True)
            return
        origin = self.sources.origin_of(place)
        line = self.sources.lines.line_of(place)
        written = f"{self.sources.file}:{line}" if is_given and line else "default"
        self.note_origin(place, origin.label if origin else written)


def meant(word: str, known: Iterable[str]) -> str:
    """A hint at the one of ``known`` that ``word`` is a slip of; empty when none is near."""
    near = difflib.get_close_matches(word.lower(), sorted(set(known)), n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else ""


def _annotation(model: type[BaseModel], key: str) -> Any:
    field = fields_of(model).get(key)
    return field.annotation if field else str


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place)


def _follows(item: Any) -> bool:
    """True for a list that is only too short because of what was wrong in it, which is told anyway."""
    return item["type"] == "too_short" and bool(item["input"])


def _words(item: Any) -> tuple[str, str]:
    """What pydantic found, in our words, and a hint."""
    kind, value, context = item["type"], item["input"], item.get("ctx", {})
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"])
        return f"{shown(value)} is not one of {', '.join(choices)}", meant(str(value), choices)
    if kind == "value_error":
        return str(context["error"]), ""
    if kind == "missing":
        return "is missing", ""
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]}, not {shown(value)}", ""
    said = item["msg"].removeprefix("Input should be ").removeprefix("Value should ")
    return f"{shown(value)} does not fit: it should be {said}", ""
