"""What an alert tells people to type is what helps: an act that the order's state allows."""

from datetime import UTC

import pytest

from bridge.journal.conditions import Condition, Finding
from bridge.stages.monitor.words import alert_of
from tests.support.clock import START


@pytest.mark.parametrize(
    ("subject", "helps"),
    [
        ("uncertain files", ("orders resend 48447 --because TEXT", "orders confirm 48447 --erp-no NUMBER")),
        ("held files", ("orders release 48447 --because TEXT", "orders retry 48447")),
    ],
)
def test_an_alert_names_the_acts_that_the_state_allows(subject: str, helps: tuple[str, ...]) -> None:
    text = alert_of(Finding(Condition.NEEDS_A_PERSON, subject, START, 1, "48447"), UTC).text

    assert [words for words in helps if words not in text] == []


def test_an_uncertain_file_is_never_queued_by_a_retry_so_no_alert_says_so() -> None:
    text = alert_of(Finding(Condition.NEEDS_A_PERSON, "uncertain files", START, 1, "48447"), UTC).text

    assert "orders retry" not in text
