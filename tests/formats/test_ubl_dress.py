"""What receipts of UBL are read as, and documents in whatever dress they come."""

import codecs

import pytest

from bridge import formats
from bridge.formats import Unreadable
from bridge.model import AckKind, AckStatus
from bridge.simulators.sides import Said, side_of
from bridge.simulators.sides.ubl import receipt
from tests.formats.test_ubl_answers import only, reading
from tests.formats.ubl_files import document, line, response

_S = AckStatus


# --- receipts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "status"),
    [("AB", _S.RECEIVED), ("AP", _S.RECEIVED), ("RE", _S.REJECTED), ("CA", _S.UNKNOWN), ("UQ", _S.UNKNOWN)],
)
def test_a_receipt_never_confirms(code: str, status: AckStatus) -> None:
    found = reading(receipt("48447", code, "fel <&>"))

    [said] = found.acknowledgements
    assert (said.kind, said.status, said.order_ref, said.reason) == (AckKind.RECEIPT, status, "48447", "fel <&>")
    assert bool(found.faults) == (status is _S.UNKNOWN)


@pytest.mark.parametrize(
    ("word", "status"), [("confirmed", _S.RECEIVED), ("cancelled", _S.REJECTED), ("on_hold", _S.UNKNOWN)]
)
def test_a_receipt_that_a_target_calls_a_confirmation_is_none(word: str, status: AckStatus) -> None:
    found = only(receipt("48447", "AP"), status_map={"ResponseCode:AP": word})

    assert (found.kind, found.status) == (AckKind.RECEIPT, status)


def test_a_receipt_without_a_code_says_neither_yes_nor_no() -> None:
    found = reading(receipt("48447", ""))

    assert [one.status for one in found.acknowledgements] == [_S.UNKNOWN]
    assert len(found.faults) == 1


def test_a_receipt_tells_what_is_wrong_with_which_line() -> None:
    line_response = (
        "<cac:LineResponse><cac:LineReference><cbc:LineID>2</cbc:LineID></cac:LineReference><cac:Response>"
        "<cbc:Description>Okänd vara</cbc:Description></cac:Response></cac:LineResponse></cac:DocumentResponse>"
    )
    content = receipt("48447", "RE", "Fel").decode().replace("</cac:DocumentResponse>", line_response)

    assert only(content).reason == "Fel / line 2: Okänd vara"


@pytest.mark.parametrize("kind", ["380", "Invoice"])
def test_a_receipt_of_a_document_that_we_never_send_is_refused(kind: str) -> None:
    content = (
        receipt("48447")
        .decode()
        .replace("</cbc:ID></cac:Doc", f"</cbc:ID><cbc:DocumentTypeCode>{kind}</cbc:DocumentTypeCode></cac:Doc")
    )

    with pytest.raises(Unreadable, match="we send orders"):
        reading(content)


def test_a_receipt_without_an_answer_is_refused() -> None:
    with pytest.raises(Unreadable, match="no DocumentResponse"):
        reading(document("ApplicationResponse", ""))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("confirmed", AckKind.RESPONSE),
        ("changed", AckKind.RESPONSE),
        ("rejected", AckKind.RESPONSE),
        ("cancelled", AckKind.CANCELLATION),
        ("received", AckKind.RECEIPT),
        ("delivered", AckKind.DESPATCH),
        ("partly_delivered", AckKind.DESPATCH),
        ("invoiced", AckKind.INVOICE),
    ],
)
def test_what_the_simulated_erp_says_is_what_is_read(status: str, kind: AckKind) -> None:
    found = reading(side_of("ubl").answer(Said("48447", status, "SO-1", "därför <&>")))

    assert [(one.kind, one.status, one.order_ref) for one in found.acknowledgements] == [(kind, status, "48447")]
    assert found.faults == ()


