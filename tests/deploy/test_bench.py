"""The measurement itself works: few orders, and each line that it should print."""

import subprocess
import sys

import pytest

from bridge import formats
from tests.flow.bridge_process import ROOT
from tests.support.needs import needs


@needs("sshd", "sftp", "ssh-keygen")
@pytest.mark.soak
@pytest.mark.timeout(120)
def test_files_over_sftp_are_measured() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench/sftp.py"), "--files", "20", "--rounds", "1"],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["push", "collect"]
    assert done.stdout.count("ratio") == 2


@pytest.mark.soak
@pytest.mark.timeout(120)
def test_the_core_loop_is_measured() -> None:
    few = ["--orders", "30", "--rounds", "1", "--seconds", "0.5", "--rate", "20", "--answers", "3"]

    done = subprocess.run(
        [sys.executable, str(ROOT / "bench/core_loop.py"), *few],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    for line in ("durable work alone", "through HTTP", "ratio", "file visible", "status at Norce"):
        assert line in done.stdout


@pytest.mark.soak
@pytest.mark.timeout(120)
def test_each_format_on_the_shelf_is_measured() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench/formats.py"), "--rounds", "1", "--times", "1"],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == list(formats.available())
