"""The verbs that start something: run, the service, and test, the tests of a checkout.

Not for: the service itself (``bridge/service.py``).
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    import asyncio

    from bridge.config import Config


@click.command(cls=Verb, epilog=examples("run", "run -c /etc/erp-bridge/config.toml"))
def run() -> int:
    """Run the bridge, as systemd does; SIGTERM or Ctrl-C ends it."""
    from bridge.cli._settings import settings
    from bridge.config import missing_for_run

    config = settings(given())
    missing = missing_for_run(config)
    for fault in missing:
        click.echo(str(fault), err=True)
    return _exits.WRONG_SETTINGS if missing else _serve(config)


def _serve(config: "Config") -> int:
    import asyncio
    import sys

    from bridge.ops.logs import Logging, LogSettings
    from bridge.service import run_service

    level = "debug" if given().verbose else config.log.level
    wanted = LogSettings(config.log.format, level, config.site.time_zone)
    with Logging(wanted, sys.stderr), asyncio.Runner(loop_factory=_fast_loop()) as runner:
        return runner.run(run_service(config))


def _fast_loop() -> "type[asyncio.AbstractEventLoop] | None":
    """The event loop of uvloop where that is installed, else the standard one."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.Loop


@click.command(
    epilog=examples("test", "test tests/formats -x"),
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGUMENTS OF PYTEST]...")
def test(arguments: tuple[str, ...]) -> int:
    """Run the tests of this checkout; the rest goes to pytest."""
    import importlib.util
    import subprocess
    import sys

    import bridge

    checkout = Path(bridge.__file__).resolve().parent.parent
    if not (checkout / "tests").is_dir() or not (checkout / "pyproject.toml").is_file():
        _output.say("The tests are in the source: run this from a checkout. This bridge was installed without them.")
        return _exits.BAD
    if importlib.util.find_spec("pytest") is None:
        _output.say(f"pytest is missing. Do: {sys.executable} -m pip install -c constraints.txt -e '.[test]'")
        return _exits.BAD
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.run(command, cwd=checkout, check=False).returncode  # noqa: S603 - our own interpreter
