"""Whatever bytes come, the parser gives a small tree or one refusal; whatever is built is XML that others can read."""

import contextlib
import time
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, strategies as st

from bridge import safexml
from bridge.safexml import Limits, XmlRefused

BOMB = (
    b'<!DOCTYPE a [<!ENTITY b "ha">'
    + b"".join(b'<!ENTITY b%d "&b%d;&b%d;&b%d;">' % (i + 1, i, i, i) for i in range(40))
    + b"]><a>&b40;</a>"
)

REFUSED = [
    ("billion laughs", BOMB, "DOCTYPE"),
    ("quadratic", b'<!DOCTYPE a [<!ENTITY b "%s">]><a>%s</a>' % (b"x" * 20000, b"&b;" * 300), "DOCTYPE"),
    ("external", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "DOCTYPE"),
    ("parameter entity", b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:9/">%b;]><a/>', "DOCTYPE"),
    ("document type alone", b"<!DOCTYPE a><a/>", "DOCTYPE"),
    ("behind a comment", b"<?xml version='1.0'?><!-- x --><?y z?>\n<!DOCTYPE a><a/>", "DOCTYPE"),
    ("in UTF-16", "<!DOCTYPE a><a/>".encode("utf-16"), "DOCTYPE"),
    ("unknown entity", b"<a>&b;</a>", "not well-formed"),
    ("200,000 levels", b"<a>" * 200_000 + b"</a>" * 200_000, "not well-formed"),
    ("65 levels", b"<a>" * 65 + b"</a>" * 65, "64 deep"),
    ("100,000 attributes", b"<a %s/>" % b" ".join(b'b%d="1"' % i for i in range(100_000)), "100 attributes"),
    ("a million elements", b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "200000 elements"),
    ("more elements than brackets tell", b"<a>" + b"<b/>" * 200_001 + b"</a>", "200000 elements"),
    ("too long", b"<a>" + b"x" * Limits().size + b"</a>", "bytes"),
    ("nothing", b"", "not well-formed"),
    ("not XML", b"{}", "not well-formed"),
    ("two roots", b"<a/><b/>", "not well-formed"),
    ("NUL", b"<a>\0</a>", "not well-formed"),
    ("NUL by number", b"<a>&#0;</a>", "not well-formed"),
    ("escape", b"<a>\x1b</a>", "not well-formed"),
    ("surrogate by number", b"<a>&#xD800;</a>", "not well-formed"),
    ("Latin-1 unannounced", "<a>å</a>".encode("latin-1"), "byte 3: not UTF-8"),
    ("cut UTF-8", "<a>å".encode()[:-1], "not UTF-8"),
    ("overlong UTF-8", b"<a>\xc0\xbc</a>", "not UTF-8"),
    ("odd UTF-16", "<a/>".encode("utf-16") + b"x", "not UTF-16"),
    ("UTF-32", "<a/>".encode("utf-32"), "UTF-32 is not taken"),
    ("UTF-7", b"<?xml version='1.0' encoding='utf-7'?><a/>", "utf-7 is not taken"),
    ("EBCDIC", b"<?xml version='1.0' encoding='cp037'?><a/>", "cp037 is not taken"),
    ("a codec of Python", b"<?xml version='1.0' encoding='zlib_codec'?><a/>", "zlib_codec is not taken"),
    ("says UTF-16, is not", b"<?xml version='1.0' encoding='utf-16'?><a/>", "not UTF-16"),
    ("says UTF-8, is not", "<?xml version='1.0' encoding='utf-8'?><a/>".encode("utf-16"), "UTF-16-LE"),
    ("mark against words", b"\xef\xbb\xbf<?xml version='1.0' encoding='iso-8859-1'?><a/>", "UTF-8"),
]

LABELS_REFUSED = [
    ("utf-8", "<a>å</a>".encode("latin-1")),
    ("us-ascii", "<a>å</a>".encode()),
    ("utf-16", b"<a/>"),
    ("utf-16be", "<a/>".encode("utf-16-le")),
    ("utf-8", "<a/>".encode("utf-16")),
    ("iso-8859-1", "<?xml version='1.0' encoding='utf-8'?><a>å</a>".encode()),
    ("koi8-r", b"<a/>"),
    ("\x1b[2J", b"<a/>"),
]

READ = [
    ("plain", None, "<a>å€😀</a>".encode()),
    ("with a mark", None, "\ufeff<a>å€😀</a>".encode()),
    ("UTF-16 with mark", None, "<a>å€😀</a>".encode("utf-16")),
    ("UTF-16 without mark", None, "<a>å€😀</a>".encode("utf-16-be")),
    ("UTF-16 with its name", None, "<?xml version='1.0' encoding='UTF-16'?><a>å€😀</a>".encode("utf-16")),
    ("labelled", "UTF-8", "<a>å€😀</a>".encode()),
    # .NET writes the declaration of a string, then sends it as UTF-8 and says so beside it
    ("label against words", "utf-8", "<?xml version='1.0' encoding='utf-16'?><a>å€😀</a>".encode()),
    ("blank first", None, "\r\n <?xml version='1.0'?><a>å€😀</a>".encode()),
]


@pytest.mark.parametrize(("raw", "told"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_not_harmless_xml_is_refused_in_words(raw: bytes, told: str) -> None:
    began = time.monotonic()

    with pytest.raises(XmlRefused) as refused:
        safexml.parse(raw)

    assert told in str(refused.value)
    assert len(str(refused.value)) < 200
    assert str(refused.value).isprintable()
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(("label", "raw"), LABELS_REFUSED)
def test_bytes_that_contradict_their_label_are_refused(label: str, raw: bytes) -> None:
    with pytest.raises(XmlRefused):
        safexml.parse(raw, label)


@pytest.mark.parametrize(("label", "raw"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_every_honest_encoding_gives_the_same_text(label: str | None, raw: bytes) -> None:
    root = safexml.parse(raw, label)

    assert root.text == "å€😀"


@pytest.mark.parametrize(("label", "declared"), [("ISO-8859-1", ""), (None, "iso-8859-1"), ("windows-1252", "cp1252")])
def test_announced_one_byte_encodings_are_read(label: str | None, declared: str) -> None:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""

    root = safexml.parse(f"{declaration}<a>åÖ</a>".encode("latin-1"), label)

    assert root.text == "åÖ"


def test_comments_and_instructions_do_not_split_text() -> None:
    root = safexml.parse(b"<a>AB<!-- x -->12<?y z?>34<![CDATA[<5]]></a>")

    assert root.text == "AB1234<5"
    assert len(root) == 0


def test_a_deep_but_decent_document_is_read() -> None:
    root = safexml.parse(b"<a>" * 64 + b"</a>" * 64)

    assert sum(1 for _ in root.iter()) == 64


def test_names_are_told_without_their_namespace() -> None:
    root = safexml.parse(b'<b:a xmlns:b="urn:b"/>')

    assert safexml.local_name(root) == "a"


@given(st.binary() | st.text().map(lambda text: f"<a>{text}</a>".encode(errors="surrogatepass")))
@example(b"<")
@example(b"\0<")
@example(b"\xff\xfe")
def test_any_bytes_give_a_tree_or_a_refusal(raw: bytes) -> None:
    with contextlib.suppress(XmlRefused):
        root = safexml.parse(raw)

        assert safexml.local_name(root)


@given(st.text())
def test_what_is_built_is_read_back_or_refused(text: str) -> None:
    try:
        raw = safexml.serialize(safexml.build("a", (("b", text), ("c", None))))
    except XmlRefused:
        assert any(
            ord(letter) < 32 or ord(letter) in range(0xD800, 0xE000) or letter in "\ufffe\uffff" for letter in text
        )
    else:
        assert (ET.fromstring(raw).findtext("b") or "") == text  # noqa: S314 - our own bytes, another reader


@pytest.mark.parametrize("letter", ["\0", "\x01", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_a_character_that_xml_cannot_carry_is_never_written(letter: str) -> None:
    with pytest.raises(XmlRefused, match=r"^b: "):
        safexml.build("{urn:a}a", (("{urn:a}b", f"x{letter}"),))


def test_prefixes_are_written_as_given() -> None:
    root = safexml.build("{urn:a}a", (("{urn:a}b", "1"), ("{urn:c}d", ())), {"": "urn:a", "c": "urn:c"})

    raw = safexml.serialize(root)

    assert raw.endswith(b'<a xmlns="urn:a" xmlns:c="urn:c"><b>1</b><c:d/></a>')
