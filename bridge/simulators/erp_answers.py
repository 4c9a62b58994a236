"""Which files the simulated ERP writes about an order, in which mood, and when. Pure.

Not for: writing them.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from bridge.simulators.erp_book import FAULTS, Entry, Mood
from bridge.simulators.sides import Said, Side

_GARBAGE = b"\x00\x07 dump of printer queue \xff\xfe\x80 0x7f\n\x00"
_REASON = "Article is blocked for this customer"
SLOW_FACTOR = 6


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """One file, and how many delays after the order was taken it is written; ``in_place``: in two goes, no rename."""

    name: str
    content: bytes
    after: float = 1.0
    in_place: bool = False


def mood_for(chance: random.Random, share: float) -> Mood:
    """A fault for this share of the orders, each kind alike; the same for the same state of chance."""
    draw, which = chance.random(), chance.randrange(len(FAULTS))
    return FAULTS[which] if draw < share else Mood.WELL


def files_about(entry: Entry, side: Side) -> list[AnswerFile]:
    """The answer files for an order, in the order in which they are written."""
    return list(_files(entry, side))


def _files(entry: Entry, side: Side) -> Iterator[AnswerFile]:
    accepted = Said(entry.order_ref, "confirmed", entry.erp_order_no)
    well = AnswerFile(_name(entry, 1, side), side.answer(accepted))
    match entry.mood:
        case Mood.WELL:
            yield well
        case Mood.SLOW:
            yield AnswerFile(well.name, well.content, after=SLOW_FACTOR)
        case Mood.HALF_WRITTEN:
            yield AnswerFile(well.name, well.content, in_place=True)
        case Mood.DOUBLED:
            yield well
            yield AnswerFile(_name(entry, 2, side), well.content, after=1.5)
        case Mood.REORDERED:  # what should have come first, the receipt, comes last
            yield well
            received = Said(entry.order_ref, "received", entry.erp_order_no)
            yield AnswerFile(_name(entry, 2, side), side.answer(received), after=1.5)
        case Mood.REFUSED:
            refused = Said(entry.order_ref, "rejected", reason=_REASON)
            yield AnswerFile(well.name, side.answer(refused))
        case Mood.UNKNOWN:
            mistyped = Said(f"{entry.order_ref[:-1]}T", "confirmed", entry.erp_order_no)
            yield AnswerFile(well.name, side.answer(mistyped))
        case Mood.UNREADABLE:
            yield AnswerFile(well.name, _GARBAGE)


def _name(entry: Entry, number: int, side: Side) -> str:
    return f"ANSWER_{entry.erp_order_no}_{number}.{side.extension}"
