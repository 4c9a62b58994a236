"""The order in which a publish reaches the disk, as the kernel saw it (DESIGN section 6)."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.needs import needs

pytestmark = needs("strace")

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "tests" / "support" / "publish_once.py"
CALLS = "fsync,fdatasync,rename,renameat,renameat2,openat,unlinkat,write,pwrite64"

FILE = "ORDERS_48447_000001.csv"
_CALL = re.compile(r"^(?:\d+\s+)?(?P<call>\w+)\((?P<about>.*)\)\s+=\s+(?P<result>-?\d+)")
_FD = re.compile(r"^(?:AT_FDCWD|\d+)<(?P<path>[^>]*)>")


def trace(place: Path) -> list[str]:
    """The script's calls, whole lines each, from the mark `begin` to the mark `end`."""
    log = place / "calls"
    done = subprocess.run(
        ["strace", "-f", "-y", "-s", "0", "-o", log, "-e", f"trace={CALLS}", sys.executable, SCRIPT, place],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=9,
    )
    if "ptrace" in done.stderr and "not permitted" in done.stderr:
        pytest.skip(f"needs the right to trace: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    lines = list(_whole(log.read_text().splitlines()))
    begin = next(at for at, line in enumerate(lines) if f'{place}/begin"' in line)
    end = next(at for at, line in enumerate(lines) if f'{place}/end"' in line)
    return lines[begin:end]


def _whole(lines: list[str]) -> Iterator[str]:
    """Calls that were interrupted by another thread's, put together at their end: then they have happened."""
    begun: dict[str, str] = {}
    for line in lines:
        thread, _, rest = line.partition(" ")
        if rest.rstrip().endswith("<unfinished ...>"):
            begun[thread] = rest.strip().removesuffix("<unfinished ...>").rstrip()
        elif "resumed>" in rest:
            yield f"{begun.pop(thread)}{rest.partition('resumed>')[2]}"
        else:
            yield rest.strip()


def facts(lines: list[str], place: Path) -> Iterator[str]:
    """What became durable or visible, in words of section 6."""
    outbox, staging, log = f"{place}/outbox", f"{place}/outbox/.staging", f"{place}/bridge.db-wal"
    for line in lines:
        found = _CALL.match(line)
        if not found or found["result"].startswith("-"):
            continue
        call, about = found["call"], found["about"]
        path = _FD.match(about)
        where = path["path"] if path else ""
        if call in {"fsync", "fdatasync"}:
            synced = {
                outbox: "sync outbox",
                staging: "sync staging",
                log: "commit",
                f"{staging}/{FILE}.part": "sync file",
            }
            yield synced.get(where, f"sync {where}")
        elif call == "write" and where == f"{staging}/{FILE}.part":
            yield "write file"
        elif call.startswith("rename"):
            yield "rename"


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    place = tmp_path_factory.mktemp("publish")
    return trace(place), place


def test_invariant_6_each_step_of_a_publish_is_durable_before_the_next_one_begins(
    lines: tuple[list[str], Path],
) -> None:
    seen = list(facts(*lines))

    begin, end = seen.index("write file"), len(seen)
    steps = [fact for at, fact in enumerate(seen) if begin <= at < end]

    assert steps == [
        "write file",
        "sync file",
        "sync staging",
        "commit",
        "rename",
        "sync outbox",
        "sync staging",
        "commit",
    ]


def test_invariant_1_the_order_is_durable_before_its_file_is_begun(lines: tuple[list[str], Path]) -> None:
    seen = list(facts(*lines))

    assert "commit" in seen[: seen.index("write file")]


def test_a_staging_file_is_always_a_new_one_and_no_link_is_followed(lines: tuple[list[str], Path]) -> None:
    calls, _ = lines

    opened = [line for line in calls if line.startswith("openat") and f'"{FILE}.part"' in line]

    assert len(opened) == 1
    assert "O_CREAT|O_EXCL" in opened[0]
    assert "O_NOFOLLOW" in opened[0]


def test_invariant_5_nothing_is_ever_opened_for_writing_under_a_final_name(lines: tuple[list[str], Path]) -> None:
    calls, place = lines
    final = f'"{FILE}"'

    touched = [line for line in calls if final in line or f"<{place}/outbox/{FILE}>" in line]

    assert [line for line in touched if line.startswith(("openat", "write", "pwrite64", "unlinkat"))] == []
    assert len([line for line in touched if line.startswith("rename")]) == 1
