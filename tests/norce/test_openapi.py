"""The receiver's OpenAPI document is whole: it has each field of the contract, and the guide's own order fits it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge.norce import openapi
from bridge.norce.answers import accepted, answer, failed
from bridge.norce.bodies import BodyKind
from tests.norce.contract import Contract, contract_in, fields_of, inner_class, reachable
from tests.norce.orders import JSON_SAMPLE

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
SCHEMA_WORDS = {
    "$ref", "additionalProperties", "anyOf", "description", "enum", "format", "items", "maxLength", "properties",
    "required", "type", "xml",
}  # fmt: skip
TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "object": (dict,),
    "array": (list,),
}


@pytest.fixture(scope="module")
def contract(shared: Path) -> Contract:
    return contract_in(shared)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document("/orders")


def inside(value: object) -> Iterator[dict[str, Any]]:
    """Every group of the document."""
    if isinstance(value, dict):
        yield value
    rows = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for row in rows:
        yield from inside(row)


def named(document: dict[str, Any], ref: str) -> dict[str, Any]:
    """What a reference points at; `KeyError` if it points nowhere."""
    found: Any = document
    for step in ref.removeprefix("#/").split("/"):
        found = found[step]
    result: dict[str, Any] = found
    return result


def test_the_document_is_built_as_openapi_3_1_asks(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert {"title", "version"} <= set(document["info"])
    for path, operations in document["paths"].items():
        assert path.startswith("/")
        assert set(operations) <= METHODS
        for operation in operations.values():
            assert set(operation) <= {"operationId", "summary", "security", "requestBody", "responses"}
            assert operation["responses"]
            assert all("description" in response for response in operation["responses"].values())
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))
    assert json.loads(json.dumps(document)) == document


def test_every_reference_leads_somewhere_and_every_schema_is_used(document: dict[str, Any]) -> None:
    refs = {group["$ref"] for group in inside(document) if "$ref" in group}

    assert {f"#/components/schemas/{name}" for name in document["components"]["schemas"]} == refs
    for ref in refs:
        named(document, ref)


def test_every_schema_uses_words_of_json_schema_only(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for part in (schema, *schema["properties"].values()):
            assert set(part) <= SCHEMA_WORDS, name
            kinds = part.get("type", [])
            assert set([kinds] if isinstance(kinds, str) else kinds) <= set(TYPES)


def test_every_field_of_the_contract_is_in_it(contract: Contract, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in (*reachable(contract), "OrderResponse"):
        assert list(schemas[name]["properties"]) == [field for field, _ in fields_of(contract, name)]


def test_every_field_has_the_contract_s_type_and_name_in_xml(contract: Contract, document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in reachable(contract):
        for field, facts in fields_of(contract, name):
            schema = schemas[name]["properties"][field]
            assert kinds_in(schema) >= wanted(contract, facts["type"]), f"{name}.{field}"
            if "xml_item" in facts:
                assert schema["items"]["xml"]["name"] == facts["xml_item"]


def kinds_in(schema: Mapping[str, Any]) -> set[str]:
    """What a field may hold: names of types and classes."""
    rows = schema.get("items", schema)
    choices = rows.get("anyOf", [rows])
    kinds = {choice.get("$ref", choice.get("type")).rpartition("/")[2] for choice in choices}
    more = {"integer"} if "number" in kinds else set()
    return kinds | more | {choice["format"] for choice in choices if "format" in choice}


def wanted(contract: Contract, kind: str) -> set[str]:
    inner = inner_class(kind)
    if inner in contract:
        return {inner}
    return {{"datetime": "date-time", "guid": "string"}.get(word, word) for word in inner.split("|")}


def faults(document: dict[str, Any], schema: dict[str, Any], value: object, place: str = "") -> Iterator[str]:
    """Where a value does not fit a schema, by the words that ours use."""
    if "$ref" in schema:
        yield from faults(document, named(document, schema["$ref"]), value, place)
        return
    if "anyOf" in schema:
        if all(list(faults(document, choice, value)) for choice in schema["anyOf"]):
            yield f"{place} fits no choice"
        return
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    is_flag = isinstance(value, bool)
    if not any(isinstance(value, TYPES[kind]) and is_flag is (kind == "boolean") for kind in kinds):
        yield f"{place} is no {kinds}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place} is none of {schema['enum']}"
    if isinstance(value, dict):
        yield from (f"{place}.{name} is missing" for name in schema.get("required", ()) if name not in value)
        for name, inner in schema["properties"].items():
            if name in value:
                yield from faults(document, inner, value[name], f"{place}.{name}")
    for at, row in enumerate(value) if isinstance(value, list) else ():
        yield from faults(document, schema["items"], row, f"{place}[{at}]")


def test_the_guide_s_order_fits(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["OrderRequest"]

    assert list(faults(document, schema, json.loads(JSON_SAMPLE))) == []
    assert list(faults(document, schema, {"Items": [{"LineNo": "x"}], "Fees": 1})) == [
        ".Items[0].LineNo fits no choice",
        ".Fees is no ['array', 'null']",
    ]


@pytest.mark.parametrize("said", [accepted(), accepted("SO-1001"), failed("no")])
def test_our_answers_fit(document: dict[str, Any], said: Any) -> None:
    body = json.loads(answer(BodyKind.JSON, said)[1])

    schema = document["components"]["schemas"]["OrderResponse"]
    assert list(faults(document, schema, body)) == []
    assert list(body) == list(schema["properties"])


@pytest.mark.parametrize(
    ("path", "first"), [("/orders", "/orders"), ("/in/norce/", "/in/norce"), ("/", "/"), ("", "/")]
)
def test_the_paths_are_those_of_the_settings(path: str, first: str) -> None:
    base = first.rstrip("/")

    paths = list(openapi.document(path)["paths"])

    assert paths == [first, f"{base}/json", f"{base}/xml", f"{base}/CreateOrder", f"{base}/openapi.json", "/healthz"]
