"""A statement from facts that segments told, by the neutral names that all formats read with.

Not for: finding the facts, nor the verdict of an order (``_answer/verdict``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.formats._answer.fields import Facts, Statement, statement
from bridge.formats._options import Dialect


def told(facts: Mapping[str, object], where: str, dialect: Dialect, warnings: Sequence[str]) -> Statement:
    """The statement that facts make; what is unclear about them goes along. ``control`` is a number of our own."""
    found = Facts(where, {name: value for name, value in facts.items() if value}, dialect)
    found.warnings += warnings
    made = statement(found, is_row=False)
    control = facts.get("control")
    return replace(made, said=replace(made.said, control=control)) if isinstance(control, int) else made
