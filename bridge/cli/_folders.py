"""Where verbs read folders: on this machine, or through the admin API of another bridge.

Not for: changing anything.
"""

from datetime import UTC, datetime
from typing import Any, Protocol

import click

from bridge.cli._client import AdminApi, path_of
from bridge.cli._globals import Globals
from bridge.config import Config
from bridge.ops import folders

File = dict[str, Any]


class FolderSource(Protocol):
    """What verbs ask of folders; both sources give the same documents."""

    def quarantined(self) -> list[File]:
        """The files in quarantine."""
        ...

    def content(self, name: str) -> bytes:
        """The bytes of one of them."""
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

    def content(self, name: str) -> bytes:
        """The bytes of one of them."""
        return folders.content_of(self._folders, name)

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

    def content(self, name: str) -> bytes:
        """The bytes of one of them."""
        return self._api.get(path_of("quarantine", name)).content

    def files(self, kind: str, older: str) -> list[File]:
        """The files of one kind of folder, or of all."""
        query = {name: value for name, value in (("folder", kind), ("older", older)) if value}
        found: list[File] = self._api.get("/files", query).document()
        return found


def folder_source(chosen: Globals, config: Config, api: AdminApi) -> FolderSource:
    """This machine's folders, unless another bridge is named."""
    return ThereSource(api) if chosen.url is not None else HereSource(config)
