"""What the documents of an ERP amount to: codes, lines, papers, receipts; and what of them nobody can rely on."""

import datetime as dt
from decimal import Decimal

import pytest

from bridge import formats
from bridge.formats import Unreadable
from bridge.model import AckInvoice, AckKind, Acknowledgement, AckStatus, Reading
from tests.formats.ubl_files import credit_note, despatch, document, invoice, line, response, sent

_S = AckStatus


def reading(content: str | bytes, **options: object) -> Reading:
    raw = content if isinstance(content, bytes) else content.encode()
    return formats.build("ubl", options).read(raw)


def only(content: str | bytes, **options: object) -> Acknowledgement:
    [found] = reading(content, **options).acknowledgements
    return found


# --- responses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status"),
    [("AP", _S.CONFIRMED), ("CA", _S.CHANGED), ("RE", _S.REJECTED), ("AB", _S.RECEIVED)]
    + [(code, _S.UNKNOWN) for code in ("", "ZZ", "IP", "29", "ap", "AP AP", "A P")],
)
def test_the_head_of_a_response_says_what_its_code_says(code: str, status: AckStatus) -> None:
    found = reading(response(code))

    assert [one.status for one in found.acknowledgements] == [status]
    assert bool(found.faults) == (status is _S.UNKNOWN)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("5",), _S.CONFIRMED),
        (("3",), _S.CHANGED),
        (("1",), _S.CHANGED),
        (("7",), _S.REJECTED),
        (("5", "7"), _S.CHANGED),
        (("5", "5"), _S.CONFIRMED),
        (("", ""), _S.UNKNOWN),
        (("5", ""), _S.UNKNOWN),
        (("4",), _S.UNKNOWN),
        (("5", "99"), _S.UNKNOWN),
    ],
)
def test_the_lines_decide_where_the_head_says_nothing(lines: tuple[str, ...], status: AckStatus) -> None:
    found = only(response("", *(line(str(number), code) for number, code in enumerate(lines, 1))))

    assert found.status is status


def test_a_refused_line_outweighs_an_accepted_head() -> None:
    found = only(response("AP", line("1", "5"), line("2", "7")))

    assert found.status is _S.CHANGED
    assert found.warnings


def test_a_head_that_says_changed_stays_so_though_each_line_is_confirmed() -> None:
    found = only(response("CA", line("1", "5"), line("2", "5")))

    assert (found.status, [one.status for one in found.lines]) == (_S.CHANGED, [_S.CONFIRMED] * 2)


def test_a_confirmed_line_with_a_backorder_is_no_confirmation() -> None:
    found = only(response("AP", line("1", "5", "<cbc:MaximumBackorderQuantity>2</cbc:MaximumBackorderQuantity>")))

    assert (found.status, found.lines[0].qty_backorder) == (_S.CHANGED, Decimal(2))


def test_a_backorder_of_nothing_means_that_the_rest_is_dropped() -> None:
    found = only(response("CA", line("1", "3", "<cbc:MaximumBackorderQuantity>0</cbc:MaximumBackorderQuantity>")))

    assert found.lines[0].qty_backorder == 0


def test_a_refused_line_confirms_no_quantity() -> None:
    found = only(response("CA", line("1", "7", "<cbc:Quantity>2</cbc:Quantity>")))

    assert found.lines[0].qty_confirmed is None


def test_the_number_of_the_answer_is_never_that_of_the_order() -> None:
    without = only(document("OrderResponse", "<cbc:OrderResponseCode>AP</cbc:OrderResponseCode>", order="48447"))
    in_reference = only(response("AP", order="48447", number="SO-7"))

    assert (without.erp_order_no, in_reference.erp_order_no) == (None, "SO-7")


def test_two_numbers_or_two_orders_in_one_response_are_a_fault_and_no_guess() -> None:
    two_numbers = response("AP", "<cbc:SalesOrderID>SO-1</cbc:SalesOrderID>", number="SO-2")
    two_orders = response("AP", "<cac:OrderReference><cbc:ID>48448</cbc:ID></cac:OrderReference>")

    for content, said in ((two_numbers, "SalesOrderID is both"), (two_orders, "ID is both")):
        with pytest.raises(Unreadable, match=said):
            reading(content)


