"""CONTRL and APERAK: whether our own file could be read and taken in. Neither ever confirms an order (decision 8).

Not for: what follows from a refusal (``journal/acknowledgements.py`` raises the alert).
"""

from collections.abc import Iterator, Sequence

from bridge.formats._answer.fields import Statement
from bridge.formats._edi.tokens import Segment
from bridge.formats._edifact.answer import REASONS, Reader, told, unknown_code
from bridge.formats._edifact.codes import ACTION, MESSAGE, RESPONSE, Codes, together
from bridge.formats._edifact.envelope import Message
from bridge.formats._edifact.parts import Block
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.model import AckStatus

_S = AckStatus
_LONGEST_CONTROL = 14
_POSITIVE = frozenset({_S.RECEIVED, _S.CONFIRMED, _S.CHANGED})
_NEGATIVE = frozenset({_S.REJECTED, _S.CANCELLED})


def syntax_receipt(message: Message, reader: Reader) -> list[Statement]:
    """A CONTRL: of the file with the control number in UCI."""
    block = Block(message, list(enumerate(message.segments)))
    answered = [segment for _, segment in block.all("UCI")]
    if len(answered) != 1:
        raise Unreadable(block.place("UCI"), "a CONTRL has one UCI, which names the file that it answers")
    control = _control(answered[0].at(1), block)
    warnings: list[str] = []
    actions = [answered[0].at(4), *(segment.at(3) for _, segment in block.all("UCM"))]
    status = _action(actions, reader.codes, warnings)
    facts = {"kind": "receipt", "status": status, "reason": "; ".join(_errors(block)) or None, "control": control}
    return [told(facts, message.where, reader, warnings)]


def _control(text: str, block: Block) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_CONTROL):
        raise Unreadable(block.place("UCI"), f'"{shown(text)}" is no control number of ours')
    return int(text)


def _action(actions: Sequence[str], codes: Codes, warnings: list[str]) -> AckStatus:
    """Received only where nothing was refused, by the action on the file and on each message; else unknown."""
    found = [codes.status(ACTION, code) if code else _S.UNKNOWN for code in actions]
    if _S.REJECTED in found:
        return _S.REJECTED
    if _S.UNKNOWN in found or found == [None]:
        code = actions[found.index(_S.UNKNOWN)] if _S.UNKNOWN in found else actions[0]
        remedy = f'; add "{ACTION}:{shown(code)}" to status_map' if code else ""
        warnings.append(f'the action "{shown(code)}" ({ACTION}) says neither yes nor no{remedy}')
        return _S.UNKNOWN
    return _S.RECEIVED


def _errors(block: Block) -> Iterator[str]:
    """The syntax errors that were found: code and the segment that it stands in."""
    for tag, place in (("UCI", 5), ("UCM", 4), ("UCS", 2), ("UCD", 1)):
        for _, segment in block.all(tag):
            where = f" in segment {shown(segment.at(1))}" if tag == "UCS" else ""
            if segment.at(place):
                yield f"{tag}: syntax error {shown(segment.at(place))}{where}"


def application_receipt(message: Message, reader: Reader) -> list[Statement]:
    """An APERAK: of the order, by its reference or the number of our message."""
    block = Block(message, list(enumerate(message.segments)))
    begin = block.begin()
    if begin is None:
        raise Unreadable(block.place(), "BGM is missing, so nothing says what this is")
    warnings: list[str] = []
    facts = {
        "kind": "receipt",
        "order_ref": block.reference("ON", "ACW"),
        "erp_order_no": block.reference("VN"),
        "message_date": block.day(warnings, "137"),
        "status": _application_verdict(begin, block, reader, warnings),
        "reason": "; ".join(_refusals(block)) or None,
    }
    return [told(facts, message.where, reader, warnings)]


def _application_verdict(begin: Segment, block: Block, reader: Reader, warnings: list[str]) -> AckStatus:
    """Errors refuse unless the message says that it was accepted all the same; then nobody knows."""
    found = []
    for element, code in ((MESSAGE, begin.at(3)), (RESPONSE, begin.at(4))):
        status = reader.codes.status(element, code)
        if status is _S.UNKNOWN:
            warnings.append(unknown_code(element, code))
        found.append(status)
    said, has_errors = together(*found), any(True for _ in block.all("ERC"))
    if said in _NEGATIVE or (said is None and has_errors):
        return _S.REJECTED
    if has_errors or (said is not None and said not in _POSITIVE):
        warnings.append("it reports errors and does not refuse" if has_errors else "it says neither yes nor no")
        return _S.UNKNOWN
    return _S.RECEIVED


def _refusals(block: Block) -> Iterator[str]:
    for _, segment in block.all("ERC"):
        if segment.at(1):
            yield f"error {shown(segment.at(1))}"
    text = block.text("FTX", REASONS)
    if text:
        yield text
