"""How an 850 is written by setting, and what is refused by the name of its field."""

import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.model import Charge, Delivery, Line, Party, PartyKind, Payment, SalesOrder
from bridge.simulators.sides import side_of
from tests.formats.x12_judge import Seg, segments as parted
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order, with_buyer, with_line


def written(order: SalesOrder | None = None, /, **options: object) -> bytes:
    return formats.build("x12", options).render(order or guide_order(), CONTROL, RECEIVED_AT)


def segments(order: SalesOrder | None = None, /, **options: object) -> list[Seg]:
    return parted(written(order, **options).decode())


def all_of(tag: str, found: list[Seg]) -> list[list[str]]:
    return [one.elements for one in found if one.tag == tag]


def refusal(order: SalesOrder, /, **options: object) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        written(order, **options)
    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE
    assert refused.value.hint
    return refused.value


def test_the_envelope_is_as_the_settings_say() -> None:
    found = segments(
        sender="7350000000009:14",
        receiver="ERPHOUSE",
        group_receiver="ERPDEPT",
        version="004010VICS",
        order_type="NE",
        acknowledgement_request=True,
        test_indicator=False,
    )

    isa, gs, st, beg = found[:4]
    assert isa.elements == [
        *("00", " " * 10, "00", " " * 10, "14", "7350000000009  ", "ZZ", "ERPHOUSE       ", "261121", "1402", "U"),
        *("00401", "000000123", "1", "P", ">"),
    ]
    assert gs.elements == ["PO", "7350000000009", "ERPDEPT", "20261121", "1402", "123", "X", "004010VICS"]
    assert (st.elements, beg.elements) == (["850", "0001"], ["00", "NE", "48447", "", "20241218"])
    assert [one.elements for one in found[-3:]] == [[str(len(found) - 4), "0001"], ["1", "123"], ["1", "000000123"]]


def test_an_opening_is_106_letters_whatever_the_partners_and_the_number() -> None:
    for options in ({}, {"sender": "AB:01", "receiver": "123456789012345:ZZ"}):
        format_ = formats.build("x12", options)
        for control in (1, 999_999_999):
            content = format_.render(guide_order(), control, RECEIVED_AT)
            assert (content[105:108], content[90:99]) == (b"~GS", b"%09d" % control)


def test_an_order_is_a_test_until_the_setting_says_otherwise() -> None:
    assert segments()[0].at(15) == "T"
    assert segments(test_indicator=False)[0].at(15) == "P"


def test_a_control_number_that_isa_has_no_room_for_is_refused() -> None:
    with pytest.raises(PermanentError) as refused:
        formats.build("x12", {}).render(guide_order(), 10**9, RECEIVED_AT)

    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE


@pytest.mark.parametrize(("newline", "end"), [("none", b"~"), ("lf", b"~\n"), ("crlf", b"~\r\n")])
def test_a_segment_ends_as_the_setting_says(newline: str, end: bytes) -> None:
    content = written(newline=newline)

    assert content.endswith(b"IEA*1*000000123" + end)
    assert content.count(b"\n") == (0 if newline == "none" else content.count(b"~"))


@pytest.mark.parametrize("signs", ["", "*>", "**~", "*>a", "* ~", "*>\n", "-:~", "*.~", "*>~~", "*>å"])
def test_signs_that_cannot_part_anything_are_refused(signs: str) -> None:
    with pytest.raises(ValueError, match=r"sign|separator"):
        formats.build("x12", {"separators": signs})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            ("sender", one)
            for one in ("", "A", ":14", "x" * 16, "a:b:c", "AB:Z", "AB:zz", "a\nb:14", "ÅÄ:14", " AB:ZZ")
        ),
        *(("receiver", one) for one in ("A*B:ZZ", "A~B")),
        *(("group_sender", one) for one in ("A", "x" * 16, "A*B", " AB")),
        *(("version", one) for one in ("005010", "004010vics", "0040100000000")),
        ("order_type", "SALE"),
        ("ship_complete", "YES"),
        ("code_qualifier", "9"),
        ("item_numbers", {"sku": "SK"}),
        ("item_numbers", {"part_no": "BPX"}),
        ("references", {"customer_order_ref": "c"}),
        ("seller", {"name": "漢"}),
    ],
)
def test_a_setting_that_the_envelope_cannot_hold_is_refused(key: str, value: object) -> None:
    with pytest.raises(ValueError, match="validation error"):
        formats.build("x12", {key: value})