def test_a_line_that_names_another_order_than_the_head_makes_the_response_a_fault() -> None:
    other, same = (line("1", "7", order=ref) for ref in ("48448", "48447"))

    with pytest.raises(Unreadable, match='the order of this response is both "48447" and "48448"'):
        reading(response("", other))
    assert only(response("", same)).order_ref == "48447"
    assert only(response("", same, order="")).order_ref == "48447"


def test_two_items_in_one_line_are_a_fault_and_not_the_first_of_them() -> None:
    two = line("1", "5").replace("</cac:OrderLine>", f"{line('1', '7')[len('<cac:OrderLine>') :]}")

    with pytest.raises(Unreadable, match="LineItem stands twice where one belongs"):
        reading(response("", two))


@pytest.mark.parametrize(
    "content",
    [
        response("AP", order="48<cbc:x/>447"),
        response("R<cbc:x/>E"),
        response("", line("1<cbc:x/>2", "5")),
        despatch(sent("1", "1<cbc:x/>0")),
        invoice().replace("162.25", "16<cbc:x/>2.25"),
    ],
    ids=["reference", "code", "line", "quantity", "amount"],
)
def test_a_text_with_an_element_in_it_is_a_fault_and_not_the_text_before_it(content: str) -> None:
    with pytest.raises(Unreadable, match="holds elements where a text belongs"):
        reading(content)


def test_a_line_without_a_reference_is_of_no_line_that_we_know() -> None:
    found = only(response("CA", "<cac:OrderLine><cac:LineItem><cbc:ID>1</cbc:ID></cac:LineItem></cac:OrderLine>"))

    assert found.lines[0].line_no is None


@pytest.mark.parametrize(("base", "price"), [("", Decimal("1.50")), ("1.0", Decimal("1.50")), ("100", None)])
def test_a_price_of_several_units_is_none_that_we_could_compare(base: str, price: Decimal | None) -> None:
    of = f"<cbc:BaseQuantity>{base}</cbc:BaseQuantity>"

    found = only(response("CA", line("1", "3", f"<cac:Price><cbc:PriceAmount>1.50</cbc:PriceAmount>{of}</cac:Price>")))

    assert found.lines[0].unit_price == price


def test_several_parts_of_one_line_are_several_rows() -> None:
    quantities = [f"<cbc:Quantity>{qty}</cbc:Quantity>" for qty in ("1", "4")]

    found = only(response("CA", *(line("3", "3", quantity) for quantity in quantities)))

    assert [(one.line_no, one.qty_confirmed) for one in found.lines] == [("3", Decimal(1)), ("3", Decimal(4))]


@pytest.mark.parametrize(
    ("indicator", "status"),
    [
        ("true", _S.CONFIRMED),
        ("1", _S.CONFIRMED),
        ("True", _S.CONFIRMED),
        ("false", _S.REJECTED),
        ("0", _S.REJECTED),
        ("yes", _S.UNKNOWN),
        ("", _S.UNKNOWN),
    ],
)
def test_a_simple_response_says_yes_or_no(indicator: str, status: AckStatus) -> None:
    body = f"<cbc:AcceptedIndicator>{indicator}</cbc:AcceptedIndicator><cbc:RejectionNote>Slut</cbc:RejectionNote>"

    found = only(document("OrderResponseSimple", body, order="48447"))

    assert (found.status, found.reason, found.order_ref) == (status, "Slut", "48447")


def test_a_cancellation_of_the_erp_is_one() -> None:
    found = only(document("OrderCancellation", "<cbc:CancellationNote>Utgått</cbc:CancellationNote>", order="48447"))

    assert (found.kind, found.status, found.reason) == (AckKind.CANCELLATION, _S.CANCELLED, "Utgått")


@pytest.mark.parametrize("kind", ["OrderResponse", "OrderResponseSimple", "OrderCancellation", "Invoice", "CreditNote"])
def test_a_copy_of_an_answer_settles_nothing(kind: str) -> None:
    body = (
        "<cbc:CopyIndicator>true</cbc:CopyIndicator><cbc:OrderResponseCode>AP</cbc:OrderResponseCode>"
        "<cbc:AcceptedIndicator>true</cbc:AcceptedIndicator>"
    )

    found = reading(document(kind, body, order="48447"))

    [said] = found.acknowledgements
    assert (said.kind, said.status, found.faults) == (AckKind.RECEIPT, _S.RECEIVED, ())


