"""The format as a target has it: its file, its two sample orders, its encoding, and what it refuses beforehand."""

import csv
import io
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.formats.template import Options
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def made(tmp_path: Path) -> Any:
    """Builds the format with a template of this text."""

    def build(source: str, name: str = "order.txt.j2", **options: Any) -> formats.Format:
        (tmp_path / name).write_bytes(source.encode())
        return formats.build("template", {"file": tmp_path / name, **options})

    return build


def written(format_: formats.Format, **change: Any) -> bytes:
    return formats.render(format_, replace(guide_order(), **change), CONTROL, RECEIVED_AT)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("a\n{{ order.comnent }}", 'order.txt.j2, line 2: there is no "comnent" here; did you mean "comment"?'),
        ("\n{% if %}", "order.txt.j2, line 2: Expected an expression"),
        ("{{ order.lines[0]['__class__'] }}", 'order.txt.j2, line 1: it names "__class__", which no template may'),
        ("{% include 'x' %}", "order.txt.j2, line 1: it uses include, which no template may"),
        ("{# nothing #}", "writes nothing"),
        ("{{ 'a' if order.ordered_at > '2' }}", "(writing the bare sample order)"),
    ],
)
def test_a_template_that_cannot_write_the_samples_is_refused_by_line_and_reason(
    made: Any, source: str, what: str
) -> None:
    with pytest.raises(PermanentError) as refused:
        made(source)

    assert refused.value.name is ErrorName.CONFIG_INVALID
    assert what in refused.value.message
    assert "erp-bridge check" in refused.value.hint


def test_a_sample_that_is_refused_by_its_own_field_is_no_fault_of_the_template(made: Any) -> None:
    own_words = made("{{ order.delivery.method | map({'DHL': 'D'}) }};{{ order.sold_to.code | pad(4) }}\n")

    with pytest.raises(PermanentError) as refused:
        written(own_words)

    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE
    assert refused.value.subject == "delivery.method"
    assert refused.value.message == (
        'delivery.method is "PostNord", which the map does not know (order.txt.j2, line 1)'
    )
    assert refused.value.hint


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"x" * 70_000, "larger than 64 KiB"),
    ],
)
def test_a_file_that_is_no_template_is_refused_with_the_settings(
    tmp_path: Path, content: bytes | None, what: str
) -> None:
    file = tmp_path / "order.txt.j2"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ValueError, match=what):
        Options.model_validate({"file": file})


def test_a_fault_that_only_some_orders_meet_refuses_those_by_line_and_remedy(made: Any) -> None:
    moody = made("{{ order.order_ref }}\n{% if order.comment == 'boom' %}{{ order.lines.x }}{% endif %}")

    with pytest.raises(PermanentError) as refused:
        written(moody, comment="boom")

    assert written(moody) == b"48447\n"
    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE
    assert "order.txt.j2, line 2:" in refused.value.message
    assert "erp-bridge preview" in refused.value.hint


def test_a_separator_in_a_customers_text_is_refused_by_field_line_and_remedy(made: Any) -> None:
    separated = made("{{ order.order_ref }}|{{ order.comment }}\n")

    with pytest.raises(PermanentError) as refused:
        written(separated, comment="a|b")

    assert refused.value.subject == "comment"
    assert refused.value.message == 'comment holds "|", which parts the fields of the file (order.txt.j2, line 1)'
    assert "clean" in refused.value.hint


@pytest.mark.parametrize(
    ("name", "source", "comment"),
    [
        ("order.xml.j2", "<a>{{ order.comment }}</a>", b"<a>a&lt;b;c</a>"),
        ("order.txt", "<a>{{ order.comment }}</a>", b"<a>a&lt;b;c</a>"),
        ("ORDER.CSV.J2", "x;{{ order.comment }}", b'x;"a<b;c"'),
        ("order.csv", "x,{{ order.comment }}", b'x,"a<b;c"'),
        ("order.edi.jinja", "x+{{ order.comment }}", b"x+a<b;c"),
    ],
)
def test_how_a_text_is_escaped_is_told_by_the_templates_name(made: Any, name: str, source: str, comment: bytes) -> None:
    assert written(made(source, name), comment="a<b;c") == comment


