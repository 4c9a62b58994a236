"""Bytes to text and back, and which characters may pass.

Not for: what the text means (``_fields``), nor which field a letter stands in (``_neutral``).
"""

import codecs
import re
import unicodedata

from bridge.formats._protocol import Unreadable

AUTO = "auto"
_FALLBACK = "cp1252"
_SHOWN = 40
# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BREAKS = re.compile("\r\n|[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")
_PROBE = "Order;1\r\n"


def known_encoding(name: str) -> str:
    """The name itself when it is ``auto`` or a codec that writes and reads text; else ``ValueError``."""
    if name.strip().casefold() == AUTO:
        return AUTO
    try:
        is_usable = _PROBE.encode(name).decode(name) == _PROBE
    except (LookupError, ValueError):
        is_usable = False
    if not is_usable:
        raise ValueError(f'"{shown(name)}" is not an encoding; use auto, utf-8, cp1252, cp850, iso-8859-1 ...')
    return name


def decode(content: bytes, encoding: str) -> str:
    """The text of a file without its byte order mark. Such a mark wins over the setting."""
    codec = next((codec for mark, codec in _MARKS if content.startswith(mark)), encoding)
    text = _guessed(content) if codec == AUTO else _strict(content, codec)
    if "\x00" in text:
        raise Unreadable(
            "file",
            "it holds NUL characters, so it is no plain text",
            'If it is UTF-16 without a byte order mark, set encoding = "utf-16-le"',
        )
    return text.removesuffix("\x1a")  # DOS programs end a text with Ctrl-Z


def _guessed(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _strict(content, _FALLBACK)


def _strict(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeError as error:
        where = f"byte {error.start}" if isinstance(error, UnicodeDecodeError) else "file"
        raise Unreadable(where, f"it is not {codec} text", "Set encoding to what the ERP writes") from error


def encode(text: str, encoding: str) -> bytes:
    """The bytes of a file; ``auto`` is UTF-8. Letters apart from their accents are joined where that helps."""
    codec = "utf-8" if encoding == AUTO else encoding
    try:
        return text.encode(codec)
    except UnicodeEncodeError:
        return unicodedata.normalize("NFC", text).encode(codec)


def unencodable(text: str, encoding: str) -> str | None:
    """The first letter that cannot be written, or nothing."""
    try:
        encode(text, encoding)
    except UnicodeEncodeError as error:
        return str(error.object[error.start])
    return None


def cleaned(text: str, line_break: str) -> str:
    """The text without control characters; tabs are blanks and each line break is ``line_break``."""
    return _CONTROLS.sub("", _BREAKS.sub(line_break, text).replace("\t", " "))


def one_line(text: str) -> str:
    """The text as one line of printable characters, each run of blanks as one."""
    spaced = " ".join(text.split())
    return spaced if spaced.isprintable() else "".join(letter for letter in spaced if letter.isprintable())


def shown(text: str) -> str:
    """The text as it may stand in a message: printable and short."""
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in short)
