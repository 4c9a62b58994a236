"""The rules of Peppol BIS Order 3 that an order may break and a document of ours does not keep by itself.

Each refusal names the order's field, and the rule by the name that the partner would answer with. Not for: what the
settings alone decide (``options``), nor what the writer sees to: one currency, cents, sums, reasons, no empty element.
"""

from collections.abc import Iterator
from decimal import Decimal

from bridge.formats._protocol import not_renderable
from bridge.formats._text import shown
from bridge.formats._ubl.lists import COUNTRIES, CURRENCIES, VAT_COUNTRIES, is_gln
from bridge.formats._ubl.parties import address, name_of
from bridge.formats._ubl.scope import Document, Scope, inner

_MEND = "Have the shop send it, or mend it in [targets.NAME.enrich]"
_WITH_ADDRESS = {"sold_to": False, "bill_to": True, "ship_to": False}


def refuse_unfit(scope: Scope) -> None:
    """Refuse the first field of an order that a rule of Peppol would refuse."""
    for field, reason, rule in _faults(scope):
        raise not_renderable(field, f"{reason} (Peppol {rule})", _MEND)


def refuse_amounts(payable: Decimal, *, is_prepaid: bool) -> None:
    """Refuse an order that leaves less than nothing to pay."""
    if payable < 0:
        raise not_renderable(
            "payments" if is_prepaid else "lines",
            f"leave {payable} to pay, which is less than nothing (Peppol PEPPOL-T01-R006)",
            "Take methods out of prepaid, or have the shop send sane amounts",
        )


def _faults(scope: Scope) -> Iterator[tuple[str, str, str]]:
    if scope.currency not in CURRENCIES:
        yield "currency", f'is "{shown(scope.currency)}", which is no currency of ISO 4217', "PEPPOL-T01-B01001"
    if not scope.party("sold_to"):
        yield "sold_to", "is missing, and there is no order without a buyer", "PEPPOL-T01-B03702"
    for role, wants_address in _WITH_ADDRESS.items():
        party = scope.party(role)
        if party:
            yield from _of_party(role, party, scope, wants_address=wants_address)
    yield from _of_place(scope)
    yield from _of_lines(scope)


def _of_party(role: str, party: Document, scope: Scope, *, wants_address: bool) -> Iterator[tuple[str, str, str]]:
    words = scope.words
    if not name_of(party, words):
        yield f"{role}.name", "is missing", "PEPPOL-T01-B05901"
    if wants_address or address(party, words, role, "cac:PostalAddress") is not None:
        yield from _of_country(f"{role}.country", party, scope)
    gln, vat_no = (words.code(f"{role}.{name}", party.get(name)) for name in ("gln", "vat_no"))
    if gln and not is_gln(gln):
        yield f"{role}.gln", f'is "{shown(gln)}", whose check digit is wrong', "PEPPOL-COMMON-R040"
    if vat_no and vat_no[:2] not in VAT_COUNTRIES:
        yield f"{role}.vat_no", f'is "{shown(vat_no)}", which begins with no country', "PEPPOL-T01-R026"


def _of_country(field: str, party: Document, scope: Scope) -> Iterator[tuple[str, str, str]]:
    country = scope.words.code(field, party.get("country"))
    if not country:
        yield field, "is missing", "PEPPOL-T01-B04501"
    elif country not in COUNTRIES:
        yield field, f'is "{shown(country)}", which is no country of ISO 3166', "PEPPOL-T01-B05401"


def _of_place(scope: Scope) -> Iterator[tuple[str, str, str]]:
    """The place of delivery has an address: that of the store, else that of the receiver."""
    store = inner(inner(scope.document, "delivery"), "pickup")
    of_store = inner(store, "address")
    if address(of_store, scope.words, "delivery.pickup.address", "cac:Address") is not None:
        yield from _of_country("delivery.pickup.address.country", of_store, scope)
    elif scope.words.code("delivery.pickup.code", store.get("code")) or scope.words.text(store.get("name")):
        yield from _of_country("ship_to.country", scope.party("ship_to"), scope)


def _of_lines(scope: Scope) -> Iterator[tuple[str, str, str]]:
    seen: set[int] = set()
    for index, line in enumerate(scope.order.lines):
        if line.line_no in seen:
            yield f"lines[{index}].line_no", f"is {line.line_no}, as that of another line", "PEPPOL-T01-R001"
        seen.add(line.line_no)
        if not any(scope.words.text(text) for text in (line.text, line.part_no, line.erp_part_no)):
            yield f"lines[{index}].text", "is missing, and so are the article's numbers", "PEPPOL-T01-B29301"
