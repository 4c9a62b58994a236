import codecs
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from bridge import formats
from bridge.errors import PermanentError
from bridge.formats import Unreadable
from bridge.model import AckKind, AckStatus, Reading
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

RECEIPTS = """<?xml version="1.0"?>
<Receipts xmlns:x="urn:x">
  <Receipt order="48447">
    <Head><Number>SO-1</Number><State>Klar</State></Head>
    <Row x:no="1"><Qty>1,5</Qty></Row>
    <Row x:no="2"><Qty>2</Qty><State>Rest</State></Row>
  </Receipt>
  <Receipt order="48448"><Head><Number>SO-2</Number><State>Klar</State></Head></Receipt>
</Receipts>
"""
PATHS = {
    "order": "Receipt",
    "order_ref": "@order",
    "erp_order_no": "Head/Number",
    "status": "Head/State",
    "lines": "Row",
    "lines.line_no": "@x:no",
    "lines.qty_confirmed": "Qty",
    "lines.status": "State",
}
OPTIONS = {
    "root": "Receipts",
    "namespaces": {"x": "urn:x"},
    "paths": PATHS,
    "decimal": ",",
    "status_map": {"klar": "confirmed", "rest": "backorder"},
}


def read(content: str | bytes, **options: object) -> Reading:
    raw = content.encode() if isinstance(content, str) else content
    return formats.read(formats.build("xml", options), raw)


def test_an_answer_is_read_by_paths_of_its_own() -> None:
    reading = read(RECEIPTS, **OPTIONS)

    first, second = reading.acknowledgements
    assert reading.faults == ()
    assert (first.order_ref, first.erp_order_no, first.status) == ("48447", "SO-1", AckStatus.CHANGED)
    assert [(line.line_no, str(line.qty_confirmed), line.status) for line in first.lines] == [
        ("1", "1.5", None),
        ("2", "2", AckStatus.BACKORDER),
    ]
    assert (second.order_ref, second.status) == ("48448", AckStatus.CONFIRMED)


def test_orders_on_one_line_of_a_file_are_orders_of_their_own() -> None:
    one_line = RECEIPTS.replace("\n", "")

    reading = read(one_line, **OPTIONS)

    assert reading.faults == ()
    assert [(each.order_ref, each.erp_order_no) for each in reading.acknowledgements] == [
        ("48447", "SO-1"),
        ("48448", "SO-2"),
    ]


def test_no_order_takes_its_status_from_its_neighbour_on_the_line() -> None:
    reading = read("<R><O><order_ref>1</order_ref></O><O><status>confirmed</status></O></R>")

    assert [(each.order_ref, each.status) for each in reading.acknowledgements] == [("1", AckStatus.UNKNOWN)]
    assert len(reading.faults) == 2


def test_rows_that_repeat_their_order_make_one_acknowledgement() -> None:
    content = (
        "<R><Row><No>48447</No><S>confirmed</S><L>1</L></Row><Row><No>48447</No><S>confirmed</S><L>2</L></Row></R>"
    )

    [said] = read(content, paths={"order": "Row", "order_ref": "No", "status": "S", "line_no": "L"}).acknowledgements

    assert [line.line_no for line in said.lines] == ["1", "2"]
    assert said.status is AckStatus.CONFIRMED


def test_a_value_that_stands_twice_or_holds_elements_is_a_fault_of_its_order_only() -> None:
    content = """<Acknowledgements>
      <Acknowledgement><order_ref>1</order_ref><status>confirmed</status><status>rejected</status></Acknowledgement>
      <Acknowledgement><order_ref>2</order_ref><status><is>confirmed</is></status></Acknowledgement>
      <Acknowledgement><order_ref>3</order_ref><status>confirmed</status></Acknowledgement>
    </Acknowledgements>"""

    reading = read(content)

    assert [said.order_ref for said in reading.acknowledgements if said.status is AckStatus.CONFIRMED] == ["3"]
    assert [fault.where for fault in reading.faults] == ["line 2", "line 3"]


