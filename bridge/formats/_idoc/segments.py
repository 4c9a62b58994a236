"""The fields of IDoc records with their lengths, what stands below what, and the names that flat files carry.

The ORDERS05 part is a compilation of facts that several public descriptions agree on; a test compares it with that
compilation. Of the segments that only answers have, the table ends behind the last field that is read: a later release
of SAP only appends fields. Not for: what a field means (``order``, ``answer``, ``papers``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

CONTROL_NAME = "EDI_DC40"
_CONTROL = (
    "TABNAM:10 MANDT:3 DOCNUM:16 DOCREL:4 STATUS:2 DIRECT:1 OUTMOD:1 EXPRSS:1 TEST:1 IDOCTYP:30 CIMTYP:30 "
    "MESTYP:30 MESCOD:3 MESFCT:3 STD:1 STDVRS:6 STDMES:6 SNDPOR:10 SNDPRT:2 SNDPFC:2 SNDPRN:10 SNDSAD:21 "
    "SNDLAD:70 RCVPOR:10 RCVPRT:2 RCVPFC:2 RCVPRN:10 RCVSAD:21 RCVLAD:70 CREDAT:8 CRETIM:6 REFINT:14 "
    "REFGRP:14 REFMES:14 ARCKEY:70 SERIAL:20"
)
_HEADER = "SEGNAM:30 MANDT:3 DOCNUM:16 SEGNUM:6 PSGNUM:6 HLEVEL:2"
_ORDERS05 = {
    "E1EDK01": (
        "ACTION:3 KZABS:1 CURCY:3 HWAER:3 WKURS:12 ZTERM:17 KUNDEUINR:20 EIGENUINR:20 BSART:4 BELNR:35 NTGEW:18 "
        "BRGEW:18 GEWEI:3 FKART_RL:4 ABLAD:25 BSTZD:4 VSART:2 VSART_BEZ:20 RECIPNT_NO:10 KZAZU:1 AUTLF:1 AUGRU:3 "
        "AUGRU_BEZ:40 ABRVW:3 ABRVW_BEZ:20 FKTYP:1 LIFSK:2 LIFSK_BEZ:20 EMPST:25 ABTNR:4 DELCO:3 WKURS_M:12"
    ),
    "E1EDK14": "QUALF:3 ORGID:35",
    "E1EDK03": "IDDAT:3 DATUM:8 UZEIT:6",
    "E1EDK04": "MWSKZ:7 MSATZ:17 MWSBT:18 TXJCD:15 KTEXT:50",
    "E1EDK05": "ALCKZ:3 KSCHL:4 KOTXT:80 BETRG:18 KPERC:8 KRATE:15 UPRBS:9 MEAUN:3 KOBTR:18 MWSKZ:7 MSATZ:17 KOEIN:3",
    "E1EDKA1": (
        "PARVW:3 PARTN:17 LIFNR:17 NAME1:35 NAME2:35 NAME3:35 NAME4:35 STRAS:35 STRS2:35 PFACH:35 ORT01:35 "
        "COUNC:9 PSTLZ:9 PSTL2:9 LAND1:3 ABLAD:35 PERNR:30 PARNR:30 TELF1:25 TELF2:25 TELBX:25 TELFX:25 TELTX:25 "
        "TELX1:25 SPRAS:1 ANRED:15 ORT02:35 HAUSN:6 STOCK:6 REGIO:3 PARGE:1 ISOAL:2 ISONU:2 FCODE:20 IHREZ:30 "
        "BNAME:35 PAORG:30 ORGTX:35 PAGRU:30 KNREF:30 ILNNR:70 PFORT:35 SPRAS_ISO:2 TITLE:15"
    ),
    "E1EDKA3": "QUALP:3 STDPN:70",
    "E1EDK02": "QUALF:3 BELNR:35 POSNR:6 DATUM:8 UZEIT:6",
    "E1EDK17": "QUALF:3 LKOND:3 LKTEXT:70",
    "E1EDK18": "QUALF:3 TAGE:8 PRZNT:8 ZTERM_TXT:70",
    "E1EDK35": "QUALZ:3 CUSADD:35 CUSADD_BEZ:40",
    "E1EDK36": "CCINS:4 CCINS_BEZEI:20 CCNUM:25 EXDATBI:8 CCNAME:40 FAKWR:17",
    "E1EDKT1": "TDID:4 TSSPRAS:3 TSSPRAS_ISO:2 TDOBJECT:10 TDOBNAME:70",
    "E1EDKT2": "TDLINE:70 TDFORMAT:2",
    "E1EDP01": (
        "POSEX:6 ACTION:3 PSTYP:1 KZABS:1 MENGE:15 MENEE:3 BMNG2:15 PMENE:3 ABFTZ:7 VPREI:15 PEINH:9 NETWR:18 "
        "ANETW:18 SKFBP:18 NTGEW:18 GEWEI:3 EINKZ:1 CURCY:3 PREIS:18 MATKL:9 UEPOS:6 GRKOR:3 EVERS:7 BPUMN:6 "
        "BPUMZ:6 ABGRU:2 ABGRT:40 ANTLF:1 FIXMG:1 KZAZU:1 BRGEW:18 PSTYV:4 EMPST:25 ABTNR:4 ABRVW:3 WERKS:4 "
        "LPRIO:2 LPRIO_BEZ:20 ROUTE:6 ROUTE_BEZ:40 LGORT:4 VSTEL:4 DELCO:3 MATNR:35 VALTG:2 HIPOS:6 HIEVW:1 "
        "POSGUID:22"
    ),
    "E1EDP02": "QUALF:3 BELNR:35 ZEILE:6 DATUM:8 UZEIT:6 BSARK:35 IHREZ:30",
    "E1EDP03": "IDDAT:3 DATUM:8 UZEIT:6",
    "E1EDP04": "MWSKZ:7 MSATZ:17 MWSBT:18 TXJCD:15 KTEXT:50",
    "E1EDP05": (
        "ALCKZ:3 KSCHL:4 KOTXT:80 BETRG:18 KPERC:8 KRATE:15 UPRBS:9 MEAUN:3 KOBTR:18 MENGE:15 PREIS:15 MWSKZ:7 "
        "MSATZ:17 KOEIN:3 CURTP:2 KOBAS:18"
    ),
    "E1EDP20": "WMENG:15 AMENG:15 EDATU:8 EZEIT:6 EDATU_OLD:8 EZEIT_OLD:6 ACTION:3",
    "E1EDPA1": (
        "PARVW:3 PARTN:17 LIFNR:17 NAME1:35 NAME2:35 NAME3:35 NAME4:35 STRAS:35 STRS2:35 PFACH:35 ORT01:35 "
        "COUNC:9 PSTLZ:9 PSTL2:9 LAND1:3 ABLAD:35 PERNR:30 PARNR:30 TELF1:25 TELF2:25 TELBX:25 TELFX:25 TELTX:25 "
        "TELX1:25 SPRAS:1 ANRED:15 ORT02:35 HAUSN:6 STOCK:6 REGIO:3 PARGE:1 ISOAL:2 ISONU:2 FCODE:20 IHREZ:30 "
        "BNAME:35 PAORG:30 ORGTX:35 PAGRU:30 KNREF:30 ILNNR:70 PFORT:35 SPRAS_ISO:2 TITLE:15"
    ),
    "E1EDP19": "QUALF:3 IDTNR:35 KTEXT:70 MFRPN:42 MFRNR:10",
    "E1EDP17": "QUALF:3 LKOND:3 LKTEXT:70 LPRIO:2",
    "E1EDP18": "QUALF:3 TAGE:8 PRZNT:8 ZTERM_TXT:70",
    "E1EDPT1": "TDID:4 TSSPRAS:3 TSSPRAS_ISO:2",
    "E1EDPT2": "TDLINE:70 TDFORMAT:2",
    "E1EDS01": "SUMID:3 SUMME:18 SUNIT:3 WAERQ:3",
}
_ANSWERS = {
    "E1EDL20": (
        "VBELN:10 VSTEL:4 VKORG:4 LSTEL:2 VKBUR:4 LGNUM:3 ABLAD:25 INCO1:3 INCO2:28 ROUTE:6 VSBED:2 BTGEW:17 "
        "NTGEW:15 GEWEI:3 VOLUM:15 VOLEH:3 ANZPK:5 BOLNR:35 TRATY:4 TRAID:20 XABLN:10 LIFEX:35 PARID:35 PODAT:8"
    ),
    "E1ADRM1": "PARTNER_Q:3 ADDRESS_T:1 PARTNER_ID:17 JURISDIC:17 LANGUAGE:2 FORMOFADDR:15 NAME1:40",
    "E1EDT13": "QUALF:3 VSTZW:4 VSTZW_BEZ:20 NTANF:8 NTANZ:6 NTEND:8 NTENZ:6 TZONE_BEG:6 ISDD:8 ISDZ:6 IEDD:8",
    "E1EDL24": (
        "POSNR:6 MATNR:18 MATWA:18 ARKTX:40 ORKTX:40 SUGRD:4 SUDRU:1 MATKL:9 WERKS:4 LGORT:4 CHARG:10 KDMAT:22 "
        "LFIMG:15 VRKME:3"
    ),
    "E1EDL41": "QUALI:3 BSTNR:35 BSTDT:8 BSARK:4 IHREZ:12 POSEX:6",
    "E1EDL43": "QUALF:1 BELNR:35 POSNR:6 DATUM:8",
    "E1EDL37": "EXIDV:20",
    "E1ADHDR": "MESTYP:6 MESCOD:3 MESFCT:3 MESTYP_LNG:30",
    "E1STATE": "DOCNUM:16 STATUS:2 STACOD:8 STATXT:70",
    "E1PRTOB": "DOCNUM:16 LOGSYS:10 OBJTYPE:10 OBJKEY:70",
    "E1STATS": "TABNAM:10 MANDT:3 DOCNUM:16 LOGDAT:8 LOGTIM:6 STATUS:2",
}
PARENTS: Mapping[str, str] = {
    "E1EDKA3": "E1EDKA1",
    "E1EDKT2": "E1EDKT1",
    **dict.fromkeys(
        ("E1EDP02", "E1EDP03", "E1EDP04", "E1EDP05", "E1EDP20", "E1EDPA1", "E1EDP19", "E1EDP17", "E1EDP18", "E1EDPT1"),
        "E1EDP01",
    ),
    "E1EDPT2": "E1EDPT1",
    **dict.fromkeys(("E1ADRM1", "E1EDT13", "E1EDL24", "E1EDL37"), "E1EDL20"),
    "E1EDL41": "E1EDL24",
    "E1EDL43": "E1EDL24",
    "E1STATE": "E1ADHDR",
    "E1PRTOB": "E1STATE",
}
# Names in flat files, with the suffix of a usual release; the setting segment_names has others.
FLAT_NAMES: Mapping[str, str] = {
    "E1EDK01": "E2EDK01005",
    "E1EDK04": "E2EDK04001",
    "E1EDK05": "E2EDK05001",
    "E1EDKA1": "E2EDKA1003",
    "E1EDKT1": "E2EDKT1002",
    "E1EDKT2": "E2EDKT2001",
    "E1EDP01": "E2EDP01007",
    "E1EDP02": "E2EDP02001",
    "E1EDP19": "E2EDP19001",
    "E1EDPT1": "E2EDPT1001",
    "E1EDPT2": "E2EDPT2001",
}
_SUFFIX = 3


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of one kind of record: where each begins and ends, and where the last one ends."""

    places: Mapping[str, tuple[int, int]]
    width: int


