"""The XML namespaces of Norce's contract: two names that differ in the order of their words (``norce/connect.md`` 3).

Not for: reading. Elements are found by their local names, because senders differ.
"""

from typing import Final

ORDER: Final = "Enferno.Services.StormConnect.Contracts.Order"
PROMOTION: Final = "Enferno.Services.Contracts.StormConnect.Order"
"""Where the fields of a ``Promotion`` lie; the element itself lies in :data:`ORDER`."""

ENVELOPE: Final = "http://schemas.xmlsoap.org/soap/envelope/"
"""SOAP 1.1."""
