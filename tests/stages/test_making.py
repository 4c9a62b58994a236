"""From a request to the order of any target: what a person is told first, and what no setting changes."""

from typing import Any
from zoneinfo import ZoneInfo

from bridge.norce.fingerprint import fingerprint
from bridge.stages.receive.making import MadeOrder, MakingSettings, make_order
from tests.norce.orders import request_of

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def made(zone: ZoneInfo = STOCKHOLM, **fields: Any) -> MadeOrder:
    row = {"PartNo": "A", "Quantity": 1, "UnitPrice": "100", "UnitVat": "25", "TypeGroup": "Odd"}
    rows = [{**row, "LineNo": number} for number in range(1, 31)]
    document = {"ClientOrderRef": "1", "CurrencyCode": "SEK", "Items": rows, **fields}
    return make_order(request_of(document), "", zone, MakingSettings())


def test_a_total_that_is_off_is_told_however_odd_the_rows_are() -> None:
    warnings = made(Payments=[{"Amount": "1", "CurrencyCode": "SEK"}]).warnings

    assert "the payments to 1.00" in warnings[0]
    assert len(warnings) == 20


def test_another_time_zone_makes_no_conflict_of_a_repeat() -> None:
    local = "2026-11-22T12:00:00"

    here, there = made(SubmitDate=local), made(ZoneInfo("Europe/Helsinki"), SubmitDate=local)

    assert fingerprint(here.sent) == fingerprint(there.sent)
    assert here.order.ordered_at != there.order.ordered_at
