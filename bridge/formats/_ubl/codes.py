"""What the codes of UBL answers amount to (``formats/mapping.md`` 2.3), and how a target overrides them.

Not for: where the codes stand in a document.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bridge.formats._options import word
from bridge.formats._text import shown
from bridge.model import AckStatus

_S = AckStatus
ORDER, LINE, ACCEPTED, RECEIPT = "OrderResponseCode", "LineStatusCode", "AcceptedIndicator", "ResponseCode"
_TABLES: Mapping[str, Mapping[str, AckStatus]] = {
    ORDER: {"AB": _S.RECEIVED, "AP": _S.CONFIRMED, "CA": _S.CHANGED, "RE": _S.REJECTED},
    LINE: {"1": _S.CHANGED, "3": _S.CHANGED, "5": _S.CONFIRMED, "7": _S.REJECTED, "42": _S.DELIVERED},
    ACCEPTED: {"true": _S.CONFIRMED, "1": _S.CONFIRMED, "false": _S.REJECTED, "0": _S.REJECTED},
    RECEIPT: {"AB": _S.RECEIVED, "AP": _S.RECEIVED, "RE": _S.REJECTED},
}
_KEY = re.compile(r"\s*([A-Za-z]+(?:Code|Indicator))\s*:.*", re.DOTALL)
_JOINT = re.compile(r"\s*:\s*")


def known_tables(statuses: Mapping[str, AckStatus]) -> Mapping[str, AckStatus]:
    """The table itself; ``ValueError`` for a key that names an element which holds no status."""
    for key in statuses:
        found = _KEY.fullmatch(key)
        if found is not None and found[1] not in _TABLES:
            known = ", ".join(f"{element}:CODE" for element in _TABLES)
            raise ValueError(f'"{shown(key)}": {found[1]} holds no status; write {known}')
    return statuses


@dataclass(frozen=True, slots=True)
class Codes:
    """The statuses of codes by element, with what a target says otherwise."""

    own: Mapping[str, AckStatus]

    @classmethod
    def of(cls, status_map: Mapping[str, AckStatus]) -> "Codes":
        """The codes with the overrides of ``status_map``, whose keys are ``ELEMENT:CODE``."""
        return cls({word(_JOINT.sub(":", key, count=1)): status for key, status in status_map.items()})

    def status(self, element: str, code: str | None, warnings: list[str]) -> AckStatus | None:
        """What a code says: nothing where it is missing; unknown, and warned of, where no table has it."""
        if not code:
            return None
        table = _TABLES[element]
        own = self.own.get(word(f"{element}:{code}"))
        found = own or table.get(code) or table.get(code.lower())  # True is what .NET makes of true
        if found is None:
            name = f"{element}:{shown(code)}"
            warnings.append(f'the code "{shown(code)}" ({element}) is not known; add "{name}" to status_map')
        return found or _S.UNKNOWN