@pytest.mark.parametrize(
    ("character_set", "rule", "comment", "as_written"),
    [
        ("extended", "table", "“Å” \N{EN DASH} €5", '"A" - EUR5'),
        ("extended", "table", "a*b~c>d^e`f", "a b c d'e'f"),
        ("extended", "question_mark", "Ł5 a*b", "?5 a?b"),
        ("basic", "table", "Åsa_é@x# [a]<b>", "ASA-E(AT)XNO (A)(B"),
        ("latin", "table", "Åsa €", "Åsa EUR"),
        ("utf-8", "table", "漢字 *", "漢字"),
    ],
)
def test_letters_that_the_set_lacks_and_separators_are_written_by_the_rule(
    character_set: str, rule: str, comment: str, as_written: str
) -> None:
    order = replace(guide_order(), comment=comment)
    if character_set == "basic":
        order = replace(order, payments=(), lines=(replace(order.lines[0], manufacturer=None),))

    content = written(order, character_set=character_set, unencodable=rule)

    text = content.decode({"latin": "iso8859-1"}.get(character_set, "utf-8"))
    assert all_of("MSG", parted(text))[0] == [as_written]


@pytest.mark.parametrize("setting", [{"group_sender": "A\x07B"}, {"seller": {"name": "A\x07B"}}])
def test_a_setting_with_a_control_character_is_refused_in_the_larger_sets_too(setting: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="cannot"):
        formats.build("x12", {"character_set": "utf-8", **setting})


def test_all_letters_are_capitals_in_the_basic_set() -> None:
    order = replace(guide_order(), payments=())

    content = written(order, character_set="basic")

    assert content.decode("ascii") == content.decode("ascii").upper()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"comment": "Ł"}, "comment"),
        ({"customer_order_ref": "Å"}, "customer_order_ref"),
        ({"customer_order_ref": "A*B"}, "customer_order_ref"),
        ({"customer_order_ref": "x" * 31}, "customer_order_ref"),
        ({"order_ref": "x" * 23}, "order_ref"),
        ({"order_ref": "48447~"}, "order_ref"),
        ({"order_ref": " 48447"}, "order_ref"),
        ({"order_ref": " "}, "order_ref"),
        ({"currency": "KR"}, "currency"),
        ({"delivery": Delivery(method="x" * 36)}, "delivery.method"),
        ({"payments": (Payment(method="card", ref="x" * 260),)}, "payments[0].ref"),
        ({"discounts": (Charge(code="x" * 31, amount=Decimal(1)),)}, "discounts[0].code"),
        ({"discounts": (Charge(text="x" * 81, amount=Decimal(1)),)}, "discounts[0].text"),
        ({"fees": (Charge(amount=Decimal(1)),) * 26}, "fees[25]"),
        ({"fees": (Charge(amount=Decimal(10) ** 14),)}, "fees[0]"),
        ({"comment": "x" * (264 * 1001)}, "comment"),
        ({"lines": ()}, "lines"),
    ],
)
def test_what_has_no_room_or_no_letters_is_refused_by_its_name(changed: dict[str, Any], field: str) -> None:
    refused = refusal(replace(guide_order(), **changed))

    assert refused.subject == field


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"unit": "förp"}, "lines[0].unit"),
        ({"part_no": "x" * 49}, "lines[0].part_no"),
        ({"part_no": "A*1"}, "lines[0].part_no"),
        ({"qty": Decimal(10) ** 14 + Decimal("0.12")}, "lines[0].qty"),
        ({"unit_price": Decimal("NaN")}, "lines[0].unit_price"),
        ({"vat_rate": Decimal("NaN")}, "lines[0].vat_rate"),
        ({"vat_rate": Decimal("12.345678901")}, "lines[0].vat_rate"),
    ],
)
def test_a_line_that_cannot_be_written_is_refused_by_its_field(changed: dict[str, Any], field: str) -> None:
    assert refusal(with_line(**changed)).subject.partition(" ")[0] in {field, "lines"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "x" * 301}, "sold_to.name"),
        ({"street": "x" * 221}, "sold_to.street"),
        ({"city": "x" * 31}, "sold_to.city"),
        ({"city": "Å"}, "sold_to.city"),
        ({"zip": "x" * 16}, "sold_to.zip"),
        ({"zip": "12"}, "sold_to.zip"),
        ({"country": "Sverige"}, "sold_to.country"),
        ({"country": "S"}, "sold_to.country"),
        ({"code": "7"}, "sold_to.code"),
        ({"vat_no": "x" * 31}, "sold_to.vat_no"),
    ],
)
def test_a_party_that_does_not_fit_is_refused_by_its_field(changed: dict[str, Any], field: str) -> None:
    assert refusal(with_buyer(**changed)).subject == field


