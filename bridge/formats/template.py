"""Orders by a merchant's own template, in a fenced form of Jinja2; for layouts that no other format foresees.

The template is rendered by a process of its own, within limits of time, memory and size. It must write two sample
orders, a full one and a bare one, before it is used.

Not for: reading; a target that writes by a template names another format for its answers, or none.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridge.errors import ErrorName, PermanentError
from bridge.formats._options import TextOptions, known_zone
from bridge.formats._protocol import Format, Unreadable, not_renderable
from bridge.formats._template import sample
from bridge.formats._template.facts import facts_of
from bridge.formats._template.frames import Limits, Rules
from bridge.formats._template.places import texts_of
from bridge.formats._template.worker import Stopped, Worker
from bridge.formats._text import encode, known_encoding, shown
from bridge.model import Reading, SalesOrder

__all__ = ["Options", "build"]

_LARGEST = 64 * 1024  # more takes longer to read than an order may take
_ENDS = (".j2", ".jinja", ".jinja2", ".tmpl", ".template")
_LIMITS = Limits()


def _readable(file: Path | None) -> Path | None:
    """The path itself when a template can be read there; else ``ValueError``."""
    if file is not None:
        _source_of(file)
    return file


def _source_of(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise ValueError(f'"{shown(str(file))}" is larger than {_LARGEST // 1024} KiB, which is no template')
        return content.decode("utf-8-sig")
    except OSError as error:
        raise ValueError(f'"{shown(str(file))}" cannot be read: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise ValueError(f'"{shown(str(file))}" is not UTF-8 text (byte {error.start})') from error


class Options(BaseModel):
    """Settings of ``template``."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"side": "write"})

    file: Annotated[Path | None, AfterValidator(_readable)] = Field(
        default=None,
        description="The template, UTF-8, at most 64 KiB. Without one a small sample is written, to start from.",
    )
    escape: Literal["auto", "xml", "csv", "refuse"] = Field(
        default="auto",
        description="What is done to a text of the order that the template prints without a filter: escaped for XML, "
        "quoted as in CSV, or the order refused where it holds a separator. auto: by the template's name, such as "
        "order.xml.j2, or a first sign <; else refuse.",
    )
    separators: str | None = Field(
        default=None,
        max_length=40,
        description="The signs that part the fields of the file. Without it: those of ;|,^~*+:'\"<>&\\ that stand "
        "right beside a tag of the template.",
    )
    encoding: Annotated[str, AfterValidator(known_encoding)] = Field(
        default="auto",
        description="Python's name of the encoding of the file. auto writes UTF-8.",
    )
    newline: Literal["lf", "crlf"] = Field(default="lf", description="How a written line ends.")
    time_zone: Annotated[str, AfterValidator(known_zone)] = Field(
        default="Europe/Stockholm",
        description="The zone of the times in a written file.",
    )


def build(options: Options) -> Format:
    """The format with these settings, its process running.

    Raises ``PermanentError`` *config_invalid* when the template cannot write the two sample orders, by line and reason,
    and ``TransientError`` when there is no process to be had.
    """
    source, name = _chosen(options)
    bare = _bare_name(name)
    rules = Rules(_escape(options, bare, source), options.separators)
    made = _Template(options, Worker(source, rules, _LIMITS), name, bare.rpartition(".")[2] if "." in bare else "txt")
    made.prove()
    return made


def _chosen(options: Options) -> tuple[str, str]:
    """The template and what it is called."""
    if options.file is None:
        return sample.TEMPLATE, sample.NAME
    try:
        return _source_of(options.file), options.file.name
    except ValueError as error:
        raise _wrong(str(error), str(options.file)) from error


def _bare_name(name: str) -> str:
    """The name in small letters and without the end that says that it is a template."""
    folded = name.lower()
    return next((folded.removesuffix(end) for end in _ENDS if folded.endswith(end)), folded)


