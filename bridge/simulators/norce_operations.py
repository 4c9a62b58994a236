"""The operations of Norce Connect that are simulated, by the last part of their path.

Not for: what they do; each has its module.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bridge.simulators.norce_book import Book
from bridge.simulators.norce_delivery import create_delivery_note
from bridge.simulators.norce_fields import Call
from bridge.simulators.norce_invoice import create_invoice, credit_payment
from bridge.simulators.norce_status import cancel_order, send_order_status

OPERATIONS: Mapping[str, Callable[[Book, Call], None]] = MappingProxyType(
    {
        "SendOrderStatus": send_order_status,
        "CancelOrder": cancel_order,
        "CreateDeliveryNote": create_delivery_note,
        "CreateInvoice": create_invoice,
        "CreditPayment": credit_payment,
    },
)
"""Each books its call whole or raises ``RefusedCallError`` and changes nothing."""
