"""What the simulated ERP remembers: each file it took, each answer it wrote. Pure.

Not for: files.
"""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

FIRST_NUMBER = 1001


class Mood(StrEnum):
    """How the ERP answers one order."""

    WELL = "well"
    SLOW = "slow"
    DOUBLED = "doubled"
    REORDERED = "reordered"
    UNKNOWN = "unknown"
    HALF_WRITTEN = "half_written"
    REFUSED = "refused"
    UNREADABLE = "unreadable"


FAULTS = tuple(mood for mood in Mood if mood is not Mood.WELL)


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken from the outbox; ``again`` when its order had been taken before."""

    name: str
    sha256: str
    order_ref: str | None
    again: bool


@dataclass(slots=True)
class Entry:
    """One order in the ERP: its number, and the names of the answer files about it."""

    order_ref: str
    erp_order_no: str
    mood: Mood
    answers: list[str] = field(default_factory=list)
    is_done: bool = False
    """True once everything that the ERP has to say was written."""


class ErpBook:
    """Every file and every order, in the order in which they came."""

    def __init__(self, first_number: int = FIRST_NUMBER) -> None:
        self._next = first_number
        self.taken: list[Taken] = []
        self.orders: dict[str, Entry] = {}

    def take(self, name: str, content: bytes, order_ref: str | None) -> Taken:
        """Note a file. An order that comes a second time, under whatever name, is noted as such."""
        digest = hashlib.sha256(content).hexdigest()
        again = any(name == one.name or (order_ref and order_ref == one.order_ref) for one in self.taken)
        taken = Taken(name, digest, order_ref, again)
        self.taken.append(taken)
        return taken

    def enter(self, order_ref: str, mood: Mood) -> Entry:
        """The order's entry with its number; made when it is new."""
        if order_ref not in self.orders:
            self.orders[order_ref] = Entry(order_ref, f"SO-{self._next}", mood)
            self._next += 1
        return self.orders[order_ref]
