"""How an ORDERS is written by setting, and what is refused by the name of its field."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.model import Charge, Delivery, Line, Party, PartyKind, Payment, SalesOrder
from bridge.simulators.sides import Said, side_of
from bridge.simulators.sides.edifact import syntax_receipt
from tests.formats.edifact_tokens import Seg, tokens
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order, with_buyer, with_line


def written(order: SalesOrder | None = None, /, **options: object) -> bytes:
    return formats.build("edifact", options).render(order or guide_order(), CONTROL, RECEIVED_AT)


def segments(order: SalesOrder | None = None, /, **options: object) -> list[Seg]:
    return tokens(written(order, **options).decode("iso8859-1"))


def first(tag: str, found: list[Seg]) -> Seg:
    return next(one for one in found if one.tag == tag)


def refusal(order: SalesOrder, /, **options: object) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        written(order, **options)
    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE
    assert refused.value.hint
    return refused.value


def test_the_envelope_is_as_the_settings_say() -> None:
    found = segments(
        sender="7350000000009:14",
        receiver="ERP",
        application_reference="WEB",
        agreement="EANCOM",
        acknowledgement_request=True,
        test_indicator=False,
        association="EAN008",
    )

    unb, unh, unz = found[0], found[1], found[-1]
    assert unb.elements == [
        ["UNOC", "3"],
        ["7350000000009", "14"],
        ["ERP"],
        ["261121", "1402"],
        [str(CONTROL)],
        [""],
        ["WEB"],
        [""],
        ["1"],
        ["EANCOM"],
    ]
    assert unh.elements == [["1"], ["ORDERS", "D", "96A", "UN", "EAN008"]]
    assert unz.elements == [["1"], [str(CONTROL)]]


def test_an_order_is_a_test_until_the_setting_says_otherwise() -> None:
    assert segments()[0].at(11) == "1"
    assert segments(test_indicator=False)[0].at(11) == ""


@pytest.mark.parametrize(("newline", "end"), [("none", b"'"), ("lf", b"'\n"), ("crlf", b"'\r\n")])
def test_a_segment_ends_as_the_setting_says(newline: str, end: bytes) -> None:
    content = written(newline=newline)

    assert content.endswith(b"UNZ+1+123" + end)
    assert content.count(b"\n") == (0 if newline == "none" else content.count(b"'"))


def test_una_is_left_out_by_setting_and_needed_for_other_signs() -> None:
    assert written(una=False).startswith(b"UNB+UNOC")
    with pytest.raises(ValueError, match="una"):
        formats.build("edifact", {"una": False, "service_characters": '|;.!~"'})


@pytest.mark.parametrize("signs", ["", ":+.? ", "::.? '", ":+x? '", "A+.? '", ":+.  '", ":+.?-'", ":+.? \n"])
def test_signs_that_cannot_part_anything_are_refused(signs: str) -> None:
    with pytest.raises(ValueError, match=r"sign|separator"):
        formats.build("edifact", {"service_characters": signs})


@pytest.mark.parametrize("partner", ["", ":14", "x" * 36, "a:b:c", "a:QUALI", "a\n:14"])
def test_a_partner_is_an_id_and_a_qualifier(partner: str) -> None:
    with pytest.raises(ValueError, match="partner"):
        formats.build("edifact", {"sender": partner})


def test_unicode_has_syntax_version_four_and_a_long_date() -> None:
    content = written(replace(guide_order(), comment="漢字 €"), syntax="UNOY")

    assert b"UNB+UNOY:4+SHOP:ZZZ+ERP:ZZZ+20261121:1402" in content
    assert "漢字 €".encode() in content


@pytest.mark.parametrize(
    ("syntax", "rule", "comment", "as_written"),
    [
        ("UNOC", "table", "“Å” \N{EN DASH} €5", '"Å" - EUR5'),
        ("UNOC", "question_mark", "Ł5", "?5"),
        ("UNOB", "table", "Åsa_é@x#", "Asa-e(at)xNo"),
        ("UNOA", "table", "Åsa frågar", "ASA FRAGAR"),
        ("UNOB", "question_mark", "Åsa", "?sa"),
    ],
)
def test_letters_that_the_set_lacks_are_written_by_the_rule(
    syntax: str, rule: str, comment: str, as_written: str
) -> None:
    order = replace(guide_order(), comment=comment)

    found = segments(order, syntax=syntax, unencodable=rule)

    assert first("FTX", found).at(4) == as_written


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"comment": "Ł"}, "comment"),
        ({"customer_order_ref": "Ł"}, "customer_order_ref"),
        ({"customer_order_ref": "x" * 36}, "customer_order_ref"),
        ({"order_ref": "x" * 36}, "order_ref"),
        ({"order_ref": " "}, "order_ref"),
        ({"currency": "KRONOR"}, "currency"),
        ({"delivery": Delivery(method="x" * 36)}, "delivery.method"),
        ({"payments": (Payment(method="card", ref="x" * 71),)}, "payments[0].ref"),
        ({"discounts": (Charge(code="x" * 36, amount=Decimal(1)),)}, "discounts[0].code"),
        ({"fees": (Charge(amount=Decimal(1)),) * 16}, "fees[15]"),
        ({"comment": "x" * (70 * 5 * 100)}, "comment"),
    ],
)
def test_what_has_no_room_or_no_letters_is_refused_by_its_name(changed: dict[str, Any], field: str) -> None:
    refused = refusal(replace(guide_order(), **changed))

    assert refused.subject == field


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"part_no": "x" * 36}, "lines[0].part_no"),
        ({"line_no": 1_000_000}, "lines[0].line_no"),
        ({"qty": Decimal(10) ** 14 + Decimal("0.12")}, "lines[0].qty"),
        ({"unit": "förp"}, "lines[0].unit"),
        ({"unit_price": Decimal("NaN")}, "lines[0].unit_price"),
        ({"vat_rate": Decimal("NaN")}, "lines[0].vat_rate"),
    ],
)
def test_a_line_that_cannot_be_written_is_refused_by_its_field(changed: dict[str, Any], field: str) -> None:
    assert refusal(with_line(**changed)).subject == field


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "x" * 176}, "sold_to.name"),
        ({"street": "x" * 141}, "sold_to.street"),
        ({"city": "x" * 36}, "sold_to.city"),
        ({"zip": "x" * 10}, "sold_to.zip"),
        ({"country": "Sverige"}, "sold_to.country"),
        ({"code": "x" * 36}, "sold_to.code"),
    ],
)
def test_a_party_that_does_not_fit_is_refused_by_its_field(changed: dict[str, Any], field: str) -> None:
    assert refusal(with_buyer(**changed)).subject == field


def test_long_names_are_cut_by_setting_and_codes_never() -> None:
    found = segments(with_buyer(name="x" * 200, street="y" * 200, city="z" * 40), long_text="cut")

    nad = first("NAD", found)
    assert [len("".join(part)) for part in (nad.elements[3], nad.elements[4], nad.elements[5])] == [175, 140, 35]
    assert refusal(with_buyer(zip="x" * 10), long_text="cut").subject == "sold_to.zip"


def test_a_long_comment_goes_on_over_several_ftx() -> None:
    comment = " ".join(f"word{number}" for number in range(120))

    found = segments(replace(guide_order(), comment=comment))

    texts = [one for one in found if one.tag == "FTX" and one.at(1) == "AAI"]
    assert len(texts) == 3
    assert all(len(part) <= 70 for one in texts for part in one.elements[3])
    assert "".join(part for one in texts for part in one.elements[3]) == comment


def test_every_table_can_be_set_with_a_rule_for_the_rest() -> None:
    order = replace(with_line(unit="FÖRP", vat_rate=Decimal(0)), delivery=Delivery(method="Express"))

    found = segments(
        order,
        units={"förp": "PK", "*": "PCE"},
        vat_categories={"0": "E", "*": "S"},
        payments={"credit_card": "42", "*": "refuse"},
        delivery={"express": "DHL", "*": "refuse"},
        references={"customer_order_ref": "ON", "info.PROJECT": "CT", "customer_invoice_ref": ""},
        prepaid=["credit_card"],
    )

    assert first("QTY", found).at(1, 2) == "PK"
    assert first("TAX", found).at(6) == "E"
    assert first("PAI", found).at(1, 2) == "42"
    assert first("TDT", found).at(5, 3) == "DHL"
    assert [one.elements for one in found if one.tag == "RFF"][:1] == [[["ON", "ORDER123"]]]
    assert [one.at(1, 1) for one in found if one.at(1) == "113"] == ["1500.00"]


@pytest.mark.parametrize("agency", ["1000", "9+2'", "", "a"])
def test_an_agency_of_codes_has_three_signs_at_most_and_no_separator(agency: str) -> None:
    with pytest.raises(ValueError, match="code_agency"):
        formats.build("edifact", {"code_agency": agency})


@pytest.mark.parametrize("table", ["units", "vat_categories", "payments", "delivery", "charges"])
def test_a_table_without_a_rule_for_the_rest_is_refused(table: str) -> None:
    with pytest.raises(ValueError, match="rule for the rest"):
        formats.build("edifact", {table: {"a": "B"}})


@pytest.mark.parametrize(("rule", "method"), [("keep", "Express"), ("leave_out", None), ("POST", "POST")])
def test_a_value_that_a_table_does_not_know_follows_its_rule(rule: str, method: str | None) -> None:
    order = replace(guide_order(), delivery=Delivery(method="Express"))

    found = segments(order, delivery={"*": rule})

    assert [one.at(5, 3) for one in found if one.tag == "TDT"] == ([method] if method else [])


def test_a_value_that_a_table_refuses_names_field_and_table() -> None:
    refused = refusal(guide_order(), payments={"invoice": "10", "*": "refuse"})

    assert refused.subject == "payments[0].method"
    assert "payments" in refused.hint


def test_the_seller_of_the_settings_stands_beside_his_contact() -> None:
    seller = {"gln": "7350000000016", "name": "Handel AB", "city": "Malmö", "country": "SE"}

    found = segments(seller=seller)

    nad = next(one for one in found if one.tag == "NAD" and one.at(1) == "SU")
    assert (nad.elements[1], nad.at(4), nad.at(6), nad.at(9)) == (
        ["7350000000016", "", "9"],
        "Handel AB",
        "Malmö",
        "SE",
    )


@pytest.mark.parametrize(
    ("party_id", "identity", "code"),
    [("gln", ["7350000000009", "", "9"], "CUST0001"), ("code", ["CUST0001", "", "92"], None)],
)
def test_a_party_is_known_by_gln_or_code(party_id: str, identity: list[str], code: str | None) -> None:
    found = segments(with_buyer(gln="7350000000009"), party_id=party_id)

    assert first("NAD", found).elements[1] == identity
    assert next((one.at(1, 1) for one in found if one.at(1) == "IT"), None) == code


def _charged() -> SalesOrder:
    order = guide_order()
    freight = Line(2, type="Freight", part_no="FR", text="Frakt", qty=Decimal(1), unit_price=Decimal(49), unit="pcs")
    gift_card = Line(3, type="PspGiftCard", text="Kort", qty=Decimal(1), unit_price=Decimal(-100), unit="pcs")
    returned = replace(order.lines[0], line_no=4, qty=Decimal(-1))
    return replace(order, lines=(*order.lines, freight, gift_card, returned))


def test_freight_and_what_is_less_than_nothing_are_charges_and_allowances() -> None:
    found = segments(_charged())

    charges = [(one.at(1), one.at(2), one.at(5), one.at(5, 3)) for one in found if one.tag == "ALC"]
    totals = {one.at(1): one.at(1, 1) for one in found[-9:] if one.tag == "MOA"}
    assert charges == [("C", "FR", "FC", "Frakt"), ("A", "", "", "Kort"), ("A", "ITEM001", "", "Example Product 1")]
    assert totals == {"79": "600.00", "131": "-351.00", "124": "75.00", "128": "324.00"}
    assert len([one for one in found if one.tag == "LIN"]) == 1


def test_all_rows_are_lines_by_setting() -> None:
    found = segments(_charged(), charge_rows="line")

    assert [one.at(1, 1) for one in found if one.tag == "RFF" and one.at(1) == "LI"] == ["1", "2", "3", "4"]
    assert not [one for one in found if one.tag == "ALC"]


def test_nobody_finds_a_personal_number_in_the_file() -> None:
    party = Party(kind=PartyKind.PERSON, code="C", name="N", ssn="19121212-1212")

    content = written(replace(guide_order(), sold_to=party, bill_to=party, ship_to=party))

    assert b"1212" not in content


# --- the simulated ERP ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status", ["confirmed", "changed", "rejected", "cancelled", "received", "delivered", "invoiced"]
)
def test_the_simulated_erp_says_what_the_bridge_understands(status: str) -> None:
    side, format_ = side_of("edifact"), formats.build("edifact", {})

    [said] = format_.read(side.answer(Said("4+8'447", status, "SO-1", "därför"))).acknowledgements

    assert (said.order_ref, said.status) == ("4+8'447", status)


def test_the_simulated_erp_finds_the_reference_whatever_the_signs() -> None:
    order = replace(guide_order(), order_ref="4|8+4?'7")

    refs = [
        side_of("edifact").reference(written(order, **options)) for options in ({}, {"service_characters": '|;,!~"'})
    ]

    assert refs == ["4|8+4?'7"] * 2


@pytest.mark.parametrize(("action", "status"), [("7", "received"), ("4", "rejected")])
def test_the_simulated_erp_receipts_our_file_by_its_control_number(action: str, status: str) -> None:
    [said] = formats.build("edifact", {}).read(syntax_receipt(written(), action)).acknowledgements

    assert (said.control, said.status) == (CONTROL, status)


def test_no_control_character_reaches_a_file_whichever_text_brings_it() -> None:
    order = replace(
        guide_order(),
        discounts=(Charge(type="\x00", text="Hö\x00st\x85rea", amount=Decimal(10)),),
        fees=(Charge(type="Fr\x1fakt", amount=Decimal(5)),),
        payments=(Payment(method="4\x002"),),
    )

    found = segments(order, payments={"*": "keep"})

    assert [one.elements[-1][3:] for one in found if one.tag == "ALC"] == [["Frakt"], ["Höst rea"]]
    assert first("PAI", found).elements == [["", "", "42"]]


def test_a_control_character_that_the_settings_bring_is_refused_by_the_fields_name() -> None:
    refused = refusal(guide_order(), units={"*": "\x00"})

    assert refused.subject == "lines[0].unit"


@pytest.mark.parametrize("amount", [Decimal(10), Decimal(-10)])
def test_a_discount_of_the_order_takes_off_whichever_sign_it_comes_with(amount: Decimal) -> None:
    order = replace(guide_order(), discounts=(Charge(type="Promo", amount=amount),))

    found = segments(order)

    assert first("ALC", found).at(1) == "A"
    assert ["204", "10"] in [one.elements[0] for one in found if one.tag == "MOA"]
    assert ["131", "-10"] in [one.elements[0] for one in found if one.tag == "MOA"]
