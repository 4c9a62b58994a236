"""An order as a UBL 2.1 Order, its parts in the sequence of the schema (``formats/mapping.md`` 2.1).

Not for: its parties (``parties``), its lines and amounts (``rows``), nor the schema itself (``schema``).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.formats._protocol import not_renderable
from bridge.formats._ubl import peppol
from bridge.formats._ubl.names import Group, Part, document, group, leaf
from bridge.formats._ubl.options import ACCOUNTING_COST
from bridge.formats._ubl.parties import Parties
from bridge.formats._ubl.rows import Rows
from bridge.formats._ubl.scope import Scope, inner, member
from bridge.safexml import Element

_VERSION = "2.1"
_ORDER = "220"
_CUSTOMIZATION = "urn:fdc:peppol.eu:poacc:trns:order:3"
_PROFILE = "urn:fdc:peppol.eu:poacc:bis:{process}:3"
_COMPLETE = "Ship complete"


def order_of(scope: Scope, at: datetime) -> Element:
    """The whole document; an order that the profile's rules refuse is refused here, by the field of it."""
    if scope.options.is_peppol:
        peppol.refuse_unfit(scope)
    rows = Rows(scope)
    if scope.options.is_peppol:
        peppol.refuse_amounts(rows.totals.payable, is_prepaid=rows.totals.prepaid is not None)
    parties = Parties(scope)
    return document(
        "Order",
        [
            *_head(scope, at),
            *_references(scope),
            parties.buyer(),
            parties.seller(),
            parties.payer(),
            parties.receiver(),
            _delivery_terms(scope),
            _payment_means(scope),
            _payment_terms(scope),
            *rows.adjustments(),
            *rows.totals_of_order(),
            *rows.lines(),
        ],
    )


def _head(scope: Scope, at: datetime) -> Iterator[Part]:
    words, told, options = scope.words, scope.document, scope.options
    ref = words.code("order_ref", told.get("order_ref"))
    if not ref:
        raise not_renderable("order_ref", "is empty, and the answer must name it", "Have the shop send one")
    moment = (scope.order.ordered_at or at).astimezone(ZoneInfo(options.time_zone)).replace(tzinfo=None)
    if options.is_peppol:
        yield leaf("cbc:CustomizationID", _CUSTOMIZATION)
        yield leaf("cbc:ProfileID", _PROFILE.format(process=options.process))
    else:
        yield leaf("cbc:UBLVersionID", _VERSION)
    yield leaf("cbc:ID", ref)
    yield leaf("cbc:SalesOrderID", words.code("suggested_erp_no", told.get("suggested_erp_no")))
    yield leaf("cbc:IssueDate", moment.date().isoformat())
    yield leaf("cbc:IssueTime", moment.time().isoformat(timespec="seconds"))
    yield leaf("cbc:OrderTypeCode", _ORDER)
    yield leaf("cbc:Note", words.note(told.get("comment")))
    yield leaf("cbc:DocumentCurrencyCode", scope.currency)
    yield leaf("cbc:CustomerReference", words.code("customer_order_ref", told.get("customer_order_ref")))
    costs = [name for name, place in options.references.items() if place == ACCOUNTING_COST]
    yield leaf("cbc:AccountingCost", ", ".join(filter(None, (_fact(scope, name) for name in costs))))


def _references(scope: Scope) -> Iterator[Part]:
    for name, kind in scope.options.references.items():
        value = _fact(scope, name) if kind and kind != ACCOUNTING_COST else ""
        if value:
            yield group("cac:AdditionalDocumentReference", leaf("cbc:ID", value), leaf("cbc:DocumentType", kind))


def _fact(scope: Scope, name: str) -> str:
    """A fact of the order by its name, such as ``discount_code`` or ``info.CODE``."""
    if name.startswith("info."):
        wanted, infos = name.removeprefix("info.").casefold(), inner(scope.document, "info")
        return scope.words.code(name, next((infos[code] for code in infos if code.casefold() == wanted), None))
    found: object = scope.document
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return "" if isinstance(found, Mapping | list) else scope.words.code(name, found)


def _delivery_terms(scope: Scope) -> Group | None:
    words, delivery = scope.words, inner(scope.document, "delivery")
    terms = [_COMPLETE if delivery.get("complete") else "", words.text(delivery.get("service"))]
    return group(
        "cac:DeliveryTerms",
        leaf("cbc:ID", words.mapped("delivery.method", delivery.get("method"), "delivery")),
        leaf("cbc:SpecialTerms", "; ".join(filter(None, terms))),
    )


def _payment_means(scope: Scope) -> Group | None:
    """How the order is paid, by its first payment; Peppol has no place for it."""
    if scope.options.is_peppol or not scope.order.payments:
        return None
    words, payment = scope.words, member(scope.document, "payments", 0)
    code = words.mapped("payments[0].method", payment.get("method"), "payments")
    ref = leaf("cbc:PaymentID", words.code("payments[0].ref", payment.get("ref")))
    return group("cac:PaymentMeans", leaf("cbc:PaymentMeansCode", code), ref) if code else None


def _payment_terms(scope: Scope) -> Group | None:
    """Each payment in a line of one text: method, reference, amount."""
    if not scope.options.payment_texts:
        return None
    texts = (_payment(scope, index) for index in range(len(scope.order.payments)))
    return group("cac:PaymentTerms", leaf("cbc:Note", "\n".join(filter(None, texts))))


def _payment(scope: Scope, index: int) -> str:
    words, path = scope.words, f"payments[{index}]"
    told, amount = member(scope.document, "payments", index), scope.order.payments[index].amount
    money = "" if amount is None else words.amount(f"{path}.amount", amount)
    currency = words.code(f"{path}.currency", told.get("currency")) or scope.currency
    parts = [
        words.text(told.get("method") or told.get("name")),
        words.code(f"{path}.ref", told.get("ref")),
        f"{money} {currency}" if money else "",
    ]
    return ", ".join(filter(None, parts))