def test_a_kind_and_a_delivery_are_read_by_our_names() -> None:
    [said] = read(
        "<Acknowledgement order_ref='1'><kind>despatch</kind><status>delivered</status>"
        "<tracking><code>A</code><code>B</code></tracking></Acknowledgement>"
    ).acknowledgements

    assert (said.kind, said.tracking) == (AckKind.DESPATCH, ("A", "B"))


@pytest.mark.parametrize(
    "content",
    [
        RECEIPTS.encode("utf-16"),
        codecs.BOM_UTF8 + RECEIPTS.encode(),
        RECEIPTS.replace('"1.0"', '"1.0" encoding="iso-8859-1"').encode("latin-1"),
        RECEIPTS.replace("SO-1", "SÖ-1").encode("cp1252"),
    ],
)
def test_an_answer_is_read_in_the_encoding_it_shows(content: bytes) -> None:
    assert read(content, **OPTIONS).acknowledgements[0].order_ref == "48447"


def test_a_set_encoding_is_taken_for_files_that_do_not_say_theirs() -> None:
    content = "<Acknowledgement><order_ref>1</order_ref><status>rejected</status><reason>ö</reason></Acknowledgement>"

    [said] = read(content.encode("cp850"), encoding="cp850").acknowledgements

    assert said.reason == "ö"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<Other/>", "the root element is Other, not Receipts"),
        ("<Receipts>", "not well-formed"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Receipts>&b;</Receipts>', "DOCTYPE"),
        ("", "not well-formed"),
    ],
)
def test_what_is_not_the_erps_document_is_unreadable(content: str, told: str) -> None:
    with pytest.raises(Unreadable, match=told):
        read(content, **OPTIONS)


@pytest.mark.parametrize(
    ("head", "is_ours"),
    [
        (b"<Receipts>", True),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a > b --><a b="c"/>', True),
        ("<a><b>".encode("utf-16"), True),
        (b'<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2">', False),
        (b"<ORDERS05><IDOC BEGIN='1'>", False),
        (b"<HEAD>;48447;confirmed", False),
        (b"<HEAD>48447", False),
        (b"{}", False),
    ],
)
def test_own_xml_is_told_from_standards_and_from_text(head: bytes, is_ours: bool) -> None:  # noqa: FBT001  # a column
    assert formats.build("xml", {}).recognises(head) is is_ours


