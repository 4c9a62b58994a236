"""The process that renders templates: what stops it, what becomes of the order then, and that nothing stays behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.errors import TransientError
from bridge.formats._options import TextOptions
from bridge.formats._template import sample
from bridge.formats._template.facts import facts_of
from bridge.formats._template.frames import Limits, Rules
from bridge.formats._template.worker import Stopped, Worker
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(60)
ROOT = Path(__file__).resolve().parents[2]
MIB = 1024**2
# The clock is generous: what ends these templates is processor time, whatever else the machine does.
LIMITS = Limits(cpu_s=0.3, wall_s=PATIENCE_S, start_s=PATIENCE_S, memory=256 * MIB, output=64 * 1024)
ROOMY = replace(LIMITS, cpu_s=PATIENCE_S)
FACTS = facts_of(guide_order(), (CONTROL, RECEIVED_AT), frozenset(), TextOptions())
NESTED = "".join(f"{{% for {name} in digits %}}" for name in "abcdefghi") + "{% endfor %}" * 9
DIGITS = "{% set digits = [1,2,3,4,5,6,7,8,9,0] %}"
DOUBLED = "{% set a = 'x' | pad(1000) %}" + "{% set a = a ~ a %}" * 40
HOSTILE = {
    "loops and prints nothing": (DIGITS + NESTED, "0.3 s of processor time"),
    "prints for ever": (
        DIGITS + NESTED.replace("{% endfor %}", "{{ 'x' | pad(999) }}{% endfor %}", 1),
        "more than 64 KiB",
    ),
    "prints for ever into a variable": (
        DIGITS + "{% set x %}" + NESTED.replace("{% endfor %}", "{{ 'x' | pad(999) }}{% endfor %}", 1) + "{% endset %}",
        "",
    ),
    "doubles a text": (DOUBLED, "256 MiB of memory"),
    "doubles a list": ("{% set a = [1] %}" + "{% set a = [a, a] %}" * 60 + "{{ a | length }}{{ a | join }}", "group"),
    "squares a number": ("{% set a = 9 %}" + "{% set a = a * a %}" * 40, "too large"),
    "calls itself": ("{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(1) }}", "without end"),
    "calls itself twice": ("{% macro m(n) %}{{ m(n) if n }}{{ m(n) }}{% endmacro %}{{ m(1) }}", ""),
    "is nested deeply": ("{% if 1 %}" * 3000 + "{% endif %}" * 3000, ""),
    "is one long sum": ("{{ 1" + " + 1" * 60_000 + " }}", ""),
    "replaces letters by pages": (
        "{% set a = 'x' | pad(1000, 'left', 'x') %}" + "{% set a = a | replace('x', a) %}" * 4,
        "256 MiB of memory",
    ),
}


def worker(source: str, limits: Limits = LIMITS) -> Worker:
    return Worker(source, Rules("refuse"), limits)


@pytest.fixture
def plain() -> Iterator[Worker]:
    made = worker("{{ order.order_ref }}")
    yield made
    made.close()


def is_gone(pid: int) -> bool:
    """No process of that number, not even one that nobody waited for."""
    return not Path(f"/proc/{pid}").exists()


def until(holds: Callable[[], bool]) -> bool:
    """Whether it holds within our patience."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_template_that_takes_too_much_is_stopped_and_the_reason_is_told(name: str) -> None:
    source, what = HOSTILE[name]
    hostile = worker(source, ROOMY if "memory" in what else LIMITS)

    with pytest.raises(Stopped) as stopped:
        hostile.ask(FACTS)

    assert what in stopped.value.what
    assert stopped.value.what
    pid = hostile.pid
    hostile.close()
    assert pid is None or is_gone(pid)


def test_after_an_order_was_stopped_the_next_one_is_written() -> None:
    source = DIGITS + "{% if order.order_ref == '1' %}" + NESTED + "{% endif %}{{ order.order_ref }}"
    one = facts_of(guide_order("1"), (CONTROL, RECEIVED_AT), frozenset(), TextOptions())
    moody = worker(source)

    before = moody.ask(FACTS)
    first_pid = moody.pid
    with pytest.raises(Stopped, match="processor time"):
        moody.ask(one)
    after = moody.ask(FACTS)

    assert (before, after) == ("48447", "48447")
    assert first_pid is not None
    assert is_gone(first_pid)
    moody.close()


def test_the_process_is_warm_and_ends_when_nobody_holds_it(plain: Worker) -> None:
    other = worker("x")
    other.ask(FACTS)
    pid = other.pid
    pids = {plain.ask(FACTS) and plain.pid for _ in range(5)}

    del other

    assert len(pids) == 1
    assert pid is not None
    assert until(lambda: is_gone(pid))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGUSR1])
