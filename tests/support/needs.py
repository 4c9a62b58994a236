"""What a test cannot do without: `@needs("strace")` skips it where the tool is absent, and says so.

The build machine lists in `BRIDGE_REQUIRE` the tools it provides (`strace sshd chromium npm`); there a test
that needs one of them and is skipped all the same, for whatever reason, fails (`tests/conftest.py`).
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

# The names a tool goes by; the first that is found is used.
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
}
SHARED = Path(__file__).resolve().parents[3] / "shared"


def needs(*tools: str) -> pytest.MarkDecorator:
    """Marks a test (or, as `pytestmark`, a module) as one that cannot do without these tools."""
    return pytest.mark.needs(*tools)


def find(tool: str) -> str | None:
    """Returns where a tool lies; the folders of system programs are looked through too, for sshd."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = (shutil.which(command, path=places) for command in COMMANDS.get(tool, (tool,)))
    return next((path for path in found if path), None)


def needed_by(item: pytest.Item) -> list[str]:
    """Returns the tools that a test is marked with, and `shared` if it reads the shared pages."""
    marked = [str(tool) for mark in item.iter_markers("needs") for tool in mark.args]
    return marked + (["shared"] if "shared" in getattr(item, "fixturenames", ()) else [])


def required_by(item: pytest.Item) -> list[str]:
    """Returns those of its tools that this machine has promised to provide."""
    promised = os.environ.get("BRIDGE_REQUIRE", "").split()
    return [tool for tool in needed_by(item) if tool in promised]
