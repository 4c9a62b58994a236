"""The systemd unit: what systemd thinks of it, and that the bridge lives within it."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.service.notify import READY, notify
from tests.flow.bridge_process import ROOT, BridgeFolder
from tests.support.needs import needs

UNIT = ROOT / "deploy/erp-bridge.service"
MOST_EXPOSED = 2.0
COMMAND = "/opt/erp-bridge/.venv/bin/erp-bridge"
# strace has no name for these by itself, or the program that starts the bridge makes them.
STARTER = {"execve", "exit_group"}


def adapted(folder: Path) -> Path:
    """The unit with a command that exists on this machine."""
    unit = folder / UNIT.name
    unit.write_text(UNIT.read_text().replace(COMMAND, sys.executable))
    return unit


def analyze(*words: str) -> str:
    done = subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@needs("systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = adapted(tmp_path)

    said = analyze("verify", "--man=no", str(unit))

    assert [line for line in said.splitlines() if "erp-bridge" in line] == []


@needs("systemd-analyze")
def test_the_service_is_exposed_little(tmp_path: Path) -> None:
    unit = adapted(tmp_path)

    said = analyze("security", "--offline=true", str(unit))
    found = re.search(r"exposure level for \S+: ([0-9.]+)", said)

    assert found is not None, said
    assert float(found[1]) <= MOST_EXPOSED


@needs("systemd-analyze", "strace")
@pytest.mark.timeout(60)
async def test_the_bridge_makes_no_call_that_the_unit_forbids(bridge: BridgeFolder) -> None:
    bridge.configure(rest='[targets.erp]\ngroup = "root"' if os.getuid() == 0 else "")

    calls = await _calls_of(bridge)

    assert {"fsync", "renameat2", "fchown", "accept4"} <= calls
    assert calls - _allowed() - STARTER == set()


async def _calls_of(bridge: BridgeFolder) -> set[str]:
    """Every system call of a bridge that starts, takes an order, reads its answer and stops."""
    trace = bridge.folder / "trace"
    words = ["strace", "-f", "-qq", "-e", "signal=none", "-o", str(trace), sys.executable, "-m", "bridge", "run"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BRIDGE_NO_BOOTSTRAP": "1"}
    with (bridge.folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*words, cwd=bridge.folder, env=environment, stderr=log)
        try:
            await bridge.ready(process)
            await bridge.order()
            bridge.answer("answer.csv", "order_ref;erp_order_no;status\r\n48447;SO-1;confirmed\r\n")
            await bridge.state_of("48447", "reported")
        finally:
            await _stop(trace)
            await process.wait()
    return set(re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)[( ]", trace.read_text(), re.MULTILINE))


async def _stop(trace: Path) -> None:
    """strace passes no signal on, so its child is asked: the first number of the trace."""
    pid = int(trace.read_text().split(maxsplit=1)[0])  # noqa: ASYNC240 - a few bytes, in a test
    os.kill(pid, 15)


def _allowed() -> set[str]:
    """The filters of the unit, in their order, as systemd understands them."""
    allowed: set[str] = set()
    for line in UNIT.read_text().splitlines():
        if not line.startswith("SystemCallFilter="):
            continue
        value = line.partition("=")[2]
        named = {call for word in value.lstrip("~").split() for call in _members(word)}
        allowed = allowed - named if value.startswith("~") else allowed | named
    return allowed


def _members(word: str) -> set[str]:
    if not word.startswith("@"):
        return {word}
    said = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True)
    entries = [line.strip() for line in said.stdout.splitlines()[1:]]
    return {call for entry in entries if entry and not entry.startswith("#") for call in _members(entry)}


async def test_a_unit_without_credentials_ends_with_its_line_and_78(bridge: BridgeFolder) -> None:
    (bridge.folder / "none").mkdir()
    text = (bridge.folder / "config.toml").read_text()
    kept = [line for line in text.splitlines() if not re.match(r"(password|client_secret)_file", line)]
    (bridge.folder / "config.toml").write_text("\n".join(kept))

    code, said = await _run_with_credentials(bridge, bridge.folder / "none")

    assert code == 78
    assert "[receiver]" in said
    assert "Traceback" not in said


async def test_credentials_of_systemd_are_enough_to_start(bridge: BridgeFolder) -> None:
    credentials = bridge.folder / "credentials"
    credentials.mkdir(mode=0o700)
    for name, secret in (("receiver.password", "one"), ("admin.password", "two"), ("norce.client_secret", "three")):
        (credentials / name).write_text(secret)
        (credentials / name).chmod(0o400)
    text = (bridge.folder / "config.toml").read_text()
    kept = [line for line in text.splitlines() if not re.match(r"(password|client_secret)_file", line)]
    (bridge.folder / "config.toml").write_text("\n".join(kept))
    address = bridge.folder / "notify"

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(address))
        listening.settimeout(15)
        process = await _start(bridge, credentials, str(address))
        first = await asyncio.to_thread(listening.recv, 100)
        process.terminate()
        second = await asyncio.to_thread(listening.recv, 100)
        await process.communicate()

    assert (first, second) == (b"READY=1", b"STOPPING=1")
    assert process.returncode == 0


async def _run_with_credentials(bridge: BridgeFolder, credentials: Path) -> tuple[int | None, str]:
    process = await _start(bridge, credentials, "")
    _, said = await process.communicate()
    return process.returncode, said.decode()


async def _start(bridge: BridgeFolder, credentials: Path, address: str) -> asyncio.subprocess.Process:
    extra = {"CREDENTIALS_DIRECTORY": str(credentials), "NOTIFY_SOCKET": address, "PYTHONPATH": str(ROOT)}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bridge",
        "run",
        cwd=bridge.folder,
        env={**os.environ, **extra, "BRIDGE_NO_BOOTSTRAP": "1"},
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )


def test_an_abstract_address_is_understood() -> None:
    name = f"bridge-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{name}")
        listening.settimeout(5)

        notify(READY, {"NOTIFY_SOCKET": f"@{name}"})

        assert listening.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", ["", "@nobody-listens-here", "/nowhere/at/all"])
def test_nobody_listening_is_no_error(address: str) -> None:
    notify(READY, {"NOTIFY_SOCKET": address})
