"""Despatch advices, invoices and credit notes of the ERP as acknowledgements.

Not for: what they bring about at the shop; an invoice that is no plain invoice or credit note is never taken for one.
"""

from decimal import Decimal

from bridge.formats._answer.fields import NumberToken, Statement
from bridge.formats._numbers import plain
from bridge.formats._options import word
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.formats._ubl.reading import (
    Reader,
    all_of,
    code,
    copied,
    day,
    decimal_of,
    is_true,
    number,
    one_of,
    only,
    part_no,
    present,
    price,
    text_of,
    texts,
    told,
    where,
)
from bridge.model import AckStatus
from bridge.safexml import Element, local_name

_ORIGINAL = frozenset({"", "nostatus"})
_INVOICE, _CREDIT_NOTE = "380", "381"
_NO_REFERENCE = "NA"
"""What BIS Billing writes for the order's reference where only the seller's own number is known."""
_DELIVERY = "cac:Shipment/cac:Delivery"
_DAYS = (
    f"{_DELIVERY}/cac:Despatch/cbc:ActualDespatchDate",
    f"{_DELIVERY}/cbc:ActualDeliveryDate",
    f"{_DELIVERY}/cac:EstimatedDeliveryPeriod/cbc:StartDate",
    f"{_DELIVERY}/cac:EstimatedDeliveryPeriod/cbc:EndDate",
)
_OF_LINE = "cac:OrderLineReference/cac:OrderReference"
_CARRIER = "cac:CarrierParty/cac:PartyName/cbc:Name"
_CARRIERS = (f"cac:Shipment/cac:Consignment/{_CARRIER}", f"{_DELIVERY}/{_CARRIER}")
_TOTALS = "cac:LegalMonetaryTotal"
_TRACKING = f"{_DELIVERY}/cbc:TrackingID"


def despatch(root: Element, reader: Reader) -> list[Statement]:
    """What was sent, of which orders, and what is still to come."""
    parts, numbers = _by_order(root), _numbers(root)
    unnamed = numbers.get(None, []) if len(parts) == 1 else []
    is_copy, warnings = is_true(root, "cbc:CopyIndicator"), list[str]()
    head = _head(root, reader, warnings)
    found = []
    for ref, lines in parts.items():
        place = where(root) if ref is None else f"{where(root)}, order {shown(ref)}"
        of_lines = (text for line in lines for text in texts(line, f"{_OF_LINE}/cbc:SalesOrderID"))
        number_ = only(root, "SalesOrderID", [*numbers.get(ref, []), *unnamed, *of_lines])
        facts: dict[str, object] = {"order_ref": ref, "erp_order_no": number_}
        if is_copy:
            found.append(copied(facts, place, reader))
        else:
            found.append(_despatch(facts | head, lines, place, (reader, list(warnings))))
    return found


def _head(root: Element, reader: Reader, warnings: list[str]) -> dict[str, object]:
    """What holds of all orders of a despatch advice; a status where it is no original."""
    status = code(root, "cbc:DocumentStatusCode") or ""
    is_original = word(status) in _ORIGINAL
    if not is_original:
        warnings.append(f'it is no original (DocumentStatusCode is "{shown(status)}"), so a person has to look')
    return {
        "kind": "despatch",
        "status": None if is_original else AckStatus.UNKNOWN,
        "note_no": code(root, "cbc:ID"),
        "message_date": day(root, warnings, reader, "cbc:IssueDate"),
        "date": day(root, warnings, reader, *_DAYS),
        "carrier": next(iter(texts(root, *_CARRIERS)), None),
        "tracking": texts(root, _TRACKING),
    }


def _numbers(root: Element) -> dict[str | None, list[str]]:
    """The ERP's numbers in the head by the order's reference."""
    found: dict[str | None, list[str]] = {}
    for reference in all_of(root, "cac:OrderReference"):
        found.setdefault(code(reference, "cbc:ID"), []).extend(texts(reference, "cbc:SalesOrderID"))
    return found