# --- tolerance --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        response("AP", note="Väntar").encode(),
        codecs.BOM_UTF8 + response("AP", note="Väntar").encode(),
        b"\r\n \n" + response("AP", note="Väntar").encode(),
        response("AP", note="Väntar").encode("utf-16"),
        codecs.BOM_UTF16_BE + response("AP", note="Väntar").encode("utf-16-be"),
        response("AP", note="Väntar").encode("cp1252"),
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + response("AP", note="Väntar").encode("iso-8859-1"),
        response("AP", note="Väntar").replace("cbc:", "b:").replace(":cbc=", ":b=").encode(),
        response("AP", note="Väntar").replace("<OrderResponse xmlns=", "<o:OrderResponse xmlns:o=")
        .replace("</OrderResponse>", "</o:OrderResponse>").encode(),
        response("AP", note="<![CDATA[Vän]]>tar<!-- nej -->").replace("\n", "\r\n").encode(),
        b"<!-- from the ERP --><?go on?>" + response("AP", note="  Väntar\n").encode() + b"\n<!-- end -->\n",
    ],
    ids=["utf-8", "mark", "blank", "utf-16", "utf-16-be", "cp1252", "declared", "prefix", "root", "cdata", "comments"],
)  # fmt: skip
def test_a_document_is_read_in_whatever_dress_it_comes(content: bytes) -> None:
    format_ = formats.build("ubl", {})

    found = formats.read(format_, content)

    assert found.faults == ()
    assert [(one.status, one.reason) for one in found.acknowledgements] == [(_S.CONFIRMED, "Väntar")]
    assert format_.recognises(content[:4096])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'<?xml version="1.0" encoding="UTF-8"?>' + response("AP", note="Väntar").encode("cp1252"), "not UTF-8"),
        (b'<?xml version="1.0" encoding="UTF-16"?>' + response("AP").encode(), "not UTF-16"),
        (b'<!DOCTYPE a [<!ENTITY e "AP">]>' + response("&e;").encode(), "DOCTYPE"),
        (response("&e;").encode(), "not well-formed"),
        (response("AP").encode()[:-3], "not well-formed"),
        (response("AP").encode() + b"<more/>", "not well-formed"),
        (response("AP").replace("OrderResponse-2", "OrderResponse-3").encode(), "no answer in UBL"),
        (response("AP").replace("OrderResponse", "OrderChange").encode(), "no answer in UBL"),
        (b"<Order/>", "no answer in UBL"),
    ],
)
def test_what_contradicts_itself_or_is_no_answer_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        reading(content)


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("2.50", {}, "2.50"),
        (".5", {}, "0.5"),
        ("+2", {}, "2"),
        ("2,5", {"decimal": ","}, "2.5"),
        ("1.500", {"decimal": ","}, "1.500"),
    ],
)
def test_a_number_is_read_with_the_point_of_xml(text: str, options: dict[str, object], expected: str) -> None:
    found = only(response("CA", line("1", "3", f"<cbc:Quantity>{text}</cbc:Quantity>")), **options)

    assert str(found.lines[0].qty_confirmed) == expected


@pytest.mark.parametrize("text", ["2,5", "1 000", "many", "NaN", "1e99", "0x1"])
def test_what_is_no_number_of_xml_spoils_the_answer_and_confirms_nothing(text: str) -> None:
    found = reading(response("AP", line("1", "5", f"<cbc:Quantity>{text}</cbc:Quantity>")))

    assert found.acknowledgements == ()
    assert "qty_confirmed" in found.faults[0].what


def test_a_day_is_read_with_a_zone_and_in_the_form_that_is_set_and_another_is_warned_of() -> None:
    period = "<cac:PromisedDeliveryPeriod><cbc:StartDate>{}</cbc:StartDate></cac:PromisedDeliveryPeriod>"

    found = [
        only(response("AP", f"<cac:Delivery>{period.format(text)}</cac:Delivery>"), **options)
        for text, options in (
            ("2026-12-01Z", {}),
            ("2026-12-01T00:00:00", {}),
            ("01.12.2026", {"date": "%d.%m.%Y"}),
            ("soon", {}),
        )
    ]

    assert [str(one.date) for one in found] == ["2026-12-01"] * 3 + ["None"]
    assert ["soon" in "".join(one.warnings) for one in found] == [False] * 3 + [True]


def test_own_xml_is_not_taken_for_ubl_and_ubl_is_not_taken_for_own_xml() -> None:
    auto = formats.build(formats.AUTO, {})

    assert formats.name_of(auto, response("AP").encode()) == "ubl"
    assert formats.name_of(auto, response("AP").encode("utf-16")) == "ubl"
    assert formats.name_of(auto, b"<Receipt><order_ref>1</order_ref></Receipt>") == "xml"
