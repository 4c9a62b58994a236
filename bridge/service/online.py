"""What ``check --online`` and ``target probe`` ask of Norce and of each target's place without a running service.

Not for: keeping what was found; only a running bridge writes its journal.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from bridge import transports
from bridge.clock import SystemClock
from bridge.config import Config
from bridge.counters import Counters
from bridge.errors import BridgeError
from bridge.journal import targets
from bridge.journal.records import TargetMemory
from bridge.journal.threads import looked_into
from bridge.norce.client import NorceClient
from bridge.ops.checks import Check, Mark
from bridge.service import parts
from bridge.transports import document, examined

_ALWAYS = ("server", "publishing", "delete", "file events")
"""The findings that are shown also where they are well: login, rename, delete, events."""

_CALLED = {"server": "login", "publishing": "rename"}


async def probe(config: Config, name: str) -> dict[str, Any]:
    """Examine a target from this process, by what the journal remembers of it; the document says that it is not kept.

    Raises a :class:`~bridge.errors.BridgeError` when the journal cannot be read.
    """
    target = config.targets[name]
    memory = await asyncio.to_thread(_memory, config, name)
    transport = transports.build(target.transport, target.transport_options)
    transport.pin(memory.host_key, memory.host_key_for)
    try:
        identity = memory.identity if memory.proven else None
        found = await examined(transport.examine(identity), parts.surroundings(target))
    finally:
        await transport.close()
    return {**document(name, found, SystemClock().now()), "kept": False}


def _memory(config: Config, name: str) -> TargetMemory:
    if not config.journal.database.exists():
        return TargetMemory(None, proven=False, paused=None)
    with looked_into(config.journal.database) as db:
        return targets.memory(db, name)


async def check_norce(config: Config) -> Check:
    """One real token request to Norce."""
    if not config.norce.enabled:
        return Check(Mark.NOTE, "Norce token", "not asked for: [norce] enabled = false")
    try:
        async with NorceClient(parts.access(config), SystemClock(), Counters()) as client:
            await client.log_in()
    except BridgeError as error:
        return Check(Mark.BAD, "Norce token", error.message, error.hint, error.name.value)
    return Check(Mark.OK, "Norce token", f"given to {config.norce.client_id} by {config.norce.token_url}")


def checks_of(found: Mapping[str, Any]) -> Iterator[Check]:
    """The lines of one target's document: what is always told, and whatever is not well."""
    for row in found["findings"]:
        mark = Mark[row["mark"].upper()]
        if mark is Mark.OK and row["name"] not in _ALWAYS:
            continue
        name = f"{_CALLED.get(row['name'], row['name'])} {found['target']}"
        seen = f"{row['found']}: {row['means']}"
        yield Check(mark, name, seen, row["remedy"], (found["error"] or "") if mark is Mark.BAD else "")
