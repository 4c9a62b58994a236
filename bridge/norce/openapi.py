"""The receiver described for machines: an OpenAPI 3.1 document, made from the wire models.

Not for: the admin API. What is answered when stands in ``DESIGN.md`` section 8.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from bridge import __version__
from bridge.norce.answers import LONGEST_NUMBER
from bridge.norce.namespaces import ORDER, PROMOTION
from bridge.norce.wire import OrderRequest
from bridge.norce.writing import ITEM_NAMES

_JSON = ("application/json", "text/json")
_XML = ("application/xml", "text/xml")
_ABOUT = """\
Where Norce Commerce posts its orders. The schemas show what the contract promises; more is taken: numbers, dates and
flags as text, missing fields, unknown fields. An order needs `ClientOrderRef` and at least one row with `LineNo`,
`PartNo`, `Quantity` or `Quantity2`, `UnitPrice` and `UnitVat`. A repeat gets the answer that its order's state implies.
In XML the elements lie in the namespace of the contract and are found by their local names, in any order; `i:nil` and
missing elements say the same. A SOAP 1.1 call of `CreateOrder` is answered as one; its form is derived from the
contract and not confirmed by a sender.
"""
_REFUSALS: Mapping[HTTPStatus, str] = {
    HTTPStatus.UNAUTHORIZED: "wrong or missing user name and password",
    HTTPStatus.FORBIDDEN: "this address may not send orders",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "larger than `[receiver] max_body`",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "neither JSON nor XML, or compressed",
    HTTPStatus.SERVICE_UNAVAILABLE: "not now; the same order may be sent again after `Retry-After` seconds",
}


class OrderResponse(BaseModel):
    """What Norce is answered; *Failed* is final, with every other status than 200 the order is sent again."""

    status_code: Literal["OK", "Failed"] = Field(alias="StatusCode")
    description: str = Field(alias="Description", description="for people; with Failed the field path and the reason")
    has_erp_order_no: bool = Field(alias="HasErpOrderNo")
    erp_order_no: str | None = Field(
        alias="ErpOrderNo",
        max_length=LONGEST_NUMBER,
        description="null while the ERP has given none",
    )


class Problem(BaseModel):
    """Why a request was refused before its order was looked at (RFC 9457)."""

    type: str
    status: int
    title: str
    hint: str


def document(path: str) -> dict[str, Any]:
    """The OpenAPI document of the orders listener; ``path`` is where orders are taken."""
    base = path.rstrip("/")
    any_kind, xml = (*_JSON, *_XML), (*_XML,)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orders listener of erp-bridge", "version": __version__, "description": _ABOUT},
        "security": [{"basic": []}],
        "paths": {
            base or "/": {"post": _operation("takeOrder", "Take an order, JSON, XML or SOAP 1.1", any_kind)},
            f"{base}/json": {"post": _operation("takeJson", "The same, whatever Content-Type says", _JSON)},
            f"{base}/xml": {"post": _operation("takeXml", "The same, whatever Content-Type says", xml)},
            f"{base}/CreateOrder": {"post": _operation("createOrder", "REST (Legacy): bare XML", xml)},
            f"{base}/openapi.json": {"get": _open("describe", "This document", "application/json")},
            "/healthz": {"get": _open("live", "ok while the process lives", "text/plain")},
        },
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
        },
    }


def schemas() -> dict[str, Any]:
    """The classes of the contract by name, and those of the answers."""
    kinds: tuple[type[BaseModel], ...] = (OrderRequest, OrderResponse, Problem)
    _, made = models_json_schema([(kind, "validation") for kind in kinds], ref_template="#/components/schemas/{model}")
    found: dict[str, Any] = made["$defs"]
    for name, schema in found.items():
        schema.pop("title", None)
        for field, facts in schema["properties"].items():
            _describe(field, facts, PROMOTION if name == "Promotion" else None)
    for root in ("OrderRequest", "OrderResponse"):
        found[root]["xml"] = {"name": root, "namespace": ORDER}
    return dict(sorted(found.items()))


def _describe(field: str, facts: dict[str, Any], namespace: str | None) -> None:
    """What pydantic says of a field, without what says nothing, and with what XML adds."""
    facts.pop("title", None)
    facts.pop("default", None)
    if facts.get("type") == "array":
        facts["type"] = ["array", "null"]
        facts["items"] = {**facts["items"], "xml": {"name": ITEM_NAMES[field]}}
        facts["xml"] = {"wrapped": True}
    if namespace:
        facts["xml"] = {"namespace": namespace}


def _operation(name: str, summary: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": _content(kinds, "OrderRequest")},
        "responses": {
            "200": {"description": "OK or Failed, in the kind received", "content": _content(kinds, "OrderResponse")},
            **{str(status.value): _refusal(status, why) for status, why in _REFUSALS.items()},
        },
    }


def _content(kinds: tuple[str, ...], schema: str) -> dict[str, Any]:
    return {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}} for kind in kinds}


def _refusal(status: HTTPStatus, why: str) -> dict[str, Any]:
    told: dict[str, Any] = {"description": why, "content": _content(("application/problem+json",), "Problem")}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        told["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return told


def _open(name: str, what: str, kind: str) -> dict[str, Any]:
    answer = {"200": {"description": what, "content": {kind: {}}}}
    return {"operationId": name, "summary": what, "security": [], "responses": answer}