def test_a_process_that_somebody_ended_costs_no_order(plain: Worker, number: signal.Signals) -> None:
    plain.start()
    first = plain.pid
    assert first is not None
    os.kill(first, number)

    written = plain.ask(FACTS)

    assert written == "48447"
    assert plain.pid != first
    assert is_gone(first)


def test_a_process_that_is_ended_again_and_again_is_no_fault_of_the_order() -> None:
    busy = worker(DIGITS + NESTED, Limits(cpu_s=PATIENCE_S, wall_s=PATIENCE_S))
    busy.start()
    seen: set[int] = set()
    has_ended = threading.Event()

    def killing() -> None:
        while not has_ended.wait(0.02):
            pid = busy.pid
            if pid is not None:
                seen.add(pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=killing)
    killer.start()
    try:
        with pytest.raises(TransientError, match="ended"):
            busy.ask(FACTS)
    finally:
        has_ended.set()
        killer.join()
        busy.close()

    assert all(is_gone(pid) for pid in seen)


def test_a_machine_that_is_too_busy_is_no_fault_of_the_order() -> None:
    slow = worker(DIGITS + NESTED, Limits(cpu_s=PATIENCE_S, wall_s=0.05, start_s=PATIENCE_S))

    with pytest.raises(TransientError, match="in time"):
        slow.ask(FACTS)

    slow.close()


def test_several_threads_get_each_their_own(plain: Worker) -> None:
    refs = [str(number) for number in range(1, 41)]
    found: dict[str, str] = {}

    def ask(ref: str) -> None:
        found[ref] = plain.ask(facts_of(guide_order(ref), (CONTROL, RECEIVED_AT), frozenset(), TextOptions()))

    threads = [threading.Thread(target=ask, args=(ref,)) for ref in refs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {ref: ref for ref in refs}


def test_an_order_and_a_file_larger_than_a_pipe_pass() -> None:
    echo = worker("{{ order.comment }}", Limits(start_s=PATIENCE_S, wall_s=PATIENCE_S))
    comment = "å" * 1_000_000

    written = echo.ask({**FACTS, "order": {"comment": comment}})

    assert written == comment
    echo.close()


def test_the_process_can_open_nothing_and_knows_no_secret(plain: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRIDGE__RECEIVER__PASSWORD", "correct horse")
    plain.start()
    limits = Path(f"/proc/{plain.pid}/limits").read_text()
    values = {line[:25].strip(): line[25:].split()[:2] for line in limits.splitlines()[1:]}
    environment = Path(f"/proc/{plain.pid}/environ").read_bytes()
    folder = os.readlink(f"/proc/{plain.pid}/cwd")  # noqa: PTH115  # a link that leads to a folder

    assert values["Max open files"] == ["0", "0"]
    assert values["Max file size"] == ["0", "0"]
    assert values["Max core file size"] == ["0", "0"]
    assert values["Max address space"] == [str(256 * MIB)] * 2
    assert b"horse" not in environment
    assert {one.partition(b"=")[0] for one in environment.split(b"\x00") if one} <= {b"PYTHONPATH", b"LC_CTYPE"}
    assert folder == "/"


PARENT = f"""
import sys, time
from bridge.formats._template.frames import Limits, Rules
from bridge.formats._template.worker import Worker
busy = sys.argv[1] == "busy"
source = {DIGITS + NESTED!r} if busy else "x"
worker = Worker(source, Rules("refuse"), Limits(cpu_s=1.0))
worker.start()
print(worker.pid, flush=True)
worker.ask({{"order": {{}}}})
print("waiting", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("state", ["busy", "idle"])
def test_a_killed_bridge_leaves_no_process_behind(state: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, state], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        if state == "idle":
            parent.stdout.readline()
        was_there = not is_gone(pid)
        parent.kill()

    assert was_there
    assert until(lambda: is_gone(pid) or _is_dead(pid))


def _is_dead(pid: int) -> bool:
    """Ended, and not ours to wait for: whoever takes orphans in here may leave it a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in {"Z", "X"}


def test_a_ctrl_c_at_the_terminal_is_not_for_the_process(plain: Worker) -> None:
    plain.start()
    pid = plain.pid
    assert pid is not None
    assert os.getpgid(pid) != os.getpgid(0)
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(pid, number)

    assert plain.ask(FACTS) == "48447"
    assert plain.pid == pid


def test_the_names_that_a_template_mentions_are_known_once_it_was_read() -> None:
    named = worker("{{ order.sold_to.ssn }}{{ order['raw'] | length }}")
    named.start()

    assert {"ssn", "raw", "sold_to"} <= named.names
    named.close()


def test_the_samples_are_two_different_orders() -> None:
    full, bare = sample.full_order(), sample.bare_order()

    assert full.sold_to is not None
    assert bare.sold_to is None
    assert full.order_ref != bare.order_ref