def test_long_names_are_cut_by_setting_and_codes_never() -> None:
    found = segments(with_buyer(name="x" * 400, street="y" * 300, city="z" * 40), long_text="cut")

    first = [one.elements for one in found if one.tag in {"N1", "N2", "N3", "N4"}][:6]
    assert [[len(part) for part in parts] for parts in (first[0][1:2], *first[1:5], first[5][:1])] == [
        *([60], [60, 60], [60, 60], [55, 55], [55, 55], [30]),
    ]
    assert refusal(with_buyer(zip="x" * 16), long_text="cut").subject == "sold_to.zip"


def test_a_region_of_two_letters_is_a_state_and_any_other_a_province() -> None:
    state, province = (all_of("N4", segments(with_buyer(region=region)))[0] for region in ("CA", "Västra Götaland"))

    assert (state, province) == (
        ["Anytown", "CA", "12345", "SE"],
        ["Anytown", "", "12345", "SE", "SP", "Vastra Gotaland"],
    )


def test_a_long_comment_goes_on_over_several_msg() -> None:
    comment = " ".join(f"word{number}" for number in range(120))

    found = segments(replace(guide_order(), comment=comment))

    texts = [one[0] for one in all_of("MSG", found) if one[0].startswith("word")]
    assert len(texts) == 4
    assert all(len(text) <= 264 for text in texts)
    assert " ".join(texts) == comment


def test_each_line_of_a_long_article_text_is_a_pid() -> None:
    found = segments(with_line(text="Strumpa " * 30))

    assert [len(one[4]) <= 80 for one in all_of("PID", found)] == [True] * 3


def test_every_table_can_be_set_with_a_rule_for_the_rest() -> None:
    order = replace(with_line(unit="FÖRP", manufacturer="MK"), delivery=Delivery(method="Express", complete=True))
    order = replace(order, fees=(Charge(amount=Decimal("4.9")),))

    found = segments(
        order,
        units={"förp": "PK", "*": "EA"},
        payments={"credit_card": "14", "*": "refuse"},
        delivery={"express": "DHL", "*": "refuse"},
        charges={"fee": "G740", "*": "refuse"},
        references={"customer_order_ref": "PO", "info.PROJECT": "CT", "customer_invoice_ref": ""},
        item_numbers={"part_no": "IN", "erp_part_no": "", "manufacturer": "MF"},
        ship_complete="N",
        code_qualifier="91",
        pickup=False,
        payment_texts=False,
    )

    assert all_of("PO1", found)[0][2:] == ["PK", "300.00", "PE", "IN", "ITEM001", "MF", "MK"]
    assert (all_of("ITD", found), all_of("TD5", found)) == ([["14"]], [["", "", "", "ZZ", "DHL"]])
    assert all_of("SAC", found) == [["C", "G740", "", "", "490"]]
    assert all_of("REF", found) == [["PO", "ORDER123"], ["SA", "SALES001", "Division A"]]
    assert (all_of("CSH", found), all_of("N1", found)[0][2]) == ([["N"]], "91")
    assert not any("METHOD" in one[0] for one in all_of("MSG", found))


@pytest.mark.parametrize("table", ["units", "payments", "delivery", "charges"])
def test_a_table_without_a_rule_for_the_rest_is_refused(table: str) -> None:
    with pytest.raises(ValueError, match="rule for the rest"):
        formats.build("x12", {table: {"a": "B"}})


def test_a_value_that_a_table_refuses_names_field_and_table() -> None:
    refused = refusal(guide_order(), payments={"invoice": "10", "*": "refuse"})

    assert refused.subject == "payments[0].method"
    assert "payments" in refused.hint


def test_a_charge_without_a_code_is_refused() -> None:
    order = replace(guide_order(), fees=(Charge(amount=Decimal(1)),))

    assert refusal(order, charges={"*": "leave_out"}).subject == "fees[0]"


def test_the_seller_of_the_settings_is_told() -> None:
    seller = {"gln": "7350000000016", "name": "Handel AB", "city": "Malmö", "country": "SE"}

    found = all_of("N1", segments(seller=seller))

    assert ["SE", "Handel AB", "UL", "7350000000016"] in found


@pytest.mark.parametrize(
    ("party_id", "identity", "code"),
    [("gln", ["UL", "7350000000009"], ["11", "CUST0001"]), ("code", ["92", "CUST0001"], None)],
)
def test_a_party_is_known_by_gln_or_code(party_id: str, identity: list[str], code: list[str] | None) -> None:
    found = segments(with_buyer(gln="7350000000009"), party_id=party_id)

    assert all_of("N1", found)[0][2:] == identity
    assert (code is None) == (not [one for one in all_of("REF", found) if one[0] == "11"])


