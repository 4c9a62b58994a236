"""A missing tool skips a test, except on the machine that promised the tool."""

from pathlib import Path

import pytest

from tests import conftest
from tests.support import needs

pytest_plugins = ("pytester",)

SAMPLE = """
    import pytest
    from tests.support.needs import needs

    @needs("sh")
    def test_present(): pass

    @needs("no-such-tool")
    def test_absent(): raise AssertionError

    @needs("sh")
    def test_skipped_by_itself(): pytest.skip("the tool did not start")

    @needs("sh")
    def test_skipped_for_a_known_bug(): pytest.xfail("known")

    def test_of_no_tool(): pytest.skip("another reason")
"""


@pytest.fixture
def sample(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest(Path(conftest.__file__).read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers = needs\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(SAMPLE)
    return pytester


def test_a_missing_tool_skips_with_its_name(sample: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BRIDGE_REQUIRE", raising=False)

    result = sample.runpytest_inprocess("-rs", "-p", "no:randomly")

    result.assert_outcomes(passed=1, skipped=3, xfailed=1)
    result.stdout.fnmatch_lines(["*needs no-such-tool*"])


def test_a_promised_tool_turns_the_skip_into_a_failure(
    sample: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIDGE_REQUIRE", "sh no-such-tool")

    result = sample.runpytest_inprocess("-p", "no:randomly")

    result.assert_outcomes(passed=1, skipped=1, xfailed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*BRIDGE_REQUIRE promises no-such-tool*needs no-such-tool*"])


def test_system_programs_are_found_outside_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    found = needs.find("ldconfig")

    assert found
    assert found.endswith("sbin/ldconfig")
