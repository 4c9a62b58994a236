"""The process that renders templates: one template, one order after the other, within limits that it cannot lift.

It knows no secret, no file but its own code, no network; it ends when the pipe to the bridge ends, and its own timers
end it in the middle of an order. Not for: what happens to an order then (``worker.py``).
"""

import contextlib
import io
import json
import pickle
import resource
import signal
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from jinja2 import Template
from jinja2.exceptions import TemplateError, TemplateSyntaxError, UndefinedError

from bridge.formats._template import sample
from bridge.formats._template.faults import Refused, TemplateFault
from bridge.formats._template.filters import Number
from bridge.formats._template.frames import Kind, Limits, Rules, framed, taken
from bridge.formats._template.places import place_of
from bridge.formats._template.sandbox import Sandbox, compiled, line_of

# All that a template can raise. Whatever else there may be ends the process, and the bridge says so.
_FAULTS = (
    *(TemplateFault, TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError),
    *(RecursionError, SyntaxError, AssertionError),
)

_NO_MEMORY = b'{"memory": true}'  # made beforehand: there may be none left to make it
_LONGEST = 500


def main() -> None:
    """Take a template, then orders, until the pipe ends."""
    for number in (signal.SIGINT, signal.SIGTERM):  # they are meant for the bridge, which finishes its orders
        signal.signal(number, signal.SIG_IGN)
    source, pipe = sys.stdin.buffer, sys.stdout.buffer
    first = taken(source)
    if first is None:
        return
    text, rules, limits = _setup(first)
    _rehearse()
    try:
        _limit(limits)
    except (OSError, ValueError) as error:
        _tell(pipe, Kind.FAULT, json.dumps({"limits": str(error)}).encode())
        return
    template = _prepared(text, (rules, limits), pipe)
    while template is not None and (asked := taken(source)) is not None:
        _timers(limits)
        kind, reply = answered(template, asked, limits)
        _timers(None)
        _tell(pipe, kind, reply)
        if reply == _NO_MEMORY:
            return


def _setup(body: bytes) -> tuple[str, Rules, Limits]:
    told = json.loads(body)
    return told["source"], Rules(**told["rules"]), Limits(**told["limits"])


def _rehearse() -> None:
    """Load what jinja loads late, while files may still be opened: for texts in quotes, and for faults."""
    with contextlib.suppress(TemplateSyntaxError):
        compiled("{{ '' }}{{", Rules("refuse"))
    template, _ = compiled(sample.TEMPLATE, Rules("refuse"))
    with contextlib.suppress(TemplateFault, UndefinedError):
        list(_pieces(template, {}, 1))


def _limit(limits: Limits) -> None:
    """Memory, and no file, no process, no dump; raises where the system does not let a process limit itself."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _timers(limits: Limits | None) -> None:
    """Let the system end this process once an order took too long: by processor time, and by the clock."""
    signal.setitimer(signal.ITIMER_PROF, limits.cpu_s if limits else 0)
    signal.setitimer(signal.ITIMER_REAL, limits.wall_s if limits else 0)


def _prepared(text: str, settings: tuple[Rules, Limits], pipe: BinaryIO) -> Template | None:
    rules, limits = settings
    _timers(limits)
    try:
        template, names = compiled(text, rules)
    except MemoryError:
        _tell(pipe, Kind.FAULT, _NO_MEMORY)
        return None
    except _FAULTS as error:
        _tell(pipe, Kind.FAULT, _fault(error, getattr(error, "line", None) or getattr(error, "lineno", None)))
        return None
    _timers(None)
    _tell(pipe, Kind.READY, json.dumps({"names": sorted(names)}).encode())
    return template


def answered(template: Template, asked: bytes, limits: Limits) -> tuple[Kind, bytes]:
    """What the template writes of the facts that were asked about, or why it writes nothing."""
    sandbox = template.environment
    facts: dict[str, Any] = {}
    try:
        facts = _facts(asked)
        if isinstance(sandbox, Sandbox):
            sandbox.begin(facts["order"])
        return Kind.TEXT, "".join(_pieces(template, facts, limits.output)).encode()
    except MemoryError:
        return Kind.FAULT, _NO_MEMORY
    except Refused as refusal:
        told = {"what": str(refusal), "remedy": refusal.remedy, "field": place_of(refusal.value, facts.get("order"))}
        return Kind.FAULT, json.dumps({**told, "line": line_of(refusal, template)}).encode()
    except _FAULTS as error:
        return Kind.FAULT, _fault(error, line_of(error, template))


def _facts(asked: bytes) -> dict[str, Any]:
    facts = _Facts(io.BytesIO(asked)).load()
    if not isinstance(facts, dict):
        raise TypeError("an order is a table")
    return facts


class _Facts(pickle.Unpickler):  # the bridge wrote it, for this process alone
    """Values of an order, and nothing that has code of its own."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        if (module_name, global_name) in {("decimal", "Decimal"), ("_decimal", "Decimal")}:
            return Number
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is no value")


def _pieces(template: Template, facts: dict[str, Any], most: int) -> Iterator[str]:
    size = 0
    for piece in template.root_render_func(template.new_context(facts)):
        size += len(piece)
        if size > most:
            raise TemplateFault(f"it writes more than {most // 1024} KiB")
        yield piece


def _fault(error: BaseException, line: int | None) -> bytes:
    words = "it calls itself without end, or is nested too deeply" if isinstance(error, RecursionError) else ""
    what = words or str(error).partition("\n")[0] or type(error).__name__
    return json.dumps({"what": " ".join(what.split())[:_LONGEST], "line": line}).encode()


def _tell(pipe: BinaryIO, kind: Kind, body: bytes) -> None:
    pipe.write(framed(kind, body))
    pipe.flush()


if __name__ == "__main__":
    main()
