"""The calls SendOrderStatus and CancelOrder, as the simulated Norce books them (``norce/connect.md`` 4). Pure.

Not for: types of fields (``norce_fields.py``).
"""

from bridge.simulators.norce_book import CANCELLED, RANKS, Book, is_backwards, move
from bridge.simulators.norce_fields import CANCEL_ORDER, ORDER_STATUS, Call, RefusedCallError, checked


def send_order_status(book: Book, call: Call) -> None:
    """Book a status and the number that comes with it. Raises :class:`RefusedCallError`."""
    checked(call, ORDER_STATUS)
    status = _status_in(call.get("OrderStatus"), "OrderStatus")
    for number, item in enumerate(call.get("ItemStatuses") or ()):
        _status_in(item["ItemStatus"], f"ItemStatuses[{number}].ItemStatus")
    record = book.ordered(call)
    if is_backwards(record.status, status):
        raise RefusedCallError(f"Order {record.order_ref} cannot go from {record.status} to {status}")
    record.erp_order_no = call.get("ErpOrderNo") or record.erp_order_no
    move(record, status)


def _status_in(value: object, where: str) -> str:
    if not isinstance(value, str) or value not in RANKS:
        raise RefusedCallError(f"{where} is not one of the order statuses")
    return value


def cancel_order(book: Book, call: Call) -> None:
    """Cancel what is not invoiced, and let go the rest of each payment that is named.

    The same call again changes nothing. Raises :class:`RefusedCallError`.
    """
    checked(call, CANCEL_ORDER)
    record = book.ordered(call)
    references = [str(payment["PaymentRef"]) for payment in call.get("Payments") or ()]
    unknown = [reference for reference in references if record.payments and reference not in record.payments]
    if unknown:
        raise RefusedCallError(f"Payment {unknown[0]} is not one of order {record.order_ref}")
    record.annulled += [reference for reference in dict.fromkeys(references) if reference not in record.annulled]
    record.erp_order_no = call.get("ErpOrderNo") or record.erp_order_no
    if record.status != CANCELLED:
        move(record, CANCELLED)
