"""An order in Norce's words becomes an order in ours: the same facts, neutral names, nothing recomputed.

Not for: deciding where it goes (``routing``), nor what an ERP calls things (``formats/``).
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypedDict, TypeVar
from zoneinfo import ZoneInfo

from bridge import model
from bridge.norce import wire
from bridge.norce.checkout import filled
from bridge.norce.faults import invalid
from bridge.norce.rules import code_of, findings, quantity_of

_LINE_ENDS = re.compile(r"\r\n?|\u0085|\u2028|\u2029")
_CONTROLS = re.compile("[\t\x7f-\x9f]")
_GTIN_CODES = ("GTIN", "EAN")

NORCE_ZONE = ZoneInfo("Europe/Stockholm")
"""Where a date without offset is taken to have been written (``norce/connect.md`` 1.4)."""

_NOBODY = model.Party(model.PartyKind.PERSON)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Translated:
    """An order in our words, the key of the application it came from, and what a person should know about it.

    ``sent`` is the order by its own fields alone, before the checkout's info types were read, and with a date without
    offset in Norce's zone: what a fingerprint is made of, so that neither a better reading nor another
    ``[site] time_zone`` makes a conflict of a repeat.
    """

    order: model.SalesOrder
    application_key: str | None
    warnings: tuple[str, ...]
    sent: model.SalesOrder


def application_key_of(request: wire.OrderRequest) -> str | None:
    """``Header.ApplicationKey`` in small letters and without braces, as a GUID is compared."""
    key = _clean(request.header.application_key) if request.header else None
    return key.strip("{}").lower() if key else None


def reference_of(request: wire.OrderRequest) -> str | None:
    """``ClientOrderRef`` exactly as sent: half of the idempotency key (invariant 2)."""
    return request.client_order_ref


def translate(
    request: wire.OrderRequest,
    application_name: str,
    default_zone: dt.tzinfo = NORCE_ZONE,
) -> Translated:
    """The neutral order; ``default_zone`` reads a date that came without offset (``norce/connect.md`` 1.4).

    Raises ``PermanentError`` *order_invalid* with field path and reason when the order lacks what no ERP can do
    without.
    """
    found = findings(request)
    if found.faults:
        raise invalid(found.faults)
    sent = _order(request, application_name, _aware(request.submit_date, default_zone))
    order, warnings = filled(sent)
    if request.submit_date and not request.submit_date.tzinfo:
        sent = replace(sent, ordered_at=_aware(request.submit_date, NORCE_ZONE))
    return Translated(order, application_key_of(request), (*warnings, *found.warnings), sent)


def _order(request: wire.OrderRequest, application: str, ordered_at: dt.datetime | None) -> model.SalesOrder:
    return model.SalesOrder(
        order_ref=request.client_order_ref or "",
        application=application,
        ordered_at=ordered_at,
        currency=_clean(request.currency_code),
        lines=_lines(request),
        order_type=request.order_type,
        source=_clean(request.source),
        hold=request.do_hold,
        customer_order_ref=_clean(request.customer_order_ref),
        customer_invoice_ref=_clean(request.customer_invoice_ref),
        comment=_clean(request.customer_order_comment),
        discount_code=_clean(request.discount_code),
        refer_id=request.refer_id,
        sales_contact=model.SalesContact(
            code=_clean(request.sales_contact_code),
            division=_clean(request.sales_contact_division),
        ),
        sold_to=_party(request.sell_to),
        bill_to=_party(request.bill_to),
        ship_to=_party(request.ship_to),
        delivery=_delivery(request.shipping_advice),
        payments=tuple(_payment(payment) for payment in request.payments),
        fees=tuple(_fee(fee) for fee in request.fees),
        discounts=tuple(_discount(discount) for discount in request.discounts),
        info=_infos(request.additional_info),
        suggested_erp_no=_clean(request.erp_order_no),
        raw=request.document,
    )


def _clean(text: str | None) -> str | None:
    """Text without outer blanks and control characters, line ends all alike; nothing left is ``None``.

    XML turns line ends into one kind anyway; doing the same to JSON keeps the two forms of an order equal.
    """
    if text is None or text.isprintable():  # no line end nor control character is
        return (text and text.strip()) or None
    return _CONTROLS.sub(" ", _LINE_ENDS.sub("\n", text)).strip() or None


def _aware(moment: dt.datetime | None, zone: dt.tzinfo) -> dt.datetime | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(dt.UTC)


def _infos(*groups: Iterable[wire.CodeValue]) -> model.Infos:
    values = [value for group in groups for value in group]
    return model.Infos((code_of(value), _clean(value.value) or "") for value in values if code_of(value))


def _party(customer: wire.ClientCustomer | None) -> model.Party | None:
    """A customer as one party with one address; a customer of whom nothing is said is ``None``."""
    if customer is None:
        return None
    party = _person(customer.person or wire.Person())
    if customer.company:
        party = _company(party, customer.company)
    return None if party == _NOBODY else party


def _person(person: wire.Person) -> model.Party:
    first, last = _clean(person.first_name), _clean(person.last_name)
    return model.Party(
        kind=model.PartyKind.PERSON,
        code=_clean(person.customer_code),
        name=" ".join(part for part in (first, last) if part) or None,
        first_name=first,
        last_name=last,
        title=_clean(person.job_title),
        ssn=_clean(person.ssn),
        phones=model.Phones(
            private=_clean(person.private_phone),
            cell=_clean(person.cell_phone),
            work=_clean(person.work_phone),
            shipping=_clean(person.address.shipping_phone_number) if person.address else None,
        ),
        email=_clean(person.email),
        info=_infos(person.additional_info),
        **_place(person.address),
    )


def _company(person: model.Party, company: wire.Company) -> model.Party:
    """The company behind ``person``, who becomes its contact and keeps the address.

    A company's own address, phone and mail are always empty by Norce's docs (``norce/connect.md`` 1); should they
    come all the same, they fill what the person leaves open.
    """
    code, name, vat_no = _clean(company.code), _clean(company.name), _clean(company.vat_no)
    if not (code or name or vat_no):
        return person
    party = replace(
        person,
        kind=model.PartyKind.COMPANY,
        code=code,
        name=name,
        vat_no=vat_no,
        contact=person.name,
        person_code=person.code,
        email=person.email or _clean(company.email),
        phones=replace(person.phones, work=person.phones.work or _clean(company.phone)),
        info=model.Infos([*person.info.items(), *_infos(company.additional_info).items()]),
    )
    has_address = any((party.street, party.box, party.zip, party.city))
    return party if has_address else _at(party, next(iter(company.addresses), None))


def _at(party: model.Party, address: wire.Address | None) -> model.Party:
    """``party`` at ``address``."""
    if address is None:
        return party
    phones = replace(party.phones, shipping=_clean(address.shipping_phone_number))
    return replace(party, phones=phones, **_place(address))


class _Place(TypedDict, total=False):
    """The fields of a party that an address fills."""

    street: str | None
    street2: str | None
    box: str | None
    care_of: str | None
    zip: str | None
    city: str | None
    region: str | None
    country: str | None
    gln: str | None


def _place(address: wire.Address | None) -> _Place:
    if address is None:
        return {}
    return {
        "street": _clean(address.line1),
        "street2": _clean(address.line2),
        "box": _clean(address.box),
        "care_of": _clean(address.care_of),
        "zip": _clean(address.zip_code),
        "city": _clean(address.city),
        "region": _clean(address.region),
        "country": _clean(address.country),
        "gln": _clean(address.gln),
    }


def _delivery(advice: wire.ShippingAdvice | None) -> model.Delivery:
    if advice is None:
        return model.Delivery()
    return model.Delivery(
        method=_clean(advice.delivery_method_code),
        pickup=_pickup(advice.pickup_store),
        sms=advice.do_sms_notify,
        complete=advice.is_complete,
        fee_once=advice.is_fee_charged_once,
        advisor_ref=_clean(advice.ship_advisor_order_code),
        tms_ref=_clean(advice.tms_reference),
    )


def _pickup(store: wire.PickupStore | None) -> model.PickupStore | None:
    if store is None:
        return None
    place = _at(model.Party(model.PartyKind.COMPANY), store.address)
    pickup = model.PickupStore(
        code=_clean(store.code),
        name=_clean(store.name),
        is_drop_point=store.is_drop_point,
        address=None if place == model.Party(model.PartyKind.COMPANY) else place,
        info=_infos(store.additional_info),
    )
    return None if pickup == model.PickupStore() else pickup


def _payment(payment: wire.Payment) -> model.Payment:
    return model.Payment(
        code=payment.payment_code,
        method=_clean(payment.payment_method_code),
        name=_clean(payment.payment_name),
        ref=_clean(payment.payment_ref),
        amount=payment.amount,
        currency=_clean(payment.currency_code),
        info=_infos(payment.additional_info),
    )


def _fee(fee: wire.Fee) -> model.Charge:
    return model.Charge(
        type=_clean(fee.type),
        text=_clean(fee.description),
        amount=fee.amount,
        vat_rate=fee.vat_rate,
    )


def _discount(discount: wire.Discount) -> model.Charge:
    return model.Charge(type=_clean(discount.type), code=_clean(discount.code), amount=discount.amount)


def _lines(request: wire.OrderRequest) -> tuple[model.Line, ...]:
    rows = request.document.get("Items")
    if not isinstance(rows, list):
        rows = [{}] * len(request.items)
    return tuple(_line(item, raw) for item, raw in zip(request.items, rows, strict=True))


def _line(item: wire.OrderItem, raw: Mapping[str, object]) -> model.Line:
    info = _infos(item.additional_info)
    return model.Line(
        line_no=_given(item.line_no),
        parent_line_no=item.parent_line_no,
        type=_clean(item.type),
        group=_clean(item.type_group),
        part_no=_clean(item.part_no),
        erp_part_no=_clean(item.erp_part_no),
        product_id=item.internal_product_id,
        gtin=next((info[code] for code in _GTIN_CODES if info.get(code)), None),
        manufacturer=_clean(item.manufacturer_code),
        text=_clean(item.description),
        qty=_given(quantity_of(item)),
        unit=_clean(item.unit_of_measure),
        unit_price=_given(item.unit_price),
        unit_price_original=item.unit_price_original,
        unit_price_original_vat=item.unit_price_original_vat,
        discount=item.discount,
        unit_vat=_given(item.unit_vat),
        vat_rate=item.vat_rate,
        price_list_no=item.price_list_no,
        comment=_clean(item.comment),
        price_lists=tuple(_price_list(price_list) for price_list in item.price_lists),
        promotions=tuple(_promotion(promotion) for promotion in item.promotions),
        info=info,
        raw=raw,
    )


def _price_list(price_list: wire.PriceListItem) -> model.PriceList:
    return model.PriceList(
        name=_clean(price_list.price_list_name),
        qty_break=price_list.qty_break,
        unit_price=price_list.unit_price,
        unit_price_vat=price_list.unit_price_vat,
        is_standard=price_list.is_standard_price_list,
        is_active=price_list.is_active,
    )


def _promotion(promotion: wire.Promotion) -> model.Promotion:
    return model.Promotion(
        id=_clean(promotion.id),
        name=_clean(promotion.name),
        discount_code=_clean(promotion.discount_code),
        amount=promotion.applied_amount,
    )


def _given(value: _T | None) -> _T:
    """A value whose absence the rules have refused before."""
    if value is None:
        raise AssertionError("translated before the rules were asked")
    return value
