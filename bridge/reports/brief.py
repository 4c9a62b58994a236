"""What a report may need of the order it speaks of, kept beside the order: rows, payments, currency, shop.

Not for: anything else of the order; its whole body is kept too, and for a shorter time.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bridge.model import AckLine, Line, SalesOrder
from bridge.roles import Role

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


@dataclass(frozen=True, slots=True)
class BriefLine:
    """One row of the order as it was placed."""

    line_no: str
    parent: str | None
    is_goods: bool
    part_no: str | None
    erp_part_no: str | None
    qty: Decimal
    unit_price: Decimal
    unit_vat: Decimal
    vat_rate: Decimal | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Brief:
    """The order as reports see it; no ``lines`` when nothing of it was kept."""

    currency: str | None = None
    application_key: str | None = None
    payment_refs: tuple[str, ...] = ()
    lines: tuple[BriefLine, ...] = ()

    def row_of(self, said: AckLine) -> BriefLine | None:
        """The one row that ``said`` speaks of; ``None`` when there is none, or more than one might be meant.

        The number tells, unless the article named beside it is another row's: ERPs may number rows anew. Rows that
        share a number are never told apart: what is delivered and invoiced is counted by it.
        """
        by_no = self._only([row for row in self.lines if row.line_no == said.line_no])
        if said.part_no is None or (by_no is not None and said.part_no in {by_no.part_no, by_no.erp_part_no}):
            return by_no
        by_part = [row for row in self.lines if said.part_no in {row.part_no, row.erp_part_no}]
        return self._only(by_part) if by_part else by_no

    def _only(self, rows: Sequence[BriefLine]) -> BriefLine | None:
        """The only one of ``rows``, if no other row of the order has its number."""
        if len(rows) != 1 or sum(row.line_no == rows[0].line_no for row in self.lines) > 1:
            return None
        return rows[0]


def brief_of(order: SalesOrder) -> str:
    """The brief of an order as compact JSON."""
    header = order.raw.get("Header")
    key = header.get("ApplicationKey") if isinstance(header, Mapping) else None
    refs = [payment.ref for payment in order.payments if payment.ref]
    return _write([order.currency, key, refs, [_row(line) for line in order.lines]])


def _row(line: Line) -> list[str | int | None]:
    return [
        line.line_no,
        line.parent_line_no,
        int(line.role is Role.GOODS),
        line.part_no,
        line.erp_part_no,
        str(line.qty),
        str(line.unit_price),
        str(line.unit_vat),
        None if line.vat_rate is None else str(line.vat_rate),
        line.text,
    ]


def read_brief(text: str) -> Brief:
    """The brief in ``text``; an empty one for an order of the time before briefs were kept."""
    found = json.loads(text)
    if not isinstance(found, list):
        return Brief()
    currency, key, refs, rows = found
    return Brief(currency, key, tuple(refs), tuple(_read_row(*row) for row in rows))


def _read_row(*row: str | int | None) -> BriefLine:
    line_no, parent, is_goods, part_no, erp_part_no, qty, price, vat, rate, text = row
    return BriefLine(
        line_no=str(line_no),
        parent=None if parent is None else str(parent),
        is_goods=bool(is_goods),
        part_no=_text(part_no),
        erp_part_no=_text(erp_part_no),
        qty=Decimal(str(qty)),
        unit_price=Decimal(str(price)),
        unit_vat=Decimal(str(vat)),
        vat_rate=None if rate is None else Decimal(str(rate)),
        text=_text(text),
    )


def _text(found: str | int | None) -> str | None:
    return None if found is None else str(found)
