"""997, 999 and TA1: whether our own file could be read and taken in. None ever confirms an order (decision 8).

Not for: what follows from a refusal (``journal/acknowledgements.py`` raises the alert).
"""

from collections.abc import Iterator

from bridge.formats._answer.fields import Statement
from bridge.formats._edi.saying import told
from bridge.formats._edi.tokens import Segment
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.formats._x12.codes import FILE_TAKEN, GROUP_TAKEN, PARTLY, SET_TAKEN
from bridge.formats._x12.envelope import Set
from bridge.formats._x12.parts import Block, Reader
from bridge.model import AckStatus

_S = AckStatus
_OURS = "PO"
_LONGEST_CONTROL = 9
_NO_ERROR = "000"
# Where the codes of errors stand, and what each is about, by the elements of its segment.
_ERRORS = (
    (("AK3", "IK3"), (4,), "segment {2} ({1})"),
    (("AK4", "IK4"), (3,), "element {1}"),
    (("AK5", "IK5"), (2, 3, 4, 5, 6), "the set"),
    (("AK9",), (5, 6, 7, 8, 9), "the group"),
)


def group_receipt(of: Set, reader: Reader) -> list[Statement]:
    """A 997 (or 999 of later versions): of the file with the group number in AK1."""
    block = Block(of, list(enumerate(of.segments)), reader)
    answered, closing = block.only("AK1"), block.only("AK9")
    if answered.at(1) != _OURS:
        raise Unreadable(block.place("AK1"), f'it answers a group of "{shown(answered.at(1))}", and we send PO alone')
    warnings: list[str] = []
    facts = {
        "kind": "receipt",
        "status": _status_of(block, closing, reader, warnings),
        "reason": "; ".join(_errors(block)) or None,
        "control": _control(answered.at(2), block, "AK1"),
    }
    return [told(facts, of.where, reader.dialect, warnings)]


def file_receipt(of: Set, reader: Reader) -> list[Statement]:
    """A TA1: of the file with the control number in it."""
    block = Block(of, list(enumerate(of.segments)), reader)
    said, warnings = block.only("TA1"), list[str]()
    status = reader.codes.status(FILE_TAKEN, said.at(4), warnings)
    note = said.at(5)
    facts = {
        "kind": "receipt",
        "status": status or _S.UNKNOWN,
        "reason": f"TA1: note {shown(note)}" if note and note != _NO_ERROR else None,
        "control": _control(said.at(1), block, "TA1"),
    }
    return [told(facts, of.where, reader.dialect, warnings)]


def _control(text: str, block: Block, tag: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_CONTROL):
        raise Unreadable(block.place(tag), f'"{shown(text)}" is no control number of ours')
    return int(text)


def _status_of(block: Block, closing: Segment, reader: Reader, warnings: list[str]) -> AckStatus:
    """Received only where nothing was refused and nothing is missing; a code that says neither is unknown."""
    sets = [segment.at(1) for tag in ("AK5", "IK5") for segment in block.all(tag)]
    found = [reader.codes.status(SET_TAKEN, code, warnings) or _S.UNKNOWN for code in sets]
    group = closing.at(1)
    if group == PARTLY and not reader.codes.is_set(GROUP_TAKEN, group):
        found.append(_S.RECEIVED if found else _S.UNKNOWN)
    else:
        found.append(reader.codes.status(GROUP_TAKEN, group, warnings) or _S.UNKNOWN)
    if _S.REJECTED in found:
        return _S.REJECTED
    strange = [status for status in found if status is not _S.RECEIVED]
    if strange:
        return strange[0]
    if closing.at(2) != closing.at(4) and closing.at(4):
        warnings.append(f"it takes {shown(closing.at(4))} of {shown(closing.at(2))} sets and refuses none")
        return _S.UNKNOWN
    return _S.RECEIVED


def _errors(block: Block) -> Iterator[str]:
    """The errors that were found: code and the segment or element that each stands in."""
    for tags, elements, place in _ERRORS:
        for segment in (one for tag in tags for one in block.all(tag)):
            where = place.format("", shown(segment.at(1)), shown(segment.at(2)))
            codes = (segment.at(element) for element in elements)
            yield from (f"{segment.tag}: error {shown(code)} in {where}" for code in codes if code)
