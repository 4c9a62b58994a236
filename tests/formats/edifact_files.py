"""EDIFACT answers for tests: segments in, a file out, and what is read in it."""

from bridge import formats
from bridge.model import Acknowledgement, Reading

USUAL = "UNA:+.? '"


def message(kind: str, *segments: str, reference: str = "1") -> list[str]:
    directory = "D:3:UN" if kind == "CONTRL" else "D:96A:UN"
    return [f"UNH+{reference}+{kind}:{directory}", *segments, f"UNT+{len(segments) + 2}+{reference}"]


def interchange(*messages: list[str], syntax: str = "UNOC:3", reference: str = "778", end: str = "'\n") -> str:
    segments = [
        f"UNB+{syntax}+ERP:ZZZ+SHOP:ZZZ+261121:1402+{reference}",
        *(segment for one in messages for segment in one),
        f"UNZ+{len(messages)}+{reference}",
    ]
    return "".join(segment + end for segment in segments)


def ordrsp(begin: str, *segments: str) -> bytes:
    return interchange(message("ORDRSP", begin, "RFF+ON:48447", *segments)).encode("iso8859-1")


def file_of(kind: str, *segments: str) -> str:
    return interchange(message(kind, *segments))


def reading(content: bytes | str, **options: object) -> Reading:
    raw = content if isinstance(content, bytes) else content.encode("iso8859-1")
    return formats.build("edifact", options).read(raw)


def only(content: bytes | str, **options: object) -> Acknowledgement:
    [found] = reading(content, **options).acknowledgements
    return found
