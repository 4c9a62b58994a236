"""A mother process that forks bridges to be killed: imports once, then one real process a trial.

It reads one JSON command a line from stdin and writes JSON lines to stdout: ``ready`` with the ports, ``ended`` with
how the process ended, ``steps`` with how many steps an unkilled run made.
"""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from bridge import service
from bridge.cli._settings import shelves
from bridge.config import load
from bridge.transports import folder
from tests.crash import plants

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
        vars(folder)["rename_new"] = self.around(vars(folder)["rename_new"], _always)
        Database.execute = self.around(Database.execute, _commits)  # type: ignore[method-assign]


def _always(*_: object, **__: object) -> bool:
    return True


def _makes_file(_path: object, flags: int = 0, *_: object, **__: object) -> bool:
    return bool(flags & os.O_CREAT)


def _commits(_db: object, sql: str, *_: object) -> bool:
    return sql in {"COMMIT", "BEGIN IMMEDIATE"}


def run_bridge(command: dict[str, Any]) -> None:
    config = load(Path(command["config"]), shelves(), {})
    if command["plant"]:
        plants.plant(command["plant"])
    steps = Steps(command["kill_at"])
    steps.install()
    asyncio.run(service.run_service(config, ready=lambda ports: say(ready=[ports.orders, ports.admin])))
    say(steps=steps.count)


def fork(command: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.dup2(os.open(command["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
        signal.set_wakeup_fd(-1)
        run_bridge(command)
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
