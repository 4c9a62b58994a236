"""Starts the bridge as `python3 -m bridge VERB`; in a fresh checkout it sets up `.venv` first.

Standard library only, and in a grammar that Python 3.6 can parse, so that an old interpreter gets a plain
sentence and not a SyntaxError. Not for anything that the bridge does: that begins in `bridge.cli`.

The stamp `.venv/.bridge-setup` tells what `.venv` is: `unfinished` from before its first file until the last
package is in (so a setup that was killed is seen and made anew), then the fingerprint of what was asked for
and the Python it was made for. A `.venv` without a stamp was made by a person and is used as it is, as long
as it has what is needed.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

if sys.version_info < (3, 11):  # noqa: UP036 - to refuse the others is what this file is written for
    sys.stderr.write(
        f"bridge: needs Python 3.11 or newer, but {sys.executable} is "
        f"{sys.version_info[0]}.{sys.version_info[1]}; install one and start the bridge with it "
        "(Debian 12, Ubuntu 24.04: apt install python3 python3-venv)\n"
    )
    sys.exit(78)

UNFINISHED = "unfinished"
VERSION = "{}.{}".format(*sys.version_info[:2])


def main() -> None:
    """Hands over to the verbs, in an environment that has what they need. Returns never."""
    if not __package__:  # started as `python3 /path/to/bridge`: that folder is no place to import from
        sys.path[0] = str(Path(__file__).resolve().parent.parent)
    root = checkout_of(Path(__file__))
    if root is not None and os.environ.get("BRIDGE_NO_BOOTSTRAP", "0") in ("", "0"):
        try:
            enter_venv(root)
        except OSError as fault:
            fail(73, f"cannot set up {root / '.venv'}: {fault}", "Is the checkout yours to write to?")
        except KeyboardInterrupt:
            fail(130, "setup interrupted; the next run begins it again")
    hand_over()


def hand_over() -> None:
    """Runs the verbs and ends the process with their exit code."""
    try:
        from bridge.cli import main as verbs
    except ModuleNotFoundError as absent:
        if absent.name is None or absent.name.split(".")[0] == "bridge":
            raise
        hint = "Install what pyproject.toml asks for, or unset BRIDGE_NO_BOOTSTRAP."
        fail(78, f"the Python package {absent.name} is missing in {sys.prefix}", hint)
    sys.exit(verbs())


def enter_venv(root: Path) -> None:
    """Returns if this interpreter has what is needed; else replaces the process by the one of `.venv`."""
    fingerprint, stamp = fingerprint_of(root), read_stamp(root)
    inside = Path(sys.executable).parent.resolve() == (root / ".venv" / "bin").resolve()
    is_stamped = stamp == f"{fingerprint} {VERSION}"
    is_foreign = not (inside and stamp)  # another environment, or a .venv made by a person
    if (is_foreign and not unmet(needed(root, sys.argv[1:]))) or (is_stamped and not is_foreign):
        return
    if inside or not is_usable(root, fingerprint, stamp):
        set_up(root, fingerprint)
    python = str(python_of(root))
    os.execv(python, [python, "-m", "bridge", *sys.argv[1:]])


def checkout_of(main_file: Path) -> Path | None:
    """Returns the checkout that holds this package, or None where the package was installed."""
    root = main_file.resolve().parent.parent
    try:
        project = (root / "pyproject.toml").read_text(encoding="utf-8")
    except OSError:
        return None
    is_ours = 'name = "erp-bridge"' in project and (root / "constraints.txt").is_file()
    return root if is_ours else None


def python_of(root: Path) -> Path:
    """Returns where the interpreter of `.venv` lies, or would lie."""
    return root / ".venv" / "bin" / "python"


def fingerprint_of(root: Path) -> str:
    """Returns in one word what `.venv` depends on; its path too, for the scripts in it begin with that."""
    parts = [
        str(root).encode(),
        (root / "pyproject.toml").read_bytes(),
        (root / "constraints.txt").read_bytes(),
    ]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def read_stamp(root: Path) -> str:
    """Returns the stamp of `.venv`, empty where there is none."""
    try:
        return (root / ".venv" / ".bridge-setup").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def write_stamp(root: Path, stamp: str) -> None:
    """Sets the stamp of `.venv`; a reader sees the old one or the new one, never half of one."""
    path = root / ".venv" / ".bridge-setup"
    fresh = path.with_name(".bridge-setup.new")
    fresh.write_text(stamp + "\n", encoding="utf-8")
    fresh.replace(path)


def is_usable(root: Path, fingerprint: str, stamp: str) -> bool:
    """Tells whether `.venv` can be entered as it is: up to date by its stamp, or made by a person."""
    made_for_this = not stamp or stamp.split(maxsplit=1)[0] == fingerprint
    return made_for_this and os.access(python_of(root), os.X_OK)


def needed(root: Path, arguments: list[str]) -> list[str]:
    """Returns the requirements of the verb that is asked for; only `test` needs those of the tests."""
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    verb = next((word for word in arguments if not word.startswith("-")), "")
    return [*project["dependencies"], *(project["optional-dependencies"]["test"] if verb == "test" else [])]


def unmet(requirements: list[str]) -> list[str]:
    """Returns those requirements that this interpreter cannot meet."""
    from importlib import metadata

    def is_met(requirement: str) -> bool:
        try:
            version = metadata.version(re.split("[<>=]", requirement)[0])
        except metadata.PackageNotFoundError:
            return False
        return satisfies(requirement, version)

    return [requirement for requirement in requirements if not is_met(requirement)]


def satisfies(requirement: str, version: str) -> bool:
    """Tells whether a version lies within bounds like `name>=4.2.1,<5`; we use no other signs."""

    def numbers(text: str) -> tuple[int, ...]:
        return tuple(int(number) for number in re.findall(r"\d+", text)[:3])

    found = numbers(version)
    bounds = re.findall(r"(>=|<)([\d.]+)", requirement)
    return all(found >= numbers(bound) if sign == ">=" else found < numbers(bound) for sign, bound in bounds)


def set_up(root: Path, fingerprint: str) -> None:
    """Makes `.venv` or brings it up to date, one process at a time. If it dies, the next makes it anew."""
    with only_one(root) as lock:
        stamp, version = read_stamp(root), probe(root)
        if version and stamp == f"{fingerprint} {version}":
            return  # another process did it while this one waited
        if version and stamp != UNFINISHED:
            say("Bringing .venv up to date ...")
            write_stamp(root, UNFINISHED)
        else:
            say("First run: setting up .venv (about a minute, once) ...")
            make_venv(root, lock)
        install(root, lock)
        write_stamp(root, f"{fingerprint} {probe(root)}")


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[int]:
    """Holds the lock of the setup; yields its descriptor, so that a child that outlives us holds it too."""
    (root / "var").mkdir(exist_ok=True)
    with (root / "var" / "setup.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another process is setting up .venv; waiting for it ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def probe(root: Path) -> str:
    """Returns the Python version of a `.venv` that works and has pip, else an empty string."""
    script = "import sys, pip; print('{}.{}'.format(*sys.version_info[:2]))"
    try:
        done = run(root, [str(python_of(root)), "-c", script])
    except OSError:
        return ""
    return "" if done.returncode else done.stdout.strip()


def make_venv(root: Path, lock: int) -> None:
    """Makes an empty `.venv` in place of whatever is there, marked as unfinished from its first moment."""
    if importlib.util.find_spec("ensurepip") is None:
        fail(78, "this Python cannot make a virtual environment.", "Do: apt install python3-venv")
    venv = root / ".venv"
    if venv.exists():
        shutil.rmtree(venv)
    venv.mkdir()
    write_stamp(root, UNFINISHED)
    # The interpreter behind our own: ours may be the .venv that was just removed.
    done = run(root, [str(Path(sys.executable).resolve()), "-m", "venv", str(venv)], lock)
    if done.returncode:
        fail(78, "python -m venv failed:", *done.stdout.splitlines()[-8:], "Do: apt install python3-venv")


def install(root: Path, lock: int) -> None:
    """Installs the checkout and what it needs, the tests' needs included, at the pinned versions."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    wanted = ["-c", "constraints.txt", "-e", ".[test]"]
    done = run(root, [str(python_of(root)), "-m", "pip", "install", *quiet, *wanted], lock)
    if done.returncode:
        tail = done.stdout.splitlines()[-8:]
        hint = "Can pip reach its package index (pip config list)? The same command again begins anew."
        fail(69, "pip could not install what the bridge needs:", *tail, hint)


def run(root: Path, command: list[str], lock: int | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command in the checkout, both its outputs captured as one text."""
    return subprocess.run(
        command,
        cwd=root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=() if lock is None else (lock,),
        check=False,
    )


def say(sentence: str) -> None:
    """Tells the person at the terminal; stdout stays free for what the verb prints."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def fail(code: int, what: str, *more: str) -> NoReturn:
    """Ends the process with an exit code and what the person can do."""
    say("bridge: " + "\n  ".join([what, *more]))
    raise SystemExit(code)


if __name__ == "__main__":
    main()
