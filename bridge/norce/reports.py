"""What we tell Norce about an order, as the call that says it (``norce/connect.md`` 4).

Not for: when it is told (``stages/report``), nor how it is sent (``client``).
"""

import re
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from bridge.model import AckStatus, StatusReport

SEND_ORDER_STATUS = "SendOrderStatus"

Body: TypeAlias = dict[str, str | int]

_PLAIN_INTEGER = re.compile(r"[1-9][0-9]{0,9}")
_LARGEST_INTEGER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Call:
    """One call owed to Norce: the operation of its order service, and the body in Norce's words."""

    operation: str
    body: Body


def call_for(report: StatusReport, order_ref: str) -> Call:
    """The call that makes Norce show what ``report`` says.

    Both keys are sent where both can be: the reference finds the order, the ERP's number is what it is to get. The
    call takes the reference as an integer only, so any other is left out and the number must find the order
    (decision 4). Raises ``ValueError`` for an unknown status, which is never reported (decision 8).
    """
    body: Body = {"OrderStatus": order_status(report.status)}
    if is_plain_integer(order_ref):
        body["ClientOrderRef"] = int(order_ref)
    if report.erp_order_no is not None:
        body["ErpOrderNo"] = report.erp_order_no
    return Call(SEND_ORDER_STATUS, body)


def is_plain_integer(order_ref: str) -> bool:
    """True for digits without leading zero that fit into 32 bits: what Norce's status call can carry."""
    return bool(_PLAIN_INTEGER.fullmatch(order_ref)) and int(order_ref) <= _LARGEST_INTEGER


def order_status(status: AckStatus) -> str:  # noqa: PLR0911 - a table, with the checker proving it whole
    """Norce's name of a status (``norce/connect.md`` 4, OrderStatus)."""
    match status:
        case AckStatus.RECEIVED:
            return "Acknowledged"
        case AckStatus.CONFIRMED | AckStatus.CHANGED:
            return "Confirmed"
        case AckStatus.BACKORDER:
            return "BackOrder"
        case AckStatus.PARTLY_DELIVERED:
            return "PartlyDelivered"
        case AckStatus.DELIVERED:
            return "Delivered"
        case AckStatus.INVOICED:
            return "Invoiced"
        case AckStatus.CANCELLED | AckStatus.REJECTED:
            return "Cancelled"
        case AckStatus.ON_HOLD:
            return "OnHold"
        case AckStatus.UNKNOWN:
            raise ValueError("an unknown status is never reported")
        case _:
            assert_never(status)
