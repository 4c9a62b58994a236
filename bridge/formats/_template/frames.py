"""How the bridge and the process that renders templates speak through a pipe: a kind, a length, a body.

Not for: what the bodies mean (``child.py``, ``worker.py``).
"""

import struct
from dataclasses import dataclass
from enum import Enum
from typing import BinaryIO

HEADER = struct.Struct(">cQ")


class Kind(Enum):
    """What a frame carries."""

    ASKED = b"a"
    READY = b"r"
    TEXT = b"t"
    FAULT = b"f"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one rendering may use; past any of them it is stopped.

    ``cpu_s`` is processor time, so that a busy machine stops nobody; ``memory`` is the whole process's address space,
    ``output`` the letters of one file. ``wall_s`` and ``start_s`` are what the bridge waits; by then an order was
    answered 503 long ago (``[receiver] answer_within``).
    """

    cpu_s: float = 2.0
    wall_s: float = 10.0
    start_s: float = 30.0
    memory: int = 256 * 1024**2
    output: int = 8 * 1024**2


@dataclass(frozen=True, slots=True)
class Rules:
    """What is done to a text of the order that a template prints without a filter.

    ``escape`` is ``xml``, ``csv`` or ``refuse``. ``separators`` are the signs that no such text may hold; ``None``:
    those that stand beside its tags.
    """

    escape: str
    separators: str | None = None


def framed(kind: Kind, body: bytes) -> bytes:
    """The bytes of one frame."""
    return HEADER.pack(kind.value, len(body)) + body


def taken(stream: BinaryIO) -> bytes | None:
    """The body of the next frame; ``None`` at the end of the stream, also in the middle of one."""
    head = stream.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    size = HEADER.unpack(head)[1]
    body = stream.read(size)
    return body if len(body) == size else None
