"""Publishes three files into a folder, for a kernel that misbehaves meanwhile; run as a script with a place.

Prints what the probe said, how each step ended, which files the ERP is thought to have taken, and what lies where.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import Awaitable
from pathlib import Path

from bridge.transports import FileNames, Parcel, PausedError, Step, folder

NAMES = ("a.csv", "b.csv", "c.csv")


async def ends(steps: Awaitable[list[Step]]) -> list[str]:
    return [f"{step.end.value} {step.detail}".strip() for step in await steps]


async def publish(place: Path) -> dict[str, object]:
    outbox, staging = place / "outbox", place / "outbox" / ".staging"
    transport = folder.build(folder.Options(directory=outbox, staging=staging))
    parcels = [
        Parcel(number, name, f"{name}.part", "", name.encode(), hashlib.sha256(name.encode()).hexdigest())
        for number, name in enumerate(NAMES)
    ]
    told: dict[str, object] = {}
    try:
        await transport.plant("an identity", replace=False)
        told["how"] = await transport.probe("an identity")
        told["staged"] = await ends(transport.stage(parcels))
        told["first"] = await ends(transport.publish(parcels))
        told["second"] = await ends(transport.publish(parcels))
        told["missing"] = sorted(await transport.missing(NAMES))
        told["found"] = found(outbox)
        held = await transport.hold([FileNames(0, "a.csv", "a.csv.part", "")])
        told["held"] = held[0].value
    except PausedError as error:
        told["paused"] = error.line()
    await transport.close()
    return {"found": found(outbox), **told}


def found(outbox: Path) -> list[str]:
    return sorted(path.name for path in outbox.glob("*.csv"))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(publish(Path(sys.argv[1])))))  # noqa: T201 - its result
