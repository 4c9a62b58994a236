"""Which kind a body is, and that no body gets past the door as anything but a plain document or a clear refusal."""

import json

import pytest

from bridge.errors import ErrorName, PermanentError
from bridge.norce.bodies import BodyKind, Content, content_of, document_of
from tests.norce.orders import JSON, JSON_SAMPLE, SOAP, XML, XML_SAMPLE

ENVELOPE = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header/><s:Body>'
    b'<CreateOrder xmlns="Enferno.Services.StormConnect.Contracts.Order"><request>%s</request></CreateOrder>'
    b"</s:Body></s:Envelope>"
)

KINDS = [
    ("application/json", b"{}", Content(BodyKind.JSON)),
    ("text/json; charset=utf-8", b"{}", Content(BodyKind.JSON, "utf-8")),
    ('Application/XML; x=1; Charset="ISO-8859-1"', b"<a/>", Content(BodyKind.XML, "ISO-8859-1")),
    ("text/xml;charset=utf-16", b"<a/>", Content(BodyKind.XML, "utf-16")),
    ("text/xml", ENVELOPE, Content(BodyKind.SOAP)),
    ("text/xml", ENVELOPE.decode().encode("utf-16"), Content(BodyKind.SOAP)),
    (None, b'\xef\xbb\xbf {"a": 1}', Content(BodyKind.JSON)),
    (None, b"\r\n[", Content(BodyKind.JSON)),
    (None, "{}".encode("utf-16"), Content(BodyKind.JSON)),
    ("", b"\n<a/>", Content(BodyKind.XML)),
    (None, ENVELOPE, Content(BodyKind.SOAP)),
    ("text/xml", b'<?xml version="1.0"?>\n<!-- by hand -->\n' + ENVELOPE, Content(BodyKind.SOAP)),
    ("text/xml", b"<OrderRequest><Comment><![CDATA[<Envelope >]]></Comment></OrderRequest>", Content(BodyKind.XML)),
    ("text/xml", b"<!-- <Envelope> --><OrderRequest/>", Content(BodyKind.XML)),
    (None, b"hello", None),
    (None, b"", None),
    ("text/plain", b"{}", None),
    ("application/x-www-form-urlencoded", b"{}", None),
    ("\x00;;;=", b"{}", None),
]

UNREADABLE = [
    ("nothing", JSON, b" \n", "it is empty"),
    ("half an order", JSON, JSON_SAMPLE[:700], "line "),
    ("XML under a JSON name", JSON, XML_SAMPLE, "looks like XML"),
    ("a list", JSON, b"[]", "not one order in braces"),
    ("a word", JSON, b'"order"', "not one order in braces"),
    ("NaN", JSON, b'{"a": NaN}', "it says NaN"),
    ("minus infinity", JSON, b'{"a": -Infinity}', "it says -Infinity"),
    ("a field twice", JSON, b'{"Items": [], "Items": []}', 'the field "Items" is given twice'),
    ("a long field twice", JSON, b'{"%s": 1, "%s": 2}' % (b"a" * 9999, b"a" * 9999), "is given twice"),
    ("a deep list", JSON, b'{"a": %s}' % (b"[" * 60 + b"]" * 60), "50 deep"),
    ("100,000 levels", JSON, b'{"a": %s' % (b"[" * 100_000), "50 deep"),
    ("100,000 groups", JSON, b'{"a": ' * 100_000, "50 deep"),
    ("a crowd of lists", JSON, b'{"a": [%s []]}' % (b"[]," * 300_000), "more than 500000 brackets"),
    ("an open string", JSON, b'{"a": "' + b'\\"' * 100_000 + b"\\", "not JSON"),
    ("Latin-1 unannounced", JSON, '{"a": "å"}'.encode("latin-1"), "not UTF-8"),
    ("an unknown charset", Content(BodyKind.JSON, "utf-7"), b"{}", "utf-7 is not taken"),
    ("a control character", JSON, b'{"a": "\x01"}', "not JSON"),
    ("two orders", JSON, b"{}{}", "not JSON"),
    ("JSON under an XML name", XML, JSON_SAMPLE, "not well-formed"),
    ("another document", XML, b"<Invoice/>", '"Invoice", not OrderRequest'),
    ("a document type", XML, b"<!DOCTYPE a><OrderRequest/>", "DOCTYPE"),
    ("an empty envelope", SOAP, b"<Envelope/>", "has no Body"),
    ("another call", SOAP, b"<Envelope><Body><Ping/></Body></Envelope>", "has no CreateOrder"),
]