def test_a_party_without_name_and_code_is_still_a_party() -> None:
    order = replace(guide_order(), bill_to=Party(PartyKind.PERSON, city="Ystad"))

    assert ["BT", "-"] in all_of("N1", segments(order))


def _charged() -> SalesOrder:
    order = guide_order()
    freight = Line(2, type="Freight", part_no="FR", text="Frakt", qty=Decimal(1), unit_price=Decimal(49), unit="pcs")
    gift_card = Line(3, type="PspGiftCard", text="Kort", qty=Decimal(1), unit_price=Decimal(-100), unit="pcs")
    returned = replace(order.lines[0], line_no=4, qty=Decimal(-1))
    return replace(order, lines=(*order.lines, freight, gift_card, returned))


def test_freight_and_what_is_less_than_nothing_are_charges_and_allowances() -> None:
    found = segments(_charged())

    charges = [(one[0], one[1], one[4], one[12], one[14]) for one in all_of("SAC", found)]
    assert charges == [
        ("C", "D240", "4900", "FR", "Frakt"),
        ("A", "ZZZZ", "10000", "", "Kort"),
        ("A", "ZZZZ", "30000", "ITEM001", "Example Product 1"),
    ]
    assert (all_of("CTT", found), all_of("AMT", found)[-1]) == ([["1"]], ["TT", "324.00"])


def test_all_rows_are_lines_by_setting() -> None:
    found = segments(_charged(), charge_rows="line")

    assert [one[0] for one in all_of("PO1", found)] == ["1", "2", "3", "4"]
    assert all_of("SAC", found) == []


def test_an_order_of_charges_alone_is_refused_with_the_way_to_write_it() -> None:
    order = replace(guide_order(), lines=_charged().lines[1:2])

    refused = refusal(order)

    assert (refused.subject, "charge_rows" in refused.hint) == ("lines", True)
    assert written(order, charge_rows="line")


def test_a_discount_takes_away_whichever_sign_it_comes_with() -> None:
    for amount in ("10.00", "-10.00"):
        order = replace(guide_order(), discounts=(Charge(text="Rabatt", amount=Decimal(amount)),))
        found = segments(order)
        assert (all_of("SAC", found)[0][:5], all_of("AMT", found)[-1]) == (
            ["A", "C310", "", "", "1000"],
            ["TT", "740.00"],
        )


def test_parts_of_a_cent_in_a_charge_are_rounded_and_told() -> None:
    format_ = formats.build("x12", {})
    order = replace(guide_order(), fees=(Charge(amount=Decimal("89.285")), Charge(amount=Decimal("4.9"))))

    told = formats.warnings(format_, order, CONTROL, RECEIVED_AT)

    assert [one[4] for one in all_of("SAC", segments(order))] == ["8929", "490"]
    assert [one.partition(" ")[0] for one in told] == ["fees[0]"]


@pytest.mark.parametrize("character_set", ["extended", "latin", "utf-8"])
def test_no_control_character_of_a_charge_or_payment_reaches_the_file(character_set: str) -> None:
    odd = "a\x1db\r\nc\x07d"
    order = replace(
        guide_order(),
        fees=(Charge(type=odd, amount=Decimal(1)),),
        discounts=(Charge(text=odd, code="C1", amount=Decimal(1)),),
        payments=(Payment(method=odd, name=odd, amount=Decimal(1)),),
        delivery=Delivery(method=odd),
    )

    content = written(order, character_set=character_set).decode("utf-8" if character_set == "utf-8" else "iso8859-1")

    assert content.isprintable()
    assert [one[14] for one in all_of("SAC", parted(content))] == ["a b cd"] * 2


def test_nobody_finds_a_personal_number_in_the_file() -> None:
    party = Party(kind=PartyKind.PERSON, code="CC", name="N", ssn="19121212-1212")

    content = written(replace(guide_order(), sold_to=party, bill_to=party, ship_to=party))

    assert b"19121212" not in content


def test_the_simulated_erp_finds_the_reference_whatever_the_signs() -> None:
    order = replace(guide_order(), order_ref="4-8+4?7")

    refs = [side_of("x12").reference(written(order, **options)) for options in ({}, {"separators": "|^\x1d"})]

    assert refs == ["4-8+4?7"] * 2


def test_the_guides_order_is_written_within_a_millisecond_of_processor() -> None:
    format_, order = formats.build("x12", {}), guide_order()

    found = []
    for _ in range(40):
        began = time.process_time()
        format_.render(order, CONTROL, RECEIVED_AT)
        found.append(time.process_time() - began)

    assert min(found) < 0.005  # measured 0.5 ms; a loaded machine has its caches to share