def test_a_target_may_say_what_a_code_means() -> None:
    status_map = {
        "OrderResponseCode:AP": "received",
        "OrderResponseCode: IP": "on_hold",
        "LineStatusCode:42": "confirmed",
        "AcceptedIndicator:false": "on_hold",
    }
    simple = document("OrderResponseSimple", "<cbc:AcceptedIndicator>false</cbc:AcceptedIndicator>", order="1")

    found = [
        only(content, status_map=status_map).status
        for content in (response("AP"), response("IP"), response("", line("1", "42")), simple)
    ]

    assert found == [_S.RECEIVED, _S.ON_HOLD, _S.CONFIRMED, _S.ON_HOLD]


def test_a_code_of_an_element_that_holds_none_is_refused_and_words_of_other_formats_are_not() -> None:
    with pytest.raises(ValueError, match="InvoiceTypeCode holds no status; write OrderResponseCode:CODE"):
        formats.build("ubl", {"status_map": {"InvoiceTypeCode:380": "invoiced"}})

    other = {"Läge: klar": "confirmed", "4343:AP": "confirmed"}
    assert only(response("AP"), status_map=other).status is _S.CONFIRMED


def test_an_unknown_code_only_alerts_by_setting() -> None:
    found = reading(response("ZZ"), unknown_status="alert")

    assert ([one.status for one in found.acknowledgements], found.faults) == ([_S.UNKNOWN], ())
    assert 'add "OrderResponseCode:ZZ" to status_map' in found.acknowledgements[0].warnings[0]


# --- despatch advices -------------------------------------------------------------------------------------------------


def test_a_despatch_advice_tells_lines_carrier_and_tracking() -> None:
    shipment = (
        "<cac:Shipment><cac:Consignment><cac:CarrierParty><cac:PartyName><cbc:Name>PostNord</cbc:Name></cac:PartyName>"
        "</cac:CarrierParty></cac:Consignment><cac:Delivery><cbc:TrackingID>JD1</cbc:TrackingID><cac:Despatch>"
        "<cbc:ActualDespatchDate>2026-11-22+01:00</cbc:ActualDespatchDate></cac:Despatch></cac:Delivery></cac:Shipment>"
    )
    rest = "<cbc:OutstandingQuantity>3</cbc:OutstandingQuantity>"

    found = only(despatch(shipment, sent("1", "2"), sent("2", "1.5", rest)))

    assert (found.kind, found.status, found.note_no) == (AckKind.DESPATCH, _S.PARTLY_DELIVERED, "A-1")
    assert (found.carrier, found.tracking, found.date) == ("PostNord", ("JD1",), dt.date(2026, 11, 22))
    assert [(one.line_no, one.qty_delivered, one.qty_outstanding) for one in found.lines] == [
        ("1", Decimal(2), None),
        ("2", Decimal("1.5"), Decimal(3)),
    ]


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        ("", _S.DELIVERED),
        ("<cbc:OutstandingQuantity>0</cbc:OutstandingQuantity>", _S.DELIVERED),
        ("<cbc:BackorderQuantity>1</cbc:BackorderQuantity>", _S.PARTLY_DELIVERED),
    ],
)
def test_what_is_still_to_come_makes_a_part(rest: str, status: AckStatus) -> None:
    found = only(despatch(sent("1", "2", rest)))

    assert (found.status, found.lines[0].status) == (status, status)


def test_a_despatch_of_several_orders_is_one_for_each() -> None:
    lines = [sent("1", "2", order="48448"), sent("1", "1", order="48447"), sent("2", "1", order="48447")]

    found = reading(despatch(*lines))

    assert found.faults == ()
    assert [(one.order_ref, len(one.lines)) for one in found.acknowledgements] == [("48448", 1), ("48447", 2)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (despatch(), "no line"),
        (despatch(sent("1", "2", order="48448")), 'order "48447" is named in the head'),
        (despatch(sent("1", "")), "no DeliveredQuantity"),
        (document("DespatchAdvice", sent("1", "1", order="7") + sent("2", "1")), "this line names no order"),
        (
            document(
                "DespatchAdvice", "<cac:OrderReference><cbc:ID>7</cbc:ID></cac:OrderReference>" + sent("1", "1"), "8"
            ),
            "the document is about several",
        ),
    ],
)
def test_a_despatch_of_which_nobody_can_tell_the_order_or_the_goods_is_refused(content: str, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        reading(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (despatch("<cbc:DocumentStatusCode>Cancelled</cbc:DocumentStatusCode>", sent("1", "2")), "no original"),
        (despatch(sent("1", "0"), sent("2", "0")), "nothing was sent"),
        (despatch(sent("1", "-5")), "what comes back is no delivery (DeliveredQuantity is -5)"),
        (despatch(sent("1", "5"), sent("2", "-1")), "what comes back is no delivery"),
    ],
)
def test_a_despatch_that_takes_back_or_sends_nothing_is_for_a_person(content: str, said: str) -> None:
    found = reading(content)

    assert [one.status for one in found.acknowledgements] == [_S.UNKNOWN]
    assert said in found.faults[0].what


