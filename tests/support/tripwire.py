"""A transport that does what another one does and, on cue, stumbles, stops short or waits."""

from collections.abc import Awaitable, Callable, Sequence

from bridge.transports import FileNames, Findings, Parcel, Step, Transport, Whereabouts

Cue = Callable[[Sequence[Parcel]], Awaitable[None]]


class Tripwire:
    """`before` and `after` hold, by the name of a call, what happens around it; `calls` counts the calls."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.before: dict[str, Cue] = {}
        self.after: dict[str, Cue] = {}
        self.calls: list[str] = []

    @property
    def is_connected(self) -> bool | None:
        return self._inner.is_connected

    def pin(self, shown: str, configured: str) -> None:
        self._inner.pin(shown, configured)

    async def plant(self, identity: str, *, replace: bool) -> None:
        await self._cue("plant", self.before, ())
        await self._inner.plant(identity, replace=replace)
        await self._cue("plant", self.after, ())

    async def probe(self, identity: str) -> str:
        return await self._inner.probe(identity)

    async def examine(self, identity: str | None) -> Findings:
        return await self._inner.examine(identity)

    async def stage(self, parcels: Sequence[Parcel]) -> list[Step]:
        await self._cue("stage", self.before, parcels)
        steps = await self._inner.stage(parcels)
        await self._cue("stage", self.after, parcels)
        return steps

    async def publish(self, parcels: Sequence[Parcel]) -> list[Step]:
        await self._cue("publish", self.before, parcels)
        steps = await self._inner.publish(parcels)
        await self._cue("publish", self.after, parcels)
        return steps

    async def missing(self, names: Sequence[str]) -> set[str]:
        return await self._inner.missing(names)

    async def staged(self) -> set[str]:
        return await self._inner.staged()

    async def hold(self, files: Sequence[FileNames]) -> dict[int, Whereabouts]:
        await self._cue("hold", self.before, ())
        found = await self._inner.hold(files)
        await self._cue("hold", self.after, ())
        return found

    async def release(self, files: Sequence[FileNames]) -> dict[int, Whereabouts]:
        await self._cue("release", self.before, ())
        found = await self._inner.release(files)
        await self._cue("release", self.after, ())
        return found

    async def withdraw(self, files: Sequence[FileNames]) -> None:
        await self._inner.withdraw(files)

    async def wishes(self) -> set[str]:
        return await self._inner.wishes()

    async def close(self) -> None:
        await self._inner.close()

    async def _cue(self, call: str, cues: dict[str, Cue], parcels: Sequence[Parcel]) -> None:
        if cues is self.before:
            self.calls.append(call)
        if call in cues:
            await cues[call](parcels)
