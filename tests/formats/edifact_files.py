"""EDIFACT answers for tests: segments in, a file out."""

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
