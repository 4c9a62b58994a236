"""How fast the core loop is: ratios out of one run on one machine, so that they mean the same elsewhere.

``python bench/core_loop.py`` (``make bench``). Not for: limits of hardware; figures of two machines do not compare.
"""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from aiohttp import web
from place import LOOK_EVERY_S, ROOT, Place, environment, free_port

BENCH = ROOT / "bench"
CONNECTIONS = 64
GOAL = 0.3
ANSWER = "order_ref;erp_order_no;status\r\n{ref};{ref}-1;confirmed\r\n"
ANSWERS_PER_SECOND = 20


def run_script(name: str, *words: object) -> dict[str, Any]:
    """What a script of this folder prints, as a document."""
    command = [sys.executable, str(BENCH / name), *map(str, words)]
    done = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, check=True)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def share(values: list[float], part: float) -> str:
    """A percentile in milliseconds."""
    ranked = sorted(values)
    return f"{1000 * ranked[min(len(ranked) - 1, int(len(ranked) * part))]:.0f} ms"


def both(values: list[float]) -> str:
    """The two percentiles that are told of everything."""
    return f"p50 {share(values, 0.5)}, p99 {share(values, 0.99)}"


@contextlib.contextmanager
def fresh(norce_port: int = 1) -> Iterator[Place]:
    """A bridge's folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield Place(Path(folder) / "bridge", norce_port)


def through_http(orders: int) -> tuple[float, list[float]]:
    """Orders a second from the first byte sent to the last file visible, and the time of each answer."""
    with fresh() as place, place.serving():
        sent = run_script("load.py", place.orders, orders, CONNECTIONS, 0)
        ended = place.until_published(orders + 1)
    return orders / (ended - sent["began"]), [answered - due for due, answered, _ in sent["answered"]]


def without_http(orders: int) -> float:
    """The same for the same rows, files and syncs, fed from memory."""
    with fresh() as place:
        done = run_script("durable.py", place.folder, orders, CONNECTIONS)
        assert place.published() == orders
    return float(orders / (done["ended"] - done["began"]))


def compare(orders: int, rounds: int) -> None:
    """Both in turn; the best round of each is the one that the rest of the machine disturbed least."""
    durable, served, answers = [], [], []
    for _ in range(rounds):
        durable.append(without_http(orders))
        rate, took = through_http(orders)
        served.append(rate)
        answers.append(took)
    best = served.index(max(served))
    ratio = max(served) / max(durable)
    print(f"durable work alone              {max(durable):6.0f} orders/s   rounds {_rounded(durable)}")
    print(f"through HTTP, {CONNECTIONS} connections    {max(served):6.0f} orders/s   rounds {_rounded(served)}")
    print(
        f"ratio                           {ratio:6.2f}            goal {GOAL}, {'met' if ratio >= GOAL else 'MISSED'}"
    )
    print(f"answer at {CONNECTIONS} connections        {both(answers[best])}")


def _rounded(rates: list[float]) -> str:
    return " ".join(f"{rate:.0f}" for rate in rates)


def first_seen(outbox: Path, count: int, until: Callable[[], bool]) -> dict[int, float]:
    """When each order's file was first visible; each is removed at once, as an ERP does."""
    seen: dict[int, float] = {}
    while len(seen) < count and not until():
        for path in outbox.glob("ORDERS_*"):
            seen[int(path.name.split("_")[1])] = time.monotonic()
            path.unlink()
        time.sleep(LOOK_EVERY_S / 10)
    return seen


def file_after_answer(per_second: int, seconds: float) -> None:
    """From the answer to Norce to the file in the outbox, at a steady rate."""
    orders = max(2, int(per_second * seconds))
    with fresh() as place, place.serving():
        words = [sys.executable, str(BENCH / "load.py"), str(place.orders), str(orders), str(CONNECTIONS)]
        sender = subprocess.Popen([*words, str(per_second)], env=environment(), stdout=subprocess.PIPE)
        deadline = time.monotonic() + seconds + 30
        seen = first_seen(place.outbox, orders + 1, lambda: time.monotonic() > deadline)
        sent = json.loads(sender.communicate()[0])
    waits = [max(0.0, seen[ref] - answered) for _, answered, ref in sent["answered"]]
    answers = [answered - due for due, answered, _ in sent["answered"]]
    reached = orders / (sent["ended"] - sent["began"])
    rates = f"at {per_second} orders/s due, {reached:.0f} reached"
    print(f"{rates}: answer {both(answers)}; answered -> file visible {both(waits)}")


async def status_after_answer(count: int) -> None:
    """From an answer's rename into the inbox to the call that reaches Norce."""
    heard: dict[str, float] = {}
    port = free_port()
    async with _norce(port, heard):
        with fresh(port) as place, place.serving():
            await asyncio.to_thread(run_script, "load.py", place.orders, count, CONNECTIONS, 0)
            put = {}
            for ref in range(100_000, 100_000 + count):
                part = place.folder / "inbox" / f"{ref}.part"
                part.write_text(ANSWER.format(ref=ref), newline="")
                put[str(ref)] = time.monotonic()
                part.rename(part.with_suffix(".csv"))
                await asyncio.sleep(1 / ANSWERS_PER_SECOND)
            async with asyncio.timeout(30):
                while len(heard) < count:  # noqa: ASYNC110 - it comes from another process
                    await asyncio.sleep(LOOK_EVERY_S)
    waits = [heard[ref] - moment for ref, moment in put.items()]
    print(f"answer file renamed in -> status at Norce ({ANSWERS_PER_SECOND}/s)   {both(waits)}")


@contextlib.asynccontextmanager
async def _norce(port: int, heard: dict[str, float]) -> Any:
    """A Norce that notes when each order's status came."""

    async def token(_: web.Request) -> web.Response:
        return web.json_response({"access_token": "t", "expires_in": 3600})

    async def status(request: web.Request) -> web.Response:
        heard.setdefault(str((await request.json())["ClientOrderRef"]), time.monotonic())
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/token", token)
    app.router.add_post("/connect/Order/SendOrderStatus", status)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


def main() -> None:
    """Measure and print; each line names what it means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=800, help="orders a round of the comparison (800)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of the comparison (2)")
    parser.add_argument("--seconds", type=float, default=5.0, help="length of the steady rate (5)")
    parser.add_argument("--rate", type=int, default=200, help="orders a second of the steady rate (200)")
    parser.add_argument("--answers", type=int, default=60, help="answers of the ERP (60)")
    wanted = parser.parse_args()
    compare(wanted.orders, wanted.rounds)
    file_after_answer(wanted.rate, wanted.seconds)
    asyncio.run(status_after_answer(wanted.answers))


if __name__ == "__main__":
    main()
