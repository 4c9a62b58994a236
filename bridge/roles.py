"""What a row of an order stands for, by the names that shops give to types and groups of rows.

Not for: whether a row counts; each has its price and is carried alike.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a row stands for."""

    GOODS = "goods"
    SERVICE = "service"
    FREIGHT = "freight"
    FEE = "fee"
    ROUNDING = "rounding"
    GIFT_CARD = "gift_card"
    COMPENSATION = "compensation"
    TAX = "tax"


_BY_TYPE = {
    "freight": Role.FREIGHT,
    "freightstructure": Role.FREIGHT,
    "insurance": Role.FEE,
    "invoice": Role.FEE,
    "environmentalfee": Role.FEE,
    "packingfee": Role.FEE,
    "donations": Role.FEE,
    "paylater": Role.FEE,
    "service": Role.SERVICE,
    "centrounding": Role.ROUNDING,
    "pspgiftcard": Role.GIFT_CARD,
    "giftcardpaymentplaceholder": Role.GIFT_CARD,
    "compensation": Role.COMPENSATION,
    "salestax": Role.TAX,
}
_BY_GROUP = {"fee": Role.FEE, "addedfee": Role.FEE, "service": Role.SERVICE}


def role_of(type_name: str | None, group: str | None) -> Role:
    """The role of a row: its type tells, else its group; a type that nobody knows is goods."""
    by_type = _BY_TYPE.get((type_name or "").strip().casefold())
    return by_type or _BY_GROUP.get((group or "").strip().casefold(), Role.GOODS)
