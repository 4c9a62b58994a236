"""Which targets an order goes to: one whose answer confirms it, others that get a copy or rows of their own. Pure.

Not for: rendering or admitting; this names targets, says which rows each gets, and why.
"""

from bridge.routing.conditions import Judged
from bridge.routing.rows import part_of
from bridge.routing.way import Asked, Route, application_name, route

__all__ = ["Asked", "Judged", "Route", "application_name", "part_of", "route"]
