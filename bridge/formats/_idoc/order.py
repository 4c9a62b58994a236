"""An order as the head segments of an ORDERS05, by ``formats/mapping.md`` 2.1, in the sequence of the field table.

Not for: its lines and amounts (``rows``), nor the shape of the file (``flat``, ``xml``).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bridge.formats._edi.document import Document, at as value_at, inner, member, person
from bridge.formats._idoc.options import IdocOptions
from bridge.formats._idoc.values import Values
from bridge.formats._layout.options import LEAVE_OUT, REFUSE, REST
from bridge.formats._options import word
from bridge.formats._protocol import not_renderable
from bridge.formats._text import shown
from bridge.model import SalesOrder

Fields: TypeAlias = Mapping[str, str]
Row: TypeAlias = tuple[str, Fields]
_NAMES = tuple(f"E1EDKA1-NAME{number}" for number in range(1, 5))
_STREETS = ("E1EDKA1-STRAS", "E1EDKA1-STRS2")
_PHONES = ("work", "private", "cell", "shipping")
_ROOM_FOR_PHONES = 2
_ROLES = (("sold_to", "AG"), ("ship_to", "WE"), ("bill_to", "RE"))
_OWN_TEXTS = frozenset({"payments", "delivery"})


class Head:
    """The segments above the lines. ``warnings`` gathers what has no place in an IDoc, once the rows were made."""

    def __init__(self, order: SalesOrder, document: Document, values: Values, options: IdocOptions) -> None:
        self.warnings: list[str] = []
        self._order = order
        self._document = document
        self._values = values
        self._options = options
        self._zone = ZoneInfo(options.time_zone)

    def before_charges(self, at: datetime) -> Iterator[Row]:
        """E1EDK01 to E1EDK03."""
        moment = (self._order.ordered_at or at).astimezone(self._zone)
        yield "E1EDK01", self._general()
        yield from self._organisation()
        day, time = self._values.day(moment), f"{moment:%H%M%S}"
        for meaning in ("012", "022"):
            yield "E1EDK03", {"IDDAT": meaning, "DATUM": day, "UZEIT": time}

    def after_charges(self, at: datetime) -> Iterator[Row]:
        """The partners to the texts."""
        yield from self._partners()
        yield from self._references((self._order.ordered_at or at).astimezone(self._zone))
        yield from self._additional()
        yield from self._cards()
        yield from self._texts()

    # --- general ------------------------------------------------------------------------------------------------------

    def _general(self) -> Fields:
        values, options, order = self._values, self._options, self._order
        delivery = inner(self._document, "delivery")
        method = self._payment(0).get("method")
        return {
            "CURCY": values.code("currency", self._document.get("currency"), "E1EDK01-CURCY"),
            "ZTERM": values.mapped("payments[0].method", method, "payment_terms", "E1EDK01-ZTERM"),
            "KUNDEUINR": values.code(
                "sold_to.vat_no", inner(self._document, "sold_to").get("vat_no"), "E1EDK01-KUNDEUINR"
            ),
            "BELNR": self._reference(),
            "VSART": values.mapped("delivery.method", delivery.get("method"), "delivery", "E1EDK01-VSART"),
            "AUTLF": "X" if order.delivery.complete else "",
            "LIFSK": options.delivery_block if order.hold else "",
        }

    def _reference(self) -> str:
        ref = self._order.order_ref
        if not ref.strip() or ref != ref.strip(" "):
            reason = f'is "{shown(ref)}", and the answer must name it; blanks around it would be lost'
            raise not_renderable("order_ref", reason, "Have the shop send one without")
        return self._values.code("order_ref", self._document.get("order_ref"), "E1EDK02-BELNR")

    def _organisation(self) -> Iterator[Row]:
        found = [*self._area()]
        if self._options.division != LEAVE_OUT:
            found.append((self._options.division, self._division()))
        found.append((self._options.order_type_qualifier, self._options.order_type))
        yield from (("E1EDK14", {"QUALF": qualifier, "ORGID": code}) for qualifier, code in sorted(found) if code)

    def _area(self) -> Iterator[tuple[str, str]]:
        areas = {word(name): area for name, area in self._options.sales_areas.items()}
        area = areas.get(word(self._order.application), areas[REST])
        if area == REFUSE:
            reason = f'is "{shown(self._order.application)}", which the table sales_areas does not know'
            raise not_renderable("application", reason, "Add it to the table sales_areas")
        if area != LEAVE_OUT:
            yield from zip(("008", "007", "006"), area.split("/"), strict=False)

    def _division(self) -> str:
        contact = inner(self._document, "sales_contact")
        return self._values.code("sales_contact.division", contact.get("division"), "E1EDK14-ORGID")

    # --- partners -----------------------------------------------------------------------------------------------------

    def _partners(self) -> Iterator[Row]:
        for role, function in _ROLES:
            party = self._document.get(role)
            if isinstance(party, Mapping):
                yield from self._party(role, function, party)
        payer = self._document.get("bill_to")
        if self._options.payer and isinstance(payer, Mapping):
            yield from self._party("bill_to", "RG", payer)
        yield from self._seller()
        contact = self._values.code(
            "sales_contact.code", inner(self._document, "sales_contact").get("code"), "E1EDKA1-PARTN"
        )
        if contact:
            yield "E1EDKA1", {"PARVW": "VE", **self._numbers(contact)}
        yield from self._carrier()
        yield from self._pickup()

    def _party(self, role: str, function: str, party: Document) -> Iterator[Row]:
        values = self._values
        code = values.code(f"{role}.code", party.get("code"), "E1EDKA1-PARTN")
        yield (
            "E1EDKA1",
            {
                "PARVW": function,
                **self._numbers(code),
                **self._address(role, party),
                **self._phones(role, party),
                "IHREZ": self._ihrez(function),
                "BNAME": values.text(f"{role}.contact", _or_person(party, "contact"), "E1EDKA1-BNAME"),
                "ILNNR": values.code(f"{role}.gln", party.get("gln"), "E1EDKA1-ILNNR"),
            },
        )
        mail = values.text(f"{role}.email", party.get("email"), "E1EDKA3-STDPN")
        if mail and self._options.email_qualifier:
            yield "E1EDKA3", {"QUALP": self._options.email_qualifier, "STDPN": mail}

    def _numbers(self, code: str) -> Fields:
        field = self._options.partner_field
        return {"PARTN": code if field != "lifnr" else "", "LIFNR": code if field != "partn" else ""}

    def _address(self, role: str, party: Document) -> Fields:
        values = self._values
        names = values.lines(f"{role}.name", _or_person(party, "name"), _NAMES)
        if party.get("care_of"):
            free = _NAMES[len(names) :]
            names += self._care_of(role, party, free)
        streets = values.lines(f"{role}.street", party.get("street"), _STREETS)
        if party.get("street2"):
            streets += self._street2(role, party, _STREETS[len(streets) :])
        return {
            **{f"NAME{number}": name for number, name in enumerate(names, 1)},
            **dict(zip(("STRAS", "STRS2"), streets, strict=False)),
            "PFACH": values.text(f"{role}.box", party.get("box"), "E1EDKA1-PFACH"),
            "ORT01": values.text(f"{role}.city", party.get("city"), "E1EDKA1-ORT01"),
            "PSTLZ": values.code(f"{role}.zip", party.get("zip"), "E1EDKA1-PSTLZ"),
            "LAND1": values.code(f"{role}.country", party.get("country"), "E1EDKA1-LAND1"),
            **self._region(role, party),
        }

    def _care_of(self, role: str, party: Document, free: tuple[str, ...]) -> list[str]:
        return self._beside(f"{role}.care_of", party.get("care_of"), free, "names")

    def _street2(self, role: str, party: Document, free: tuple[str, ...]) -> list[str]:
        return self._beside(f"{role}.street2", party.get("street2"), free, "street")

    def _beside(self, path: str, value: object, free: tuple[str, ...], what: str) -> list[str]:
        """What goes into the fields that another value left free."""
        if free:
            return self._values.lines(path, value, free)
        if not self._values.cuts:
            remedy = 'Have the shop send it shorter, or set long_text = "cut"'
            raise not_renderable(path, f"has no field left, since the {what} fill them", remedy)
        self.warnings.append(f"{path} has no field left and is not told")
        return []

    def _region(self, role: str, party: Document) -> Fields:
        """A code in REGIO; the name of a region, which is longer, as part of the town (ORT02)."""
        path, region = f"{role}.region", str(party.get("region") or "").strip(" ")
        if self._values.size(region) <= 3:  # noqa: PLR2004  # REGIO
            return {"REGIO": self._values.code(path, region, "E1EDKA1-REGIO")}
        return {"ORT02": self._values.text(path, region, "E1EDKA1-ORT02")}

    def _phones(self, role: str, party: Document) -> Fields:
        phones = inner(party, "phones")
        told = (self._values.text(f"{role}.phones.{name}", phones.get(name), "E1EDKA1-TELF1") for name in _PHONES)
        numbers = list(dict.fromkeys(filter(None, told)))
        if len(numbers) > _ROOM_FOR_PHONES:
            self.warnings.append(f"{role}.phones has {len(numbers)} numbers, of which an IDoc tells two")
        return dict(zip(("TELF1", "TELF2"), numbers, strict=False))

    def _ihrez(self, function: str) -> str:
        found = [name for name, place in self._options.references.items() if place == function]
        told = [self._values.code(name, self.fact(name), "E1EDKA1-IHREZ") for name in found]
        return next((one for one in told if one), "")

    def _seller(self) -> Iterator[Row]:
        seller = self._options.seller
        if any(seller.model_dump().values()):
            number = self._values.code("seller.endpoint", seller.endpoint, "E1EDKA1-PARTN")
            gln = self._values.code("seller.gln", seller.gln, "E1EDKA1-ILNNR")
            fields = {**self._numbers(number), **self._address("seller", seller.model_dump()), "ILNNR": gln}
            yield "E1EDKA1", {"PARVW": "LF", **fields}

    def _carrier(self) -> Iterator[Row]:
        role = self._options.carrier_role
        name = self._values.text("delivery.method", inner(self._document, "delivery").get("method"), "E1EDKA1-NAME1")
        if role and name:
            yield "E1EDKA1", {"PARVW": role, "NAME1": name}

    def _pickup(self) -> Iterator[Row]:
        store = inner(inner(self._document, "delivery"), "pickup")
        role = self._options.pickup_role
        if role and store:
            code = self._values.code("delivery.pickup.code", store.get("code"), "E1EDKA1-PARTN")
            names = self._values.lines("delivery.pickup.name", store.get("name"), _NAMES)
            if code or names:
                named = {f"NAME{number}": name for number, name in enumerate(names, 1)}
                yield "E1EDKA1", {"PARVW": role, **self._numbers(code), **named}

    # --- references, payments, texts ----------------------------------------------------------------------------------

    def _references(self, moment: datetime) -> Iterator[Row]:
        day, time = self._values.day(moment), f"{moment:%H%M%S}"
        yield "E1EDK02", {"QUALF": "001", "BELNR": self._reference(), "DATUM": day, "UZEIT": time}
        for name, place in self._options.references.items():
            code = self._values.code(name, self.fact(name), "E1EDK02-BELNR") if place.isdigit() else ""
            if code:
                yield "E1EDK02", {"QUALF": place, "BELNR": code}

    def _additional(self) -> Iterator[Row]:
        for name, qualifier in self._options.additional.items():
            code = self._values.code(name, self.fact(name), "E1EDK35-CUSADD") if qualifier else ""
            if code:
                yield "E1EDK35", {"QUALZ": qualifier, "CUSADD": code}

    def _cards(self) -> Iterator[Row]:
        """Payments by card: what kind of card and how much, never its number."""
        for index, payment in enumerate(self._order.payments):
            path = f"payments[{index}]"
            method = self._payment(index).get("method")
            kind = self._values.mapped(f"{path}.method", method, "payments", "E1EDK36-CCINS")
            if kind:
                amount = self._values.amount(f"{path}.amount", payment.amount, "E1EDK36-FAKWR")
                yield "E1EDK36", {"CCINS": kind, "FAKWR": amount}

    def _texts(self) -> Iterator[Row]:
        ids = self._options.text_ids
        for name, text_id in ids.items():
            if not text_id or name.startswith("lines."):
                continue
            lines = self._own_text(name) if name in _OWN_TEXTS else self._told(name, self._text_fact(name))
            yield from text_rows(("E1EDKT1", "E1EDKT2"), text_id, self._options.text_language, lines)

    def _own_text(self, name: str) -> list[tuple[str, str]]:
        found = self._payments() if name == "payments" else self._delivery()
        return [line for path, text in found for line in self._told(path, text)]

    def _told(self, path: str, text: object) -> list[tuple[str, str]]:
        return self._values.paragraphs(path, text, "E1EDKT2-TDLINE")

    def _payments(self) -> Iterator[tuple[str, str]]:
        if not self._options.payment_texts:
            return
        for index, payment in enumerate(self._order.payments):
            path = f"payments[{index}]"
            amount = self._values.amount(f"{path}.amount", payment.amount, "E1EDS01-SUMME")
            document = self._payment(index)
            parts = [document.get("method") or document.get("name"), document.get("ref"), amount]
            told = " ".join(str(part).strip() for part in (*parts, document.get("currency")) if str(part or "").strip())
            if told:
                yield path, told

    def _delivery(self) -> Iterator[tuple[str, str]]:
        delivery = inner(self._document, "delivery")
        store = inner(delivery, "pickup") if not self._options.pickup_role else {}
        parts = [str(store[name]) for name in ("code", "name") if str(store.get(name) or "").strip()]
        if parts:
            yield "delivery.pickup", f"Pickup: {' '.join(parts)}"
        if delivery.get("service"):
            yield "delivery.service", str(delivery["service"])

    def _payment(self, index: int) -> Document:
        return member(self._document.get("payments"), index) if index < len(self._order.payments) else {}

    def _text_fact(self, name: str) -> object:
        """A fact as a text; a comment keeps its lines."""
        return self._order.comment if name == "comment" else self.fact(name)

    def fact(self, name: str) -> object:
        """A single fact of the order by its neutral name; ``info.CODE`` is an additional value."""
        if not name.startswith("info."):
            return value_at(self._document, name)
        code = name.removeprefix("info.").casefold()
        return next((value for key, value in inner(self._document, "info").items() if key.casefold() == code), None)


def text_rows(segments: tuple[str, str], text_id: str, language: str, lines: list[tuple[str, str]]) -> Iterator[Row]:
    """A text: its head and its lines."""
    if lines:
        yield segments[0], {"TDID": text_id, "TSSPRAS_ISO": language}
        yield from ((segments[1], {"TDLINE": line, "TDFORMAT": mark}) for mark, line in lines)


def _or_person(party: Document, name: str) -> object:
    """A name that was told, else that of the person."""
    found = party.get(name)
    return found if str(found or "").strip() else person(party)