def test_with_a_root_only_that_root_is_recognised() -> None:
    format_ = formats.build("xml", {"root": "Receipts"})

    assert format_.recognises(b"<n:Receipts xmlns:n='urn:n'>")
    assert not format_.recognises(b"<Other>")


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        ({"order_rf": "A"}, 'did you mean "order_ref"'),
        ({"status": "A"}, "neither order_ref nor erp_order_no"),
        ({"order_ref": "A", "lines.line_no": "B"}, "need the path of lines"),
        ({"order_ref": "A", "order": "@b"}, "order is an element"),
        ({"order_ref": "A//B"}, "is no path"),
    ],
)
def test_paths_that_cannot_work_are_refused(paths: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        formats.build("xml", {"paths": paths})


@pytest.mark.parametrize(
    "part",
    [
        '<lines line_no="1" status="rejected"/>',
        "<lines><line_no>1</line_no><status>rejected</status></lines>",
        "<lines>1 rejected</lines>",
        '<lines><line no="1">rejected</line></lines>',
        "<lines><line><schedules><qty>1</qty></schedules></line></lines>",
        "<invoice>F-1</invoice>",
    ],
)
def test_what_is_no_list_of_lines_or_no_invoice_is_a_fault_and_not_an_empty_one(part: str) -> None:
    reading = read(f"<A><order_ref>1</order_ref><status>confirmed</status>{part}</A>")

    assert reading.acknowledgements == ()
    assert all("is not a list" in fault.what or "is not an object" in fault.what for fault in reading.faults)


@pytest.mark.parametrize("part", ["<lines/>", '<lines type="array" total="1"><line line_no="1">note</line></lines>'])
def test_an_empty_list_and_attributes_that_say_nothing_of_a_line_are_no_fault(part: str) -> None:
    reading = read(f"<A><order_ref>1</order_ref><status>confirmed</status>{part}</A>")

    assert ([said.status for said in reading.acknowledgements], reading.faults) == ([AckStatus.CONFIRMED], ())


ORDERS = {"order": "O", "order_ref": "@no", "status": "S", "lines": "L", "lines.line_no": "N", "lines.status": "@state"}
GOOD = '<O no="1"><S>confirmed</S></O>'


@pytest.mark.parametrize(
    ("beside", "name"),
    [
        ('<o no="2"><S>rejected</S></o>', "o"),
        ('<G><O no="2"><S>rejected</S></O></G>', "O"),
        ('<x:O xmlns:x="urn:x" no="2"/>', None),
        ('<G o="2"><o>text</o></G>', None),
    ],
)
def test_an_order_that_the_path_does_not_reach_is_told(beside: str, name: str | None) -> None:
    reading = read(f"<R>{GOOD}{beside}</R>", paths=ORDERS)

    assert "1" in [said.order_ref for said in reading.acknowledgements]
    told = [fault.what for fault in reading.faults if "does not reach it" in fault.what]
    assert told == ([f"{name} names an order too, and the path of order does not reach it; set paths"] if name else [])


@pytest.mark.parametrize(
    ("place", "child"),
    [
        ("L", '<l state="rejected"/>'),
        ("Rows/L", "<Rows><l><N>1</N></l></Rows>"),
        ("Lignes", "<Ligne><N>1</N></Ligne>"),
        ("y:L", "<L><N>1</N></L>"),
    ],
)
def test_lines_under_a_name_that_is_nearly_theirs_are_a_fault_of_their_order(place: str, child: str) -> None:
    other = GOOD.replace("1", "2").replace("</O>", f"{child}</O>")

    reading = read(f"<R>{GOOD}{other}</R>", paths={**ORDERS, "lines": place}, namespaces={"y": "urn:y"})

    assert [said.order_ref for said in reading.acknowledgements] == ["1"]
    assert ["lines: there is no" in fault.what for fault in reading.faults] == [True]


def test_an_order_without_lines_is_an_order_though_lines_have_a_path() -> None:
    content = f"<R>{GOOD}{GOOD.replace('1', '2').replace('</O>', '<Address><City>L</City></Address></O>')}</R>"

    reading = read(content, paths=ORDERS)

    assert [said.order_ref for said in reading.acknowledgements] == ["1", "2"]
    assert reading.faults == ()


@pytest.mark.parametrize(
    "line", ['<L State="rejected"/>', "<L><state>rejected</state></L>", '<L xmlns:x="urn:x" x:STATE="rejected"/>']
)
def test_a_fact_of_lines_that_stands_there_in_another_way_is_told_and_nothing_counts(line: str) -> None:
    paths = {**ORDERS, "lines.status": "@y:state" if "xmlns" in line else "@state"}

    with pytest.raises(Unreadable, match=r'"lines\.status" finds nothing in this file, though the'):
        read(f"<R>{GOOD.replace('</O>', f'{line}</O>')}</R>", paths=paths, namespaces={"y": "urn:y"})


def test_a_name_that_another_path_reaches_is_no_misspelling() -> None:
    paths = {**ORDERS, "message_date": "@date", "date": "Date"}

    reading = read(f"<R>{GOOD.replace('</O>', '<Date>2026-11-20</Date></O>')}</R>", paths=paths)

    assert (len(reading.acknowledgements), reading.faults) == (1, ())


@pytest.mark.parametrize("name", ["xml", formats.AUTO])
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"paths": {"order_ref": "h:No"}}, 'paths: order_ref: the prefix "h" is not in namespaces'),
        ({"paths": {"order_ref": "No", "lines": "L", "lines.status": "S/@h:state"}}, "paths: lines.status: the prefix"),
        ({"root": "g:Retours"}, 'root takes no prefix: write "Retours" instead of "g:Retours"'),
        ({"root": "A/B"}, '"A/B" is no name of an element'),
    ],
)
def test_a_name_that_no_element_can_have_is_refused_with_the_settings(
    name: str, options: dict[str, object], told: str
) -> None:
    with pytest.raises(ValueError, match="Value error") as refused:
        formats.build(name, options)

    assert told in str(refused.value)


