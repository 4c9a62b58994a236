"""What the codes of SAP's answers amount to (``formats/mapping.md`` 2.3), and how a target overrides them.

Not for: where the codes stand in an IDoc (``answer``, ``receipts``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.formats._options import word
from bridge.formats._text import shown
from bridge.model import AckStatus

_S = AckStatus
HEAD, LINE, REASON, RECEIPT = "E1EDK01-ACTION", "E1EDP01-ACTION", "E1EDP01-ABGRU", "STATUS"
CANCELLED_LINE = "003"
_TABLES: Mapping[str, Mapping[str, AckStatus]] = {
    HEAD: {"001": _S.CANCELLED, **dict.fromkeys(("002", "003", "004"), _S.CHANGED)},
    LINE: {
        "004": _S.CONFIRMED,
        **dict.fromkeys(("001", "002"), _S.CHANGED),
        CANCELLED_LINE: _S.CANCELLED,
        "005": _S.ON_HOLD,
    },
    REASON: {},
    # Where our IDoc stands at SAP. What is underway was readable; 52 and 57 say neither yes nor no.
    RECEIPT: {
        **dict.fromkeys(
            ("12", "14", "16", "24", "39", "41", "50", "53", "55", "61", "62", "64", "66", "75"), _S.RECEIVED
        ),
        **dict.fromkeys(
            ("02", "04", "05", "07", "09", "11", "15", "17", "20", "23", "26", "27", "29", "31", "34", "37", "40"),
            _S.REJECTED,
        ),
        **dict.fromkeys(("51", "54", "56", "60", "63", "65", "68"), _S.REJECTED),
    },
}
_KEY = re.compile(r"((?:E1[A-Z0-9]+|EDI_[A-Z0-9]+)-[A-Z0-9_]+|STATUS):(.+)", re.IGNORECASE)


def known_tables(statuses: Mapping[str, AckStatus]) -> Mapping[str, AckStatus]:
    """The table itself; ``ValueError`` for a key that names a field which holds no status."""
    for key in statuses:
        found = _KEY.fullmatch(key.strip())
        if found is not None and found[1].upper() not in _TABLES:
            known = ", ".join(f"{field}:CODE" for field in _TABLES)
            raise ValueError(f'"{shown(key)}": {shown(found[1])} holds no status; write {known}')
    return statuses


@dataclass(frozen=True, slots=True)
class Codes:
    """The statuses of codes by field, with what a target says otherwise."""

    own: Mapping[str, AckStatus]

    @classmethod
    def of(cls, status_map: Mapping[str, AckStatus]) -> "Codes":
        """The codes with the overrides of ``status_map``, whose keys are ``FIELD:CODE``."""
        return cls({word(key): status for key, status in status_map.items()})

    def said_of(self, field: str, code: str) -> AckStatus | None:
        """What the target itself says of a code."""
        return self.own.get(word(f"{field}:{code}")) if code else None

    def status(self, field: str, code: str) -> AckStatus | None:
        """What a code says: nothing where it is empty, unknown where no table has it."""
        if not code:
            return None
        own = self.said_of(field, code)
        return own if own is not None else _TABLES[field].get(code, _S.UNKNOWN)
