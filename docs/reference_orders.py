"""The page of the fields of an order, made from the same models as the receiver's OpenAPI document.

Not for: writing it (``reference.py`` does), nor for what the fields mean to an ERP.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bridge.norce.openapi import schemas

OPENING = (
    "For whoever sends an order, reads one, or asks whether a field gets through. The same for machines: "
    "`GET /orders/openapi.json` on the orders listener. In XML a row of a list has the name in brackets."
)
_WORDS = {"string": "text", "boolean": "true or false", "integer": "whole number"}
_NOT_NORCE_S = {"Problem"}


def classes() -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Name, first sentence and fields of each class, the order and its answer first."""
    found = {name: schema for name, schema in schemas().items() if name not in _NOT_NORCE_S}
    for name in sorted(found, key=lambda name: (name not in {"OrderRequest", "OrderResponse"}, name)):
        schema = found[name]
        fields = [(field, _words(facts)) for field, facts in schema["properties"].items()]
        yield name, schema["description"].splitlines()[0].replace("``", "`"), fields


def _words(facts: Mapping[str, Any]) -> str:
    """What a field holds."""
    if "items" in facts:
        return f"list of {_words(facts['items'])} (`{facts['items']['xml']['name']}`)"
    if "$ref" in facts:
        name = str(facts["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in facts:
        return " or ".join(f"`{word}`" for word in facts["enum"])
    if "anyOf" in facts:
        return " or ".join(_words(choice) for choice in facts["anyOf"] if choice.get("type") != "null")
    if facts.get("format") == "date-time":
        return "date and time"
    return _WORDS.get(facts["type"], facts["type"])