def _layout(text: str) -> Layout:
    places: dict[str, tuple[int, int]] = {}
    end = 0
    for field in text.split():
        name, _, length = field.partition(":")
        places[name] = (end, end + int(length))
        end += int(length)
    return Layout(places, end)


CONTROL = _layout(_CONTROL)
HEADER = _layout(_HEADER)
RECORD_WIDTH = 1063
SEGMENTS: Mapping[str, Layout] = {name: _layout(text) for name, text in {**_ORDERS05, **_ANSWERS}.items()}
ORDERS05 = frozenset(_ORDERS05)


@cache
def room_of(place: str) -> int:
    """How many letters a field has, by its segment and name: ``E1EDK02-BELNR``."""
    segment, _, field = place.partition("-")
    start, end = (CONTROL if segment == CONTROL_NAME else SEGMENTS[segment]).places[field]
    return end - start


def flat_name(segment: str, own: Mapping[str, str]) -> str:
    """The name of a segment in a flat file."""
    return own.get(segment) or FLAT_NAMES.get(segment) or f"E2{segment.removeprefix('E1')}"


def known_name(name: str) -> str:
    """The segment that a name of a file means: with or without suffix, of either kind; others stay as they are."""
    bare = f"E1{name[2:]}" if name.startswith("E2") else name
    if bare in SEGMENTS:
        return bare
    cut = bare[:-_SUFFIX]
    return cut if cut in SEGMENTS and bare[-_SUFFIX:].isdigit() else bare


@cache
def level_of(segment: str) -> int:
    """HLEVEL: 1 for the one head, 2 for what stands beside it, and one more for each segment above."""
    level = 1 if segment == "E1EDK01" else 2
    while segment in PARENTS:
        segment = PARENTS[segment]
        level += 1
    return level
