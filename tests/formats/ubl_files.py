"""UBL answers for tests: facts in, a document out. Not valid by the schema: they hold what a test is about."""

_NAMES = "urn:oasis:names:specification:ubl:schema:xsd:"


def document(kind: str, body: str, order: str = "", number: str = "") -> str:
    erp = f"<cbc:SalesOrderID>{number}</cbc:SalesOrderID>" if number else ""
    reference = f"<cac:OrderReference><cbc:ID>{order}</cbc:ID>{erp}</cac:OrderReference>" if order or number else ""
    return (
        f'<{kind} xmlns="{_NAMES}{kind}-2" xmlns:cac="{_NAMES}CommonAggregateComponents-2"'
        f' xmlns:cbc="{_NAMES}CommonBasicComponents-2">\n'
        f"<cbc:ID>A-1</cbc:ID><cbc:IssueDate>2026-11-21</cbc:IssueDate>{body}{reference}</{kind}>\n"
    )


def response(code: str, *parts: str, order: str = "48447", number: str = "", note: str = "") -> str:
    said = f"<cbc:OrderResponseCode>{code}</cbc:OrderResponseCode><cbc:Note>{note}</cbc:Note>"
    return document("OrderResponse", said + "".join(parts), order, number)


def line(number: str, code: str, facts: str = "", order: str = "") -> str:
    of = f"<cac:OrderReference><cbc:ID>{order}</cbc:ID></cac:OrderReference>" if order else ""
    status = f"<cbc:LineStatusCode>{code}</cbc:LineStatusCode>"
    return (
        f"<cac:OrderLine><cac:LineItem><cbc:ID>900</cbc:ID>{status}{facts}</cac:LineItem>"
        f"<cac:OrderLineReference><cbc:LineID>{number}</cbc:LineID>{of}</cac:OrderLineReference></cac:OrderLine>"
    )


def despatch(*parts: str) -> str:
    return document("DespatchAdvice", "".join(parts), "48447")


def sent(number: str, qty: str, facts: str = "", order: str = "") -> str:
    of = f"<cac:OrderReference><cbc:ID>{order}</cbc:ID></cac:OrderReference>" if order else ""
    return (
        f"<cac:DespatchLine><cbc:ID>1</cbc:ID><cbc:DeliveredQuantity>{qty}</cbc:DeliveredQuantity>{facts}"
        f"<cac:OrderLineReference><cbc:LineID>{number}</cbc:LineID>{of}</cac:OrderLineReference></cac:DespatchLine>"
    )


def invoice(*parts: str, kind: str = "380", note: str = "", order: str = "48447", number: str = "") -> str:
    despatched = f"<cac:DespatchDocumentReference><cbc:ID>{note}</cbc:ID></cac:DespatchDocumentReference>"
    body = (
        f"<cbc:DueDate>2026-12-21</cbc:DueDate><cbc:InvoiceTypeCode>{kind}</cbc:InvoiceTypeCode>"
        f"<cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode>{despatched}"
        '<cac:TaxTotal><cbc:TaxAmount currencyID="SEK">162.25</cbc:TaxAmount></cac:TaxTotal>'
        '<cac:LegalMonetaryTotal><cbc:TaxInclusiveAmount currencyID="SEK">811.25</cbc:TaxInclusiveAmount>'
        '<cbc:PayableAmount currencyID="SEK">11.25</cbc:PayableAmount></cac:LegalMonetaryTotal>'
        "<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity>2</cbc:InvoicedQuantity>"
        "<cac:OrderLineReference><cbc:LineID>1</cbc:LineID></cac:OrderLineReference>"
        "<cac:Price><cbc:PriceAmount>300.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine>"
    )
    return document("Invoice", body + "".join(parts), order, number)


def credit_note(credited: str) -> str:
    reference = f"<cac:InvoiceDocumentReference><cbc:ID>{credited}</cbc:ID></cac:InvoiceDocumentReference>"
    return document("CreditNote", f"<cac:BillingReference>{reference}</cac:BillingReference>", "48447")
