"""The bridge's end of the pipe to a process that renders one template: started, asked, stopped, started anew.

The process is warm: it waits between orders. It ends with the bridge, even a killed one, since its pipe ends then; and
whatever ends it in the middle of an order becomes that order's error. Not for: what is asked (``template.py``).
"""

import contextlib
import json
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bridge.errors import ErrorName, TransientError
from bridge.formats._template.frames import HEADER, Kind, Limits, Rules, framed

_HOME = Path(__file__).resolve().parents[3]
_COMMAND = (sys.executable, "-P", "-s", "-m", "bridge.formats._template.child")
_CHUNK = 1 << 16
_SLACK = 1024  # bytes that a reply may have beyond its text
_LETTER = 4  # bytes at most
_GRACE_S = 0.5  # after which a process that should have ended itself is ended
_MEBIBYTE = 1024**2


class Stopped(Exception):  # noqa: N818  # the field's word
    """Why there is no text; ``field`` is where in the order, ``line`` where in the template, as far as known."""

    def __init__(self, what: str, line: int | None = None, field: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.field = field
        self.remedy = remedy


class Worker:
    """One process for one template; callable from any thread, one order at a time.

    ``names`` are those that the template mentions, known once it was started. Raises :class:`Stopped` for what the
    template or its limits stop, and :class:`TransientError` when no process can be had or the machine is too busy.
    """

    def __init__(self, source: str, rules: Rules, limits: Limits) -> None:
        setup = {"source": source, "rules": asdict(rules), "limits": asdict(limits)}
        self._setup = framed(Kind.ASKED, json.dumps(setup).encode())
        self._limits = limits
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._is_ready = False
        self.names: frozenset[str] = frozenset()

    @property
    def pid(self) -> int | None:
        """The number of the process, where there is one."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process and have it read the template."""
        with self._lock:
            self._made_ready()

    def ask(self, facts: Mapping[str, object]) -> str:
        """What the template writes of these facts."""
        request = framed(Kind.ASKED, pickle.dumps(dict(facts)))
        with self._lock:
            try:
                return self._asked(request)
            except _GoneError as gone:
                if gone.signal in _OWN:
                    raise self._end_of(gone) from gone
            # Somebody ended it who is not us: the order may have no part in that, so it has a second go.
            try:
                return self._asked(request)
            except _GoneError as gone:
                raise self._end_of(gone) from gone

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._forget()

    # --- inside the lock ------------------------------------------------------------------------------------------

    def _asked(self, request: bytes) -> str:
        process = self._made_ready()
        try:
            kind, body = process.exchange(request, self._limits.wall_s + _GRACE_S, self._most())
        except _GoneError:
            self._renew()
            raise
        if kind is not Kind.TEXT:
            raise self._fault_in(body)
        return body.decode()

    def _made_ready(self) -> "_Process":
        if self._process is not None and self._process.has_ended():
            self._forget()
        process = self._process or self._begun()
        if not self._is_ready:
            self._hear(process)
        return process

    def _begun(self) -> "_Process":
        self._process = _Process()
        return self._process

    def _hear(self, process: "_Process") -> None:
        """Tell the process its template, and hear what it thinks of it."""
        try:
            kind, body = process.exchange(self._setup, self._limits.start_s, self._most())
        except _GoneError as gone:
            self._forget()
            raise self._end_of(gone) from gone
        if kind is not Kind.READY:
            fault = self._fault_in(body)
            self._forget()
            raise fault
        self.names = frozenset(_table(body).get("names", ()))
        self._is_ready = True

    def _forget(self) -> None:
        process, self._process, self._is_ready = self._process, None, False
        if process is not None:
            process.end()

    def _renew(self) -> None:
        """End the process and begin another, which gets ready while nobody waits for it."""
        self._forget()
        with contextlib.suppress(TransientError):  # the next order tries again, and tells
            self._begun()

    def _most(self) -> int:
        return self._limits.output * _LETTER + _SLACK

    def _fault_in(self, body: bytes) -> "Stopped | TransientError":
        told = _table(body)
        if told.get("memory"):
            self._renew()
            return Stopped(f"it takes more than {self._limits.memory // _MEBIBYTE} MiB of memory")
        if "limits" in told:
            return _not_now(f"the system lets no process limit itself: {told['limits']}", _ALLOW)
        line = told.get("line")
        return Stopped(
            str(told.get("what", "it failed")),
            line if isinstance(line, int) else None,
            str(told.get("field", "")),
            str(told.get("remedy", "")),
        )

    def _end_of(self, gone: "_GoneError") -> "Stopped | TransientError":
        if gone.signal == signal.SIGPROF:
            return Stopped(f"it takes more than {self._limits.cpu_s:g} s of processor time")
        if gone.signal == signal.SIGALRM or gone.is_late:
            return _not_now("the process that renders it did not answer in time", "The machine is too busy; look at it")
        if gone.is_too_long:
            return Stopped(f"it writes more than {self._limits.output // 1024} KiB")
        if gone.signal == signal.SIGSEGV:
            return Stopped("it is nested too deeply, or too large")
        return _not_now(f"the process that renders it ended ({gone})", "Look for what ended it: memory, or a person")


_MARKS = frozenset(kind.value for kind in Kind)
_OWN = frozenset({signal.SIGPROF, signal.SIGALRM, signal.SIGSEGV, None})
_ALLOW = "Allow setrlimit and prlimit64; under systemd: SystemCallFilter=setrlimit prlimit64"


def _not_now(what: str, hint: str) -> TransientError:
    return TransientError(what, name=ErrorName.BUSY, subject="template", hint=hint)


def _table(body: bytes) -> dict[str, Any]:
    """What the process told; nothing where it told what nobody understands."""
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


class _GoneError(Exception):
    """The process ended, or was late, or told too much: ``signal`` is what ended it."""

    def __init__(
        self, how: str, number: int | None = None, *, is_late: bool = False, is_too_long: bool = False
    ) -> None:
        super().__init__(how)
        self.signal = number
        self.is_late = is_late
        self.is_too_long = is_too_long


class _Process:
    """A process and its two pipes. It is ended and waited for at the latest when nobody holds it any more."""

    def __init__(self) -> None:
        try:
            self._popen = subprocess.Popen(  # noqa: S603  # our own module, by our own interpreter
                _COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": str(_HOME)},  # and nothing else: secrets may stand in ours
                start_new_session=True,  # a Ctrl-C is meant for the bridge
                bufsize=0,
            )
        except OSError as error:
            raise _not_now(f"no process can be started: {error}", "Look at memory and limits of processes") from error
        if self._popen.stdin is None or self._popen.stdout is None:
            raise AssertionError("both are pipes")
        self._in, self._out = self._popen.stdin, self._popen.stdout
        for pipe in (self._in, self._out):
            os.set_blocking(pipe.fileno(), False)
        self.end = weakref.finalize(self, _ended, self._popen)

    @property
    def pid(self) -> int:
        return self._popen.pid

    def has_ended(self) -> bool:
        return self._popen.poll() is not None

    def exchange(self, request: bytes, within_s: float, most: int) -> tuple[Kind, bytes]:
        """Send a frame and get one. Raises :class:`_GoneError`."""
        deadline = time.monotonic() + within_s
        got = bytearray()
        left = memoryview(request)
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        poll.register(self._in, select.POLLOUT)
        while (whole := _whole(got, most)) is None:
            ready = dict(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
            if not ready:
                raise _GoneError("late", is_late=True)
            if self._in.fileno() in ready and left:
                left = left[self._sent(left) :]
            if not left:
                with contextlib.suppress(KeyError):
                    poll.unregister(self._in)
            if self._out.fileno() in ready:
                got += self._heard()
        return whole

    def _sent(self, left: memoryview) -> int:
        try:
            return os.write(self._in.fileno(), left[:_CHUNK])
        except BlockingIOError:
            return 0
        except OSError as error:
            raise self._gone() from error

    def _heard(self) -> bytes:
        try:
            found = os.read(self._out.fileno(), _CHUNK)
        except BlockingIOError:
            return b""
        if not found:
            raise self._gone()
        return found

    def _gone(self) -> _GoneError:
        """How it ended: it closed its pipe, so it is about to be gone if it is not yet."""
        try:
            code = self._popen.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            return _GoneError("it closed its pipe")
        return _GoneError(f"signal {-code}", -code) if code < 0 else _GoneError(f"exit code {code}", 0)


def _ended(popen: "subprocess.Popen[bytes]") -> None:
    """Kill the process, wait for it, close its pipes: no zombie, and nothing left open."""
    popen.kill()
    popen.wait()
    for pipe in (popen.stdin, popen.stdout):
        if pipe is not None:
            pipe.close()


def _whole(got: bytearray, most: int) -> tuple[Kind, bytes] | None:
    """The frame, when all of it came."""
    if len(got) < HEADER.size:
        return None
    mark, size = HEADER.unpack_from(got)
    if mark not in _MARKS:
        raise _GoneError("it tells what nobody understands")
    if size > most:
        raise _GoneError("too long", is_too_long=True)
    if len(got) < HEADER.size + size:
        return None
    return Kind(mark), bytes(got[HEADER.size : HEADER.size + size])
