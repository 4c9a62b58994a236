"""X12 answers for tests: segments in, a file out."""

_OPENING = "ISA*00*          *00*          *ZZ*ERP            *ZZ*SHOP           *261121*1402*U*00401*{control}*0*T*>"
_GROUPS = {"855": "PR", "856": "SH", "810": "IN", "997": "FA", "999": "FA", "850": "PO"}
CONTROL = "000000778"


def one_set(kind: str, *segments: str, number: str = "0001") -> list[str]:
    return [f"ST*{kind}*{number}", *segments, f"SE*{len(segments) + 2}*{number}"]


def group(*sets: list[str], kind: str = "PR", number: str = "7") -> list[str]:
    opening = f"GS*{kind}*ERP*SHOP*20261121*1402*{number}*X*004010"
    return [opening, *(segment for one in sets for segment in one), f"GE*{len(sets)}*{number}"]


def interchange(*groups: list[str], control: str = CONTROL, end: str = "~\n", before: tuple[str, ...] = ()) -> str:
    segments = [
        _OPENING.format(control=control),
        *before,
        *(segment for one in groups for segment in one),
        f"IEA*{len(groups)}*{control}",
    ]
    return "".join(segment + end for segment in segments)


def file_of(kind: str, *segments: str) -> str:
    return interchange(group(one_set(kind, *segments), kind=_GROUPS.get(kind, "ZZ")))


def ack(code: str, *segments: str, number: str = "SO-1") -> str:
    return file_of("855", f"BAK*00*{code}*48447*20241218****{number}*20261121", *segments)
