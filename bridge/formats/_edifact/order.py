"""An order as the segments of an ORDERS message, by ``formats/mapping.md`` 2.1, in the sequence of the directory.

Not for: its lines and amounts (``_edifact_rows``), nor the envelope around it (``_edifact_envelope``).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bridge.formats._edi.document import Document, at, inner, members, person
from bridge.formats._edi.tokens import Part
from bridge.formats._edi.values import Values
from bridge.formats._edifact.options import EdifactOptions
from bridge.formats._layout.options import REST
from bridge.formats._options import word
from bridge.formats._protocol import not_renderable
from bridge.model import SalesOrder

Row: TypeAlias = Sequence[Part]
REFERENCE, CODE, TOWN, TEXT_LINE, PER_SEGMENT = 35, 17, 35, 70, 5
_TEXTS_AT_MOST, _REFERENCES_AT_MOST, _COMS_AT_MOST = 99, 10, 5
_PHONES = ("work", "private", "cell", "shipping")
# Role, its NAD qualifier, and that of its contact.
_PARTIES = (("sold_to", "BY", "OC"), ("bill_to", "IV", "AR"), ("ship_to", "DP", "DL"))


class Head:
    """The part of the message above its lines; each method makes the segments of one place."""

    def __init__(self, order: SalesOrder, document: Document, values: Values, options: EdifactOptions) -> None:
        self._order = order
        self._document = document
        self._values = values
        self._options = options

    def rows(self, at: datetime) -> Iterator[Row]:
        """All segments from BGM to LOC."""
        yield self._begin()
        moment = (self._order.ordered_at or at).astimezone(ZoneInfo(self._options.time_zone))
        yield "DTM", ("137", f"{moment.year:04}{moment:%m%d%H%M}", "203")
        yield from self._payment_means()
        yield from self._texts()
        yield from self._references()
        for role, qualifier, contact in _PARTIES:
            party = self._document.get(role)
            if isinstance(party, Mapping):
                yield from self._party(role, party, (qualifier, contact))
        yield from self._seller()
        yield from self._currency()
        yield from self._transport()
        yield from self._pickup()

    def _begin(self) -> Row:
        ref = self._values.code("order_ref", self._document.get("order_ref"), REFERENCE)
        if not ref:
            raise not_renderable("order_ref", "is empty, and the answer must name it", "Have the shop send one")
        return "BGM", "220", ref, "9"

    def _payment_means(self) -> Iterator[Row]:
        for first in members(self._document, "payments")[:1]:
            path = "payments[0].method"
            code = self._values.mapped(path, first.get("method"), "payments")
            if code:
                yield "PAI", ("", "", self._values.code(path, code, 3))

    # --- texts and references -----------------------------------------------------------------------------------------

    def _texts(self) -> Iterator[Row]:
        delivery = inner(self._document, "delivery")
        found = [*self.text("AAI", "comment", self._document.get("comment"))]
        if delivery.get("complete"):
            found += self.text("DEL", "delivery.complete", "Ship complete")
        found += self.text("DEL", "delivery.service", delivery.get("service"))
        if self._options.payment_texts:
            found += [self._payment(index) for index in range(len(self._order.payments))]
        if len(found) > _TEXTS_AT_MOST:
            raise not_renderable("comment", f"needs more than {_TEXTS_AT_MOST} FTX", "Have the shop send a shorter one")
        yield from found

    def text(self, qualifier: str, path: str, value: object) -> Iterator[Row]:
        """Free text over as many FTX as it needs."""
        parts = self._values.whole(path, value, TEXT_LINE)
        for start in range(0, len(parts), PER_SEGMENT):
            yield "FTX", qualifier, "", "", parts[start : start + PER_SEGMENT]

    def _payment(self, index: int) -> Row:
        payment, path, values = self._order.payments[index], f"payments[{index}]", self._values
        document = members(self._document, "payments")[index]
        method = values.text(f"{path}.method", document.get("method") or document.get("name"), TEXT_LINE)
        ref = values.code(f"{path}.ref", document.get("ref"), TEXT_LINE)
        amount = values.amount(f"{path}.amount", payment.amount, 18)
        currency = values.code(f"{path}.currency", document.get("currency"), 3)
        return "FTX", "PMT", "", "", (method or "-", ref, amount, currency)

    def _references(self) -> Iterator[Row]:
        found = []
        for name, qualifier in self._options.references.items():
            code = self._values.code(name, at(self._document, name), REFERENCE) if qualifier else ""
            if code:
                found.append(("RFF", (qualifier, code)))
        if len(found) > _REFERENCES_AT_MOST:
            raise not_renderable("info", f"fills more than {_REFERENCES_AT_MOST} RFF", "Take some out of references")
        yield from found

    # --- parties ------------------------------------------------------------------------------------------------------

    def _party(self, role: str, party: Document, qualifiers: tuple[str, str]) -> Iterator[Row]:
        code, gln = (self._values.code(f"{role}.{name}", party.get(name), REFERENCE) for name in ("code", "gln"))
        by_gln = bool(gln) and (self._options.party_id == "gln" or not code)
        identity = (gln, "", "9") if by_gln else (code, "", self._options.code_agency) if code else ""
        yield self._address(role, party, (qualifiers[0], identity))
        references = (
            ("IT", "code" if by_gln else ""),
            ("VA", "vat_no"),
            ("AHP", "org_no"),
        )
        for qualifier, name in references:
            value = self._values.code(f"{role}.{name}", party.get(name), REFERENCE)
            if value:
                yield "RFF", (qualifier, value)
        yield from self._contact(role, party, qualifiers[1])

    def _address(self, role: str, party: Document, head: tuple[Part, Part]) -> Row:
        values = self._values
        name = party.get("name")
        if not str(name or "").strip():
            name = person(party)
        region = str(party.get("region") or "")
        is_code = len(region) <= 9  # noqa: PLR2004  # 3229 has nine letters
        region_path = f"{role}.region"
        return (
            "NAD",
            *head,
            "",
            values.lines(f"{role}.name", name, (REFERENCE, 5)),
            self._street(role, party, "" if is_code else region),
            values.text(f"{role}.city", party.get("city"), TOWN),
            values.code(region_path, region, 9) if is_code else "",
            values.code(f"{role}.zip", party.get("zip"), 9 if self._options.directory == "D96A" else 17),
            values.code(f"{role}.country", party.get("country"), 3),
        )

    def _street(self, role: str, party: Document, region: str) -> list[str]:
        """Care of, street, box and a region that is no code, each in lines of its own; there are four together."""
        named = [(name, party.get(name)) for name in ("care_of", "street", "street2", "box")]
        lines: list[str] = []
        for name, value in [*named, ("region", region)]:
            path = f"{role}.{name}"
            more = self._values.whole(path, value, REFERENCE)
            if len(lines) + len(more) > 4 and not self._values.cuts:  # noqa: PLR2004  # C059 has four
                raise not_renderable(
                    path, "does not fit the four lines of an address", 'Send it shorter, or set long_text = "cut"'
                )
            lines += more
        return lines[:4]

    def _contact(self, role: str, party: Document, qualifier: str) -> Iterator[Row]:
        values, phones = self._values, inner(party, "phones")
        contact = values.text(f"{role}.contact", party.get("contact") or person(party), REFERENCE)
        numbers = [values.text(f"{role}.phones.{name}", phones.get(name), 512) for name in _PHONES]
        addresses = [(phone, "TE") for phone in dict.fromkeys(filter(None, numbers))]
        mail = values.text(f"{role}.email", party.get("email"), 512)
        addresses += [(mail, "EM")] if mail else []
        if contact or addresses:
            yield "CTA", qualifier, ("", contact)
        for address in addresses[:_COMS_AT_MOST]:
            yield "COM", address

    def _seller(self) -> Iterator[Row]:
        seller, contact = self._options.seller, inner(self._document, "sales_contact")
        seller_code = self._values.code("sales_contact.code", contact.get("code"), CODE)
        division = self._values.text("sales_contact.division", contact.get("division"), REFERENCE)
        if not any(seller.model_dump().values()) and not (seller_code or division):
            return
        identity = (seller.gln, "", "9") if seller.gln else (seller.endpoint, "", "92") if seller.endpoint else ""
        yield self._address("seller", seller.model_dump(), ("SU", identity))
        if seller_code or division:
            yield "CTA", "SR", (seller_code, division)

    # --- the rest -----------------------------------------------------------------------------------------------------

    def _currency(self) -> Iterator[Row]:
        currency = self._values.code("currency", self._document.get("currency"), 3)
        if currency:
            yield "CUX", ("2", currency, "9")

    def _transport(self) -> Iterator[Row]:
        method = inner(self._document, "delivery").get("method")
        carrier = self._values.mapped("delivery.method", method, "delivery")
        name = self._values.text("delivery.method", carrier, REFERENCE)
        if name:
            yield "TDT", "20", "", "", "", ("", "", "", name)

    def _pickup(self) -> Iterator[Row]:
        store = inner(inner(self._document, "delivery"), "pickup")
        code = self._values.code("delivery.pickup.code", store.get("code"), 25)
        name = self._values.text("delivery.pickup.name", store.get("name"), 70)
        if self._options.pickup and (code or name):
            yield "TOD", "6"
            yield "LOC", "1", (code, "", self._options.code_agency if code else "", name)


def prepaid(order: SalesOrder, methods: Sequence[str], total_of: Callable[..., Decimal]) -> Decimal | None:
    """What the payments that count as paid come to; ``None`` when none does."""
    known = {word(method) for method in methods}
    paid = [payment.amount for payment in order.payments if REST in known or word(payment.method or "") in known]
    return total_of(paid) if paid else None
