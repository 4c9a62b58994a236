"""The shelf of channels, and the one that is always there."""

import logging

import pytest

from bridge import channels
from bridge.channels import Act, Notice
from tests.support.clock import START


def notice(act: Act, severity: str = "ticket") -> Notice:
    return Notice(act, "dead_letters", "reports", severity, "7 reports given up. Do: look", START)


@pytest.mark.parametrize("name", channels.available())
def test_every_channel_can_be_built_from_its_defaults_and_says_its_name(name: str) -> None:
    options = channels.options_of(name)

    channel = channels.build(name, options())

    assert channel.name == name
    assert all(field.description for field in options.model_fields.values())


def test_the_log_is_on_the_shelf() -> None:
    assert "log" in channels.available()


@pytest.mark.parametrize(
    ("act", "severity", "event", "level"),
    [
        (Act.RAISED, "page", "alert_raised", logging.ERROR),
        (Act.RAISED, "ticket", "alert_raised", logging.WARNING),
        (Act.REPEATED, "ticket", "alert_repeated", logging.WARNING),
        (Act.CLOSED, "page", "alert_closed", logging.INFO),
    ],
)
async def test_the_log_channel_writes_one_line_a_notice(
    caplog: pytest.LogCaptureFixture, act: Act, severity: str, event: str, level: int
) -> None:
    caplog.set_level(logging.INFO, "bridge")
    channel = channels.build("log", channels.options_of("log")())

    await channel.tell(notice(act, severity))

    (line,) = caplog.records
    assert (line.msg, line.levelno) == (event, level)
    assert vars(line)["text"] == "7 reports given up. Do: look"
