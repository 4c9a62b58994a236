"""A shelf of tiny formats and transports, and short ways to load a text as settings."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bridge.config import Config, ConfigFaults, Shelves, load

READ: dict[str, JsonValue] = {"side": "read"}
WRITE: dict[str, JsonValue] = {"side": "write"}


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid")

    each: Literal["order", "line"] = "order"
    source: str = Field("", alias="from")


class Delimited(BaseModel):
    model_config = ConfigDict(extra="forbid")

    encoding: str = "utf-8"
    delimiter: str = ";"
    header: bool = True
    newline: Literal["lf", "crlf"] = Field("crlf", json_schema_extra=WRITE)
    record: tuple[Record, ...] = Field((), json_schema_extra=WRITE)
    columns: dict[str, str] = Field(default_factory=dict, json_schema_extra=READ)


class Edifact(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sender: str = Field("", json_schema_extra=WRITE)
    encoding: Literal["utf-8", "latin-1"] = "utf-8"
    release: int = 96


class Xml(BaseModel):
    model_config = ConfigDict(extra="forbid")

    root: str = Field(json_schema_extra=READ)


class Template(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"side": "write"})

    file: Path = Path("order.txt")


class Folder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    directory: Path
    staging: Path
    mode: str = "0640"


class Sftp(BaseModel):
    model_config = ConfigDict(extra="forbid")

    host: str
    port: int = 22
    key_file: Path | None = None


SHELVES = Shelves(
    formats={"delimited": Delimited, "edifact": Edifact, "xml": Xml, "template": Template},
    transports={"folder": Folder, "sftp": Sftp},
)


def write(folder: Path, text: str, name: str = "config.toml") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    return file


def load_text(
    folder: Path,
    text: str = "",
    environ: Mapping[str, str] | None = None,
    overrides: Iterable[tuple[str, object]] = (),
) -> Config:
    return load(write(folder, text), SHELVES, environ or {}, None, overrides)


def faults_of(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    """The lines of the faults, with the folder's name cut off."""
    with pytest.raises(ConfigFaults) as caught:
        load_text(folder, text, environ)
    return [line.replace(f"{folder}/", "") for line in caught.value.lines()]
