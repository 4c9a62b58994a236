"""Which parties and tables an ORDERS05 is written with, and what the simulated ERP makes of it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bridge import formats
from bridge.model import Phones
from bridge.simulators.sides import Said, side_of
from bridge.simulators.sides.idoc import audit
from tests.formats.test_idoc_writing import file, partner, refusal, written
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order, with_buyer, with_line

# --- tables and partners ----------------------------------------------------------------------------------------------


def test_every_table_can_be_set_with_a_rule_for_the_rest() -> None:
    order = replace(with_line(unit="FÖRP", vat_rate=Decimal(0)), hold=True)

    found = file(
        order,
        units={"förp": "PAK", "*": "PCE"},
        vat_codes={"0": "A0", "*": "A1"},
        payments={"credit_card": "VISA", "*": "leave_out"},
        payment_terms={"credit_card": "Z000", "*": "leave_out"},
        delivery={"postnord": "01", "*": "refuse"},
        sales_areas={"DEMO": "1000/10/00", "*": "refuse"},
        division="016",
        order_type="TA",
        order_type_qualifier="019",
        delivery_block="Z1",
        references={"customer_order_ref": "AG", "info.X": "044", "suggested_erp_no": ""},
        additional={"discount_code": "001"},
        payment_texts=False,
        original_price=False,
    )

    [head], [line] = found.root.all("E1EDK01"), found.root.all("E1EDP01")
    assert [head.at(name) for name in ("ZTERM", "VSART", "LIFSK")] == ["Z000", "01", "Z1"]
    assert [(one.at("QUALF"), one.at("ORGID")) for one in found.root.all("E1EDK14")] == [
        ("006", "00"),
        ("007", "10"),
        ("008", "1000"),
        ("016", "Division A"),
        ("019", "TA"),
    ]
    assert [(one.at("CCINS"), one.at("FAKWR")) for one in found.root.all("E1EDK36")] == [("VISA", "1500.00")]
    assert [(one.at("QUALZ"), one.at("CUSADD")) for one in found.root.all("E1EDK35")] == [("001", "DISCOUNT2024")]
    assert (line.at("MENEE"), line.all("E1EDP04")[0].at("MWSKZ")) == ("PAK", "A0")
    assert partner("AG", found).at("IHREZ") == "ORDER123"
    assert not line.all("E1EDP05")


@pytest.mark.parametrize("table", ["units", "vat_codes", "payments", "payment_terms", "delivery", "charges"])
def test_a_table_without_a_rule_for_the_rest_is_refused(table: str) -> None:
    with pytest.raises(ValueError, match="rule for the rest"):
        formats.build("idoc", {table: {"a": "B"}})


@pytest.mark.parametrize(
    ("field", "partn", "lifnr"),
    [("both", "CUST0001", "CUST0001"), ("partn", "CUST0001", ""), ("lifnr", "", "CUST0001")],
)
def test_a_party_is_known_by_the_fields_that_the_setting_names(field: str, partn: str, lifnr: str) -> None:
    found = partner("AG", file(partner_field=field))

    assert (found.at("PARTN"), found.at("LIFNR")) == (partn, lifnr)


def test_leading_zeros_of_a_number_are_kept() -> None:
    assert partner("AG", file(with_buyer(code="0000004711"))).at("PARTN") == "0000004711"


def test_the_seller_and_the_payer_are_partners() -> None:
    seller = {"endpoint": "SE01", "gln": "7350000000016", "name": "Handel AB", "city": "Malmö", "country": "SE"}

    found = file(seller=seller, payer=True)

    told = partner("LF", found)
    assert [told.at(name) for name in ("PARTN", "ILNNR", "NAME1", "ORT01", "LAND1")] == list(seller.values())
    assert partner("RG", found).at("PARTN") == "BILL0002"


def test_no_setting_breaks_a_record() -> None:
    with pytest.raises(ValueError, match="cannot write"):
        file(seller={"name": "Handel\nAB\r\x00", "endpoint": "1"})
    refused = refusal(guide_order(), units={"pcs": "P\nC", "*": "refuse"})

    assert (refused.subject, "control characters" in str(refused)) == ("lines[0].unit", True)


def test_an_address_has_each_part_in_its_field() -> None:
    order = with_buyer(
        street="Storgatan 1", street2="Port B", box="Box 7", care_of="c/o Åsa", region="M", gln="7350000000009"
    )

    told = partner("AG", file(order))

    names = ("NAME1", "NAME2", "STRAS", "STRS2", "PFACH", "REGIO", "ILNNR")
    assert [told.at(name) for name in names] == [
        "John Doe",
        "c/o Åsa",
        "Storgatan 1",
        "Port B",
        "Box 7",
        "M",
        "7350000000009",
    ]
    assert partner("AG", file(with_buyer(region="Västra Götaland"))).at("ORT02") == "Västra Götaland"


def test_what_an_idoc_has_no_field_for_is_told_beside_the_file() -> None:
    phones = Phones(private="1", cell="2", work="3")
    format_ = formats.build("idoc", {})

    told = formats.warnings(format_, with_buyer(phones=phones), CONTROL, RECEIVED_AT)

    assert formats.warnings(format_, guide_order(), CONTROL, RECEIVED_AT) == ()
    assert len(told) == 1
    assert "sold_to.phones" in told[0]


# --- the simulated ERP ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status",
    ["confirmed", "changed", "rejected", "cancelled", "on_hold", "received", "delivered", "invoiced"],
)
def test_the_simulated_erp_says_what_the_bridge_understands(status: str) -> None:
    side, format_ = side_of("idoc"), formats.build("idoc", {})

    [said] = format_.read(side.answer(Said("4<8&447", status, "SO-1", "because"))).acknowledgements

    assert (said.order_ref, said.status) == ("4<8&447", status)


def test_the_simulated_erp_finds_the_reference_whatever_the_shape() -> None:
    order = replace(guide_order(), order_ref="4<8&4'7")

    refs = [side_of("idoc").reference(written(order, variant=variant)) for variant in ("flat", "xml")]

    assert refs == ["4<8&4'7"] * 2


@pytest.mark.parametrize(("code", "status"), [("53", "received"), ("51", "rejected"), ("52", "unknown")])
def test_the_simulated_erp_audits_our_file_by_its_control_number(code: str, status: str) -> None:
    [said] = formats.build("idoc", {}).read(audit(written(), code, "Customer is not there")).acknowledgements

    assert (said.control, said.status) == (CONTROL, status)
