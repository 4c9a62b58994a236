"""Puts the sections together: which tables exist, what each shelf adds, and which defaults follow from others.

Not for: single tables (``reader.py``) or rules across them (``rules.py``).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bridge.config.lines import Place
from bridge.config.models import Section
from bridge.config.reader import Reader, meant
from bridge.config.secrets import Vault
from bridge.config.shape import fields_of, kinds_of, only_side_of
from bridge.config.sources import Text
from bridge.config.targets import (
    AUTO,
    Answer,
    AnswerKeys,
    Application,
    ApplicationKeys,
    Enrich,
    EnrichKeys,
    Order,
    OrderKeys,
    Target,
    TargetKeys,
)

SectionT = TypeVar("SectionT", bound=Section)
READ, WRITE = "read", "write"
_OWN: Mapping[str, type[Section]] = {READ: AnswerKeys, WRITE: OrderKeys}
FOLDER = "folder"
PASSWORD = "password"  # noqa: S105 - the name of a key
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Shelves:
    """The ``Options`` of every shelf file by its name; a field may be marked for one side only.

    The mark is ``json_schema_extra={"side": "read"}`` or ``"write"``, on a field or in the ``model_config`` of a
    format that only reads or only writes.
    """

    formats: Mapping[str, type[BaseModel]]
    transports: Mapping[str, type[BaseModel]]
    channels: Mapping[str, type[BaseModel]] = field(default_factory=dict)

    def formats_for(self, side: str) -> dict[str, type[BaseModel]]:
        """The formats that read, or those that write."""
        return {name: model for name, model in self.formats.items() if only_side_of(model) in {"", side}}


class NoOptions(Section):
    """Stands in for options that could not be read; never seen outside, since a fault was noted."""


class Builder:
    """Builds applications and targets from the merged tree."""

    def __init__(self, reader: Reader, shelves: Shelves, vault: Vault) -> None:
        self._reader = reader
        self._shelves = shelves
        self._vault = vault

    def targets(self) -> dict[str, Target]:
        """Each ``[targets.NAME]``; with several, folders are told apart by the target's name."""
        tables = dict(self._named("targets"))
        return {
            name: self._target(name, table, "" if len(tables) == 1 else f"/{name}") for name, table in tables.items()
        }

    def applications(self, targets: Mapping[str, Target]) -> dict[str, Application]:
        """Each ``[applications.NAME]``. Where nothing is said, the only target confirms."""
        defaults = {"target": next(iter(targets))} if len(targets) == 1 else {}
        made = {}
        for name, table in self._named("applications"):
            keys = self._reader.section(ApplicationKeys, ("applications", name), table, defaults)
            made[name] = Application.model_construct(**dict(keys), name=name)
        return made

    def _named(self, section: str) -> Iterator[tuple[str, dict[str, object]]]:
        tables = self._reader.table((section,), self._reader.sources.tree[section])
        for name, value in tables.items():
            place: Place = (section, name)
            if place not in self._reader.sources.named:
                hint = meant(name, tables.keys() - {name}) or f"write [{section}.{name}] into the file first"
                self._reader.fault(place, f'"{name}" is not in the file', hint)
                continue
            if not _NAME.fullmatch(name):
                self._reader.fault(place, "is no good name", "letters, digits, _ and -, at most 63, such as erp")
            yield name, self._reader.table(place, value)

    def _target(self, name: str, table: dict[str, object], below: str) -> Target:
        place: Place = ("targets", name)
        keys, rest = self._split(TargetKeys, place, table, _folders(table, f"outbox{below}", (".staging",)))
        tables = ("order", "answer", "enrich", *(known for known in self._shelves.transports if known != FOLDER))
        for key in rest:
            if key not in tables:
                self._reader.unknown((*place, key), (*TargetKeys.model_fields, *tables), self._home_of(key, name))
        return Target.model_construct(
            **dict(keys),
            name=name,
            order=self._order((*place, "order"), rest.get("order", {}), {"test_indicator": keys.test_indicator}),
            answer=self._answer((*place, "answer"), rest.get("answer", {}), f"inbox{below}"),
            enrich=self._enrich((*place, "enrich"), rest.get("enrich", {})),
            transport_options=self._transport(place, keys, rest),
        )

    def _split(
        self, model: type[SectionT], place: Place, table: dict[str, object], defaults: Mapping[str, object]
    ) -> tuple[SectionT, dict[str, object]]:
        """Our own keys of a table, validated, and what is left for a shelf file."""
        own = {key: value for key, value in table.items() if key in model.model_fields}
        rest = {key: value for key, value in table.items() if key not in own}
        return self._reader.section(model, place, own, defaults), rest

    def _home_of(self, key: str, name: str) -> str:
        """Where a key of ``[targets.T]`` that stands in the wrong table of it belongs."""
        for table, model, side in (("order", OrderKeys, WRITE), ("answer", AnswerKeys, READ)):
            options = self._shelves.formats_for(side).values()
            if key in model.model_fields or any(key in fields_of(one, side) for one in options):
                return f"it belongs in [targets.{name}.{table}]"
        return ""

    def _transport(self, place: Place, keys: TargetKeys, rest: Mapping[str, object]) -> BaseModel:
        """The options of the chosen transport; the table of another one is looked at too, so no slip waits in it."""
        shelf = self._shelves.transports
        if keys.transport not in shelf:
            self._refuse((*place, "transport"), keys.transport, shelf)
        tables = [name for name in shelf if name != FOLDER and (name in rest or name == keys.transport)]
        made = {name: self._own_table(shelf[name], (*place, name), rest.get(name, {})) for name in tables}
        if keys.transport == FOLDER in shelf:
            return self._folder(shelf[FOLDER], place, keys)
        return made.get(keys.transport) or NoOptions()

    def _own_table(self, model: type[BaseModel], place: Place, value: object) -> BaseModel | None:
        table = self._known(model, place, self._reader.table(place, value))
        outside = self._reader.sources.secrets.get((*place, PASSWORD))
        if outside is not None and PASSWORD in fields_of(model):
            table[PASSWORD] = outside.get_secret_value()
        made = self._reader.options(model, place, table)
        if made is not None and PASSWORD in fields_of(model):
            # Looked at now, so that a file that is missing or open to all is told before the first login.
            secret = self._vault.password_of(place, getattr(made, f"{PASSWORD}_file", None))
            if secret is not None:
                made = made.model_copy(update={PASSWORD: secret})
        return made

    def _folder(self, model: type[BaseModel], place: Place, keys: TargetKeys) -> BaseModel:
        """The folder's options are the target's own keys; rights go as text to a model that wants text."""
        shared = {key: value for key, value in dict(keys).items() if key in fields_of(model)}
        if "mode" in shared and str in set(kinds_of(fields_of(model)["mode"].annotation)):
            shared["mode"] = f"{keys.mode:04o}"
        made = self._reader.attempt(model, shared)
        if isinstance(made, ValidationError):
            self._reader.note(model, place, made)
            return NoOptions()
        return made

    def _known(
        self, model: type[BaseModel], place: Place, table: Mapping[str, object], side: str = ""
    ) -> dict[str, object]:
        """``table`` without the keys that ``model`` does not have on this side; each of those is noted."""
        keys = fields_of(model, side)
        known = (*_OWN[side].model_fields, *keys) if side else keys
        for key in table:
            if key not in keys:
                self._reader.unknown((*place, key), known, self._hint_at_side(model, place, key))
        return {key: value for key, value in table.items() if key in keys}

    def _hint_at_side(self, model: type[BaseModel], place: Place, key: str) -> str:
        if key in fields_of(model):
            other = "answer" if place[-1] == "order" else "order"
            return f"it belongs in [{'.'.join(str(part) for part in (*place[:-1], other))}]"
        owners = sorted(name for name, one in self._shelves.formats.items() if key in fields_of(one))
        return f"it is an option of {' and '.join(owners)}" if owners else ""

    def _refuse(self, place: Place, name: str, known: Mapping[str, object]) -> None:
        hint = meant(name, known) or f"known: {', '.join(sorted(known))}"
        self._reader.fault(place, f'"{name}" is not a {place[-1]}', hint)

    def _refuse_side(self, place: Place, name: str, known: Mapping[str, object]) -> None:
        """Refuse a format that is not there, or that has only the other side."""
        if name not in self._shelves.formats:
            self._refuse(place, name, known)
            return
        does, other = ("write", "read") if name in self._shelves.formats_for(WRITE) else ("read", "write")
        self._reader.fault(place, f'"{name}" can only {does}', f"to {other}: {', '.join(sorted(known))}")

    def _order(self, place: Place, value: object, shared: Mapping[str, object]) -> Order:
        """``shared`` are keys of the target that some formats have as an option; one that stands here too counts."""
        keys, rest = self._split(OrderKeys, place, self._reader.table(place, value), {})
        model = self._shelves.formats_for(WRITE).get(keys.format, NoOptions)
        told = {key: item for key, item in shared.items() if key in fields_of(model, WRITE)}
        options = self._one_format(place, keys.format, {**told, **rest}, WRITE)
        return Order.model_construct(**dict(keys), options=options or NoOptions())

    def _answer(self, place: Place, value: object, directory: str) -> Answer:
        table = self._reader.table(place, value)
        defaults = _folders(table, directory, ("archive", "quarantine"))
        keys, rest = self._split(AnswerKeys, place, table, defaults)
        if keys.format == AUTO:
            readers = self._any_format(place, rest)
        else:
            options = self._one_format(place, keys.format, rest, READ)
            readers = {keys.format: options} if options else {}
        return Answer.model_construct(**dict(keys), options=plain(rest), readers=readers)

    def _enrich(self, place: Place, value: object) -> Enrich:
        keys = self._reader.section(EnrichKeys, place, self._reader.table(place, value))
        return Enrich.model_construct(**dict(keys), home=self._reader.sources.home)

    def _one_format(self, place: Place, name: str, rest: Mapping[str, object], side: str) -> BaseModel | None:
        known = self._shelves.formats_for(side)
        if name not in known:
            self._refuse_side((*place, "format"), name, {**known, **({AUTO: None} if side == READ else {})})
            return None
        return self._reader.options(known[name], place, self._known(known[name], place, rest, side))

    def _any_format(self, place: Place, rest: Mapping[str, object]) -> dict[str, BaseModel]:
        """The options of every format that can read with what is given; one that needs more is left out."""
        formats = self._shelves.formats_for(READ)
        keys = {key for model in formats.values() for key in fields_of(model, READ)}
        for key in rest:
            if key not in keys:
                known = (*AnswerKeys.model_fields, *keys)
                self._reader.unknown((*place, key), known, self._home_of(key, str(place[1])))
        tries = {
            name: self._reader.attempt(model, {key: rest[key] for key in rest if key in fields_of(model, READ)})
            for name, model in formats.items()
        }
        readers = {name: made for name, made in tries.items() if not isinstance(made, ValidationError)}
        tables = [key for key, value in rest.items() if isinstance(value, Mapping)]
        taken = {key for name in readers for key in tables if key in fields_of(formats[name], READ)}
        for name, refusal in tries.items():
            if isinstance(refusal, ValidationError) and not (_only_needs_more(refusal) or _is_for(taken, refusal)):
                self._reader.note(
                    formats[name], place, refusal, f'so says {name}; with format = "{name}" only that one counts'
                )
        self._reader.note_given(place, rest)
        return readers


def _only_needs_more(error: ValidationError) -> bool:
    return all(item["type"] == "missing" and len(item["loc"]) == 1 for item in error.errors())


def _folders(table: Mapping[str, object], directory: str, below: tuple[str, ...]) -> dict[str, object]:
    """The default of ``directory`` and of the folders that lie in it unless somebody says otherwise."""
    base = table.get("directory", directory)
    inner = {name.lstrip("."): f"{base}/{name}" for name in below if isinstance(base, str) and base}
    return {"directory": directory, **inner}


def plain(value: Mapping[str, object]) -> dict[str, object]:
    """``value`` with text from outside as ordinary text."""
    return {key: str(item) if isinstance(item, Text) else item for key, item in value.items()}


def _is_for(taken: set[str], error: ValidationError) -> bool:
    """True when each table that was refused is one that another format took, as ``paths`` of XML and of JSON."""
    return all(item["loc"] and str(item["loc"][0]) in taken for item in error.errors())
