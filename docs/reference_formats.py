"""A page for each format of the shelf: its options, what stands inside them, the names for reading, and a sample.

Made from ``Options`` and the golden files of the tests. Not for: writing it (``reference.py`` does).
"""

import importlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from bridge import formats
from bridge.config.shape import fields_of, models_in, only_side_of, side_of
from bridge.formats._answer.fields import LINE_FIELDS, ORDER_FIELDS
from bridge.formats._layout.names import ORDER, PARTS, names_of

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]

_HERE = Path(__file__).resolve().parent
_GOLDEN = _HERE.parent / "tests/formats/golden"
_EXAMPLES = _HERE.parent / "examples"
_SIDES = {"": "both", "read": "reading", "write": "writing"}
_FREE_NAMES = {"columns", "records", "paths"}
_ABOUT_NAMES = (
    "Such a name stands for one fact of the answer. With a fact of a line in the same row, status, date and reason are "
    "the line's; in `paths` the facts of a line are called `lines.NAME`, and of the parts in which it "
    "comes, below `lines.schedules`, `lines.schedules.qty` and `lines.schedules.date`."
)
_ABOUT_SOURCES = (
    "What `from`, `join`, `sum` and `where` reach. Within a record for a line, its own names come first, then the "
    "order's. Besides these: `control`, `created_at`, `count_of_NAME` and `count_of_all`, `info.CODE`, "
    "and any field of Norce's by `raw.PATH`."
)


def pages() -> Iterator[tuple[str, str]]:
    """Each format with what its module says of itself."""
    for name in formats.available():
        module = importlib.import_module(f"bridge.formats.{name}")
        yield name, " ".join((inspect.getdoc(module) or name).partition("Not for:")[0].split()).replace("``", "`")


def body(name: str, table: Callable[[Sequence[str], Sequence[Sequence[object]]], list[str]]) -> list[str]:
    """The lines of a format's page below its opening."""
    lines: list[str] = []
    for heading, content in _parts(name):
        lines += [
            *([heading, ""] if heading else []),
            *([content] if isinstance(content, str) else table(*content)),
            "",
        ]
    return lines[:-1]


def _parts(name: str) -> Iterator[tuple[str, str | Table]]:
    """The parts of a format's page: a heading, and a text or a table below it."""
    options = formats.options_of(name)
    yield "## Options", (("key", "values", "for", "what for"), _rows(options, has_side=True))
    if not formats.reads(name):
        yield "", "It only writes: [targets.T.answer] names another format, or leaves that to `auto`."
    for title, model in _inner(options, set()):
        yield f"### In `{title}`", (("key", "values", "what for"), _rows(model))
    if "record" in fields_of(options):
        yield "## Names for writing", _ABOUT_SOURCES
        yield "", (("of the", "names"), [(word, _listed(names_of(kind))) for word, kind in _levels()])
    if _FREE_NAMES & set(fields_of(options)):
        yield "## Names for reading", _ABOUT_NAMES
        names = (("order", ORDER_FIELDS), ("line", LINE_FIELDS))
        yield "", (("of the", "names"), [(of, _listed(sorted(all_))) for of, all_ in names])
    yield "## Without options", "What is written for the order of Norce's guide:"
    yield "", _sample(name, "order")
    if formats.reads(name):
        yield "", "And an answer that is read:"
        yield "", _sample(name, "answer")
    if links := _examples(name):
        yield "## Examples", "Settings with golden files to start from: " + ", ".join(links) + "."


def _rows(model: type[BaseModel], *, has_side: bool = False) -> list[tuple[str, ...]]:
    return [
        (
            f"`{key}`",
            _listed(_values(field.annotation)),
            *([_SIDES[side_of(field) or only_side_of(model)]] if has_side else []),
            field.description or "",
        )
        for key, field in fields_of(model).items()
    ]


def _values(annotation: Any) -> list[str]:
    """The words that a key takes, when there are few."""
    if annotation is bool:
        return ["true", "false"]
    return [f'"{word}"' for word in get_args(annotation)] if get_origin(annotation) is Literal else []


def _listed(words: Sequence[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def _levels() -> Iterator[tuple[str, type]]:
    yield ORDER.word, ORDER.kind
    yield from ((word, kind) for parts in PARTS.values() for word, (_, kind) in parts.items() if word != "info")


def _inner(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The tables that options hold, each kind once."""
    for key, field in fields_of(model).items():
        for inner in models_in(field.annotation):
            if inner not in seen:
                seen.add(inner)
                yield key, inner
                yield from _inner(inner, seen)


def _sample(name: str, stem: str) -> str:
    file = next(one for one in (_GOLDEN / name).glob(f"{stem}.*") if not one.name.endswith(".expected.json"))
    return f"```\n{file.read_bytes().decode('utf-8', 'replace').replace(chr(13), '').rstrip()}\n```"


def _examples(name: str) -> list[str]:
    found = sorted(_EXAMPLES.glob("*/config.toml"))
    said = f'"{name}"'
    users = [one.parent.name for one in found if any(said in line for line in one.read_text("utf-8").splitlines())]
    return [f"[{one}](../../../examples/{one}/config.toml)" for one in users]
