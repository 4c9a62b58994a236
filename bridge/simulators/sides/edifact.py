"""EDIFACT D.96A as wholesalers speak it: takes ORDERS, writes ORDRSP, DESADV, INVOIC, APERAK and CONTRL.

It reads and writes with code of its own, so that a fault of the bridge's is not shared by both.

Not for: other signs than those of a file's UNA; rows of an order, of which one that is told of is line 1.
"""

import re

from bridge.simulators.sides import Said

EXTENSION = "edi"
_USUAL = ":+.? '"
# What BGM says for each of the bridge's words: message, document, function (1225).
_RESPONSES = {
    "confirmed": ("ORDRSP", "231", "29"),
    "changed": ("ORDRSP", "231", "30"),
    "rejected": ("ORDRSP", "231", "27"),
    "cancelled": ("ORDRSP", "231", "1"),
    "received": ("APERAK", "", "9"),
    "delivered": ("DESADV", "351", "9"),
    "partly_delivered": ("DESADV", "351", "9"),
    "invoiced": ("INVOIC", "380", "9"),
}


def reference(content: bytes) -> str:
    """The number of the first BGM, whichever signs UNA shows."""
    fields = _fields(content, "BGM")
    if len(fields) < 3 or not fields[2]:  # noqa: PLR2004  # tag, document, number
        raise ValueError("no BGM with a number")
    return fields[2]


def answer(said: Said) -> bytes:
    """One interchange with one message; a word that EDIFACT has no code for is ``ZZZ``."""
    kind, document, function = _RESPONSES.get(said.status, ("ORDRSP", "231", "ZZZ"))
    number = said.erp_order_no or said.order_ref
    body = [
        f"BGM+{document}+{_safe(f'A-{number}'[:35])}+{function}",
        "DTM+137:20261121:102",
        *([f"FTX+AAO+++{_safe(said.reason[:70])}"] if said.reason and kind == "ORDRSP" else []),
        f"RFF+ON:{_safe(said.order_ref)}",
        *([f"RFF+VN:{_safe(said.erp_order_no)}"] if said.erp_order_no else []),
        *(["CUX+2:SEK:4", "UNS+S", "MOA+77:811.25"] if kind == "INVOIC" else []),
        *(_sent(said) if kind == "DESADV" else []),
        *(["UNS+S"] if kind == "ORDRSP" else []),
    ]
    return _interchange(kind, body)


def _sent(said: Said) -> list[str]:
    """One piece of line 1, of two where the rest is to come."""
    ordered = 2 if said.status == "partly_delivered" else 1
    return ["CPS+1", "LIN+1", "QTY+12:1", f"QTY+21:{ordered}", "RFF+LI:1"]


def syntax_receipt(order_file: bytes, action: str = "7", error: str = "") -> bytes:
    """A CONTRL for an order file: action 7 takes it, 4 refuses it, because of a syntax ``error`` by its code (0085)."""
    opening = _fields(order_file, "UNB")
    because = f"+{error}" if error else ""
    body = [f"UCI+{opening[5]}+{opening[2]}+{opening[3]}+{action}{because}"]
    return _interchange("CONTRL", body)


def application_receipt(order_ref: str, error: str) -> bytes:
    """An APERAK that refuses what we sent of an order, because of an ``error`` in the ERP's own words."""
    body = [
        f"BGM++{_safe(f'E-{order_ref}'[:35])}+27",
        "DTM+137:20261121:102",
        f"RFF+ON:{_safe(order_ref)}",
        "ERC+42",
        f"FTX+AAO+++{_safe(error[:70])}",
    ]
    return _interchange("APERAK", body)


def _fields(content: bytes, tag: str) -> list[str]:
    text = content.decode("iso8859-1")
    signs = text[3:9] if text.startswith("UNA") else _USUAL
    body = text[9:] if text.startswith("UNA") else text
    release, element, end = (re.escape(signs[place]) for place in (3, 1, 5))
    for segment in re.findall(rf"((?:[^{end}{release}]|{release}.)*){end}", body, re.DOTALL):
        fields = re.split(rf"(?<!{release}){element}", segment.strip())
        if fields[0] == tag:
            return [re.sub(rf"{release}(.)", r"\1", field) for field in fields]
    return []


def _safe(text: str) -> str:
    return re.sub(r"([?+:'])", r"?\1", text)


def _interchange(kind: str, body: list[str]) -> bytes:
    directory = "D:3:UN" if kind == "CONTRL" else "D:96A:UN"
    segments = [
        "UNB+UNOC:3+ERP:ZZZ+SHOP:ZZZ+261121:1403+9001",
        f"UNH+1+{kind}:{directory}",
        *body,
        f"UNT+{len(body) + 2}+1",
        "UNZ+1+9001",
    ]
    return (f"UNA{_USUAL}" + "".join(f"{segment}'\r\n" for segment in segments)).encode("iso8859-1", "replace")