def _by_order(root: Element) -> dict[str | None, list[Element]]:
    """The lines by the order that each names; those that name none are of the one order of the head.

    Raises ``Unreadable`` where nobody can tell which order a line is of, or an order of the head has no line.
    """
    headed = texts(root, "cac:OrderReference/cbc:ID")
    found: dict[str | None, list[Element]] = {}
    for line in all_of(root, "cac:DespatchLine"):
        ref = code(line, f"{_OF_LINE}/cbc:ID")
        if ref is None and len(headed) > 1:
            raise Unreadable(where(line), "this line names no order, and the document is about several")
        found.setdefault(ref or next(iter(headed), None), []).append(line)
    if not found:
        raise Unreadable(where(root), "it has no line, so it says of nothing that it was sent")
    if len(found) > 1 and None in found:
        raise Unreadable(where(found[None][0]), "this line names no order, and others do")
    for ref in headed:
        if ref not in found:
            raise Unreadable(where(root), f'order "{shown(ref)}" is named in the head, and no line is of it')
    return found


def _despatch(
    head: dict[str, object], lines: list[Element], place: str, reading: tuple[Reader, list[str]]
) -> Statement:
    reader, warnings = reading
    sent = [_sent(line, reader) for line in lines]
    known = head["tracking"] if isinstance(head["tracking"], list) else []
    tracking = dict.fromkeys([*known, *(text for line in lines for text in texts(line, _TRACKING))])
    status = head["status"] or _despatch_status(sent, warnings)
    return told({**head, "status": status, "tracking": list(tracking), "lines": sent}, place, reader, warnings)


def _despatch_status(sent: list[dict[str, object]], warnings: list[str]) -> AckStatus:
    """One by which nothing was sent, or something came back, is for a person."""
    amounts = [decimal_of(str(line["qty_delivered"])) or Decimal(0) for line in sent]
    if any(amount < 0 for amount in amounts):
        warnings.append(f"what comes back is no delivery (DeliveredQuantity is {min(amounts)})")
        return AckStatus.UNKNOWN
    if not any(amounts):
        warnings.append("nothing was sent by it (DeliveredQuantity is 0)")
        return AckStatus.UNKNOWN
    is_part = any(line["status"] is AckStatus.PARTLY_DELIVERED for line in sent)
    return AckStatus.PARTLY_DELIVERED if is_part else AckStatus.DELIVERED


def _sent(line: Element, reader: Reader) -> dict[str, object]:
    sent = number(line, "cbc:DeliveredQuantity", reader)
    if sent is None:
        raise Unreadable(where(line), "this line has no DeliveredQuantity")
    outstanding, backorder = (number(line, f"cbc:{name}Quantity", reader) for name in ("Outstanding", "Backorder"))
    is_part = any(decimal_of(rest) for rest in (outstanding, backorder))
    facts = _line(line) | {
        "status": AckStatus.PARTLY_DELIVERED if is_part else AckStatus.DELIVERED,
        "qty_delivered": sent,
        "qty_backorder": backorder,
        "qty_outstanding": outstanding or backorder,
    }
    return present(facts)


def _line(line: Element) -> dict[str, object]:
    return {
        "line_no": code(line, "cac:OrderLineReference/cbc:LineID"),
        "part_no": part_no(one_of(line, "cac:Item")),
    }


# --- invoices ---------------------------------------------------------------------------------------------------------


