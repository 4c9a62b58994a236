"""How a UBL Order is written by setting, and what is refused by the name of its field."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.formats._ubl import lists, schema
from bridge.model import Charge, Delivery, Line, Party, PartyKind, Payment, Phones, PickupStore, SalesOrder
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order, with_line

NS = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
SELLER = {"name": "Demo AB", "gln": "7350000000009", "country": "SE"}
PEPPOL: dict[str, Any] = {"profile": "peppol", "buyer_endpoint": "0088:7350000000009", "seller": SELLER}


def written(order: SalesOrder | None = None, /, **options: object) -> ET.Element:
    content = formats.build("ubl", options).render(order or guide_order(), CONTROL, RECEIVED_AT)
    return ET.fromstring(content)  # noqa: S314  # our own file


def texts(root: ET.Element, path: str) -> list[str]:
    return [one.text or "" for one in root.iterfind(path, NS)]


def refusal(order: SalesOrder, /, **options: object) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        written(order, **options)
    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE
    assert refused.value.hint
    return refused.value


def with_party(role: str, **changed: Any) -> SalesOrder:
    order = guide_order()
    return replace(order, **{role: replace(getattr(order, role), **changed)})


def with_rows(*rows: Line) -> SalesOrder:
    order = guide_order()
    return replace(order, lines=(*order.lines, *rows))


def fee_row(kind: str, price: str, vat: str = "0") -> Line:
    return Line(2, type=kind, text=kind, qty=Decimal(1), unit="pcs", unit_price=Decimal(price), unit_vat=Decimal(vat))


# --- settings ---------------------------------------------------------------------------------------------------------


def test_the_profile_is_named_in_the_order_and_plain_orders_name_their_version() -> None:
    plain, peppol = written(), written(**PEPPOL, process="advanced_ordering")

    assert texts(plain, "cbc:UBLVersionID") == ["2.1"]
    assert texts(plain, "cbc:CustomizationID") == []
    assert texts(peppol, "cbc:UBLVersionID") == []
    assert texts(peppol, "cbc:CustomizationID") == ["urn:fdc:peppol.eu:poacc:trns:order:3"]
    assert texts(peppol, "cbc:ProfileID") == ["urn:fdc:peppol.eu:poacc:bis:advanced_ordering:3"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"buyer_endpoint": ""}, "peppol needs buyer_endpoint"),
        ({"buyer_endpoint": "7350000000009"}, "is no endpoint; write scheme and number"),
        ({"buyer_endpoint": "1234:7350000000009"}, "is no scheme of electronic addresses"),
        ({"buyer_endpoint": "0088:7350000000008"}, "look at its check digit"),
        ({"buyer_endpoint": "0007:5560360794"}, "look at its check digit"),
        ({"buyer_endpoint": "0192:987654326"}, "look at its check digit"),
        ({"buyer_endpoint": "0184:DK1234567"}, "look at its check digit"),
        ({"seller": {"name": "Demo", "country": "SE"}}, "peppol needs seller.endpoint or seller.gln"),
        ({"seller": {"gln": "7350000000009"}}, "peppol needs seller.name and seller.country"),
        ({"seller": {**SELLER, "endpoint": "0088:7350000000008"}}, "seller: .*look at its check digit"),
        ({"seller": {**SELLER, "endpoint": "0007:5560360793", "gln": "7350000000008"}}, "seller.gln: .*no GLN"),
        ({"seller": {**SELLER, "country": "Sverige"}}, "is no country"),
        ({"units": {"pcs": "C62", "*": "keep"}}, r'units: "\*" = "keep" is no unit'),
        ({"units": {"pcs": "piece", "*": "refuse"}}, 'units: "piece" is no unit'),
        ({"units": {"pcs": "C62"}}, "needs a rule for the rest"),
    ],
)
def test_settings_that_peppol_would_refuse_are_refused_in_words(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        formats.build("ubl", {**PEPPOL, **changed})


@pytest.mark.parametrize(
    "endpoint", ["0088:7350000000009", "0007:5560360793", "0192:987654325", "0184:DK12345678", "9955:SE5560360793 01"]
)
def test_an_endpoint_of_a_known_scheme_is_taken(endpoint: str) -> None:
    if " " in endpoint:
        with pytest.raises(ValueError, match="endpoint"):
            formats.build("ubl", {**PEPPOL, "buyer_endpoint": endpoint})
        return

    root = written(**{**PEPPOL, "buyer_endpoint": endpoint})

    [found] = root.findall("cac:BuyerCustomerParty/cac:Party/cbc:EndpointID", NS)
    assert f"{found.get('schemeID')}:{found.text}" == endpoint


def test_the_seller_of_the_settings_is_told_with_the_contact_of_the_order() -> None:
    seller = {**SELLER, "endpoint": "0007:5560360793", "street": "Torget 1", "zip": "21120", "city": "Malmö"}

    root = written(seller=seller)

    party = "cac:SellerSupplierParty/cac:Party"
    assert texts(root, f"{party}/cbc:EndpointID") == ["5560360793"]
    assert texts(root, f"{party}/cac:PartyIdentification/cbc:ID") == ["7350000000009"]
    assert texts(root, f"{party}/cac:PartyLegalEntity/cbc:RegistrationName") == ["Demo AB"]
    assert texts(root, f"{party}/cac:PostalAddress/*") == ["Torget 1", "Malmö", "21120", "\n          "]
    assert texts(root, f"{party}/cac:Contact/cbc:Name") == ["SALES001, Division A"]


def test_references_go_where_the_settings_say() -> None:
    order = replace(guide_order(), info={"Project": "P 7"})
    references = {"customer_invoice_ref": "AccountingCost", "info.project": "Project", "discount_code": ""}

    root = written(order, references=references)

    assert texts(root, "cbc:AccountingCost") == ["INV12345"]
    assert texts(root, "cac:AdditionalDocumentReference/cbc:ID") == ["P 7"]
    assert texts(root, "cac:AdditionalDocumentReference/cbc:DocumentType") == ["Project"]


def test_units_deliveries_and_payments_are_written_by_the_tables() -> None:
    order = replace(guide_order(), payments=(*guide_order().payments, Payment(method="Gift", amount=Decimal(5))))

    root = written(
        order,
        units={"PCS": "H87", "*": "refuse"},
        delivery={"postnord": "PN", "*": "refuse"},
        payments={"credit_card": "48", "*": "leave_out"},
        prepaid=["gift"],
    )

    assert root.findall("cac:OrderLine/cac:LineItem/cbc:Quantity", NS)[0].get("unitCode") == "H87"
    assert texts(root, "cac:DeliveryTerms/cbc:ID") == ["PN"]
    assert texts(root, "cac:PaymentMeans/cbc:PaymentMeansCode") == ["48"]
    assert texts(root, "cac:PaymentMeans/cbc:PaymentID") == ["PAYREF123"]
    assert texts(root, "cac:PaymentTerms/cbc:Note") == ["credit_card, PAYREF123, 1500.00 SEK\nGift, 5 SEK"]
    assert texts(root, "cac:AnticipatedMonetaryTotal/cbc:PrepaidAmount") == ["5.00"]
    assert texts(root, "cac:AnticipatedMonetaryTotal/cbc:PayableAmount") == ["745.00"]


def test_texts_of_payments_and_properties_are_left_out_by_setting() -> None:
    root = written(payment_texts=False, properties=False)

    assert texts(root, "cac:PaymentTerms/cbc:Note") == []
    assert texts(root, ".//cac:AdditionalItemProperty/cbc:Name") == []


@pytest.mark.parametrize(("encoding", "label"), [("auto", "UTF-8"), ("iso-8859-1", "ISO-8859-1"), ("utf-16", "UTF-16")])
def test_a_letter_that_the_encoding_lacks_is_written_by_its_number(encoding: str, label: str) -> None:
    order = replace(guide_order(), comment="漢 €\nÅ")

    content = formats.build("ubl", {"encoding": encoding, "newline": "crlf"}).render(order, CONTROL, RECEIVED_AT)

    codec = "utf-8" if encoding == "auto" else encoding
    assert content.decode(codec).startswith(f'<?xml version="1.0" encoding="{label}"?>\r\n')
    root = ET.fromstring(content)  # noqa: S314  # our own file
    assert texts(root, "cbc:Note") == ["漢 €\nÅ"]


# --- rows -------------------------------------------------------------------------------------------------------------


def test_freight_and_fees_are_charges_and_rows_of_less_than_nothing_allowances() -> None:
    discount = fee_row("Standard", "-100.00", "-25.00")

    root = written(with_rows(fee_row("Freight", "49.00", "12.25"), discount))

    charges = root.findall("cac:AllowanceCharge", NS)
    assert [texts(one, "cbc:ChargeIndicator") for one in charges] == [["true"], ["false"]]
    assert [texts(one, "cbc:AllowanceChargeReasonCode") for one in charges] == [["FC"], ["95"]]
    assert [texts(one, "cbc:Amount") for one in charges] == [["49.00"], ["100.00"]]
    assert [texts(one, "cac:TaxTotal/cbc:TaxAmount") for one in charges] == [["12.25"], ["25.00"]]
    totals = {one.tag.partition("}")[2]: one.text for one in root.iterfind("cac:AnticipatedMonetaryTotal/*", NS)}
    assert totals == {
        "LineExtensionAmount": "600.00",
        "TaxExclusiveAmount": "549.00",
        "TaxInclusiveAmount": "686.25",
        "AllowanceTotalAmount": "100.00",
        "ChargeTotalAmount": "49.00",
        "PayableAmount": "686.25",
    }


def test_rows_of_charges_are_lines_by_setting_but_never_those_of_less_than_nothing() -> None:
    order = with_rows(fee_row("Freight", "49.00"), fee_row("CentRounding", "-0.25"))

    root = written(order, charge_rows="line")

    assert texts(root, "cac:OrderLine/cac:LineItem/cbc:ID") == ["1", "2"]
    assert texts(root, "cac:AllowanceCharge/cbc:Amount") == ["0.25"]


@pytest.mark.parametrize(("vat", "rounding", "charges"), [("0", ["-0.25"], []), ("0.05", [], ["0.25"])])
def test_rounding_without_vat_stands_among_the_totals(vat: str, rounding: list[str], charges: list[str]) -> None:
    root = written(with_rows(fee_row("CentRounding", "-0.25", vat)))

    assert texts(root, "cac:AnticipatedMonetaryTotal/cbc:PayableRoundingAmount") == rounding
    assert texts(root, "cac:AllowanceCharge/cbc:Amount") == charges
    assert texts(root, "cac:AnticipatedMonetaryTotal/cbc:PayableAmount") == ["749.75" if rounding else "749.80"]


def test_a_fee_that_has_more_than_cents_is_rounded_once_and_told() -> None:
    order = replace(
        guide_order(),
        fees=(Charge(text="Fee", amount=Decimal("46.2264")), Charge(text="Even", amount=Decimal("1.5000"))),
        discounts=(Charge(text="Off", amount=Decimal("-9.999")),),
    )
    format_ = formats.build("ubl", {})

    root = written(order)

    assert texts(root, "cac:AllowanceCharge/cbc:Amount") == ["46.23", "1.50", "10.00"]
    assert texts(root, "cac:AllowanceCharge/cbc:ChargeIndicator") == ["true", "true", "false"]
    assert formats.warnings(format_, order, CONTROL, RECEIVED_AT) == (
        "fees[0].amount is rounded from 46.2264 to 46.23",
        "discounts[0].amount is rounded from -9.999 to -10.00",
    )


def test_a_discount_of_nothing_is_an_allowance_all_the_same() -> None:
    root = written(replace(guide_order(), discounts=(Charge(code="FREE"), Charge(amount=Decimal("0.00")))), **PEPPOL)

    assert texts(root, "cac:AllowanceCharge/cbc:ChargeIndicator") == ["false", "false"]
    assert texts(root, "cac:AllowanceCharge/cbc:AllowanceChargeReason") == ["Discount", "Discount"]


def test_a_reduced_price_is_told_with_the_original_and_peppol_knows_no_raised_one() -> None:
    reduced, raised = Decimal("400.00"), Decimal("250.00")

    found = [
        (texts(root, f"{path}/cbc:ChargeIndicator"), texts(root, f"{path}/cbc:Amount"))
        for path in (".//cac:Price/cac:AllowanceCharge",)
        for options, original in (({}, reduced), ({}, raised), (PEPPOL, reduced), (PEPPOL, raised))
        for root in (written(with_line(unit_price_original=original), **options),)
    ]

    assert found == [(["false"], ["100.00"]), (["true"], ["50.00"]), (["false"], ["100.00"]), ([], [])]


def test_a_store_with_an_address_is_the_place_and_the_receiver_keeps_his_own() -> None:
    store = PickupStore("S1", "Butik", address=Party(PartyKind.COMPANY, street="Butiksgatan 1", country="SE"))
    order = replace(guide_order(), delivery=Delivery(pickup=store))

    root = written(order)

    assert texts(root, "cac:Delivery/cac:DeliveryLocation/cac:Address/cbc:StreetName") == ["Butiksgatan 1"]
    assert texts(root, "cac:Delivery/cac:DeliveryParty/cac:PostalAddress/cbc:StreetName") == ["789 Shipping Blvd"]


def test_plain_orders_tell_every_telephone_number_and_peppol_orders_one() -> None:
    phones = Phones(work="1", cell="2", private="3")
    order = with_party("ship_to", phones=phones)

    plain, peppol = written(order), written(order, **PEPPOL)

    contact = "cac:Delivery/cac:DeliveryParty/cac:Contact"
    assert texts(plain, f"{contact}/cbc:Telephone") == ["2"]
    assert texts(plain, f"{contact}/cac:OtherCommunication/cbc:Value") == ["3", "1"]
    assert texts(peppol, f"{contact}/cbc:Telephone") == ["2"]
    assert texts(peppol, f"{contact}/cac:OtherCommunication/cbc:Value") == []


def test_a_personal_number_is_never_written() -> None:
    order = with_party("sold_to", ssn="19121212-1212")

    content = formats.build("ubl", {}).render(order, CONTROL, RECEIVED_AT)

    assert b"19121212" not in content


def test_text_that_looks_like_elements_makes_none() -> None:
    faked = "]]></cbc:Note><cac:OrderLine><cac:LineItem><cbc:ID>9</cbc:ID></cac:LineItem></cac:OrderLine><!--"

    root = written(replace(guide_order(), comment=faked))

    assert texts(root, "cbc:Note") == [faked]
    assert texts(root, "cac:OrderLine/cac:LineItem/cbc:ID") == ["1"]


def test_an_order_without_a_date_bears_that_of_its_receipt_in_the_zone_of_the_target() -> None:
    root = written(replace(guide_order(), ordered_at=None), time_zone="America/New_York")

    assert texts(root, "cbc:IssueDate") + texts(root, "cbc:IssueTime") == ["2026-11-21", "08:02:11"]


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "field", "said"),
    [
        (replace(guide_order(), order_ref=" "), "order_ref", "is empty"),
        (replace(guide_order(), order_ref="A\ufffe1"), "order_ref", "holds a letter that XML cannot"),
        (replace(guide_order(), currency=None), "currency", "each amount of UBL names it"),
        (replace(guide_order(), lines=()), "lines", "holds no article"),
        (with_line(type="Freight"), "lines", "holds no article"),
        (with_line(unit="dozen"), "lines[0].unit", "units does not know"),
        (with_line(part_no="A\uffff"), "lines[0].part_no", "holds a letter that XML cannot"),
        (with_line(unit_price=Decimal("1e20")), "lines[0].unit_price", "cannot be written"),
        (with_line(qty=Decimal("NaN")), "lines[0].qty", "cannot be written"),
    ],
)
def test_what_ubl_cannot_tell_is_refused_by_its_field(order: SalesOrder, field: str, said: str) -> None:
    found = refusal(order)

    assert (found.subject, said in found.message) == (field, True)


@pytest.mark.parametrize(
    ("order", "field", "rule"),
    [
        (replace(guide_order(), currency="KRO"), "currency", "PEPPOL-T01-B01001"),
        (replace(guide_order(), sold_to=None), "sold_to", "PEPPOL-T01-B03702"),
        (with_party("sold_to", name=None, first_name=None, last_name=None), "sold_to.name", "PEPPOL-T01-B05901"),
        (with_party("sold_to", country="Sverige"), "sold_to.country", "PEPPOL-T01-B05401"),
        (with_party("bill_to", country=None), "bill_to.country", "PEPPOL-T01-B04501"),
        (with_party("ship_to", country=None), "ship_to.country", "PEPPOL-T01-B04501"),
        (with_party("sold_to", gln="7350000000008"), "sold_to.gln", "PEPPOL-COMMON-R040"),
        (with_party("sold_to", vat_no="556036079301"), "sold_to.vat_no", "PEPPOL-T01-R026"),
        (replace(guide_order(), ship_to=None), "ship_to.country", "PEPPOL-T01-B04501"),
        (with_line(text=None, part_no=None, erp_part_no=None), "lines[0].text", "PEPPOL-T01-B29301"),
        (with_rows(replace(guide_order().lines[0], part_no="B")), "lines[1].line_no", "PEPPOL-T01-R001"),
        (with_rows(fee_row("Standard", "-900.00")), "lines", "PEPPOL-T01-R006"),
    ],
)
def test_what_peppol_would_refuse_is_refused_by_field_and_rule(order: SalesOrder, field: str, rule: str) -> None:
    found = refusal(order, **PEPPOL)

    assert (found.subject, rule in found.message) == (field, True)
    assert written(order).tag.endswith("Order")


@pytest.mark.parametrize(
    ("changed", "options", "field"),
    [
        ({"unit": None}, {}, "lines[0].unit"),
        ({"vat_rate": Decimal(0)}, {"vat_categories": {"*": "S"}}, "lines[0].vat_rate"),
        ({"vat_rate": Decimal(-25)}, {}, "lines[0].vat_rate"),
    ],
)
def test_a_line_that_peppol_would_refuse_is_refused_by_its_field(
    changed: dict[str, object], options: dict[str, object], field: str
) -> None:
    assert refusal(with_line(**changed), **PEPPOL, **options).subject == field


def test_a_row_without_a_unit_gets_the_one_that_the_profile_has_for_the_rest() -> None:
    root = written(with_line(unit=None), **PEPPOL, units={"kg": "KGM", "*": "C62"})

    assert root.findall("cac:OrderLine/cac:LineItem/cbc:Quantity", NS)[0].get("unitCode") == "C62"


def test_more_paid_than_the_order_costs_is_refused_by_the_profile() -> None:
    found = refusal(guide_order(), **PEPPOL, prepaid=["*"])

    assert (found.subject, "-750.00" in found.message) == ("payments", True)


def test_check_digits_are_those_of_the_schemes() -> None:
    right = [("0088", "7350000000009"), ("0007", "5560360793"), ("0192", "987654325"), ("0184", "12345678")]

    wrong = [(scheme, number[:-1] + str((int(number[-1]) + 1) % 10)) for scheme, number in right[:3]]

    assert all(lists.is_numbered_well(*one) for one in right)
    assert not any(lists.is_numbered_well(*one) for one in [*wrong, ("0184", "1234567"), ("0088", "7"), ("0007", "x")])


def test_the_schema_is_read_from_the_package_alone() -> None:
    outside = [
        str(path)
        for path in schema.FOLDER.rglob("*.xsd")
        for name in ET.parse(path).getroot().iter()  # noqa: S314  # our own files
        if (place := name.get("schemaLocation")) and not (path.parent / place).is_file()
    ]

    assert outside == []
    notice = (schema.FOLDER / "NOTICE").read_text("utf-8")
    assert "OASIS DISCLAIMS ALL WARRANTIES" in notice