# --- invoices ---------------------------------------------------------------------------------------------------------


def test_an_invoice_tells_number_days_amounts_and_lines() -> None:
    found = only(invoice(note="FS-1"))

    assert (found.kind, found.status, found.order_ref, found.note_no) == (AckKind.INVOICE, _S.INVOICED, "48447", "FS-1")
    assert found.invoice == AckInvoice(
        no="A-1",
        date=dt.date(2026, 11, 21),
        due=dt.date(2026, 12, 21),
        total=Decimal("811.25"),
        vat=Decimal("162.25"),
        currency="SEK",
    )
    assert [(one.line_no, one.qty_delivered, one.unit_price) for one in found.lines] == [
        ("1", Decimal(2), Decimal("300.00"))
    ]


_WHOLE = '<cbc:TaxInclusiveAmount currencyID="SEK">811.25</cbc:TaxInclusiveAmount>'


@pytest.mark.parametrize(
    ("prepaid", "total", "said"),
    [
        ("", Decimal("11.25"), []),
        ("<cbc:PrepaidAmount>0.00</cbc:PrepaidAmount>", Decimal("11.25"), []),
        ("<cbc:PrepaidAmount>800.00</cbc:PrepaidAmount>", None, [True]),
        ("<cbc:PrepaidAmount>some</cbc:PrepaidAmount>", None, [True]),
    ],
)
def test_what_is_left_to_pay_is_the_total_only_where_nothing_was_prepaid(
    prepaid: str, total: Decimal | None, said: list[bool]
) -> None:
    found = only(invoice().replace(_WHOLE, prepaid))

    assert found.invoice is not None
    assert found.invoice.total == total
    assert ["its total is not known" in warning for warning in found.warnings] == said


def test_tax_in_another_currency_is_not_added_and_several_taxes_are() -> None:
    other = '<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">14.00</cbc:TaxAmount></cac:TaxTotal>'
    more = '<cac:TaxTotal><cbc:TaxAmount currencyID="SEK">1.00</cbc:TaxAmount></cac:TaxTotal>'

    found = [only(invoice(extra)).invoice for extra in (other, more)]

    assert [one.vat for one in found if one] == [Decimal("162.25"), Decimal("163.25")]


@pytest.mark.parametrize("kind", ["381", "384", "326", "X"])
def test_an_invoice_of_another_type_is_for_a_person(kind: str) -> None:
    found = reading(invoice(kind=kind))

    assert [one.status for one in found.acknowledgements] == [_S.UNKNOWN]
    assert "InvoiceTypeCode" in found.faults[0].what


def test_a_credit_note_names_the_invoice_that_it_credits_or_is_for_a_person() -> None:
    named, unnamed = reading(credit_note("F-1")), reading(credit_note(""))

    assert [(one.status, one.invoice and one.invoice.credited_no) for one in named.acknowledgements] == [
        (_S.INVOICED, "F-1")
    ]
    assert [one.status for one in unnamed.acknowledgements] == [_S.UNKNOWN]
    assert len(unnamed.faults) == 1


def test_an_invoice_whose_order_is_only_known_by_the_erps_number_is_found_by_that() -> None:
    found = only(invoice(order="NA", number="SO-1"))

    assert (found.order_ref, found.erp_order_no) == (None, "SO-1")


def test_an_invoice_for_several_orders_is_refused() -> None:
    other = (
        "<cac:InvoiceLine><cac:OrderLineReference><cbc:LineID>1</cbc:LineID><cac:OrderReference><cbc:ID>48448</cbc:ID>"
        "</cac:OrderReference></cac:OrderLineReference></cac:InvoiceLine>"
    )

    with pytest.raises(Unreadable, match='the order of this invoice is both "48447" and "48448"'):
        reading(invoice(other))