@pytest.mark.parametrize(("header", "body", "expected"), KINDS)
def test_the_kind_is_told_by_header_or_first_byte(header: str | None, body: bytes, expected: Content | None) -> None:
    assert content_of(header, body) == expected


def test_a_forced_kind_outranks_the_header_and_keeps_its_charset() -> None:
    found = content_of("text/plain; charset=iso-8859-1", b"", BodyKind.JSON)

    assert found == Content(BodyKind.JSON, "iso-8859-1")


@pytest.mark.parametrize(
    ("content", "body", "told"), [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE]
)
def test_an_unreadable_body_is_refused_in_short_words(content: Content, body: bytes, told: str) -> None:
    with pytest.raises(PermanentError) as refused:
        document_of(body, content)

    assert refused.value.name is ErrorName.ORDER_UNREADABLE
    assert told in refused.value.message
    assert len(refused.value.message) < 250
    assert refused.value.message.isprintable()
    assert refused.value.__context__ is None


def test_brackets_inside_strings_are_not_depth() -> None:
    body = json.dumps({"a": '[{"\\' * 500, "b": "]" * 500}).encode()

    document = document_of(body, JSON)

    assert isinstance(document, dict)


def test_json_numbers_stay_as_they_were_written() -> None:
    document = document_of(b'{"a": 300.00, "b": 12345678901234567.89, "c": 1E+1000000, "d": %s}' % (b"9" * 5000), JSON)

    assert isinstance(document, dict)
    assert document == {"a": "300.00", "b": "12345678901234567.89", "c": "1E+1000000", "d": "9" * 5000}


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (b"<X i:nil='true' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'/>", None),
        (b"<X/>", ""),
        (b"<X> \n </X>", " \n "),
        (b"<X> a </X>", " a "),
        (b"<X>a<!-- b -->c</X>", "ac"),
        (b"<X><Y>1</Y></X>", {"Y": "1"}),
        (b"<X><Y>1</Y><Y>2</Y></X>", {"Y": ["1", "2"]}),
        (b"<p:X xmlns:p='urn:p'><q:Y xmlns:q='urn:q'>1</q:Y></p:X>", {"Y": "1"}),
        (b"<X><Items/></X>", {"Items": []}),
        (b"<X><Items><OrderItem><A>1</A></OrderItem></Items></X>", {"Items": [{"A": "1"}]}),
        (b"<X><PriceLists><Pricelist/><PriceList/></PriceLists></X>", {"PriceLists": [{}, {}]}),
        (b"<X><Items><OrderItem> \n </OrderItem></Items></X>", {"Items": [{}]}),
        (
            b"<X><Fees><Fee i:nil='1' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'/></Fees></X>",
            {"Fees": [None]},
        ),
        (b"<X><PaymentCodes><PaymentCode/></PaymentCodes></X>", {"PaymentCodes": [""]}),
        (b"<X><Company/><Person> \n </Person></X>", {"Company": None, "Person": None}),
        (b"<X><Addresses><Address/></Addresses></X>", {"Addresses": [{}]}),
        (
            b"<X><AdditionalInfo><Value><Value>1</Value></Value></AdditionalInfo></X>",
            {"AdditionalInfo": [{"Value": "1"}]},
        ),
    ],
)
def test_an_element_becomes_what_json_would_have_said(xml: bytes, expected: object) -> None:
    document = document_of(b"<OrderRequest>%s</OrderRequest>" % xml, XML)

    assert document == {"X": expected}


def test_an_order_in_a_soap_call_is_the_order() -> None:
    fields = XML_SAMPLE.split(b"\n", 2)[2].replace(b"</OrderRequest>", b"")
    body = ENVELOPE.replace(b"<request>", b'<request xmlns:i="http://www.w3.org/2001/XMLSchema-instance">') % fields

    document = document_of(body, SOAP)

    assert document == document_of(XML_SAMPLE, XML)