def _escape(options: Options, name: str, source: str) -> str:
    if options.escape != "auto":
        return options.escape
    if name.endswith(".xml") or source.lstrip().startswith("<"):
        return "xml"
    return "csv" if name.endswith(".csv") else "refuse"


def _wrong(what: str, subject: str) -> PermanentError:
    hint = "Mend the template, then: erp-bridge check"
    return PermanentError(what, name=ErrorName.CONFIG_INVALID, subject=subject, hint=hint)


@dataclass(frozen=True, slots=True)
class _Template:
    _options: Options
    _worker: Worker
    _name: str
    _end: str
    waits: bool = True

    @property
    def extension(self) -> str:
        """What the template's name ends in before ``.j2``."""
        return self._end if self._end.isascii() and self._end.isalnum() else "txt"

    def prove(self) -> None:
        """Start the process and write the two sample orders; raises as :func:`build` does."""
        try:
            self._worker.start()
        except Stopped as stopped:
            raise _wrong(f"{self._at(stopped)}: {stopped.what}", self._name) from stopped
        for called, order in (("full", sample.full_order()), ("bare", sample.bare_order())):
            try:
                self._proven(order)
            except Stopped as stopped:
                what = f"{self._at(stopped)}: {stopped.what} (writing the {called} sample order)"
                raise _wrong(what, self._name) from stopped

    def render(self, order: SalesOrder, control: int, at: datetime) -> bytes:
        """What the template writes of the order."""
        facts = facts_of(order, (control, at), self._worker.names, TextOptions(time_zone=self._options.time_zone))
        try:
            text = self._worker.ask(facts)
        except Stopped as stopped:
            raise self._refusal(stopped) from stopped
        return self._encoded(text, facts)

    def read(self, content: bytes) -> Reading:
        """Refuse: ``template`` is for writing."""
        raise Unreadable("format", '"template" can only write', "Set the format in the target's answer section")

    def recognises(self, content_head: bytes) -> bool:
        """Nothing: it reads no file."""
        return False

    def is_whole(self, content: bytes) -> bool:
        """True for what holds anything: it reads no file, so waiting does not help."""
        return bool(content)

    def _proven(self, order: SalesOrder) -> None:
        """A sample may be refused by one of its fields, as by a map that does not know it; no template's fault is."""
        facts = facts_of(order, (sample.CONTROL, sample.AT), self._worker.names, TextOptions())
        try:
            text = self._worker.ask(facts)
        except Stopped as stopped:
            if not stopped.field:
                raise
            return
        try:
            self._encoded(text, facts)
        except PermanentError as error:
            raise Stopped(error.message) from error

    def _encoded(self, text: str, facts: dict[str, object]) -> bytes:
        if not text:
            raise not_renderable("order_ref", "gets no file, since the template writes nothing", _MEND)
        ended = text.replace("\n", "\r\n") if self._options.newline == "crlf" else text
        try:
            return encode(ended, self._options.encoding)
        except UnicodeEncodeError as error:
            letter = error.object[error.start]
            raise not_renderable(
                next((path for path, one in texts_of(facts["order"]) if letter in one), self._name),
                f'holds "{shown(letter)}" (U+{ord(letter):04X}), which {self._options.encoding} cannot write',
                'Set encoding = "utf-8" in the target\'s order section, if the ERP reads it, or mend the text',
            ) from error

    def _refusal(self, stopped: Stopped) -> PermanentError:
        if stopped.field:
            return not_renderable(stopped.field, f"{stopped.what} ({self._at(stopped)})", stopped.remedy)
        return not_renderable(
            "order_ref", f"cannot be written: {self._at(stopped)}: {stopped.what}", stopped.remedy or _MEND
        )

    def _at(self, stopped: Stopped) -> str:
        return f"{self._name}, line {stopped.line}" if stopped.line else self._name


_MEND = "Mend the template, try it with: erp-bridge preview, then replay the order: erp-bridge rejects list"
