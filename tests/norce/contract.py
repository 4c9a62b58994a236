"""A reader of DataContract XML as .NET has it, and orders of every kind, both made of the contract in `../shared`."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import strategies as st

from bridge.norce.namespaces import ORDER, PROMOTION

Contract = Mapping[str, Mapping[str, Mapping[str, Any]]]

NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def contract_in(shared: Path) -> Contract:
    found: Contract = json.loads((shared / "norce" / "connect-order-contract.json").read_text())["classes"]
    return found


def inner_class(kind: str) -> str:
    return kind.removeprefix("array<").removesuffix(">")


def reachable(contract: Contract, start: str = "OrderRequest") -> Iterator[str]:
    seen = [start]
    for name in seen:  # grows while it is read
        for field in contract[name].values():
            inner = inner_class(field["type"])
            if inner in contract and inner not in seen:
                seen.append(inner)
    yield from seen


def fields_of(contract: Contract, name: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The fields in the order of their elements, those that only Norce's documentation has at the end."""
    fields = [(field, facts) for field, facts in contract[name].items() if field != "ExtensionData"]
    return sorted(fields, key=lambda pair: pair[1]["xml_order"] or 99)


# --- any order --------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12)
LINES = st.sampled_from(["a\nb", "a\r\nb\r", "\t", " ", "", "<&>\"']]>", "é\u2028\x85", "{}", "null"])
PRICE = st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**15), max_value=10**15)
EXACT = st.builds(
    lambda digits, places, sign: Decimal((sign, digits, -places)),
    st.lists(st.integers(0, 9), min_size=1, max_size=17).map(tuple),
    st.integers(0, 17),
    st.integers(0, 1),
)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes)))
LOCAL = st.datetimes(dt.datetime(1900, 1, 2), dt.datetime(9998, 12, 30))  # noqa: DTZ001 - the zone is drawn beside it
MOMENT = LOCAL | st.builds(lambda local, zone: local.replace(tzinfo=zone), LOCAL, OFFSETS)
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "string": TEXT | LINES,
    "guid": st.uuids().map(str),
    "integer": st.integers(-(10**18) + 1, 10**18 - 1),
    "number": PRICE | EXACT,
    "boolean": st.booleans(),
    "datetime": MOMENT.map(dt.datetime.isoformat),
}


def orders(contract: Contract, name: str = "OrderRequest") -> st.SearchStrategy[dict[str, Any]]:
    """An order with a value or nothing in every field, as the decoder would read it from JSON and write it again."""
    return st.fixed_dictionaries(
        {field: _values(contract, name, field, facts) for field, facts in fields_of(contract, name)},
    )


def _values(contract: Contract, name: str, field: str, facts: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    kind = inner_class(facts["type"])
    if (name, field) == ("OrderRequest", "OrderType"):
        one: st.SearchStrategy[Any] = st.integers(0, 6)
    elif kind == "integer|string":
        one = VALUES["integer"] if field == "InternalProductId" else VALUES["string"]
    else:
        one = orders(contract, kind) if kind in contract else VALUES[kind]
    if facts["type"].startswith("array<"):
        return st.lists(one, max_size=2)
    return one if kind == "boolean" and not facts["nullable"] else st.none() | one


def json_of(value: Any) -> str:
    """JSON with the digits of each number as they are; `json` itself would make floats of them."""
    match value:
        case dict():
            fields = ",".join(f"{json.dumps(name)}:{json_of(inner)}" for name, inner in value.items())
            return f"{{{fields}}}"
        case list():
            return f"[{','.join(map(json_of, value))}]"
        case Decimal():
            return format(value, "f")
        case _:
            return json.dumps(value)


def parsed(body: bytes | str) -> Any:
    """JSON with each number as the text it was written in, marked as a number."""
    return json.loads(body, parse_float=lambda text: ("number", text), parse_int=lambda text: ("number", text))


# --- a strict reader --------------------------------------------------------------------------------------------------


def read_strictly(contract: Contract, name: str, element: ET.Element) -> dict[str, Any]:
    """What a DataContract reader has of an element: members by name, namespace and order; what is out of order is lost.

    Values are text; a missing member is missing, nil is `None`, an empty element is an empty text, list or group.
    """
    members = [(field, facts) for field, facts in fields_of(contract, name) if facts["xml_order"]]
    namespace = PROMOTION if name == "Promotion" else ORDER
    found: dict[str, Any] = {}
    at = 0
    for child in element:
        place = next((n for n in range(at, len(members)) if child.tag == f"{{{namespace}}}{members[n][0]}"), None)
        if place is None:
            continue
        field, facts = members[place]
        found[field] = _member(contract, facts, child)
        at = place + 1
    return found


def _member(contract: Contract, facts: Mapping[str, Any], element: ET.Element) -> Any:
    if element.get(NIL) == "true":
        assert facts["nullable"], f"{element.tag} must not be nil"
        return None
    kind = inner_class(facts["type"])
    if facts["type"].startswith("array<"):
        rows = [child for child in element if child.tag == f"{{{ORDER}}}{facts['xml_item']}"]
        return [_one(contract, kind, row) for row in rows]
    return _one(contract, kind, element)


def _one(contract: Contract, kind: str, element: ET.Element) -> Any:
    if kind in contract:
        return read_strictly(contract, kind, element)
    return None if element.get(NIL) == "true" else element.text or ""
