"""The call CreateDeliveryNote, as the simulated Norce books it (``norce/connect.md`` 4). Pure.

Not for: types of fields (``norce_fields.py``).
"""

from decimal import Decimal

from bridge.simulators.norce_book import CANCELLED, Book, OrderRecord
from bridge.simulators.norce_fields import DELIVERY_NOTE, Call, RefusedCallError, checked
from bridge.simulators.norce_rows import NOTHING, row_for

NOTE_EXISTS = "NoteNo {} already exists"
"""What is said of a note that Norce has: it was booked, and is not booked again."""

_DELIVERED, _PARTLY = "Delivered", "PartlyDelivered"
_PARTLY_ID = 8
_STATUS_IDS = range(21)
_PARCEL_IDS = frozenset({0, 4, 6, 11, 12, 20})


def create_delivery_note(book: Book, call: Call) -> None:
    """Book what was sent, and the status that follows from it. Raises :class:`RefusedCallError`."""
    checked(call, DELIVERY_NOTE)
    record = _order(book, call["OrderNo"])
    _check_note(book, record, call)
    added = _added(record, call)
    record.notes.append(call["NoteNo"])
    for index, quantity in added.items():
        record.rows[index].delivered += quantity
    record.advance(_DELIVERED if _is_whole(record, call) else _PARTLY)


def _order(book: Book, order_no: str) -> OrderRecord:
    """By the ERP's number; until an order has one, its own is its number."""
    unnamed = (record for record in book.orders() if record.erp_order_no is None and record.order_ref == order_no)
    return next(unnamed, None) or book.found(None, order_no)


def _check_note(book: Book, record: OrderRecord, call: Call) -> None:
    if any(call["NoteNo"] in other.notes for other in book.orders()):
        raise RefusedCallError(NOTE_EXISTS.format(call["NoteNo"]))
    if record.status == CANCELLED:
        raise RefusedCallError(f"Order {record.order_ref} is cancelled")
    if not call.get("DeliveryNoteItems") and not call.get("DeliveryNotePackages"):
        raise RefusedCallError("DeliveryNoteItems is required")
    if (call.get("StatusId") or 0) not in _STATUS_IDS:
        raise RefusedCallError("StatusId is not one of the order statuses")
    if any((parcel.get("StatusId") or 0) not in _PARCEL_IDS for parcel in call.get("DeliveryNotePackages") or ()):
        raise RefusedCallError("DeliveryNotePackages: StatusId is not one of the parcel statuses")


def _added(record: OrderRecord, call: Call) -> dict[int, Decimal]:
    """The quantity that each row of the order gets, by its place; a note without rows sends all that is left."""
    items = call.get("DeliveryNoteItems") or ()
    if not record.rows or (not items and call.get("StatusId") == _PARTLY_ID):
        return {}
    if not items:
        return {index: row.ordered - row.delivered for index, row in enumerate(record.rows)}
    added: dict[int, Decimal] = {}
    for item in items:
        if item["Qty"] <= 0:
            raise RefusedCallError("Qty is not above 0")
        row = row_for(record.rows, item["ItemNo"], item["RowNumber"], "delivered")
        index = record.rows.index(row)
        added[index] = added.get(index, NOTHING) + item["Qty"]
        if row.delivered + added[index] > row.ordered:
            raise RefusedCallError(f"More of {item['ItemNo']} than was ordered")
    return added


def _is_whole(record: OrderRecord, call: Call) -> bool:
    if record.rows:
        return all(row.delivered >= row.ordered for row in record.rows if row.is_physical)
    return call.get("StatusId") != _PARTLY_ID
