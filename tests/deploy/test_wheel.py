"""The wheel: what lies in it, and that the bridge runs from it, away from its checkout."""

import importlib.util
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.flow.bridge_process import ROOT, SAMPLES

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("hatchling") is None, reason="hatchling is missing; the extra test has it"
)


def build(folder: Path) -> Path:
    """The wheel of this checkout, made without asking anybody."""
    words = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(folder), str(ROOT)]
    subprocess.run([sys.executable, "-m", *words], check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.mark.timeout(30)
def test_the_wheel_holds_the_package_whole_and_nothing_else(tmp_path: Path) -> None:
    package = ROOT / "bridge"
    sources = {str(path.relative_to(ROOT)) for kind in ("*.py", "*.xsd") for path in package.rglob(kind)}

    names = set(zipfile.ZipFile(build(tmp_path)).namelist())

    metadata = {name for name in names if ".dist-info/" in name}
    assert sources <= names
    assert {name.partition("/")[0] for name in names - metadata} == {"bridge"}
    assert not [name for name in names if name.endswith((".pyc", ".db", ".pem"))]
    assert any(name.endswith("/licenses/LICENSE") for name in metadata)


@pytest.mark.soak
@pytest.mark.timeout(120)
def test_the_bridge_runs_from_its_wheel_outside_the_checkout(tmp_path: Path) -> None:
    home = tmp_path / "elsewhere"
    home.mkdir()
    python = _environment_with(build(tmp_path), tmp_path / "env")

    version = _run(home, python.with_name("erp-bridge"), "--version")
    order = _run(home, python.with_name("erp-bridge"), "preview", SAMPLES / "order.json", "--target", "erp")
    where = _run(home, python, "-c", "import bridge; print(bridge.__file__)")

    assert version.startswith("erp-bridge ")
    assert "ITEM001" in order
    assert not where.startswith(str(ROOT / "bridge"))


def _environment_with(wheel: Path, folder: Path) -> Path:
    """A fresh environment with the wheel; its dependencies are those of this one."""
    venv.create(folder, with_pip=False)
    python = folder / "bin/python"
    (packages,) = folder.glob("lib/python*/site-packages")
    words = ["--python", python, "install", "--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", wheel]
    subprocess.run([sys.executable, "-m", "pip", *map(str, words)], check=True)
    borrowed = Path(importlib.util.find_spec("aiohttp").origin or "").parents[1]  # type: ignore[union-attr]
    (packages / "borrowed.pth").write_text(f"{borrowed}\n")
    return python


def _run(folder: Path, *words: object) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([*map(str, words)], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
