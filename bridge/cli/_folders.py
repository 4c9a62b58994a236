"""Where verbs read folders: on this machine, or through the admin API of another bridge.

Not for: changing anything.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import click

from bridge.cli._client import AdminApi
from bridge.cli._globals import Globals
from bridge.config import Config
from bridge.ops import folders

File = dict[str, Any]


class FolderSource(Protocol):
    """What verbs ask of folders; both sources give the same documents."""

    def quarantined(self) -> list[File]:
        """The files in quarantine."""
        ...

    def the_quarantined(self, name: str) -> File:
        """One of them."""
        ...

    def content(self, file: File) -> bytes:
        """Its bytes."""
        ...

    def files(self, kind: str, older: str) -> list[File]:
        """The files of one kind of folder, or of all."""
        ...


class HereSource:
    """The folders of the settings, on this machine."""

    def __init__(self, config: Config) -> None:
        self._folders = folders.folders_of(config)

    def quarantined(self) -> list[File]:
        """The files in quarantine."""
        return folders.quarantined(self._folders)

    def the_quarantined(self, name: str) -> File:
        """One of them."""
        return dict(folders.the_quarantined(self._folders, name))

    def content(self, file: File) -> bytes:
        """Its bytes."""
        return Path(file["path"]).read_bytes()

    def files(self, kind: str, older: str) -> list[File]:
        """The files of one kind of folder, or of all."""
        before = None
        if older:
            try:
                before = datetime.now(UTC) - folders.age(older)
            except ValueError as error:
                raise click.BadParameter(str(error), param_hint="--older") from None
        return folders.files_in(self._folders, kind, before)


class ThereSource:
    """Another bridge's folders."""

    def __init__(self, api: AdminApi) -> None:
        self._api = api

    def quarantined(self) -> list[File]:
        """The files in quarantine."""
        found: list[File] = self._api.get("/quarantine").document()
        return found

    def the_quarantined(self, name: str) -> File:
        """One of them."""
        matching: Mapping[str, File] = {file["name"]: file for file in self.quarantined()}
        if name not in matching:
            raise folders.not_in_quarantine(name)
        return matching[name]

    def content(self, file: File) -> bytes:
        """Its bytes."""
        return self._api.get(f"/quarantine/{quote(file['name'], safe='')}").content

    def files(self, kind: str, older: str) -> list[File]:
        """The files of one kind of folder, or of all."""
        query = {name: value for name, value in (("folder", kind), ("older", older)) if value}
        found: list[File] = self._api.get("/files", query).document()
        return found


def folder_source(chosen: Globals, config: Config, api: AdminApi) -> FolderSource:
    """This machine's folders, unless another bridge is named."""
    return ThereSource(api) if chosen.url is not None else HereSource(config)
