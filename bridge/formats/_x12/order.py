"""An order as the segments of an 850, by ``formats/mapping.md`` 2.1, in the sequence of the standard.

Not for: its lines and amounts (``rows``), nor the envelope around it (``envelope``).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bridge.formats._edi.document import Document, at as at_path, inner, member, person
from bridge.formats._edi.tokens import Part
from bridge.formats._protocol import not_renderable
from bridge.formats._x12.elements import Elements
from bridge.formats._x12.options import X12Options
from bridge.model import SalesOrder

Row: TypeAlias = Sequence[Part]
REFERENCE, TEXT_LINE = (1, 30), 264
_ORDER_REFERENCE, _NAME, _STREET, _CITY = (1, 22), 60, 55, (2, 30)
_CODE, _STATE, _ZIP, _COUNTRY = (2, 80), 2, (3, 15), (2, 3)
_TEXTS_AT_MOST = 1000
_PHONES = ("work", "private", "cell", "shipping")
_PAIRS_AT_MOST = 3
# Role, its qualifier in N1, and that of its contact in PER.
_PARTIES = (("sold_to", "BY", "OC"), ("bill_to", "BT", "AP"), ("ship_to", "ST", "DC"))


def texts(elements: Elements, kind: str, path: str, value: object) -> Iterator[Row]:
    """Free text over as many MSG as it needs, below an N9 that names it."""
    parts = elements.whole(path, value, TEXT_LINE)
    if len(parts) > _TEXTS_AT_MOST:
        raise not_renderable(path, f"needs more than {_TEXTS_AT_MOST} MSG", "Have the shop send a shorter one")
    if parts:
        yield "N9", "ZZ", kind
    for part in parts:
        yield "MSG", part


class Head:
    """The part of the set above its lines; each method makes the segments of one place."""

    def __init__(self, order: SalesOrder, document: Document, elements: Elements, options: X12Options) -> None:
        self._order = order
        self._document = document
        self._elements = elements
        self._options = options

    def before_charges(self, at: datetime) -> Iterator[Row]:
        """All segments from BEG to CSH."""
        yield self._begin(at)
        currency = self._elements.code("currency", self._document.get("currency"), (3, 3))
        if currency:
            yield "CUR", "BY", currency
        yield from self._references()
        complete = inner(self._document, "delivery").get("complete")
        if complete and self._options.ship_complete:
            yield "CSH", self._options.ship_complete

    def behind_charges(self) -> Iterator[Row]:
        """The terms and the transport, which stand between the charges and the tax."""
        yield from self._terms()
        yield from self._transport()

    def texts_and_parties(self) -> Iterator[Row]:
        """All segments from the first N9 to the last N1."""
        delivery = inner(self._document, "delivery")
        yield from texts(self._elements, "COMMENT", "comment", self._document.get("comment"))
        yield from texts(self._elements, "DELIVERY", "delivery.service", delivery.get("service"))
        if self._options.payment_texts:
            for index in range(len(self._order.payments)):
                yield from self._payment(index)
        for role, qualifier, contact in _PARTIES:
            party = self._document.get(role)
            if isinstance(party, Mapping):
                yield from self._party(role, party, (qualifier, contact))
        yield from self._seller()
        yield from self._pickup(inner(delivery, "pickup"))

    def _begin(self, at: datetime) -> Row:
        sent = self._document.get("order_ref")
        ref = self._elements.code("order_ref", sent, _ORDER_REFERENCE)
        if not ref or ref != sent:
            what = "is empty" if not ref else "begins or ends with a blank, which X12 takes away"
            raise not_renderable("order_ref", f"{what}, and the answer must name it", "Have the shop send one")
        moment = (self._order.ordered_at or at).astimezone(ZoneInfo(self._options.time_zone))
        return "BEG", "00", self._options.order_type, ref, "", f"{moment.year:04}{moment:%m%d}"

    def _references(self) -> Iterator[Row]:
        for name, qualifier in self._options.references.items():
            code = self._elements.code(name, at_path(self._document, name), REFERENCE) if qualifier else ""
            if code:
                yield "REF", qualifier, code
        contact = inner(self._document, "sales_contact")
        seller = self._elements.code("sales_contact.code", contact.get("code"), REFERENCE)
        division = self._elements.text("sales_contact.division", contact.get("division"), (1, 80))
        if seller or division:
            yield "REF", "SA", seller, division

    def _terms(self) -> Iterator[Row]:
        method = member(self._document.get("payments"), 0).get("method") if self._order.payments else None
        code = self._elements.mapped("payments[0].method", method, "payments", (2, 2))
        if code:
            yield "ITD", code

    def _transport(self) -> Iterator[Row]:
        method = inner(self._document, "delivery").get("method")
        routing = self._elements.values.mapped("delivery.method", method, "delivery")
        name = self._elements.text("delivery.method", routing, (1, 35))
        if name:
            yield "TD5", "", "", "", "ZZ", name

    def _payment(self, index: int) -> Iterator[Row]:
        """Method, reference and amount, each in an MSG of its own: references are longer than a REF."""
        payment, path, elements = self._order.payments[index], f"payments[{index}]", self._elements
        document = member(self._document.get("payments"), index)
        ref = elements.code(f"{path}.ref", document.get("ref"), (1, TEXT_LINE - 5))
        amount = elements.amount(f"{path}.amount", payment.amount, 18)
        currency = elements.code(f"{path}.currency", document.get("currency"), (3, 3))
        method = elements.text(f"{path}.method", document.get("method") or document.get("name"), (1, 200))
        yield "N9", "ZZ", "PAYMENT"
        yield "MSG", f"METHOD {method or '-'}"
        if ref:
            yield "MSG", f"REF {ref}"
        if amount:
            yield "MSG", f"AMOUNT {amount} {currency}".rstrip()

    # --- parties ------------------------------------------------------------------------------------------------------

    def _party(self, role: str, party: Document, qualifiers: tuple[str, str]) -> Iterator[Row]:
        code, gln = (self._elements.code(f"{role}.{name}", party.get(name), _CODE) for name in ("code", "gln"))
        by_gln = bool(gln) and (self._options.party_id == "gln" or not code)
        identity = ("UL", gln) if by_gln else (self._options.code_qualifier, code) if code else ()
        yield from self._address(role, party, (qualifiers[0], *identity))
        references = (("11", code if by_gln else ""), ("TJ", party.get("vat_no")), ("EI", party.get("org_no")))
        for (qualifier, value), name in zip(references, ("code", "vat_no", "org_no"), strict=True):
            number = self._elements.code(f"{role}.{name}", value, REFERENCE)
            if number:
                yield "REF", qualifier, number
        yield from self._contact(role, party, qualifiers[1])

    def _address(self, role: str, party: Document, identity: tuple[str, ...]) -> Iterator[Row]:
        elements = self._elements
        names = elements.lines(f"{role}.name", party.get("name"), (_NAME, 5))
        first, *more = names or elements.lines(f"{role}.name", person(party), (_NAME, 5)) or [""]
        if not first and len(identity) == 1:
            first = "-"  # N1 has a name or a code
        yield "N1", identity[0], first, *identity[1:]
        yield from _in_pairs("N2", more)
        yield from _in_pairs("N3", self._streets(role, party))
        region = str(party.get("region") or "").strip()
        is_state = len(region) == _STATE
        place = (
            elements.text(f"{role}.city", party.get("city"), _CITY),
            elements.code(f"{role}.region", region, (2, 2)) if is_state else "",
            elements.code(f"{role}.zip", party.get("zip"), _ZIP),
            elements.code(f"{role}.country", party.get("country"), _COUNTRY),
        )
        province = "" if is_state else elements.text(f"{role}.region", region, (1, 30))
        if province:
            yield "N4", *place, "SP", province
        elif any(place):
            yield "N4", *place

    def _streets(self, role: str, party: Document) -> list[str]:
        """Care of, street and box, each in lines of its own; there are four together."""
        lines: list[str] = []
        for name in ("care_of", "street", "street2", "box"):
            path = f"{role}.{name}"
            more = self._elements.whole(path, party.get(name), _STREET)
            if len(lines) + len(more) > 4 and not self._elements.values.cuts:  # noqa: PLR2004  # N3 holds two, twice
                what = "does not fit the four lines of an address"
                raise not_renderable(path, what, 'Send it shorter, or set long_text = "cut"')
            lines += more
        return lines[:4]

    def _contact(self, role: str, party: Document, qualifier: str) -> Iterator[Row]:
        elements, phones = self._elements, inner(party, "phones")
        name = elements.text(f"{role}.contact", party.get("contact") or person(party), (1, 60))
        numbers = [elements.text(f"{role}.phones.{kind}", phones.get(kind), (1, 80)) for kind in _PHONES]
        pairs = [("TE", number) for number in dict.fromkeys(filter(None, numbers))]
        mail = elements.text(f"{role}.email", party.get("email"), (1, 80))
        pairs += [("EM", mail)] if mail else []
        if name and not pairs:
            yield "PER", qualifier, name
        for start in range(0, len(pairs), _PAIRS_AT_MOST):
            flat = [part for pair in pairs[start : start + _PAIRS_AT_MOST] for part in pair]
            yield "PER", qualifier, name, *flat

    def _seller(self) -> Iterator[Row]:
        seller = self._options.seller
        if any(seller.model_dump().values()):
            identity = ("UL", seller.gln) if seller.gln else ("92", seller.endpoint) if seller.endpoint else ()
            yield from self._address("seller", seller.model_dump(), ("SE", *identity))

    def _pickup(self, store: Document) -> Iterator[Row]:
        code = self._elements.code("delivery.pickup.code", store.get("code"), _CODE)
        name = self._elements.text("delivery.pickup.name", store.get("name"), (1, _NAME))
        if self._options.pickup and (code or name):
            yield "N1", "DA", name, *((self._options.code_qualifier, code) if code else ())


def _in_pairs(tag: str, lines: Sequence[str]) -> Iterator[Row]:
    for start in range(0, len(lines), 2):
        yield tag, *lines[start : start + 2]
