"""What the codes of EDIFACT answers amount to (``formats/mapping.md`` 2.3), and how a target overrides them.

Not for: where the codes stand in a message (``_edifact_answer``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.formats._options import word
from bridge.formats._text import shown
from bridge.model import AckStatus

_S = AckStatus
MESSAGE, RESPONSE, LINE, ACTION = "1225", "4343", "1229", "0083"
# BGM 1225. 6, 9 and 11 say what kind of message it is and no more; then 4343 speaks, then the lines.
# 5 of a CONTRL leaves the verdict to what it says of each message.
_NO_VERDICT = {MESSAGE: {"6", "9", "11"}, RESPONSE: {"NA"}, LINE: {"4"}, ACTION: {"5"}}
_TABLES: Mapping[str, Mapping[str, AckStatus]] = {
    MESSAGE: {
        "29": _S.CONFIRMED,
        "27": _S.REJECTED,
        **dict.fromkeys(("28", "30", "34", "4", "5"), _S.CHANGED),
        **dict.fromkeys(("1", "3"), _S.CANCELLED),
    },
    RESPONSE: {
        **dict.fromkeys(("AP", "AD"), _S.CONFIRMED),
        **dict.fromkeys(("AC", "CA"), _S.CHANGED),
        "RE": _S.REJECTED,
        **dict.fromkeys(("AB", "AF"), _S.RECEIVED),
    },
    LINE: {
        **dict.fromkeys(("5", "11"), _S.CONFIRMED),
        **dict.fromkeys(("1", "3", "6", "23", "24"), _S.CHANGED),
        **dict.fromkeys(("7", "10"), _S.REJECTED),
        "2": _S.CANCELLED,
    },
    ACTION: {
        **dict.fromkeys(("1", "7", "8"), _S.RECEIVED),
        **dict.fromkeys(("2", "3", "4", "6"), _S.REJECTED),
    },
}
_RECEIPTS = frozenset({_S.RECEIVED, _S.REJECTED, _S.UNKNOWN})
COPIES = frozenset({"7", "31"})
ONLY_CHANGES = "AI"
_KEY = re.compile(r"([0-9]{4}):(.+)")


def known_tables(statuses: Mapping[str, AckStatus]) -> Mapping[str, AckStatus]:
    """The table itself; ``ValueError`` for a key that names an element which holds no status, or not that one."""
    for key, status in statuses.items():
        found = _KEY.fullmatch(key.strip())
        if found is not None and found[1] not in _TABLES:
            known = ", ".join(f"{element}:CODE" for element in _TABLES)
            raise ValueError(f'"{shown(key)}": element {found[1]} holds no status; write {known}')
        if found is not None and found[1] == ACTION and status not in _RECEIPTS:
            raise ValueError(f'"{shown(key)}" is of a receipt, which is never {status}; write received or rejected')
    return statuses


@dataclass(frozen=True, slots=True)
class Codes:
    """The statuses of codes by element, with what a target says otherwise."""

    own: Mapping[str, AckStatus]

    @classmethod
    def of(cls, status_map: Mapping[str, AckStatus]) -> "Codes":
        """The codes with the overrides of ``status_map``, whose keys are ``ELEMENT:CODE``."""
        return cls({word(key): status for key, status in status_map.items()})

    def is_set(self, element: str, code: str) -> bool:
        """True when the target says what the code means."""
        return word(f"{element}:{code}") in self.own

    def status(self, element: str, code: str) -> AckStatus | None:
        """What a code says: nothing where it is empty or gives no verdict, unknown where no table has it."""
        if not code:
            return None
        own = self.own.get(word(f"{element}:{code}"))
        if own is not None:
            return own
        if code in _NO_VERDICT[element]:
            return None
        return _TABLES[element].get(code, _S.UNKNOWN)


def together(message: AckStatus | None, response: AckStatus | None) -> AckStatus | None:
    """The verdict of 1225 and 4343 together: a mere receipt counts only alone, and the graver of two counts."""
    if message is None or response is None:
        return message or response
    if response is message or response is _S.RECEIVED:
        return message
    if _S.UNKNOWN in {message, response}:
        return _S.UNKNOWN
    if _S.CONFIRMED in {message, response}:
        return response if message is _S.CONFIRMED else message
    return _S.UNKNOWN
