"""UBL 2.1 as ERPs speak it: takes Order; writes OrderResponse, DespatchAdvice, Invoice, ApplicationResponse.

An OrderCancellation too. It writes with code of its own, so that a fault of the bridge's is not shared by both.

Not for: rows of an order; the parties of an answer, which the schema wants and nobody reads.
"""

from xml.sax.saxutils import escape

from bridge import safexml
from bridge.safexml import XmlRefused
from bridge.simulators.sides import Said

EXTENSION = "xml"
_DOCUMENTS = "urn:oasis:names:specification:ubl:schema:xsd:"
_CBC = f"{{{_DOCUMENTS}CommonBasicComponents-2}}"
_RESPONSES = {"confirmed": "AP", "changed": "CA", "rejected": "RE"}
_DAY = "2026-11-21"
_SELLER, _BUYER = "<cac:SellerSupplierParty/>", "<cac:BuyerCustomerParty/>"
_PREFIXES = (("cac", "Aggregate"), ("cbc", "Basic"))


def reference(content: bytes) -> str:
    """The ID of the Order itself."""
    try:
        root = safexml.parse(content)
    except XmlRefused as refusal:
        raise ValueError(str(refusal)) from refusal
    found = root.findtext(f"{_CBC}ID")
    if not found or safexml.local_name(root) != "Order":
        raise ValueError("no Order with an ID")
    return str(found)


def answer(said: Said) -> bytes:
    """One document; a word that UBL has no code for is ``ZZ`` in an OrderResponse."""
    match said.status:
        case "received":
            return receipt(said.order_ref)
        case "cancelled":
            return _document("OrderCancellation", f"{_notes('CancellationNote', said)}{_order(said)}{_BUYER}{_SELLER}")
        case "delivered" | "partly_delivered":
            return _despatch(said)
        case "invoiced":
            return _invoice(said)
        case _:
            code = f"<cbc:OrderResponseCode>{_RESPONSES.get(said.status, 'ZZ')}</cbc:OrderResponseCode>"
            return _document("OrderResponse", f"{code}{_notes('Note', said)}{_order(said)}{_SELLER}{_BUYER}")


def receipt(order_ref: str, code: str = "AB", reason: str = "") -> bytes:
    """An ApplicationResponse of an order: AB takes the document, RE refuses it."""
    why = f"<cbc:Description>{escape(reason)}</cbc:Description>" if reason else ""
    party = "<cac:{0}Party><cac:PartyName><cbc:Name>{0}</cbc:Name></cac:PartyName></cac:{0}Party>"
    return _document(
        "ApplicationResponse",
        f"{party.format('Sender')}{party.format('Receiver')}"
        f"<cac:DocumentResponse><cac:Response><cbc:ResponseCode>{code}</cbc:ResponseCode>{why}</cac:Response>"
        f"<cac:DocumentReference><cbc:ID>{escape(order_ref)}</cbc:ID></cac:DocumentReference></cac:DocumentResponse>",
    )


def _despatch(said: Said) -> bytes:
    rest = "<cbc:OutstandingQuantity>1</cbc:OutstandingQuantity>" if said.status == "partly_delivered" else ""
    supplier, customer = (
        f"<cac:{role}Party><cac:Party/></cac:{role}Party>" for role in ("DespatchSupplier", "DeliveryCustomer")
    )
    line = (
        f"<cac:DespatchLine><cbc:ID>1</cbc:ID><cbc:DeliveredQuantity>1</cbc:DeliveredQuantity>{rest}"
        "<cac:OrderLineReference><cbc:LineID>1</cbc:LineID></cac:OrderLineReference><cac:Item/></cac:DespatchLine>"
    )
    return _document("DespatchAdvice", f"{_order(said)}{supplier}{customer}{line}")


def _invoice(said: Said) -> bytes:
    head = "<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode>"
    parties = "".join(
        f"<cac:Accounting{role}Party><cac:Party/></cac:Accounting{role}Party>" for role in ("Supplier", "Customer")
    )
    total = (
        '<cac:LegalMonetaryTotal><cbc:TaxInclusiveAmount currencyID="SEK">811.25</cbc:TaxInclusiveAmount>'
        '<cbc:PayableAmount currencyID="SEK">811.25</cbc:PayableAmount></cac:LegalMonetaryTotal>'
    )
    line = (
        '<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:LineExtensionAmount currencyID="SEK">649.00</cbc:LineExtensionAmount>'
        "<cac:Item/></cac:InvoiceLine>"
    )
    return _document("Invoice", f"{head}{_order(said)}{parties}{total}{line}")


def _order(said: Said) -> str:
    number = f"<cbc:SalesOrderID>{escape(said.erp_order_no)}</cbc:SalesOrderID>" if said.erp_order_no else ""
    return f"<cac:OrderReference><cbc:ID>{escape(said.order_ref)}</cbc:ID>{number}</cac:OrderReference>"


def _notes(name: str, said: Said) -> str:
    text = said.reason or ("-" if name == "CancellationNote" else "")
    return f"<cbc:{name}>{escape(text)}</cbc:{name}>" if text else ""


def _document(kind: str, body: str) -> bytes:
    names = "".join(f' xmlns:{prefix}="{_DOCUMENTS}Common{name}Components-2"' for prefix, name in _PREFIXES)
    head = f"<cbc:ID>A-9001</cbc:ID><cbc:IssueDate>{_DAY}</cbc:IssueDate>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{_DOCUMENTS}{kind}-2"{names}>{head}{body}</{kind}>\n'
    ).encode()
