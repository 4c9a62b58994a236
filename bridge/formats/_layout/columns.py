"""The columns of an order as rows: their names (``formats/mapping.md`` 2.1) and where each value comes from.

Not for: separators and quotes (``delimited``).
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext

from bridge.formats._numbers import plain, trimmed
from bridge.formats._protocol import not_renderable

_PARTY = (
    "kind",
    "code",
    "name",
    "first_name",
    "last_name",
    "vat_no",
    "org_no",
    "street",
    "street2",
    "box",
    "care_of",
    "zip",
    "city",
    "region",
    "country",
    "gln",
    "email",
    "contact",
    "person_code",
)
_PHONES = ("private", "work", "cell", "shipping")
_CENT = Decimal("0.01")
_TO_THE_SECOND = len("2026-11-20T14:02:11")

# Heading and path in the order's document; a path with [] gathers from a list.
_HEAD = (
    ("order_ref", "order_ref"),
    ("application", "application"),
    ("ordered_at", "ordered_at"),
    ("currency", "currency"),
    ("order_type", "order_type"),
    ("source", "source"),
    ("hold", "hold"),
    ("customer_order_ref", "customer_order_ref"),
    ("customer_invoice_ref", "customer_invoice_ref"),
    ("comment", "comment"),
    ("discount_code", "discount_code"),
    ("refer_id", "refer_id"),
    ("sales_contact", "sales_contact.code"),
    ("sales_division", "sales_contact.division"),
    ("suggested_erp_no", "suggested_erp_no"),
    ("delivery_method", "delivery.method"),
    ("pickup.code", "delivery.pickup.code"),
    ("pickup.name", "delivery.pickup.name"),
    ("pickup.street", "delivery.pickup.address.street"),
    ("pickup.zip", "delivery.pickup.address.zip"),
    ("pickup.city", "delivery.pickup.address.city"),
    ("pickup.country", "delivery.pickup.address.country"),
    ("sms", "delivery.sms"),
    ("ship_complete", "delivery.complete"),
    ("fee_once", "delivery.fee_once"),
    ("advisor_ref", "delivery.advisor_ref"),
    ("tms_ref", "delivery.tms_ref"),
)
_LISTS = (
    ("payment", "payments", ("code", "method", "name", "ref", "amount", "currency")),
    ("fee", "fees", ("type", "text", "amount", "vat_rate")),
    ("discount", "discounts", ("type", "text", "code", "amount", "vat_rate")),
)
_LINE = (
    ("line_no", "line_no"),
    ("parent_line_no", "parent_line_no"),
    ("type", "type"),
    ("group", "group"),
    ("part_no", "part_no"),
    ("erp_part_no", "erp_part_no"),
    ("gtin", "gtin"),
    ("manufacturer", "manufacturer"),
    ("text", "text"),
    ("qty", "qty"),
    ("unit", "unit"),
    ("unit_price", "unit_price"),
    ("unit_price_original", "unit_price_original"),
    ("discount", "discount"),
    ("unit_vat", "unit_vat"),
    ("vat_rate", "vat_rate"),
    ("line_comment", "comment"),
)


def rows(document: Mapping[str, object], decimal: str) -> tuple[list[str], list[list[str]]]:
    """The heading, and a row for each line of an order's document with the order's own cells repeated."""
    head = _order_cells(document, decimal)
    lines = [_line_cells(f"lines[{at}]", line, decimal) for at, line in enumerate(_members(document.get("lines")))]
    heading = [*head, *(lines[0] if lines else ())]
    return heading, [[*head.values(), *line.values()] for line in lines]


def _order_cells(document: Mapping[str, object], decimal: str) -> dict[str, str]:
    cells = {heading: _cell(_at(document, path), decimal) for heading, path in _HEAD}
    cells["ordered_at"] = cells["ordered_at"][:_TO_THE_SECOND]  # local time: few ERPs read an offset
    for role in ("sold_to", "bill_to", "ship_to"):
        party = document.get(role)
        cells |= _party_cells(role, party if isinstance(party, Mapping) else {}, decimal)
    for prefix, name, parts in _LISTS:
        members = _members(document.get(name))
        cells |= {
            f"{prefix}.{part}": _joined([_cell(member.get(part), decimal) for member in members]) for part in parts
        }
    return cells | {"info": _named(document.get("info"))}


def _party_cells(role: str, party: Mapping[str, object], decimal: str) -> dict[str, str]:
    cells = {f"{role}.{part}": _cell(party.get(part), decimal) for part in _PARTY}
    phones = [_cell(_at(party, f"phones.{kind}"), decimal) for kind in _PHONES]
    cells[f"{role}.phone"] = next(filter(None, phones), "")
    cells |= {f"{role}.phone_{kind}": phone for kind, phone in zip(_PHONES, phones, strict=True)}
    return cells | {f"{role}.info": _named(party.get("info"))}


def _line_cells(path: str, line: Mapping[str, object], decimal: str) -> dict[str, str]:
    cells = {heading: _cell(line.get(path), decimal) for heading, path in _LINE}
    qty = line.get("qty")
    if isinstance(qty, Decimal):
        cells["qty"] = trimmed(qty).replace(".", decimal)
        for heading, each in (("line_net", "unit_price"), ("line_vat", "unit_vat")):
            cells[heading] = _cell(_product(f"{path}.{each}", qty, line.get(each)), decimal)
    return cells | {"line_info": _named(line.get("info"))}


def _product(path: str, qty: Decimal, each: object) -> Decimal | None:
    if not isinstance(each, Decimal):
        return None
    with localcontext(prec=60):
        amount = (qty * each).quantize(_CENT, ROUND_HALF_UP)
    try:
        plain(amount)
    except ValueError as error:
        raise not_renderable(path, "times the quantity is too long", "Have the shop send a sane amount") from error
    return amount


def _at(document: Mapping[str, object], path: str) -> object:
    if "." not in path:
        return document.get(path)
    found: object = document
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _members(found: object) -> list[Mapping[str, object]]:
    return [member for member in found if isinstance(member, Mapping)] if isinstance(found, list) else []


def _cell(value: object, decimal: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return plain(value).replace(".", decimal) if isinstance(value, Decimal) else str(value)


def _joined(cells: Sequence[str]) -> str:
    """Several values in one cell, a bar between them; a single one stands as it is."""
    if len(cells) < 2:  # noqa: PLR2004  # one needs no bar
        return "".join(cells)
    return "|".join(_escaped(cell, "|") for cell in cells)


def _named(info: object) -> str:
    pairs = info.items() if isinstance(info, Mapping) else ()
    return "|".join(f"{_escaped(str(code), '|=')}={_escaped(str(value), '|')}" for code, value in pairs)


def _escaped(text: str, marks: str) -> str:
    escaped = text.replace("\\", "\\\\")
    for mark in marks:
        escaped = escaped.replace(mark, f"\\{mark}")
    return escaped
