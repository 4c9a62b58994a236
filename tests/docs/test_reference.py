"""The reference is what the code says, nothing of the code is missing in it, and no link of any page leads nowhere."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from aiohttp import web

import bridge
from bridge.cli import _exits
from bridge.cli._root import root
from bridge.config import settings
from bridge.errors import ErrorName
from bridge.ops.admin import build_app
from bridge.ops.events import EVENTS
from bridge.ops.metrics import COUNTED
from bridge.ops.operations import Recording
from bridge.states import DROP_MOVES, REPORT_MOVES, DropState, OrderState, ReportState
from tests.ops.running import Running
from tests.stages.receive_support import Desk
from tests.support import journals
from tests.support.clock import ManualClock

ROOT = Path(bridge.__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = DOCS / "reference"
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text()


def verbs(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[str]:
    for name, command in group.commands.items():
        yield " ".join((*path, name))
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))


@pytest.mark.timeout(60)  # it makes each page anew
def test_every_page_is_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "docs/reference.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.returncode == 0


def test_every_verb_is_described() -> None:
    headings = set(re.findall(r"^## (.+)$", page("commands"), re.MULTILINE))

    assert headings == set(verbs(root()))


def test_every_setting_stands_in_its_table() -> None:
    parts = re.split(r"^## (.+)$", page("settings"), flags=re.MULTILINE)
    by_table = dict(zip(parts[1::2], parts[2::2], strict=True))

    missing = [
        one
        for one in settings()
        if f"| `{one.key}` |" not in by_table[f"[{one.table}]" if one.table else "above the first table"]
    ]

    assert missing == []


def test_every_error_is_described_and_nothing_else() -> None:
    headings = re.findall(r"^## (.+)$", page("errors"), re.MULTILINE)

    assert headings == [name.value for name in ErrorName]


def test_every_exit_code_is_described() -> None:
    described = {int(number) for number in re.findall(r"^\| (\d+) \|", page("exit-codes"), re.MULTILINE)}

    codes = {value for value in vars(_exits).values() if isinstance(value, int)}
    assert codes <= described


def test_every_metric_that_is_counted_is_described() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "bridge").rglob("*.py"))
    counted = set(re.findall(r"\.(?:add|level|observe)\(\s*\"([a-z_]+)\"", source)) & set(COUNTED)

    assert counted
    assert {name for name in counted if f"`bridge_{name}`" not in page("metrics")} == set()


def test_every_log_event_is_described_and_nothing_else() -> None:
    events = re.findall(r"^\| `(\w+)` \|", page("log-events"), re.MULTILINE)

    assert events == sorted(EVENTS)


def test_every_state_and_every_move_is_described() -> None:
    text = page("states")
    moves = {f"| `{move.after}` | `{move.by}` |" for move in (*DROP_MOVES, *REPORT_MOVES)}

    assert {
        one.value for kind in (OrderState, DropState, ReportState) for one in kind if f"`{one}`" not in text
    } == set()
    assert {move for move in moves if move not in text} == set()
    assert re.findall(r"^(\d+)\. ", text, re.MULTILINE) == [str(number) for number in range(1, 14)]


async def test_every_route_is_described(tmp_path: Path) -> None:
    async with journals.opened(tmp_path) as journal:
        receive = Desk(journal).stage
        recording = Recording(receive.recorder.start, receive.recorder.since)
        operations = Running(journal, ManualClock(), tmp_path).operations()
        admin = build_app(replace(operations, recording=recording))
        orders = receive.app()

    text = page("http-api")
    described = set(re.findall(r"^\| `(GET|POST) (\S+)` \|", text, re.MULTILINE))
    assert described == {*routes(admin), *routes(orders)}


def routes(app: web.Application) -> Iterator[tuple[str, str]]:
    for route in app.router.routes():
        if route.method != "HEAD" and route.resource is not None:
            yield route.method, route.resource.canonical


def anchors(text: str) -> set[str]:
    """The anchors that headings make, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def pages() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for link in LINK.findall(path.read_text()):
        name, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", name):
            continue
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target.read_text())):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_the_pages_is_one(path: Path) -> None:
    known = set(verbs(root()))
    typed = re.findall(r"(?:^|`)(?:erp-bridge|python3 -m bridge) ([a-z][a-z -]*)", path.read_text(), re.MULTILINE)

    wrong = [words for words in typed if not any(f"{words.strip()} ".startswith(f"{verb} ") for verb in known)]

    assert wrong == []