def invoice(root: Element, reader: Reader) -> list[Statement]:
    """An invoice or a credit note with its amounts. Any other type of document is for a person."""
    is_credit = local_name(root) == "CreditNote"
    kind = "CreditNote" if is_credit else "Invoice"
    lines = all_of(root, f"cac:{kind}Line")
    facts: dict[str, object] = _order(root, lines)
    if is_true(root, "cbc:CopyIndicator"):
        return [copied(facts, where(root), reader)]
    warnings: list[str] = []
    amounts = _amounts(root, reader, warnings)
    credited = code(root, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") if is_credit else None
    status = _invoice_status(root, warnings)
    if is_credit and credited is None:
        status = AckStatus.UNKNOWN
        warnings.append("the credit note does not say which invoice it credits (BillingReference)")
    facts |= {
        "kind": "invoice",
        "status": status,
        "note_no": _note_no(root),
        "message_date": day(root, warnings, reader, "cbc:IssueDate"),
        "invoice": amounts | ({"credited_no": credited} if credited else {}),
        "lines": [_invoiced(line, "Credited" if is_credit else "Invoiced", reader) for line in lines],
    }
    return [told(facts, where(root), reader, warnings)]


def _order(root: Element, lines: list[Element]) -> dict[str, object]:
    """The one order of an invoice; the amounts of one for several cannot be parted."""
    paths = ("cac:OrderReference/cbc:ID", "cac:OrderLineReference/cac:OrderReference/cbc:ID")
    refs = [*texts(root, paths[0]), *(ref for line in lines for ref in texts(line, paths[1]))]
    numbers = [path.replace("cbc:ID", "cbc:SalesOrderID") for path in paths]
    return {
        "order_ref": only(root, "the order of this invoice", (ref for ref in refs if ref != _NO_REFERENCE)),
        "erp_order_no": only(
            root, "SalesOrderID", [*texts(root, numbers[0]), *(no for line in lines for no in texts(line, numbers[1]))]
        ),
    }


def _invoice_status(root: Element, warnings: list[str]) -> AckStatus:
    element, plain_type = ("CreditNoteTypeCode", _CREDIT_NOTE)
    if local_name(root) == "Invoice":
        element, plain_type = "InvoiceTypeCode", _INVOICE
    given = code(root, f"cbc:{element}")
    if given in {None, plain_type}:
        return AckStatus.INVOICED
    warnings.append(f'its {element} is "{shown(given or "")}" and not {plain_type}, so a person has to look')
    return AckStatus.UNKNOWN


def _note_no(root: Element) -> str | None:
    """The delivery note of an invoice; one for several notes is of none alone."""
    found = texts(root, "cac:DespatchDocumentReference/cbc:ID")
    return found[0] if len(found) == 1 else None


def _amounts(root: Element, reader: Reader, warnings: list[str]) -> dict[str, object]:
    currency = code(root, "cbc:DocumentCurrencyCode")
    facts = {
        "no": code(root, "cbc:ID"),
        "date": day(root, warnings, reader, "cbc:IssueDate"),
        "due": day(root, warnings, reader, "cbc:DueDate", "cac:PaymentMeans/cbc:PaymentDueDate"),
        "total": _total(root, reader, warnings),
        "vat": _vat(root, currency),
        "currency": currency,
    }
    return present(facts)


def _total(root: Element, reader: Reader, warnings: list[str]) -> NumberToken | None:
    """The invoice's total. What is left to pay is none where something was prepaid."""
    whole = number(root, f"{_TOTALS}/cbc:TaxInclusiveAmount", reader)
    if whole is not None:
        return whole
    prepaid = number(root, f"{_TOTALS}/cbc:PrepaidAmount", reader)
    if prepaid is None or decimal_of(prepaid) == 0:
        return number(root, f"{_TOTALS}/cbc:PayableAmount", reader)
    warnings.append("its total is not known: it has no TaxInclusiveAmount, and some of it is prepaid")
    return None


def _vat(root: Element, currency: str | None) -> NumberToken | None:
    """The tax in the invoice's own currency; what several kinds of tax make together."""
    found = [
        text_of(one)
        for one in all_of(root, "cac:TaxTotal/cbc:TaxAmount")
        if currency is None or one.get("currencyID", currency) == currency
    ]
    if len(found) <= 1:
        return NumberToken(found[0]) if found else None
    amounts = [amount for text in found if (amount := decimal_of(text)) is not None]
    return NumberToken(plain(sum(amounts, Decimal(0)))) if len(amounts) == len(found) else None


def _invoiced(line: Element, kind: str, reader: Reader) -> dict[str, object]:
    facts = {"qty_delivered": number(line, f"cbc:{kind}Quantity", reader), "unit_price": price(line, reader)}
    return present(_line(line) | facts)