def test_escape_and_separators_may_be_said(made: Any) -> None:
    assert written(made("x {{ order.comment }}", escape="xml"), comment="<") == b"x &lt;"
    assert written(made("x;{{ order.comment }}", separators=""), comment=";") == b"x;;"
    with pytest.raises(PermanentError):
        written(made("x {{ order.comment }}", separators="#"), comment="#")


@pytest.mark.parametrize(
    ("name", "end"),
    [("A.EDI.j2", "edi"), ("order", "txt"), ("a.b-å", "txt")],
)
def test_a_files_usual_end_is_that_of_the_template(made: Any, name: str, end: str) -> None:
    assert made("x", name).extension == end


def test_encoding_line_end_and_zone_are_those_of_the_target(made: Any) -> None:
    source = "{{ order.comment }}\r\n{{ created_at | date('%H:%M') }}\n"

    dos = made(source, encoding="cp850", newline="crlf", time_zone="America/New_York")

    assert written(dos, comment="Åre") == "Åre\r\n08:02\r\n".encode("cp850")
    with pytest.raises(PermanentError) as refused:
        written(dos, comment="Łódź")
    assert refused.value.subject == "comment"
    assert "cp850" in refused.value.message


def test_a_template_that_its_encoding_cannot_write_is_refused_at_once(made: Any) -> None:
    with pytest.raises(PermanentError, match="cannot write") as refused:
        made("Ł {{ order.order_ref }}", encoding="cp1252")

    assert refused.value.name is ErrorName.CONFIG_INVALID


def test_what_a_template_writes_another_format_reads(made: Any) -> None:
    as_rows = made("order_ref;status;reason\n{{ order.order_ref }};confirmed;{{ order.comment }}\n", "a.csv.j2")
    as_xml = made(
        "<Answers><row><order_ref>{{ order.order_ref }}</order_ref><status>confirmed</status>"
        "<reason>{{ order.comment }}</reason></row></Answers>\n",
        "a.xml.j2",
    )
    comment = 'He said "5; <6> & more", åäö'

    found = [
        formats.read(formats.build(name, {}), written(one, comment=comment)).acknowledgements
        for name, one in (("delimited", as_rows), ("xml", as_xml))
    ]

    assert [[(ack.order_ref, ack.reason) for ack in acks] for acks in found] == [[("48447", comment)]] * 2


def test_a_template_may_write_while_another_format_reads(tmp_path: Path) -> None:
    from bridge.cli._settings import shelves  # noqa: PLC0415  # heavy, for this test alone
    from bridge.config import load  # noqa: PLC0415  # the same

    (tmp_path / "order.txt.j2").write_text("{{ order.order_ref }}\n")
    settings = '[targets.erp.order]\nformat = "template"\nfile = "order.txt.j2"\n'
    (tmp_path / "config.toml").write_text(settings + '[targets.erp.answer]\nformat = "json"\n')

    target = load(tmp_path / "config.toml", shelves(), {}).targets["erp"]

    options = target.order.options
    assert isinstance(options, Options)
    assert options.file == tmp_path / "order.txt.j2"
    assert set(target.answer.readers) == {"json"}


def test_a_setting_for_reading_is_no_setting_of_it() -> None:
    with pytest.raises(ValueError, match="status_map"):
        formats.build("template", {"status_map": {}})


def test_the_sample_is_a_file_that_a_reader_of_separated_values_reads() -> None:
    plain = formats.build("template", {})
    order = replace(guide_order(), lines=(replace(guide_order().lines[0], text='6" pipe; blue'),))

    rows = list(csv.reader(io.StringIO(formats.render(plain, order, 1, RECEIVED_AT).decode()), delimiter=";"))

    assert [row[0] for row in rows] == ["H", "B", "I", "D", "L", "T"]
    assert rows[4] == ["L", "1", "ITEM001", '6" pipe; blue', "2.000", "pcs", "300.00", "25.00"]


@pytest.mark.soak
@pytest.mark.timeout(120)
def test_an_order_of_ten_thousand_lines_is_written_within_the_limits() -> None:
    plain = formats.build("template", {})
    line = guide_order().lines[0]
    order = replace(guide_order(), lines=tuple(replace(line, line_no=at) for at in range(1, 10_001)))

    began = time.process_time()
    content = formats.render(plain, order, 1, RECEIVED_AT)

    assert content.count(b"\nL;") == 10_000
    assert time.process_time() - began < 20
