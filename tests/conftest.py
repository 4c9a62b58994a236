"""Fixtures and hooks that every test sees; kept small, each room's own lie with its tests."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support import needs


def pytest_runtest_setup(item: pytest.Item) -> None:
    marked = [tool for mark in item.iter_markers("needs") for tool in mark.args]
    absent = [tool for tool in marked if needs.find(tool) is None]
    if absent:
        pytest.skip(f"needs {', '.join(absent)}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    required = needs.required_by(item)
    if report.skipped and required and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, though BRIDGE_REQUIRE promises {', '.join(required)}: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared pages beside the checkout: Norce's guides, the formats' sources."""
    if not needs.SHARED.is_dir():
        pytest.skip("needs ../shared")
    return needs.SHARED
