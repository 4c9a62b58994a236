"""Buyer, seller, payer and receiver of an order as UBL has them (``formats/mapping.md`` 2.1).

Not for: which of their facts a profile insists on (``peppol``).
"""

from collections.abc import Iterator, Sequence

from bridge.formats._ubl.lists import GLN
from bridge.formats._ubl.names import Group, Leaf, Part, group, leaf
from bridge.formats._ubl.options import parted
from bridge.formats._ubl.scope import Document, Scope, inner
from bridge.formats._ubl.values import Words
from bridge.model import PartyKind

_PHONES = ("work", "private", "cell", "shipping")
_PHONES_OF_THE_DOOR = ("shipping", "cell", "private", "work")
_ADDRESS = ("care_of", "street", "street2", "box", "zip", "city", "region", "country")


class Parties:
    """The parties of one order; each method makes the element of one role."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._words = scope.words

    def buyer(self) -> Group:
        """BuyerCustomerParty, which UBL wants even where nothing is known of it."""
        endpoint = parted(self._scope.options.buyer_endpoint)
        party = group("cac:Party", *self._party("sold_to", endpoint))
        return Group("cac:BuyerCustomerParty", [] if party is None else [party])

    def seller(self) -> Group:
        """SellerSupplierParty: the merchant of the settings, with the sales contact of the order."""
        seller, words = self._scope.options.seller, self._words
        contact = inner(self._scope.document, "sales_contact")
        named = [words.text(contact.get(name)) for name in ("code", "division")]
        facts = {**vars(seller), "kind": PartyKind.COMPANY, "contact": ", ".join(filter(None, named))}
        party = group("cac:Party", *self._parts("seller", facts, seller.address()))
        return Group("cac:SellerSupplierParty", [] if party is None else [party])

    def payer(self) -> Group | None:
        """AccountingCustomerParty, where the order has a party to bill."""
        return group("cac:AccountingCustomerParty", group("cac:Party", *self._party("bill_to", ("", ""))))

    def receiver(self) -> Group | None:
        """Delivery: the place, which is the store where the buyer fetches the goods, and the party that gets them."""
        words, ship_to = self._words, self._scope.party("ship_to")
        store = inner(inner(self._scope.document, "delivery"), "pickup")
        at_the_store = address(inner(store, "address"), words, "delivery.pickup.address", "cac:Address")
        place = at_the_store or address(ship_to, words, "ship_to", "cac:Address")
        location = group(
            "cac:DeliveryLocation",
            leaf("cbc:ID", words.code("delivery.pickup.code", store.get("code"))),
            leaf("cbc:Name", words.text(store.get("name"))),
            place,
        )
        parts = list(self._receiving_party(ship_to, has_address=at_the_store is not None))
        return group("cac:Delivery", location, group("cac:DeliveryParty", *parts))

    def _receiving_party(self, ship_to: Document, *, has_address: bool) -> Iterator[Part]:
        words = self._words
        yield from _identities("ship_to", ship_to, words)
        yield _name(ship_to, words)
        if has_address:
            yield address(ship_to, words, "ship_to", "cac:PostalAddress")
        if not self._scope.options.is_peppol:
            yield _tax(ship_to, "ship_to", words)
            yield from self._legal("ship_to", ship_to)
        yield self._contact("ship_to", ship_to)

    def _party(self, role: str, endpoint: tuple[str, str]) -> Iterator[Part]:
        party = self._scope.party(role)
        return self._parts(role, party, endpoint) if party else iter((_endpoint(endpoint),))

    def _parts(self, role: str, party: Document, endpoint: tuple[str, str]) -> Iterator[Part]:
        words = self._words
        yield _endpoint(endpoint)
        yield from _identities(role, party, words)
        yield _name(party, words)
        yield address(party, words, role, "cac:PostalAddress")
        yield _tax(party, role, words)
        yield from self._legal(role, party)
        yield self._contact(role, party)

    def _legal(self, role: str, party: Document) -> Iterator[Part]:
        """What the law calls a party: Peppol wants it of everyone, else it is a company's."""
        is_named = self._scope.options.is_peppol or party.get("kind") == PartyKind.COMPANY
        name = name_of(party, self._words) if is_named else ""
        number = self._words.code(f"{role}.org_no", party.get("org_no"))
        yield group("cac:PartyLegalEntity", leaf("cbc:RegistrationName", name), leaf("cbc:CompanyID", number))

    def _contact(self, role: str, party: Document) -> Group | None:
        """The contact with one telephone number; plain UBL has room for the others."""
        words, phones = self._words, inner(party, "phones")
        order = _PHONES_OF_THE_DOOR if role == "ship_to" else _PHONES
        numbers = list(dict.fromkeys(filter(None, (words.text(phones.get(name)) for name in order))))
        others = [] if self._scope.options.is_peppol else numbers[1:]
        return group(
            "cac:Contact",
            leaf("cbc:Name", words.text(party.get("contact")) or person_of(party, words)),
            leaf("cbc:Telephone", numbers[0] if numbers else ""),
            leaf("cbc:ElectronicMail", words.text(party.get("email"))),
            *_other_numbers(others),
        )


def address(party: Document, words: Words, role: str, name: str) -> Group | None:
    """The address of a party under an element's name; care of and box are lines of their own."""
    if not party:
        return None
    texts = {part: words.text(party.get(part)) for part in _ADDRESS}
    country = words.code(f"{role}.country", party.get("country"))
    return group(
        name,
        leaf("cbc:StreetName", texts["street"]),
        leaf("cbc:AdditionalStreetName", texts["street2"]),
        leaf("cbc:CityName", texts["city"]),
        leaf("cbc:PostalZone", texts["zip"]),
        leaf("cbc:CountrySubentity", texts["region"]),
        *(group("cac:AddressLine", leaf("cbc:Line", texts[part])) for part in ("care_of", "box")),
        group("cac:Country", leaf("cbc:IdentificationCode", country)),
    )


def name_of(party: Document, words: Words) -> str:
    """What a party is called: its name, else that of the person."""
    return words.text(party.get("name")) or person_of(party, words)


def person_of(party: Document, words: Words) -> str:
    """First and last name of a person."""
    return " ".join(filter(None, (words.text(party.get(part)) for part in ("first_name", "last_name"))))


def _endpoint(endpoint: tuple[str, str]) -> Leaf | None:
    scheme, number = endpoint
    return leaf("cbc:EndpointID", number, ("schemeID", scheme))


def _identities(role: str, party: Document, words: Words) -> Iterator[Part]:
    for name, scheme in (("gln", GLN), ("code", "")):
        number = words.code(f"{role}.{name}", party.get(name))
        yield group("cac:PartyIdentification", leaf("cbc:ID", number, ("schemeID", scheme)))


def _name(party: Document, words: Words) -> Group | None:
    return group("cac:PartyName", leaf("cbc:Name", name_of(party, words)))


def _tax(party: Document, role: str, words: Words) -> Group | None:
    number = leaf("cbc:CompanyID", words.code(f"{role}.vat_no", party.get("vat_no")))
    return None if number is None else group("cac:PartyTaxScheme", number, tax_scheme())


def _other_numbers(numbers: Sequence[str]) -> Iterator[Part]:
    for number in numbers:
        yield group("cac:OtherCommunication", leaf("cbc:ChannelCode", "TE"), leaf("cbc:Value", number))


def tax_scheme() -> Group | None:
    """TaxScheme: VAT."""
    return group("cac:TaxScheme", leaf("cbc:ID", "VAT"))
