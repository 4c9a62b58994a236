"""A mother process that forks bridges to be killed: imports once, then one real process a trial.

It reads one JSON command a line from stdin and writes JSON lines to stdout: ``ready`` with the ports, ``ended`` with
how the process ended, ``steps`` with how many steps an unkilled run made.
"""

import asyncio
import json
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bridge import service
from bridge.cli._settings import shelves
from bridge.config import load
from bridge.journal import backup, restore
from bridge.transports import _rename
from tests.crash import collecting, plants

WATCHED = ("fsync", "open", "write", "unlink", "rename", "replace", "link", "mkdir", "rmdir", "ftruncate")
"""Calls of ``os`` that change what a crash leaves behind."""


def say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


class Steps:
    """Counts what the process does to the disk, before and after each act, and kills it at the one asked for."""

    def __init__(self, kill_at: int | None) -> None:
        self.count = 0
        self._kill_at = kill_at
        self._lock = threading.Lock()

    def step(self) -> None:
        with self._lock:
            self.count += 1
            if self.count == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
                signal.pause()

    def around(self, act: Callable[..., Any], matters: Callable[..., bool]) -> Callable[..., Any]:
        def stepped(*args: Any, **kwargs: Any) -> Any:
            if not matters(*args, **kwargs):
                return act(*args, **kwargs)
            self.step()
            try:
                return act(*args, **kwargs)
            finally:
                self.step()

        return stepped

    def install(self) -> None:
        for name in WATCHED:
            matters = _makes_file if name == "open" else _always
            setattr(os, name, self.around(getattr(os, name), matters))
        vars(_rename)["rename_new"] = self.around(vars(_rename)["rename_new"], _always)
        sqlite3.connect = self.around(sqlite3.connect, _always)
        Database.execute = self.around(Database.execute, _commits)  # type: ignore[method-assign]


def _always(*_: object, **__: object) -> bool:
    return True


def _makes_file(_path: object, flags: int = 0, *_: object, **__: object) -> bool:
    return bool(flags & os.O_CREAT)


def _commits(_db: object, sql: str, *_: object) -> bool:
    return sql in {"COMMIT", "BEGIN IMMEDIATE"}


def run_bridge(folder: Path, steps: Steps) -> None:
    config = load(folder / "config.toml", shelves(), {})
    steps.install()
    asyncio.run(service.run_service(config, ready=lambda ports: say(ready=[ports.orders, ports.admin])))


def restore_copy(folder: Path, steps: Steps) -> None:
    seconds = len(list(folder.glob("bridge-before-*.db")))  # since the last try, for a person has to type it
    steps.install()
    restore.restore(folder / "bridge.db", folder / "copy.db", datetime.now(UTC) + timedelta(seconds=seconds))


def make_copy(folder: Path, steps: Steps) -> None:
    steps.install()
    backup.copy(folder / "bridge.db", folder / "copy.db")


def collect_answers(folder: Path, steps: Steps) -> None:
    collecting.add_steps(steps.around)
    steps.install()
    asyncio.run(collecting.collect_all(folder))


DEEDS: Mapping[str, Callable[[Path, Steps], None]] = {
    "run": run_bridge,
    "collect": collect_answers,
    "restore": restore_copy,
    "copy": make_copy,
}


def carry_out(command: dict[str, Any]) -> None:
    if command["plant"]:
        plants.plant(command["plant"])
    steps = Steps(command["kill_at"])
    DEEDS[command["do"]](Path(command["folder"]), steps)
    say(steps=steps.count)


def fork(command: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.dup2(os.open(Path(command["folder"]) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        signal.set_wakeup_fd(-1)
        carry_out(command)
        code = 0
    except BaseException as error:  # the child's last words
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    for line in sys.stdin:
        command = json.loads(line)
        pid = fork(command)
        say(pid=pid)
        _, status = os.waitpid(pid, 0)
        say(ended=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
