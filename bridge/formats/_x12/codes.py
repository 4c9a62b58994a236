"""What the codes of X12 answers amount to (``formats/mapping.md`` 2.3), and how a target overrides them.

Not for: where the codes stand in a set (``response``, ``papers``, ``receipts``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.formats._options import word
from bridge.formats._text import shown
from bridge.model import AckStatus

_S = AckStatus
RESPONSE, LINE, INVOICE = "BAK02", "ACK01", "BIG07"
SET_TAKEN, GROUP_TAKEN, FILE_TAKEN = "AK501", "AK901", "TA104"
PURPOSES = {"855": "BAK01", "856": "BSN01", "810": "BIG08"}
ONLY_EXCEPTIONS = "AE"
COPIES = frozenset({"07", "22"})
COUNTER_OFFER = "RO"
# 00 original, 04 change, 05 replace, 06 confirmation, 08 status. A later answer may do all of these, a paper may not.
_SAYS_NO_MORE = {"BAK01": {"00", "04", "05", "06", "08"}, "BSN01": {"00"}, "BIG08": {"00"}}
_TAKEN = {
    **dict.fromkeys(("A", "E"), _S.RECEIVED),
    **dict.fromkeys(("R", "M", "W", "X"), _S.REJECTED),
}
_TABLES: Mapping[str, Mapping[str, AckStatus]] = {
    RESPONSE: {
        **dict.fromkeys(("AT", "AD", "AK"), _S.CONFIRMED),
        "AC": _S.CHANGED,
        **dict.fromkeys(("RD", "RF", "RJ", "RN", COUNTER_OFFER, "RV"), _S.REJECTED),
        "AH": _S.ON_HOLD,
        "NA": _S.RECEIVED,
    },
    LINE: {
        **dict.fromkeys(("IA", "AC", "AR", "AA"), _S.CONFIRMED),
        "IB": _S.BACKORDER,
        **dict.fromkeys(("IC", "IP", "IQ", "IS", "DR", "BP", "IE", "SP"), _S.CHANGED),
        "ID": _S.CANCELLED,
        **dict.fromkeys(("IR", *(f"R{digit}" for digit in range(1, 10))), _S.REJECTED),
        **dict.fromkeys(("IH", "IF", "IW"), _S.ON_HOLD),
    },
    # DI debit invoice, PR product, PP prepaid; CN and CR are credits, told apart by :data:`CREDITS`.
    INVOICE: dict.fromkeys(("DI", "PR", "PP", "CN", "CR"), _S.INVOICED),
    SET_TAKEN: _TAKEN,
    GROUP_TAKEN: _TAKEN,
    FILE_TAKEN: dict.fromkeys(("A", "E"), _S.RECEIVED) | {"R": _S.REJECTED},
    **{element: {} for element in PURPOSES.values()},
}
CREDITS = frozenset({"CN", "CR"})
PARTLY = "P"
_KEY = re.compile(r"([A-Z][A-Z0-9]{1,2}[0-9]{2}):(.+)")


def known_tables(statuses: Mapping[str, AckStatus]) -> Mapping[str, AckStatus]:
    """The table itself; ``ValueError`` for a key that names an element which holds no status."""
    for key in statuses:
        found = _KEY.fullmatch(key.strip().upper())
        if found is not None and found[1] not in _TABLES:
            known = ", ".join(f"{element}:CODE" for element in _TABLES)
            raise ValueError(f'"{shown(key)}": element {found[1]} holds no status; write {known}')
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

    def status(self, element: str, code: str, warnings: list[str]) -> AckStatus | None:
        """What a code says: nothing where it is empty or gives no verdict.

        Unknown, and warned of, where no table has it.
        """
        if not code:
            return None
        own = self.own.get(word(f"{element}:{code}"))
        if own is not None:
            return own
        if code in _SAYS_NO_MORE.get(element, ()):
            return None
        status = _TABLES[element].get(code, _S.UNKNOWN)
        if status is _S.UNKNOWN:
            warnings.append(
                f'the code "{shown(code)}" ({element}) is not known; add "{element}:{shown(code)}" to status_map'
            )
        return status
