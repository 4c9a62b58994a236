"""The settings that EDI dialects have in common: the merchant as the ERP knows him, tables with a rule for the rest.

Not for: what one dialect alone has, such as its envelope.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bridge.formats._layout.options import REFUSE, REST


def _with_rest(table: Mapping[str, str]) -> Mapping[str, str]:
    if REST not in table:
        raise ValueError(f'a table needs a rule for the rest: "{REST}" = "refuse", "keep", "leave_out" or a code')
    return table


Table = Annotated[Mapping[str, str], AfterValidator(_with_rest)]
PIECES = ("pcs", "pc", "pce", "piece", "pieces", "st", "styck", "stk", "ea")


def common_units(piece: str) -> dict[str, str]:
    """A shop's usual words and their codes by UN/ECE recommendation 20; dialects differ in that of a ``piece``."""
    return {
        **dict.fromkeys(PIECES, piece),
        "kg": "KGM",
        "g": "GRM",
        "m": "MTR",
        "cm": "CMT",
        "mm": "MMT",
        "m2": "MTK",
        "m3": "MTQ",
        "l": "LTR",
        "h": "HUR",
        "set": "SET",
        REST: REFUSE,
    }


class Seller(BaseModel):
    """``[targets.T.order.seller]``: the merchant as the ERP knows him."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("", description="Name.")
    endpoint: str = Field("", description="Number of the seller that both sides agreed on.")
    gln: str = Field("", description="Global location number; it goes before endpoint.")
    street: str = Field("", description="Street.")
    zip: str = Field("", description="Postal code.")
    city: str = Field("", description="Town.")
    country: str = Field("", description="Country by its two letters.")
