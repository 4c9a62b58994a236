"""The official schema of UBL 2.1 Order, which each order passes before it is admitted.

The files in ``schemas`` are OASIS's own, unchanged, with the notice of each in it; those of signatures are of the W3C
and of ETSI. They are part of the package and read from it alone.

Not for: the rules of Peppol (``peppol``), nor answers: those of Peppol hold elements that UBL 2.1 does not know.
"""

import re
from functools import cache
from pathlib import Path

from lxml import etree

from bridge.formats._protocol import not_renderable
from bridge.safexml import Element

FOLDER = Path(__file__).parent / "schemas"
_STEP = re.compile(r"/[^/]+/(?:\w+:)?(\w+)")
_NAMESPACE = re.compile(r"\{[^}]*\}")
# Whose doing an element is; the order's own reference where nothing better is known.
_FIELDS = {
    "IssueDate": "ordered_at",
    "IssueTime": "ordered_at",
    "Note": "comment",
    "SalesOrderID": "suggested_erp_no",
    "DocumentCurrencyCode": "currency",
    "CustomerReference": "customer_order_ref",
    "AccountingCost": "customer_invoice_ref",
    "AdditionalDocumentReference": "customer_invoice_ref",
    "BuyerCustomerParty": "sold_to",
    "SellerSupplierParty": "sales_contact",
    "AccountingCustomerParty": "bill_to",
    "Delivery": "ship_to",
    "DeliveryTerms": "delivery",
    "PaymentMeans": "payments",
    "PaymentTerms": "payments",
    "AllowanceCharge": "fees",
    "TaxTotal": "lines",
    "AnticipatedMonetaryTotal": "lines",
    "OrderLine": "lines",
}


def refuse_invalid(root: Element) -> None:
    """Refuse an order that the schema does not allow, by the field that the element came from."""
    schema = _schema()
    if schema.validate(root):
        return
    errors = schema.error_log.filter_from_errors()  # type: ignore[attr-defined]  # the stubs leave the log empty
    path, message = (
        (str(errors[0].path or ""), str(errors[0].message)) if len(errors) else ("", "the schema refuses it")
    )
    step = _STEP.match(path)
    raise not_renderable(
        _FIELDS.get(step[1] if step else "", "order_ref"),
        f"is not as UBL 2.1 has it: {_NAMESPACE.sub('', message)[:300]}",
        "Look at the tables in the target's order section, or report it",
    )


@cache
def _schema() -> etree.XMLSchema:
    """The schema, read once in a process: some 0.1 s, of which nothing is left at the second order."""
    parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
    return etree.XMLSchema(etree.parse(FOLDER / "maindoc" / "UBL-Order-2.1.xsd", parser))
