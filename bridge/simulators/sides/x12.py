"""X12 004010 as American partners speak it: takes 850, writes 855, 856, 810 and 997.

It reads and writes with code of its own, so that a fault of the bridge's is not shared by both.

Not for: rows of an order; a line that is told of is line 1.
"""

from bridge.simulators.sides import Said

EXTENSION = "x12"
_ISA_LENGTH = 106
# What BAK02 says for each of the bridge's words, and ACK01 where only a line can say it.
_RESPONSES = {
    "confirmed": ("AK", ""),
    "changed": ("AC", ""),
    "rejected": ("RJ", ""),
    "on_hold": ("AH", ""),
    "received": ("NA", ""),
    "cancelled": ("AD", "ID"),
    "backorder": ("AD", "IB"),
}
_PAPERS = frozenset({"delivered", "partly_delivered", "invoiced"})


def reference(content: bytes) -> str:
    """The number of the first BEG, whichever signs ISA shows."""
    fields = _fields(content, "BEG")
    if len(fields) < 4 or not fields[3]:  # noqa: PLR2004  # tag, purpose, type, number
        raise ValueError("no BEG with a number")
    return fields[3]


def answer(said: Said) -> bytes:
    """One interchange with one set; a word that X12 has no code for is ``ZZ``."""
    if said.status == "invoiced":
        return _interchange("IN", "810", _invoice(said))
    if said.status in _PAPERS:
        return _interchange("SH", "856", _notice(said))
    return _interchange("PR", "855", _response(said))


def syntax_receipt(order_file: bytes, code: str = "A") -> bytes:
    """A 997 for an order file: A takes it, R refuses it."""
    group, number = _fields(order_file, "GS")[6], _fields(order_file, "ST")[2]
    taken = "1" if code == "A" else "0"
    errors = [] if code == "A" else ["AK3*N1*8**8", "AK4*4*67*1"]
    set_code = code if code == "A" else f"{code}*5"
    body = [f"AK1*PO*{group}", f"AK2*850*{number}", *errors, f"AK5*{set_code}", f"AK9*{code}*1*1*{taken}"]
    return _interchange("FA", "997", body)


def file_receipt(order_file: bytes, code: str = "A") -> bytes:
    """A TA1 for an order file: A takes it, R refuses it."""
    isa = _fields(order_file, "ISA")
    return _written(
        [_opening(), f"TA1*{isa[13]}*{isa[9]}*{isa[10]}*{code}*{'000' if code == 'A' else '006'}", "IEA*0*000009001"]
    )


def _response(said: Said) -> list[str]:
    code, line = _RESPONSES.get(said.status, ("ZZ", ""))
    ack = f"ACK*{line}*2*EA" + ("*067*20261201" if line == "IB" else "")
    return [
        f"BAK*00*{code}*{_safe(said.order_ref)}*20261121****{_safe(said.erp_order_no)}*20261121",
        *(["N9*ZZ*REASON", f"MSG*{_safe(said.reason[:264])}"] if said.reason else []),
        *(["PO1*1*2*EA", ack, "CTT*1"] if line else []),
    ]


def _notice(said: Said) -> list[str]:
    ordered = 2 if said.status == "partly_delivered" else 1
    return [
        f"BSN*00*{_safe(f'S-{said.order_ref}'[:30])}*20261121*1403",
        "HL*1**S",
        "TD5**2*PNOR**PostNord",
        "REF*CN*JD0001",
        "DTM*011*20261121",
        "HL*2*1*O",
        f"PRF*{_safe(said.order_ref)}",
        *([f"REF*VN*{_safe(said.erp_order_no)}"] if said.erp_order_no else []),
        "HL*3*2*I",
        "LIN*1*VP*ITEM001",
        f"SN1**1*EA**{ordered}*EA",
        "CTT*3",
    ]


def _invoice(said: Said) -> list[str]:
    return [
        f"BIG*20261121*{_safe(f'F-{said.order_ref}'[:22])}**{_safe(said.order_ref)}***DI*00",
        "CUR*SE*SEK",
        *([f"REF*VN*{_safe(said.erp_order_no)}"] if said.erp_order_no else []),
        "IT1*1*2*EA*300.00*PE*VP*ITEM001",
        "TDS*75000",
        "TXI*VA*150.00",
        "CTT*1",
    ]


def _fields(content: bytes, tag: str) -> list[str]:
    """The elements of the first segment with this tag; nothing where there is none."""
    text = content.decode("utf-8", "replace")
    if not text.startswith("ISA") or len(text) < _ISA_LENGTH:
        return []
    element, end = text[3], text[_ISA_LENGTH - 1]
    segments = (segment.strip("\r\n").split(element) for segment in text.split(end))
    return next((fields for fields in segments if fields[0] == tag), [])


def _safe(text: str) -> str:
    return text.translate(str.maketrans("*~>\r\n", "     "))


def _opening() -> str:
    sides = f"ZZ*{'ERP':15}*ZZ*{'SHOP':15}"
    return f"ISA*00*{'':10}*00*{'':10}*{sides}*261121*1403*U*00401*000009001*0*T*>"


def _interchange(group: str, kind: str, body: list[str]) -> bytes:
    return _written(
        [
            _opening(),
            f"GS*{group}*ERP*SHOP*20261121*1403*9001*X*004010",
            f"ST*{kind}*0001",
            *body,
            f"SE*{len(body) + 2}*0001",
            "GE*1*9001",
            "IEA*1*000009001",
        ]
    )


def _written(segments: list[str]) -> bytes:
    return "".join(f"{segment}~\r\n" for segment in segments).encode()
