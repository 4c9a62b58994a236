"""IDocs of SAP for tests: segments in, a file of either shape out. The columns are written down anew."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

_COLUMNS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "E1EDK01": {"ACTION": (0, 3), "CURCY": (4, 3), "BSART": (79, 4), "BELNR": (83, 35)},
    "E1EDK02": {"QUALF": (0, 3), "BELNR": (3, 35), "DATUM": (44, 8)},
    "E1EDK03": {"IDDAT": (0, 3), "DATUM": (3, 8)},
    "E1EDKT1": {"TDID": (0, 4)},
    "E1EDKT2": {"TDLINE": (0, 70), "TDFORMAT": (70, 2)},
    "E1EDP01": {
        "POSEX": (0, 6),
        "ACTION": (6, 3),
        "MENGE": (11, 15),
        "MENEE": (26, 3),
        "VPREI": (54, 15),
        "PEINH": (69, 9),
        "ABGRU": (212, 2),
        "ABGRT": (214, 40),
    },
    "E1EDP02": {"QUALF": (0, 3), "BELNR": (3, 35), "ZEILE": (38, 6)},
    "E1EDP03": {"IDDAT": (0, 3), "DATUM": (3, 8)},
    "E1EDP20": {"WMENG": (0, 15), "EDATU": (30, 8)},
    "E1EDP19": {"QUALF": (0, 3), "IDTNR": (3, 35), "KTEXT": (38, 70)},
    "E1EDPT1": {"TDID": (0, 4)},
    "E1EDPT2": {"TDLINE": (0, 70), "TDFORMAT": (70, 2)},
    "E1EDS01": {"SUMID": (0, 3), "SUMME": (3, 18), "WAERQ": (24, 3)},
    "E1EDL20": {"VBELN": (0, 10), "BOLNR": (149, 35), "PODAT": (288, 8)},
    "E1ADRM1": {"PARTNER_Q": (0, 3), "PARTNER_ID": (4, 17), "NAME1": (55, 40)},
    "E1EDT13": {"QUALF": (0, 3), "NTANF": (27, 8), "ISDD": (61, 8)},
    "E1EDL24": {"POSNR": (0, 6), "MATNR": (6, 18), "KDMAT": (154, 22), "LFIMG": (176, 15), "VRKME": (191, 3)},
    "E1EDL41": {"QUALI": (0, 3), "BSTNR": (3, 35), "POSEX": (62, 6)},
    "E1EDL43": {"QUALF": (0, 1), "BELNR": (1, 35)},
    "E1EDL37": {"EXIDV": (0, 20)},
    "E1ADHDR": {"MESTYP": (0, 6), "MESTYP_LNG": (12, 30)},
    "E1STATE": {"DOCNUM": (0, 16), "STATUS": (16, 2), "STATXT": (26, 70)},
    "E1PRTOB": {"OBJTYPE": (26, 10), "OBJKEY": (36, 70)},
    "E1STATS": {"DOCNUM": (13, 16), "STATUS": (43, 2)},
    "Z1OWN": {"FIELD": (0, 10)},
}
_SUFFIXES = {"E1EDK01": "005", "E1EDKT1": "002", "E1EDKT2": "001", "E1EDP01": "007", "E1EDP19": "002", "E1EDL24": "006"}
_TYPES = {"ORDRSP": "ORDERS05", "DESADV": "DELVRY07", "INVOIC": "INVOIC02", "ALEAUD": "ALEAUD01", "STATUS": "SYSTAT01"}


@dataclass(frozen=True)
class Node:
    name: str
    fields: Mapping[str, str]
    below: Sequence["Node"] = ()


def seg(name: str, *below: Node, **fields: str) -> Node:
    return Node(name, fields, below)


@dataclass(frozen=True)
class Message:
    kind: str
    segments: Sequence[Node]
    number: str = "4711"
    control: Mapping[str, str] = field(default_factory=dict)


def message(kind: str, *segments: Node, number: str = "4711", **control: str) -> Message:
    return Message(kind, segments, number, control)


def ref(qualifier: str, number: str) -> Node:
    return seg("E1EDK02", QUALF=qualifier, BELNR=number)


def ordrsp(*segments: Node, number: str = "4711", order_ref: str = "48447") -> Message:
    return message("ORDRSP", *(ref("001", order_ref), *segments), number=number)


@dataclass(frozen=True)
class Shape:
    """How a flat file of one partner looks."""

    trimmed: bool = False
    end: str = "\n"
    suffixes: bool = True
    numbered: bool = True
    longer: int = 0


def flat(*messages: Message, shape: Shape | None = None) -> str:
    how = shape or Shape()
    lines = [line for one in messages for line in _lines(one, how)]
    return "".join((line.rstrip() if how.trimmed else line + "x" * how.longer) + how.end for line in lines)


def _lines(one: Message, how: Shape) -> Iterator[str]:
    idoctyp = _TYPES.get(one.kind, "OTHER01")
    control = f"{'EDI_DC40':<10}100{one.number:0>16}700 301   {idoctyp:<30}{'':<30}{one.kind:<30}"
    dated = f"{control:<378}{one.control.get('CREDAT', '20261121')}140300"
    yield f"{dated:<524}"
    number = 0

    def below(nodes: Sequence[Node], above: int, level: int) -> Iterator[str]:
        nonlocal number
        for node in nodes:
            number += 1
            own = number
            name = f"E2{node.name[2:]}{_SUFFIXES.get(node.name, '')}" if how.suffixes else node.name
            place = f"{own:06}{above:06}" if how.numbered else f"{'':6}000000"
            yield f"{name:<30}100{one.number:0>16}{place}{level:02}{_columns(node)}"
            yield from below(node.below, own, level + 1)

    yield from below(one.segments, 0, 2)


def _columns(node: Node) -> str:
    text = ""
    for name, (start, width) in _COLUMNS[node.name].items():
        value = node.fields.get(name, "")
        assert len(value) <= width, (node.name, name)
        text = f"{text:<{start}}{value:<{width}}"
    assert set(node.fields) <= set(_COLUMNS[node.name]), node
    return f"{text:<1000}"


def xml(*messages: Message, root: str = "IDOCS", e2: bool = False) -> str:
    idocs = "".join(_idoc(one, e2=e2) for one in messages)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{idocs}</{root}>\n'


def _idoc(one: Message, *, e2: bool) -> str:
    fields = {"DOCNUM": one.number, "IDOCTYP": _TYPES.get(one.kind, "OTHER01"), "MESTYP": one.kind}
    control = _elements(fields | {"CREDAT": "20261121"} | dict(one.control))
    body = "".join(_element(node, e2=e2) for node in one.segments)
    return f'<IDOC BEGIN="1"><EDI_DC40 SEGMENT="1">{control}</EDI_DC40>{body}</IDOC>'


def _element(node: Node, *, e2: bool) -> str:
    name = f"E2{node.name[2:]}{_SUFFIXES.get(node.name, '')}" if e2 else node.name
    below = "".join(_element(one, e2=e2) for one in node.below)
    return f'<{name} SEGMENT="1">{_elements(node.fields)}{below}</{name}>'


def _elements(fields: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
