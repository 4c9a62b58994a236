"""The form of a written date: what would write the same letters each day is refused, with the form that was meant."""

from datetime import UTC, datetime

import pytest

from bridge import formats
from bridge.errors import PermanentError
from bridge.formats._layout.dates import known_form, shortest
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

WRONG = (
    ("DDMMYY", "%d%m%y"),
    ("ddmmyy", "%d%m%y"),
    ("YYYY-MM-DD", "%Y-%m-%d"),
    ("ÅÅMMDD", "%y%m%d"),
    ("CCYYMMDD", "%Y%m%d"),
    ("DD-MMM-YYYY", "%d-%b-%Y"),
    ("d MMMM yyyy", "%d %B %Y"),
    ("yyyyMMddHHmmss", "%Y%m%d%H%M%S"),
    ("dd/mm/yy hh:mi", "%d/%m/%y %H:%M"),
    ("Y-m-d", "%Y-%m-%d"),
    ("%Y-m-d", "%Y-%m-%d"),
    ("%d.MM.%Y", "%d.%m.%Y"),
    ("%dd%mm%yy", "%d%m%y"),
    ("%Yyyy", "%Y"),
    ("%Y%m%d HH:mm", "%Y%m%d %H:%M"),
    ("%Hmm", "%H%M"),
)


@pytest.mark.parametrize(("form", "meant"), WRONG)
def test_a_part_without_its_percent_is_refused_with_the_form_that_was_meant(form: str, meant: str) -> None:
    with pytest.raises(ValueError, match="did you mean") as refused:
        known_form(form)

    assert f'did you mean "{meant}"?' in str(refused.value)
    assert known_form(meant) == meant


@pytest.mark.parametrize("form", ["today", "%%", "%Q", "%Y%", "%Y%Q", "%Z", " ", "TT.MM.JJJJ", "JJ/MM/AAAA"])
def test_a_form_of_which_nobody_knows_what_it_means_is_refused_without_a_guess(form: str) -> None:
    with pytest.raises(ValueError, match="write it like %Y-%m-%d"):
        known_form(form)


@pytest.mark.parametrize(
    "form",
    [
        "",
        "%Y%m%d",
        "%d.%m.%YT%H:%M",
        "%Hh%Mm%Ss",
        "C%y%m%d",
        "%-d.%-m.%Y",
        "kl %H.%M den %d %B",
        "%j",
        "%Y-W%V",
        "%Y%%",
        "%s",
        "%p",
        "%d %b. summan %Y",
    ],
)
def test_letters_beside_the_parts_of_a_date_are_left_to_the_merchant(form: str) -> None:
    assert known_form(form) == form


@pytest.mark.parametrize("form", ["ym" * 3000 + "mmmyyy" * 3000 + "!", "%Y " + "y" * 2001 + "x mm"])
def test_a_long_form_of_nonsense_is_judged_at_once(form: str) -> None:
    with pytest.raises(ValueError, match=r"writes no part|as it stands"):
        known_form(form)


def test_a_form_is_as_short_as_its_shortest_month() -> None:
    assert (shortest("%d%m%Y"), shortest("%d %B")) == (8, len("05 May"))


def test_a_date_that_has_no_room_is_refused_with_what_helps() -> None:
    fields = [{"from": "ordered_at", "date": "%B", "width": 4}]
    format_ = formats.build("fixed", {"record": [{"fields": fields}]})
    assert datetime(2026, 5, 1, tzinfo=UTC).strftime("%B") == "May"

    with pytest.raises(PermanentError, match="has 8 letters, and there is room for 4") as refused:
        formats.render(format_, guide_order(), CONTROL, RECEIVED_AT)

    assert refused.value.hint is not None
    assert "Set a greater width or max for the field, or a shorter date" in refused.value.hint
