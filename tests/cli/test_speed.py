"""Help is quick: a person who asks for it does not wait for libraries that it does not need."""

import statistics
import subprocess
import sys
import time

import pytest

ROUNDS = 5
HELP = "import sys; from bridge.cli import main; sys.exit(main(['--help']))"


def seconds(script: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return time.perf_counter() - begun


def test_help_takes_less_than_three_times_as_long_as_importing_asyncio() -> None:
    # in turns, so that a machine that is busy for a while slows both
    pairs = [(seconds("import asyncio"), seconds(HELP)) for _ in range(ROUNDS)]

    assert statistics.median(helped / imported for imported, helped in pairs) < 3, pairs


@pytest.mark.parametrize("verb", ["init", "backup", "config show", "completion bash", "orders list", "run"])
def test_the_help_of_a_verb_loads_nothing_heavy(verb: str) -> None:
    words = [*verb.split(), "--help"]
    heavy = "{'aiohttp', 'pydantic', 'sqlite_utils', 'paramiko', 'lxml', 'jinja2', 'prometheus_client'}"
    loaded = f"print(*({heavy} & set(sys.modules)), file=sys.stderr)"
    script = f"import sys; from bridge.cli import main; main({words!r}); {loaded}"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stderr.split() == []
