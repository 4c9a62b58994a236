"""Where reading verbs read: the journal's file on this machine, or the admin API of another bridge.

Not for: changing anything; acts go through :class:`~bridge.cli._client.AdminApi` alone.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from bridge.cli._client import AdminApi, address_of, admin_api, path_of
from bridge.cli._exits import CallRefusedError
from bridge.cli._globals import Globals
from bridge.config import Config
from bridge.errors import BridgeError, ErrorName, TransientError
from bridge.journal import overview, reading
from bridge.journal.threads import looked_into
from bridge.ops import documents, folders
from bridge.ops.documents import Document
from bridge.ops.filters import filter_of
from bridge.ops.limits import limits_of, overdue_of

Payload = tuple[bytes, str]
"""Bytes as they were, and their content type."""


class Source(Protocol):
    """What a reading verb asks; both sources give the same documents."""

    def order(self, ref: str) -> Document:
        """One order with all that belongs to it."""
        ...

    def orders(self, query: Mapping[str, str]) -> Document:
        """A page of the list."""
        ...

    def payload(self, ref: str, what: str, number: int | None = None) -> Payload:
        """The bytes of a ``request``, a ``file`` (the first unless numbered) or an ``answer`` (else the latest)."""
        ...

    def rejects(self) -> list[Document]:
        """The open rejects."""
        ...

    def reject(self, number: int) -> Document:
        """One reject's facts."""
        ...

    def reject_body(self, number: int) -> Payload:
        """One reject's body."""
        ...

    def status(self) -> Document:
        """Links, counts, oldest waits, alerts."""
        ...


class JournalFile:
    """The journal's own file, opened so that it can never be written."""

    def __init__(self, config: Config, api: AdminApi) -> None:
        self._config = config
        self._api = api
        self._database = config.journal.database

    def _opened(self) -> AbstractContextManager[Any]:
        return looked_into(self._database)

    def order(self, ref: str) -> Document:
        """One order with all that belongs to it."""
        with self._opened() as db:
            return documents.order(reading.dossier(db, ref))

    def orders(self, query: Mapping[str, str]) -> Document:
        """A page of the list."""
        overdue = overdue_of(limits_of(self._config), datetime.now(UTC)) if query.get("overdue") else ()
        with self._opened() as db:
            return documents.page(reading.list_orders(db, filter_of(query, overdue)))

    def payload(self, ref: str, what: str, number: int | None = None) -> Payload:
        """The bytes of a ``request``, a ``file`` (the first unless numbered) or an ``answer`` (else the latest)."""
        with self._opened() as db:
            match what:
                case "request":
                    found = reading.request_of(db, ref)
                case "file":
                    found = reading.file_of(db, ref, number or 1)
                case _:
                    found = reading.answer_of(db, ref, number or 0)
        return found.content, found.content_type

    def rejects(self) -> list[Document]:
        """The open rejects."""
        with self._opened() as db:
            return documents.rejects(overview.list_rejects(db))

    def reject(self, number: int) -> Document:
        """One reject's facts."""
        with self._opened() as db:
            return documents.reject(overview.the_reject(db, number))

    def reject_body(self, number: int) -> Payload:
        """One reject's body."""
        with self._opened() as db:
            found = overview.reject_body(db, number)
        return found.content, found.content_type

    def status(self) -> Document:
        """From the running service where there is one, since only it knows what is paused; else from the file."""
        running = overview.owner_of(self._database) is not None
        if running:
            try:
                told: Document = self._api.get("/status").document()
            except CallRefusedError:
                raise  # it runs and refuses us: what the file tells would hide its pauses
            except BridgeError:
                pass  # it may be starting or stopping; the file still tells
            else:
                return told
        quarantined = folders.count_quarantined(folders.folders_of(self._config))
        with self._opened() as db:
            sight = documents.Sight(overview.open_alerts(db), (), quarantined, running=running)
            return documents.status(overview.totals(db), sight)


class ApiSource:
    """Another bridge, through its admin API."""

    def __init__(self, api: AdminApi) -> None:
        self._api = api

    def _document(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        return self._api.get(path, query).document()

    def _payload(self, path: str) -> Payload:
        reply = self._api.get(path)
        return reply.content, reply.content_type

    def order(self, ref: str) -> Document:
        """One order with all that belongs to it."""
        found: Document = self._document(path_of("orders", ref))
        return found

    def orders(self, query: Mapping[str, str]) -> Document:
        """A page of the list."""
        found: Document = self._document("/orders", query)
        return found

    def payload(self, ref: str, what: str, number: int | None = None) -> Payload:
        """The bytes of a ``request``, a ``file`` (the first unless numbered) or an ``answer`` (else the latest)."""
        tail = {"request": "request", "file": f"files/{number or 1}", "answer": f"answers/{number or 0}"}[what]
        return self._payload(path_of("orders", ref, tail))

    def rejects(self) -> list[Document]:
        """The open rejects."""
        found: list[Document] = self._document("/rejects")
        return found

    def reject(self, number: int) -> Document:
        """One reject's facts."""
        found: Document = self._document(f"/rejects/{number}")
        return found

    def reject_body(self, number: int) -> Payload:
        """One reject's body."""
        return self._payload(f"/rejects/{number}/body")

    def status(self) -> Document:
        """Links, counts, oldest waits, alerts."""
        found: Document = self._document("/status")
        return found


def source_of(chosen: Globals, config: Config) -> Source:
    """The journal's file when it lies here and no other bridge is named; else the admin API."""
    api = admin_api(chosen, config)
    if chosen.url is not None:
        return ApiSource(api)
    journal_here(config)
    return JournalFile(config, api)


def journal_here(config: Config) -> Path:
    """The journal's file on this machine. Raises :class:`TransientError` when there is none."""
    if config.journal.database.exists():
        return config.journal.database
    raise TransientError(
        f"there is no journal at {config.journal.database}, and so no bridge that ever ran with these settings",
        name=ErrorName.SERVICE_UNREACHABLE,
        hint=f"start one: erp-bridge run; or name another with --url (here it would be {address_of(config)})",
    )
