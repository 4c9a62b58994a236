"""One trial: a bridge is started, killed at a step, started again until it is done; then the books are compared."""

import asyncio
import contextlib
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.crash.lives import one_life
from tests.crash.people import LOST, Person, Scripts
from tests.crash.world import CONFIG, Erp, Mother, Norce, post

DONE_WITHIN_S = 6.0
_RENDERED = """
    SELECT d.file_name, d.content FROM drops d JOIN orders o ON o.id = d.order_id
    WHERE o.order_ref = ? AND (d.state <> 'withdrawn' OR d.taken_at IS NOT NULL) ORDER BY d.id"""
_EVENTS = "SELECT e.kind FROM events e JOIN orders o ON o.id = e.order_id WHERE o.order_ref = ? AND e.kind = ?"
_MOVING = "SELECT id FROM drops WHERE state NOT IN ('answered', 'withdrawn')"
_APPLIED = """
    SELECT a.id FROM acknowledgements a JOIN orders o ON o.id = a.order_id
    WHERE o.order_ref = ? AND a.verdict = 'applied'"""
STARTS_AT_MOST = 6
ONCE = ("released", "resent", "rendered_again", "abandoned")
"""What a person asks for once is done once."""


@dataclass(frozen=True)
class Plan:
    """When to kill the first starts (``None``: not at all), how long the ERP waits, and which fault is planted.

    ``acts`` are what a person does to orders; ``erp_is_patient`` lets the person finish before the ERP fetches.
    """

    kills: tuple[int | None, ...] = ()
    erp_waits_s: float = 0.0
    plant: str = ""
    acts: Scripts = field(default_factory=dict)
    erp_is_patient: bool = False

    @property
    def refs(self) -> tuple[str, ...]:
        return tuple(self.acts) or ("48447", "48448")


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
        not_yet = set(plan.refs) - LOST if plan.erp_is_patient else set[str]()
        self._erp = Erp(folder, plan.erp_waits_s, not_yet=not_yet, will_lose=set(LOST))
        self._person = Person(folder / "outbox", self._erp, plan.acts)
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
            await self._mother.begin("run", self._folder, kill_at, plant)
            if await one_life(self._mother, self._be_done, self.story, self._folder / "log"):
                return
        self.story.complaints.append("it never got done")

    async def _be_done(self, port: int, admin_port: int) -> None:
        """Send what is not answered yet, decide what people decide, wait for the end, and ask the bridge to stop."""
        async with aiohttp.ClientSession() as session:
            waiting = [ref for ref in self._plan.refs if ref not in self.story.answered]
            oks = await asyncio.gather(*(post(session, port, ref) for ref in waiting))
            self.story.answered |= {ref for ref, ok in zip(waiting, oks, strict=True) if ok}
        if not await self._is_decided(admin_port):
            return
        self._erp.not_yet.clear()
        deadline = time.monotonic() + DONE_WITHIN_S
        while time.monotonic() < deadline and not self._is_done():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.01)
        self._mother.terminate()

    async def _is_decided(self, admin_port: int) -> bool:
        """False when the bridge died meanwhile."""
        try:
            await self._person.see_through(admin_port)
        except (aiohttp.ClientError, ConnectionError):
            return False
        except TimeoutError:
            self.story.complaints.append("a person waited in vain")
        return True

    def _is_done(self) -> bool:
        return self._states() == {ref: self._end_of(ref) for ref in self._plan.refs} and self._is_tidy()

    def _end_of(self, ref: str) -> str:
        return "abandoned" if self._count(ref, "abandoned") else "reported"

    def _count(self, ref: str, kind: str) -> int:
        return len(self._ask(_EVENTS, ref, kind))

    def _is_tidy(self) -> bool:
        return not (self._lying() or self._ask(_MOVING) or any((self._folder / "inbox").glob("ACK_*")))

    def _lying(self) -> list[str]:
        """What must not be left: files half written, held or claimed."""
        places = ("outbox/.staging/*.part", "outbox/.held/*", "inbox/.work/*")
        return [str(path.relative_to(self._folder)) for place in places for path in self._folder.glob(place)]

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
        complaints += sorted(self._erp.complaints) + [f"left behind: {name}" for name in self._lying()]
        if self._plan.erp_is_patient:
            complaints += [f"refused, though the ERP waits: {self._person.refusals}"] * bool(self._person.refused)
        archived = [path.name for path in (self._folder / "inbox/archive").rglob("ACK_*")]
        if len(archived) != self._erp.answers:
            complaints.append(f"{self._erp.answers} answers given, in the archive: {archived}")
        return complaints

    def _compare_order(self, ref: str) -> list[str]:
        complaints = self._compare_files(ref) + self._compare_reports(ref)
        if self._states().get(ref) != self._end_of(ref):
            complaints.append(f"stands at {self._states().get(ref)}")
        complaints += [f"{self._count(ref, kind)} times {kind}" for kind in ONCE if self._count(ref, kind) > 1]
        return [f"{ref}: {complaint}" for complaint in complaints]

    def _compare_files(self, ref: str) -> list[str]:
        """The ERP got what was rendered and not taken back: once, and once more if a person sent it again."""
        owed = self._ask(_RENDERED, ref) * (1 + self._count(ref, "resent"))
        fetched = [(name, content) for name, content in self._erp.fetched if f"_{ref}_" in name]
        if fetched == owed:
            return []
        return [f"the ERP got {[name for name, _ in fetched]}, and was owed {[name for name, *_ in owed]}"]

    def _compare_reports(self, ref: str) -> list[str]:
        """The answer applied once and told to Norce; one to an abandoned order may be too late for both."""
        told = [call for call in self._norce.calls if call.get("ErpOrderNo") == f"SO-{ref}"]
        applied = len(self._ask(_APPLIED, ref))
        may_be_silent = self._end_of(ref) == "abandoned"
        complaints = []
        if any(call["OrderStatus"] != "Confirmed" for call in told) or not (told or may_be_silent):
            complaints.append(f"Norce was told {told}")
        if applied != 1 and not (applied == 0 and may_be_silent and not told):
            complaints.append(f"applied {applied} times")
        return complaints
