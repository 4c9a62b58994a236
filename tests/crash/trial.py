"""One trial: a bridge is started, killed at a step, started again until it is done; then the books are compared."""

import asyncio
import contextlib
import signal
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.crash.world import CONFIG, Erp, Mother, Norce, post

DONE_WITHIN_S = 6.0
_RENDERED = "SELECT d.content FROM drops d JOIN orders o ON o.id = d.order_id WHERE o.order_ref = ?"
_APPLIED = """
    SELECT a.id FROM acknowledgements a JOIN orders o ON o.id = a.order_id
    WHERE o.order_ref = ? AND a.verdict = 'applied'"""
STARTS_AT_MOST = 6


@dataclass(frozen=True)
class Plan:
    """When to kill the first starts (``None``: not at all), how long the ERP waits, and which fault is planted."""

    kills: tuple[int | None, ...] = ()
    erp_waits_s: float = 0.0
    plant: str = ""
    refs: tuple[str, ...] = ("48447", "48448")


@dataclass
class Story:
    """What happened: who was answered OK, how often the process was killed, and how many steps a whole run made."""

    answered: set[str] = field(default_factory=set)
    killed: int = 0
    steps: int = 0
    complaints: list[str] = field(default_factory=list)


class Trial:
    def __init__(self, folder: Path, mother: Mother, norce: Norce, plan: Plan) -> None:
        self._folder = folder
        self._mother = mother
        self._norce = norce
        self._plan = plan
        self._erp = Erp(folder, plan.erp_waits_s)
        self.story = Story()

    async def run(self) -> Story:
        self._prepare()
        erp = asyncio.create_task(self._erp.keep_working())
        try:
            await self._live()
        finally:
            erp.cancel()
        self.story.complaints += self._compare()
        return self.story

    def _prepare(self) -> None:
        self._norce.calls.clear()
        self._folder.mkdir(parents=True)
        (self._folder / "inbox").mkdir()
        (self._folder / "outbox").mkdir()
        (self._folder / "config.toml").write_text(CONFIG.format(norce=self._norce.port))
        password = self._folder / "password"
        password.write_text("crash\n")
        password.chmod(0o600)

    async def _live(self) -> None:
        kills = list(self._plan.kills)
        for _ in range(STARTS_AT_MOST):
            kill_at = kills.pop(0) if kills else None
            plant = self._plan.plant if kill_at is not None else ""
            await self._mother.begin(self._folder / "config.toml", kill_at, plant)
            if await self._one_life():
                return
        self.story.complaints.append("it never got done")

    async def _one_life(self) -> bool:
        """True when this life was not killed and brought everything to its end."""
        heard = await self._mother.hear()
        life: asyncio.Task[None] | None = None
        while "ended" not in heard:
            if "ready" in heard:
                life = asyncio.create_task(self._be_done(heard["ready"][0]))
            self.story.steps = heard.get("steps", self.story.steps)
            heard = await self._mother.hear()
        if life is not None:
            life.cancel()
            await asyncio.wait([life])
        if heard["ended"] == -signal.SIGKILL:
            self.story.killed += 1
            return False
        if heard["ended"] != 0:
            self.story.complaints.append(f"it ended with {heard['ended']}: {(self._folder / 'log').read_text()[-800:]}")
        return True

    async def _be_done(self, port: int) -> None:
        """Send what is not answered yet, wait until the end is reached, and ask the bridge to stop."""
        async with aiohttp.ClientSession() as session:
            waiting = [ref for ref in self._plan.refs if ref not in self.story.answered]
            oks = await asyncio.gather(*(post(session, port, ref) for ref in waiting))
            self.story.answered |= {ref for ref, ok in zip(waiting, oks, strict=True) if ok}
        deadline = time.monotonic() + DONE_WITHIN_S
        while time.monotonic() < deadline and not self._is_done():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.01)
        self._mother.terminate()

    def _is_done(self) -> bool:
        return self._states() == dict.fromkeys(self._plan.refs, "reported") and self._is_tidy()

    def _is_tidy(self) -> bool:
        return not any((self._folder / "inbox").glob("ACK_*")) and not any((self._folder / "inbox/.work").glob("*"))

    def _states(self) -> dict[str, str]:
        return dict(self._ask("SELECT order_ref, state FROM orders"))

    def _ask(self, question: str, *about: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self._folder / "var/bridge.db", timeout=5)) as db:
            return db.execute(question, about).fetchall()

    def _compare(self) -> list[str]:
        """Nothing lost, nothing twice, nothing partial, every acknowledgement reported."""
        complaints = []
        for ref in self._plan.refs:
            complaints += self._compare_order(ref)
        lying = [path.name for path in (self._folder / "outbox").rglob("*.part")]
        complaints += [f"left in the staging folder: {name}" for name in lying]
        archived = [path.name for path in (self._folder / "inbox/archive").rglob("ACK_*")]
        if len(archived) != self._erp.answers:
            complaints.append(f"{self._erp.answers} answers given, in the archive: {archived}")
        return complaints

    def _compare_order(self, ref: str) -> list[str]:
        complaints = []
        fetched = [content for name, content in self._erp.fetched if f"_{ref}_" in name]
        if len(fetched) != 1:
            complaints.append(f"{ref}: the ERP got {len(fetched)} files")
        rendered = [content for (content,) in self._ask(_RENDERED, ref)]
        if rendered != fetched[:1]:
            complaints.append(f"{ref}: what the ERP got is not what the journal rendered")
        told = [call for call in self._norce.calls if call.get("ErpOrderNo") == f"SO-{ref}"]
        if not told or any(call["OrderStatus"] != "Confirmed" for call in told):
            complaints.append(f"{ref}: Norce was told {told}")
        if self._states().get(ref) != "reported":
            complaints.append(f"{ref}: stands at {self._states().get(ref)}")
        applied = self._ask(_APPLIED, ref)
        if len(applied) != 1:
            complaints.append(f"{ref}: applied {len(applied)} times")
        return complaints
