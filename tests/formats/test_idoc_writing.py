"""How an ORDERS05 is written by setting, and what is refused by the name of its field."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.model import Charge, Delivery, Infos, Line, Party, PartyKind, Payment, Phones, PickupStore, SalesOrder
from tests.formats.idoc_reader import File, Seg, read
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order, with_buyer, with_line


def written(order: SalesOrder | None = None, /, **options: object) -> bytes:
    return formats.build("idoc", options).render(order or guide_order(), CONTROL, RECEIVED_AT)


def file(order: SalesOrder | None = None, /, **options: object) -> File:
    """What the judge reads, the same from both shapes."""
    found = read(written(order, **options))
    as_xml = read(written(order, **options, variant="xml"))
    assert (found.faults, as_xml.faults) == ([], [])
    assert as_xml.root == found.root
    return found


def partner(role: str, found: File) -> Seg:
    return next(one for one in found.root.all("E1EDKA1") if one.at("PARVW") == role)


def refusal(order: SalesOrder, /, **options: object) -> PermanentError:
    with pytest.raises(PermanentError) as refused:
        written(order, **options)
    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE
    assert refused.value.hint
    return refused.value


def test_the_control_record_is_as_the_settings_say() -> None:
    found = file(
        client="100",
        sndpor="WEB",
        sndprt="KU",
        sndpfc="AG",
        sndprn="0000004711",
        rcvpor="SAPPRD",
        rcvprt="LS",
        rcvpfc="",
        rcvprn="PRDCLNT100",
        docrel="700",
        cimtyp="ZORDERS",
        mescod="WEB",
        mesfct="X",
        test_indicator=False,
    )

    told = {name: text for name, text in found.control.items() if text}
    assert told == {
        "TABNAM": "EDI_DC40",
        "MANDT": "100",
        "DOCNUM": "0000000000000123",
        "DOCREL": "700",
        "DIRECT": "2",
        "IDOCTYP": "ORDERS05",
        "CIMTYP": "ZORDERS",
        "MESTYP": "ORDERS",
        "MESCOD": "WEB",
        "MESFCT": "X",
        "SNDPOR": "WEB",
        "SNDPRT": "KU",
        "SNDPFC": "AG",
        "SNDPRN": "0000004711",
        "RCVPOR": "SAPPRD",
        "RCVPRT": "LS",
        "RCVPRN": "PRDCLNT100",
        "CREDAT": "20261121",
        "CRETIM": "140211",
        "ARCKEY": "48447",
    }


def test_the_partners_have_defaults() -> None:
    control = file().control

    assert [control[name] for name in ("SNDPOR", "SNDPRT", "SNDPRN")] == ["ERPBRIDGE", "LS", "SHOP"]
    assert [control[name] for name in ("RCVPOR", "RCVPRT", "RCVPRN")] == ["SAP", "LS", "ERP"]


def test_an_order_is_a_test_until_the_setting_says_otherwise() -> None:
    assert file().control["TEST"] == "X"
    assert "TEST" not in {name for name, text in file(test_indicator=False).control.items() if text}


def test_records_have_their_widths_and_ends_and_the_names_of_the_release() -> None:
    lines = written(newline="crlf", segment_names={"E1EDP01": "E2EDP01008"}).split(b"\r\n")

    assert lines.pop() == b""
    assert [len(line) for line in lines] == [524, *[1063] * (len(lines) - 1)]
    names = [line[:30].decode().rstrip() for line in lines[1:]]
    assert {"E2EDK01005", "E2EDKA1003", "E2EDP01008", "E2EDP19001", "E2EDS01"} <= set(names)


def test_segments_are_numbered_below_one_another() -> None:
    lines = written().decode().split("\n")[1:-1]

    places = {line[:10].rstrip(): (line[49:55], line[55:61], line[61:63]) for line in lines}
    assert places["E2EDK01005"] == ("000001", "000000", "01")
    assert places["E2EDKT2001"][1:] == (f"{int(places['E2EDKT2001'][0]) - 1:06}", "03")
    assert places["E2EDP19001"][1:] == (places["E2EDP01007"][0], "03")
    assert places["E2EDPT2001"][1:] == (places["E2EDPT1001"][0], "04")
    assert [line[49:55] for line in lines] == [f"{number:06}" for number in range(1, len(lines) + 1)]


@pytest.mark.parametrize(
    "setting",
    [
        {"sndprn": "x" * 11},
        {"sndpor": "PÖRT"},
        {"rcvprn": " ERP"},
        {"client": "1000"},
        {"text_language": "swe"},
        {"delivery_block": "Z12"},
        {"carrier_role": "S"},
        {"segment_names": {"E1EDL20": "E2EDL20001"}},
        {"segment_names": {"E1EDP01": "e2 edp"}},
        {"sales_areas": {"demo": "1000/10"}},
        {"sales_areas": {"*": "1000"}},
        {"sales_areas": {"*": "1000/10/00"}},
        {"references": {"customer_order_ref": "0018"}},
        {"text_ids": {"comment": "TOO LONG"}},
        {"count": "bytes", "encoding": "utf-16"},
        {"units": {"pcs": "ST"}},
        {"encoding": "iso8859-1", "seller": {"name": "Łódź"}},
        {"variant": "json"},
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_written_is_refused(setting: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        formats.build("idoc", setting)


# --- code pages -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["auto", "utf-8", "iso8859-1", "cp1252", "cp850"])
@pytest.mark.parametrize("city", ["Malmö", "Malmo\u0308"])
def test_a_letter_is_one_column_in_every_code_page(encoding: str, city: str) -> None:
    codec = "utf-8" if encoding == "auto" else encoding

    found = read(written(with_buyer(city=city), encoding=encoding), codec=codec)

    assert found.faults == []
    assert partner("AG", found).at("ORT01") in {city, "Malmö"}


def test_a_letter_is_as_many_columns_as_it_has_bytes_by_setting() -> None:
    order = with_buyer(city="Å" * 17, name="漢" * 30)

    found = read(written(order, count="bytes"), in_bytes=True)

    assert found.faults == []
    assert partner("AG", found).at("ORT01") == "Å" * 17
    assert [partner("AG", found).at(f"NAME{number}") for number in (1, 2, 3)] == ["漢" * 11, "漢" * 11, "漢" * 8]
    assert refusal(with_buyer(city="Å" * 18), count="bytes").subject == "sold_to.city"


@pytest.mark.parametrize(
    ("rule", "comment", "as_written"),
    [("table", "“Å” \N{EN DASH} €5", '"Å" - EUR5'), ("question_mark", "Ł5", "?5")],
)
def test_letters_that_the_code_page_lacks_are_written_by_the_rule(rule: str, comment: str, as_written: str) -> None:
    order = replace(guide_order(), comment=comment)

    found = read(written(order, encoding="iso8859-1", unencodable=rule), codec="iso8859-1")

    assert found.root.all("E1EDKT1")[0].all("E1EDKT2")[0].at("TDLINE") == as_written


def test_xml_holds_every_letter_whatever_its_encoding() -> None:
    order = replace(guide_order(), comment="漢字 € & <b> ]]>")

    found = read(written(order, variant="xml", encoding="iso8859-1"))

    assert found.root.all("E1EDKT1")[0].all("E1EDKT2")[0].at("TDLINE") == "漢字 € & <b> ]]>"


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", ["flat", "xml"])
@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"customer_order_ref": "x" * 36}, "customer_order_ref"),
        ({"order_ref": "x" * 36}, "order_ref"),
        ({"order_ref": " "}, "order_ref"),
        ({"order_ref": " 48447"}, "order_ref"),
        ({"customer_invoice_ref": "x" * 31}, "customer_invoice_ref"),
        ({"currency": "KRONOR"}, "currency"),
        ({"delivery": Delivery(method="x" * 36)}, "delivery.method"),
        ({"fees": (Charge(text="x" * 81, amount=Decimal(1)),)}, "fees[0].text"),
        ({"fees": (Charge(amount=Decimal(1).scaleb(14) + Decimal("0.00001")),)}, "fees[0]"),
    ],
)
def test_what_has_no_room_is_refused_by_its_name(variant: str, changed: dict[str, Any], field: str) -> None:
    refused = refusal(replace(guide_order(), **changed), variant=variant)

    assert refused.subject == field


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"unit": "förp"}, "lines[0].unit"),
        ({"part_no": "x" * 36}, "lines[0].part_no"),
        ({"gtin": "x" * 36}, "lines[0].gtin"),
        ({"manufacturer": "x" * 43}, "lines[0].manufacturer"),
        ({"line_no": 1_000_000}, "lines[0].line_no"),
        ({"parent_line_no": -1}, "lines[0].parent_line_no"),
        ({"qty": Decimal(10) ** 14 + Decimal("0.12")}, "lines[0].qty"),
        ({"unit_price": Decimal("NaN")}, "lines[0].unit_price"),
        ({"vat_rate": Decimal("NaN")}, "lines[0].vat_rate"),
    ],
)
def test_a_line_that_cannot_be_written_is_refused_by_its_field(changed: dict[str, Any], field: str) -> None:
    assert refusal(with_line(**changed)).subject == field


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "x" * 141}, "sold_to.name"),
        ({"street": "x" * 71}, "sold_to.street"),
        ({"street": "x" * 36, "street2": "y"}, "sold_to.street2"),
        ({"name": "x" * 140, "care_of": "y"}, "sold_to.care_of"),
        ({"city": "x" * 36}, "sold_to.city"),
        ({"zip": "x" * 10}, "sold_to.zip"),
        ({"country": "Sverige"}, "sold_to.country"),
        ({"region": "x" * 36}, "sold_to.region"),
        ({"code": "x" * 18}, "sold_to.code"),
        ({"vat_no": "x" * 21}, "sold_to.vat_no"),
        ({"email": "x" * 71}, "sold_to.email"),
        ({"phones": Phones(cell="0" * 26)}, "sold_to.phones.cell"),
    ],
)
def test_a_party_that_does_not_fit_is_refused_by_its_field(changed: dict[str, Any], field: str) -> None:
    assert refusal(with_buyer(**changed)).subject == field


def test_a_refusal_names_room_and_field_of_the_idoc() -> None:
    refused = refusal(with_buyer(code="x" * 18))

    assert "E1EDKA1-PARTN" in str(refused)
    assert "17" in str(refused)


@pytest.mark.parametrize(
    ("options", "changed", "field"),
    [
        ({"encoding": "iso8859-1"}, {"comment": "Ł"}, "comment"),
        ({"encoding": "iso8859-1", "unencodable": "question_mark"}, {"customer_order_ref": "Ł"}, "customer_order_ref"),
        ({"variant": "xml"}, {"customer_order_ref": "\ufffe"}, "customer_order_ref"),
        ({"sales_areas": {"*": "refuse"}}, {}, "application"),
        ({"payments": {"*": "refuse"}}, {}, "payments[0].method"),
        ({"delivery": {"*": "refuse"}}, {}, "delivery.method"),
    ],
)
def test_letters_and_words_that_are_not_known_are_refused_by_field(
    options: dict[str, object], changed: dict[str, Any], field: str
) -> None:
    assert refusal(replace(guide_order(), **changed), **options).subject == field


# --- texts ------------------------------------------------------------------------------------------------------------


def test_a_comment_keeps_its_lines_over_as_many_segments_as_it_needs() -> None:
    long = " ".join(f"word{number}" for number in range(40))

    found = file(replace(guide_order(), comment=f"\r\nFirst\n\n{long}\n{'x' * 150}\n"), text_language="SV")

    text = found.root.all("E1EDKT1")[0]
    marks = [one.at("TDFORMAT") for one in text.all("E1EDKT2")]
    lines = [one.at("TDLINE") for one in text.all("E1EDKT2")]
    assert text.at("TSSPRAS_ISO") == "SV"
    assert (lines[:2], marks[:2]) == (["First", ""], ["*", "*"])
    assert " ".join(lines[2:-3]) == long
    assert (lines[-3:], marks[-3:]) == (["x" * 70, "x" * 70, "x" * 10], ["*", "=", "="])
    assert all(len(line) <= 70 for line in lines)


def test_a_description_that_is_longer_than_its_field_is_told_whole_as_a_text() -> None:
    text = " ".join(["Beskrivning"] * 9)

    found = file(with_line(text=text))

    [line] = found.root.all("E1EDP01")
    long = next(one for one in line.all("E1EDPT1") if one.at("TDID") == "0002")
    assert " ".join(one.at("TDLINE") for one in long.all("E1EDPT2")) == text
    assert text.startswith(line.all("E1EDP19")[0].at("KTEXT"))
    assert refusal(with_line(text=text), text_ids={}).subject == "lines[0].text"


def test_long_names_are_cut_by_setting_and_codes_never() -> None:
    order = with_buyer(name="x" * 200, street="y" * 200, city="z" * 40)

    found = partner("AG", file(order, long_text="cut"))

    assert [len(found.at(name)) for name in ("NAME1", "NAME4", "STRAS", "STRS2", "ORT01")] == [35] * 5
    assert refusal(with_buyer(zip="x" * 10), long_text="cut").subject == "sold_to.zip"


def test_every_text_has_its_id_or_is_left_out() -> None:
    order = replace(guide_order(), info=Infos([("Project", "P-1")]))
    ids = {"info.PROJECT": "Z001", "comment": "", "delivery": "0012", "lines.comment": "Z002"}

    found = file(order, text_ids=ids, pickup_role="ZP")

    [project] = found.root.all("E1EDKT1")
    [line] = found.root.all("E1EDP01")
    assert (project.at("TDID"), project.all("E1EDKT2")[0].at("TDLINE")) == ("Z001", "P-1")
    assert [one.at("TDID") for one in line.all("E1EDPT1")] == ["Z002"]
    assert (partner("ZP", found).at("PARTN"), partner("ZP", found).at("NAME1")) == ("STORE001", "Central Warehouse")


# --- charges ----------------------------------------------------------------------------------------------------------


def _charged() -> SalesOrder:
    order = guide_order()
    freight = Line(2, type="Freight", part_no="FR", text="Frakt", qty=Decimal(1), unit_price=Decimal(49), unit="pcs")
    gift_card = Line(3, type="PspGiftCard", text="Kort", qty=Decimal(1), unit_price=Decimal(-100), unit="pcs")
    returned = replace(order.lines[0], line_no=4, qty=Decimal(-1))
    return replace(order, lines=(*order.lines, freight, gift_card, returned))


def test_freight_and_what_is_less_than_nothing_are_charges_and_allowances() -> None:
    found = file(_charged(), charges={"freight": "HD00", "goods": "ZRET", "*": "leave_out"})

    told = [tuple(one.at(name) for name in ("ALCKZ", "KSCHL", "KOTXT", "BETRG")) for one in found.root.all("E1EDK05")]
    assert told == [
        ("+", "HD00", "Frakt", "49.00"),
        ("-", "", "Kort", "100.00"),
        ("-", "ZRET", "Example Product 1", "300.00"),
    ]
    assert [one.at("POSEX") for one in found.root.all("E1EDP01")] == ["000001"]
    totals = {one.at("SUMID"): one.at("SUMME") for one in found.root.all("E1EDS01")}
    assert totals == {"001": "1", "002": "249.00", "005": "75.00", "011": "324.00"}


def test_all_rows_are_lines_by_setting_and_less_than_nothing_has_its_sign() -> None:
    found = file(_charged(), charge_rows="line")

    lines = found.root.all("E1EDP01")
    assert [one.at("POSEX") for one in lines] == ["000001", "000002", "000003", "000004"]
    assert [one.at("VPREI") for one in lines][2:] == ["-100", "300.00"]
    assert lines[3].at("MENGE") == "-1"
    assert not found.root.all("E1EDK05")


def test_nobody_finds_a_personal_number_or_a_card_number_in_the_file() -> None:
    party = Party(kind=PartyKind.PERSON, code="C", name="N", ssn="19121212-1212")
    payment = Payment(method="card", amount=Decimal(1), info={"CardNumber": "4111111111111111"})
    order = replace(guide_order(), sold_to=party, bill_to=party, ship_to=party, payments=(payment,))

    content = written(order, payments={"card": "VISA", "*": "leave_out"})

    assert b"1212" not in content
    assert b"4111" not in content
    assert b"VISA" in content


def test_an_order_with_next_to_nothing_in_it_is_written() -> None:
    bare = SalesOrder(order_ref="1", application="demo", ordered_at=None, currency=None, lines=())
    pickup = replace(bare, delivery=Delivery(pickup=PickupStore()))

    for order in (bare, pickup):
        assert [one.name for one in file(order).root.below][:1] == ["E1EDK01"]
