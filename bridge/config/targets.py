"""The settings of shops and ERPs: ``[applications.NAME]`` and ``[targets.NAME]`` with what each shelf adds.

Not for: reading them (``reader.py``, ``build.py``); these are the frozen results.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, SerializeAsAny

from bridge.config.models import Section
from bridge.config.neutral import flat, flat_maps
from bridge.config.units import FileMode, FilePath, Filled, Names, Size, SomeTime

AUTO = "auto"


def _by_name(value: object) -> object:
    return dict(flat(value)) if isinstance(value, Mapping) else value


def _maps_by_name(value: object) -> object:
    return dict(flat_maps(value)) if isinstance(value, Mapping) else value


class ApplicationKeys(Section):
    """``[applications.NAME]``: a shop whose orders are taken."""

    key: Filled = Field(
        "123e4567-e89b-12d3-a456-426614174000",
        description="Header.ApplicationKey of the shop's orders.",
    )
    target: str = Field("erp", description="Target whose answer confirms the order.")
    also: Names = Field((), description="Further targets that get a copy.")
    application_id: int = Field(0, ge=0, description="Norce's number of the shop, where reports need it.")


class Application(ApplicationKeys):
    """``[applications.NAME]`` and its name."""

    name: str


class OrderKeys(Section):
    """``[targets.T.order]``: how an order becomes a file; further keys belong to the format."""

    format: str = Field("delimited", description="Format of the order's file.")


class Order(OrderKeys):
    """``[targets.T.order]`` with the options of its format."""

    options: SerializeAsAny[BaseModel]

    def options_for(self, name: str) -> BaseModel:
        """The options for the format ``name``. Raises ``KeyError`` for any format but this target's."""
        if name != self.format:
            raise KeyError(name)
        return self.options


class AnswerKeys(Section):
    """``[targets.T.answer]``: how the ERP answers; further keys belong to the format."""

    directory: FilePath = Field(Path("inbox"), description="Folder into which the ERP writes.")
    patterns: Names = Field(
        ("*",), min_length=1, description="Names to take, with * and ?, case counts; others are left alone."
    )
    format: str = Field(AUTO, description="Format of the answers; auto: told by first bytes and root element.")
    archive: FilePath = Field(Path("inbox/archive"), description="Where files go that were read.")
    quarantine: FilePath = Field(Path("inbox/quarantine"), description="Where files go that need a person.")
    finished: Literal["quiet", "marker", "rename"] = Field("quiet", description="How a whole file is told.")
    marker: str = Field("{name}.done", description='Name of the marker, with finished = "marker".')
    quiet_for: SomeTime = Field(timedelta(seconds=2), description="Unchanged this long: the file is whole.")
    patience: SomeTime = Field(timedelta(seconds=30), description="A file not yet whole is read again this long.")
    max_file: Size = Field(
        20 * 1024**2,
        description="Largest file that is read. Of rows under 12 letters and EDI segments under 6 on the average, "
        "a file may hold 50,000.",
    )


class Answer(AnswerKeys):
    """``[targets.T.answer]`` with the options of each format that may read it.

    ``options`` is what the file says beyond the keys above, as it was written; ``readers`` is what each format made
    of it: one format, or with ``auto`` each that can work with what is given.
    """

    options: Mapping[str, object]
    readers: Mapping[str, SerializeAsAny[BaseModel]]

    def options_for(self, name: str) -> BaseModel:
        """The options for the format ``name``. Raises ``KeyError`` for a format that does not read here."""
        return self.readers[name]


class EnrichKeys(Section):
    """``[targets.T.enrich]``: what is changed in an order before this target's file of it is made."""

    hook: str = Field("", description="Function `module:function` that takes the order and returns it changed.")
    drop: Names = Field((), description="Facts that are left out.")
    defaults: Annotated[dict[str, str | int], BeforeValidator(_by_name)] = Field(
        {},
        description="Values for facts that are missing.",
    )
    maps: Annotated[dict[str, dict[str, str | int]], BeforeValidator(_maps_by_name)] = Field(
        {},
        description='Other words for the values of a fact; `"*"` stands for any that is not named.',
    )
    derive: Annotated[dict[str, str], BeforeValidator(_by_name)] = Field(
        {},
        description="Facts that are put together of others, named in braces.",
    )


class Enrich(EnrichKeys):
    """``[targets.T.enrich]`` and the folder of the file it stands in, where hooks are looked for."""

    home: Path = Path()


class TargetKeys(Section):
    """``[targets.NAME]``: an ERP to serve."""

    transport: str = Field("folder", description="How the ERP is reached.")
    directory: FilePath = Field(Path("outbox"), description="Folder of finished files.")
    staging: FilePath = Field(Path("outbox/.staging"), description="Folder of files being written.")
    file_name: str = Field(
        "ORDERS_{ref}_{control:06}.csv",
        description="Name of an order's file. Each start takes control numbers from the next hundred on, so a gap is "
        "no file that went missing.",
    )
    marker: str = Field("", description="Name of an empty file written last; empty: none.")
    group: str = Field("", description="Unix group of finished files; empty: as it comes.")
    mode: FileMode = Field(0o640, description="Rights of finished files.")
    pick_up_within: SomeTime = Field(timedelta(minutes=30), description="Unfetched this long: an alert.")
    acknowledge_within: SomeTime = Field(timedelta(hours=4), description="Unanswered this long: an alert.")
    confirm_on: Literal["answer", "taken", "never"] = Field(
        "answer",
        description="What confirms an order: the ERP's answer, its fetching the file, or only a person. Fetched is "
        "what has gone from the outbox, whoever took it.",
    )
    max_waiting_files: int = Field(5000, ge=1, description="More waiting: new orders are answered 503.")
    test_indicator: bool = Field(
        default=True,
        description="Whether a file says that it is a test, where its format can (UNB 0035, ISA15, TEST).",
    )


class Target(TargetKeys):
    """``[targets.NAME]`` with its name, its two formats, its rules and the options of its transport."""

    name: str
    order: Order
    answer: Answer
    enrich: Enrich
    transport_options: SerializeAsAny[BaseModel]


def plain_key(key: str) -> str:
    """An application key as it is compared: GUIDs come with braces or without, in either case."""
    return key.strip().strip("{}").lower()
