"""What each format on the shelf costs: microseconds of processor time an order written, and a kilobyte of answers read.

The order is the guide's, the answers are the golden files of the tests; then a megabyte of answers as dense as an ERP
may send them, in seconds and in the most memory that reading takes. The best of several rounds counts, since whatever
else runs on the machine only ever adds. What a format has done by a process of its own does not count here.

Not for: files and journals (``core_loop.py``).
"""

import argparse
import time
import tracemalloc
from collections.abc import Callable

from bridge import formats
from tests.formats.dense import EACH
from tests.formats.samples import golden
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

KILOBYTE, MEGABYTE = 1000, 1_000_000


def best_us(act: Callable[[], object], rounds: int, times: int) -> float:
    """Microseconds of processor time that one go takes."""
    return min(_once(act, times) for _ in range(rounds)) * 1e6


def _once(act: Callable[[], object], times: int) -> float:
    started = time.process_time()
    for _ in range(times):
        act()
    return (time.process_time() - started) / times


def peak_mb(act: Callable[[], object]) -> float:
    """The megabytes that one go takes at most."""
    tracemalloc.start()
    act()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / MEGABYTE


def main() -> None:
    """Print a line for each format."""
    parser = argparse.ArgumentParser(description="Measure the formats.")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--times", type=int, default=50)
    asked = parser.parse_args()
    order = guide_order()
    print(f"{'format':<12}{'us an order':>12}{'us a kB read':>14}")
    for name in formats.available():
        format_ = formats.build(name, {})
        write = best_us(lambda one=format_: one.render(order, CONTROL, RECEIVED_AT), asked.rounds, asked.times)  # type: ignore[misc]  # a lambda's default has no type
        print(f"{name:<12}{write:>12.0f}{_reading(name, format_, asked) if formats.reads(name) else '-':>14}")
    print(f"\n{'a dense megabyte':<24}{'s':>6}{'MB more':>10}")
    for kind, name, options, content_of in EACH:
        format_, content = formats.build(name, options), content_of(MEGABYTE)
        seconds = best_us(lambda one=format_, whole=content: one.read(whole), 3, 1) / 1e6  # type: ignore[misc]  # the same
        more = peak_mb(lambda one=format_, whole=content: one.read(whole))  # type: ignore[misc]  # the same
        print(f"{name + ' ' + kind:<24}{seconds:>6.2f}{more:>10.0f}")


def _reading(name: str, format_: formats.Format, asked: argparse.Namespace) -> str:
    answer = golden(name, "answer")
    read = best_us(lambda: format_.read(answer), asked.rounds, asked.times)
    return f"{read / len(answer) * KILOBYTE:.0f}"


if __name__ == "__main__":
    main()