def test_auto_takes_paths_with_prefixes_that_are_explained() -> None:
    content = "<R xmlns='urn:x'><Receipt order='1'><Head><State>Klar</State></Head></Receipt></R>"
    paths = {"order": "n:Receipt", "order_ref": "@order", "status": "n:Head/n:State"}
    auto = formats.build(
        formats.AUTO, {"namespaces": {"n": "urn:x"}, "paths": paths, "status_map": {"klar": "confirmed"}}
    )

    [said] = auto.read(content.encode()).acknowledgements

    assert (said.order_ref, said.status) == ("1", AckStatus.CONFIRMED)


@pytest.mark.parametrize("name", ["xml", "ubl"])
@pytest.mark.parametrize("declared", ["UTF-8", "UTF-16", "macintosh"])
def test_letters_that_are_not_what_the_document_says_are_told_with_the_setting(name: str, declared: str) -> None:
    content = f'<?xml version="1.0" encoding="{declared}"?><A><order_ref>é</order_ref></A>'.encode("latin-1")

    with pytest.raises(Unreadable, match=r"not UTF|not taken") as refused:
        formats.build(name, {}).read(content)

    assert 'such as encoding = "iso-8859-1"' in refused.value.fault.what


def test_with_the_encoding_set_a_wrong_declaration_does_not_count() -> None:
    content = '<?xml version="1.0" encoding="UTF-8"?><A><order_ref>é</order_ref><status>confirmed</status></A>'

    [said] = read(content.encode("latin-1"), encoding="iso-8859-1").acknowledgements

    assert said.order_ref == "é"


@given(comment=st.text(max_size=30), code=st.text(max_size=8))
@settings(deadline=None)
def test_the_orders_own_document_is_well_formed_whatever_the_customer_writes(comment: str, code: str) -> None:
    order = replace(guide_order(), comment=comment, info={code: comment})
    format_ = formats.build("xml", {})

    content = format_.render(order, CONTROL, RECEIVED_AT)

    assert format_.is_whole(content)
    assert content.count(b"<order_ref>") == 1


def test_letters_that_the_encoding_lacks_are_written_by_number() -> None:
    content = formats.build("xml", {"encoding": "cp1252"}).render(
        replace(guide_order(), comment="Łódź ö"), CONTROL, RECEIVED_AT
    )

    assert content.startswith(b'<?xml version="1.0" encoding="windows-1252"?>')
    assert b"<comment>&#321;\xf3d&#378; \xf6</comment>" in content


def test_half_a_character_is_refused_by_the_name_of_its_field() -> None:
    with pytest.raises(PermanentError) as refused:
        formats.build("xml", {}).render(replace(guide_order(), comment="\ud800"), CONTROL, RECEIVED_AT)

    assert refused.value.subject == "comment"


@pytest.mark.parametrize("options", [{}, {"fields": [{"path": "comment", "from": "comment"}]}])
def test_the_two_characters_that_xml_alone_cannot_hold_are_left_out(options: dict[str, object]) -> None:
    order = replace(guide_order(), comment="a\ufffeb\uffffc", info={"x\ufffe": "y\uffff"})

    content = formats.build("xml", options).render(order, CONTROL, RECEIVED_AT)

    assert b"<comment>abc</comment>" in content
