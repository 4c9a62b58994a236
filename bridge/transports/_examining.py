"""An examination of a target as a whole, its drop point and its inbox, and the document that people are shown of it.

Not for: the steps; each transport has its own.
"""

import asyncio
import importlib
from collections.abc import Awaitable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bridge.clock import iso
from bridge.transports._findings import Findings
from bridge.transports._findings_changes import Change
from bridge.transports._findings_words import Grade, how, rows


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What belongs to a target besides its drop point: the inbox, and whether its files have a marker."""

    inbox: Path
    has_marker: bool


async def examined(examination: Awaitable[Findings], around: Surroundings) -> Findings:
    """The findings of a drop point with those of its inbox."""
    found = replace(await examination, has_marker=around.has_marker)
    sight = importlib.import_module("bridge.transports._inbox_sight")  # heavy, and most commands never look
    whole: Findings = await asyncio.to_thread(sight.with_inbox, found, around.inbox)
    return whole


def document(target: str, found: Findings, at: datetime, changed: Sequence[Change] = ()) -> dict[str, Any]:
    """An examination as one JSON document; ``mark`` is ``ok``, ``note`` or ``bad``."""
    told = [
        {
            "name": row.name,
            "mark": row.grade.value,
            "found": row.found,
            "means": _named(row.means, target),
            "remedy": _named(row.remedy, target),
        }
        for row in rows(found)
    ]
    return {
        "target": target,
        "transport": found.transport,
        "place": found.place,
        "probed_at": iso(at),
        "ok": all(row["mark"] != Grade.BAD.value for row in told),
        "strategy": None if found.trouble else found.strategy.value,
        "publishing": None if found.trouble else how(found.strategy),
        "error": found.trouble.error if found.trouble else None,
        "findings": told,
        "changed": [asdict(one) for one in changed],
        "facts": asdict(found),
    }


def _named(text: str, target: str) -> str:
    """The text with the target's own name in it, so that it can be copied."""
    return text.replace("targets.NAME", f"targets.{target}").replace("trust NAME", f"trust {target}")
