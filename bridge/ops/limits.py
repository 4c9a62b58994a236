"""From which ages on something is alarming or overdue, by the settings.

Not for: looking for it (``journal/conditions.py``).
"""

from datetime import datetime

from bridge.config import Config
from bridge.journal.conditions import Limits, TargetLimits
from bridge.journal.reading import Overdue
from bridge.states import OrderState


def limits_of(config: Config) -> Limits:
    """The thresholds of the monitor."""
    targets = {
        name: TargetLimits(
            target.pick_up_within,
            target.acknowledge_within if target.confirm_on == "answer" else None,
        )
        for name, target in config.targets.items()
    }
    return Limits(targets=targets)


def overdue_of(limits: Limits, now: datetime) -> tuple[Overdue, ...]:
    """When an order counts as overdue at ``now``: the same ages, seen from the order."""
    return (
        Overdue(OrderState.RECEIVED, now - limits.not_written),
        Overdue(OrderState.ACKNOWLEDGED, now - limits.not_reported),
        *(
            Overdue(OrderState.DROPPED, now - limit.acknowledge_within, target)
            for target, limit in limits.targets.items()
            if limit.acknowledge_within is not None
        ),
    )
