"""Orders that the simulated shop makes up: each whole, each a little different, the same again for the same seed.

Not for: odd or broken orders; those are the tests'.
"""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

APPLICATION_KEY = "123e4567-e89b-12d3-a456-426614174000"
FIRST_REFERENCE = 48447
VAT_RATE = Decimal("25.00")
_CENT = Decimal("0.01")
_PLACED_AT = "2026-11-20T{:02}:{:02}:{:02}+01:00"
_NUMBER = re.compile(r'"\\u0001([-0-9.]+)"')

# Article number, text, price each without VAT.
_ARTICLES: Sequence[tuple[str, str, str]] = (
    ("LMP-0401", "Desk lamp, oak", "399.20"),
    ("LMP-0417", "Floor lamp, brass", "1119.20"),
    ("CHR-1102", "Chair Åre, birch", "879.20"),
    ("CHR-1180", "Stool Åre, birch", "445.60"),
    ("TBL-2004", "Table Österlen, 140 cm", "3196.00"),
    ("RUG-3310", "Rug Fjäll, wool, 170x240", "1596.00"),
    ("KIT-5005", "Spare bulb E27, set of 3", "71.20"),
    ("KIT-5090", "Felt pads; 16 pieces", "23.20"),
)
_FREIGHT = ("FRT-HOME", "Home delivery", "79.20")
_PEOPLE: Sequence[tuple[str, str, str, str, str]] = (
    ("Maja", "Lindqvist", "Storgatan 12", "411 38", "Göteborg"),
    ("Erik", "Sjöberg", "Kungsgatan 4 B", "903 26", "Umeå"),
    ("Aino", "Korhonen", "Parkvägen 7", "113 59", "Stockholm"),
    ("Bengt-Åke", "Öberg", "Hamngatan 31", "392 31", "Kalmar"),
)
_COMPANIES: Sequence[tuple[str, str, str]] = (
    ("C-20417", "Fjällbacka Möbler AB", "SE556677889901"),
    ("C-20588", "Kontor & Hem i Lund AB", "SE559900112201"),
)
_PAYMENTS: Sequence[tuple[int, str, str]] = ((4, "invoice", "Invoice"), (10, "card", "Card"), (21, "swish", "Swish"))


@dataclass(frozen=True, slots=True)
class SampleOrder:
    """An order as Norce posts it."""

    order_ref: str
    body: bytes


class SampleOrders:
    """A shop's orders, one after the other; their references are numbers that count up."""

    def __init__(self, seed: int = 1, first: int = FIRST_REFERENCE, application_key: str = APPLICATION_KEY) -> None:
        self._chance = random.Random(seed)
        self._next = first
        self._application_key = application_key

    def next(self) -> SampleOrder:
        """The next order."""
        order_ref = str(self._next)
        self._next += 1
        return SampleOrder(order_ref, json_bytes(self._order(order_ref)))

    def _order(self, order_ref: str) -> dict[str, Any]:
        items = self._items()
        buyer = self._buyer()
        total = sum(((item["UnitPrice"] + item["UnitVat"]) * item["Quantity"] for item in items), Decimal())
        return {
            "SellTo": buyer,
            "BillTo": buyer,
            "ShipTo": {**buyer, "Company": None},
            "SalesContactCode": None,
            "SalesContactDivision": None,
            "DoHold": False,
            "ClientOrderRef": order_ref,
            "ErpOrderNo": None,
            "SubmitDate": _PLACED_AT.format(*(self._chance.randrange(top) for top in (24, 60, 60))),
            "CustomerOrderRef": f"PO-{self._chance.randrange(1000, 9999)}",
            "CustomerOrderComment": self._chance.choice((None, "Please ring twice.", "Lämnas vid dörren.")),
            "CurrencyCode": "SEK",
            "ReferId": None,
            "Payments": [self._payment(order_ref, total)],
            "Discounts": [],
            "ShippingAdvice": _shipping(),
            "Items": items,
            "Fees": [],
            "AdditionalInfo": [],
            "Header": {"ApplicationKey": self._application_key},
            "OrderType": 1,
            "Source": "WEB",
            "CustomerInvoiceRef": None,
            "DiscountCode": None,
            "ExtensionData": None,
        }

    def _items(self) -> list[dict[str, Any]]:
        chosen = self._chance.sample(_ARTICLES, self._chance.randint(1, 4))
        rows = [(article, self._chance.randint(1, 5)) for article in chosen]
        items = [_item(number, article, qty) for number, (article, qty) in enumerate(rows, 1)]
        freight = _item(len(items) + 1, _FREIGHT, 1) | {"Type": "Freight", "TypeGroup": "Fee"}
        return [*items, freight]

    def _buyer(self) -> dict[str, Any]:
        first, last, street, code, city = self._chance.choice(_PEOPLE)
        company = self._chance.choice((None, *_COMPANIES))
        return {
            "Company": None if company is None else dict(zip(("Code", "Name", "VatNo"), company, strict=True)),
            "Person": {
                "CustomerCode": f"P-{self._chance.randrange(10000, 99999)}",
                "FirstName": first,
                "LastName": last,
                "CellPhone": "070-000 00 00",
                "Email": "someone@example.com",
                "SSN": None,
                "Address": {"Line1": street, "ZipCode": code, "City": city, "Country": "SE"},
                "AdditionalInfo": [],
            },
        }

    def _payment(self, order_ref: str, total: Decimal) -> dict[str, Any]:
        code, method, name = self._chance.choice(_PAYMENTS)
        return {
            "PaymentCode": code,
            "PaymentMethodCode": method,
            "PaymentRef": f"PSP-{order_ref}",
            "Amount": total,
            "CurrencyCode": "SEK",
            "AdditionalInfo": [],
            "PaymentName": name,
        }


def json_bytes(document: Any) -> bytes:
    """A document as JSON, each ``Decimal`` with the digits that it has."""
    text = json.dumps(document, default=lambda number: f"\x01{number:f}", indent=2)
    return _NUMBER.sub(r"\1", text).encode()


def _item(line_no: int, article: tuple[str, str, str], qty: int) -> dict[str, Any]:
    part_no, text, price = article
    each = Decimal(price)
    return {
        "LineNo": line_no,
        "ParentLineNo": None,
        "Type": "ErpStandard",
        "TypeGroup": "Physical",
        "PartNo": part_no,
        "ErpPartNo": part_no,
        "InternalProductId": 10000 + line_no,
        "Description": text,
        "Quantity": qty,
        "Quantity2": Decimal(qty).quantize(Decimal("0.001")),
        "UnitOfMeasure": "st",
        "UnitPrice": each,
        "UnitPriceOriginal": each,
        "Discount": Decimal("0.00"),
        "UnitVat": (each * VAT_RATE / 100).quantize(_CENT, ROUND_HALF_UP),
        "VatRate": VAT_RATE,
        "PriceListNo": 1,
        "Comment": None,
        "AdditionalInfo": [],
        "PriceLists": [],
        "Promotions": [],
        "ManufacturerCode": None,
    }


def _shipping() -> dict[str, Any]:
    return {
        "DeliveryMethodCode": "HOME",
        "DoSMSNotify": False,
        "PickupStore": None,
        "IsFeeChargedOnce": True,
        "IsComplete": False,
        "ShipAdvisorOrderCode": None,
        "TmsReference": None,
    }
