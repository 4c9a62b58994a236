"""The sample order in its two forms, and short ways from a body to what comes of it."""

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from bridge.norce.bodies import BodyKind, Content
from bridge.norce.fingerprint import fingerprint
from bridge.norce.translate import Translated, translate
from bridge.norce.wire import OrderRequest, decode

SAMPLES = Path(__file__).parent.parent / "samples"
JSON_SAMPLE = (SAMPLES / "order.json").read_bytes()
XML_SAMPLE = (SAMPLES / "order.xml").read_bytes()

JSON = Content(BodyKind.JSON)
XML = Content(BodyKind.XML)
SOAP = Content(BodyKind.SOAP)

NAMESPACE = "Enferno.Services.StormConnect.Contracts.Order"

Step = str | int
Place = tuple[Step, ...]


def sample() -> dict[str, Any]:
    """The sample as plain values, a fresh copy."""
    document: dict[str, Any] = json.loads(JSON_SAMPLE)
    return document


def changed(document: dict[str, Any], place: Place, value: object) -> dict[str, Any]:
    """A copy with one value replaced."""
    copied: Any = copy.deepcopy(document)
    inner = copied
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    result: dict[str, Any] = copied
    return result


def leaves(value: object, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every single value with its place; empty ones are left out."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*place, name))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from leaves(inner, (*place, at))
    elif value not in (None, ""):
        yield place, value


def request_of(document: Mapping[str, object]) -> OrderRequest:
    return decode(json.dumps(document).encode(), JSON)


def translated(document: Mapping[str, object]) -> Translated:
    return translate(request_of(document), "demo")


def print_of(body: bytes, content: Content) -> str:
    return fingerprint(translate(decode(body, content), "demo").order)


def as_xml(document: Mapping[str, Any], item_names: Mapping[str, str]) -> bytes:
    """The DataContract form of a document; `item_names` gives the rows of a list their element name."""
    inner = "".join(_element(name, value, item_names) for name, value in document.items())
    return f'<OrderRequest xmlns="{NAMESPACE}">{inner}</OrderRequest>'.encode()


def _element(name: str, value: Any, item_names: Mapping[str, str]) -> str:
    if isinstance(value, dict):
        inner = "".join(_element(inner, field, item_names) for inner, field in value.items())
    elif isinstance(value, list):
        inner = "".join(_element(item_names[name], row, item_names) for row in value)
    else:
        text = "" if value is None else str(value)
        inner = escape(text.lower() if isinstance(value, bool) else text)
    return f"<{name}>{inner}</{name}>"
