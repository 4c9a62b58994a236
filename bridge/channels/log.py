"""Alerts as log lines: the channel that is always there, for journald and whatever reads it.

Not for: waking anyone; a person or a machine must look at the log.
"""

import logging

from pydantic import BaseModel, ConfigDict

from bridge.channels._protocol import Act, Notice

log = logging.getLogger(__name__)


class Options(BaseModel):
    """The log channel has no settings; its lines follow ``[log]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LogChannel:
    """Writes each notice as one line: ``error`` for a page, ``warning`` for a ticket, ``info`` for an end."""

    name = "log"

    async def tell(self, notice: Notice) -> None:
        """Write the line; never fails."""
        extra = {
            "kind": notice.kind,
            "subject": notice.subject,
            "severity": notice.severity,
            "text": notice.text,
        }
        level = logging.ERROR if notice.severity == "page" else logging.WARNING
        match notice.act:
            case Act.RAISED:
                log.log(level, "alert_raised", extra=extra)
            case Act.REPEATED:
                log.log(level, "alert_repeated", extra=extra)
            case Act.CLOSED:
                log.info("alert_closed", extra=extra)


def build(options: Options) -> LogChannel:
    """The channel; it needs nothing."""
    del options
    return LogChannel()
