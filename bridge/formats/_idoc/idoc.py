"""An IDoc as both shapes of file hold it: a control record, and segments that stand below one another.

Not for: characters of a file (``flat``, ``xml``), nor what the segments mean (``answer``, ``papers``, ``receipts``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bridge.formats._idoc.segments import PARENTS, SEGMENTS
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.model import Fault


class Source(Protocol):
    """Where the fields of a segment are looked up: columns of a record, or elements."""

    def at(self, name: str) -> str:
        """A field without blanks around it; empty where there is none."""
        ...


@dataclass(slots=True)
class Segment:
    """One segment with those below it, by name."""

    name: str
    where: str
    source: Source
    below: dict[str, list["Segment"]] = field(default_factory=dict)

    def at(self, name: str) -> str:
        """A field without blanks around it; empty where there is none."""
        return self.source.at(name)

    def all(self, name: str) -> Sequence["Segment"]:
        """The segments of a name that stand directly below."""
        return self.below.get(name, ())

    def add(self, segment: "Segment") -> None:
        """Put a segment below this one."""
        self.below.setdefault(segment.name, []).append(segment)

    def marked(self, name: str, field_name: str, qualifier: str) -> Iterable["Segment"]:
        """Those of them whose field has this value."""
        return (one for one in self.all(name) if one.at(field_name) == qualifier)


@dataclass(frozen=True, slots=True)
class Given:
    """A segment as it was found; ``parent`` is the place of the one above in the same list, ``None`` for none told."""

    segment: Segment
    parent: int | None


@dataclass(frozen=True, slots=True)
class Idoc:
    """One IDoc: its kind of message, and a root below which its segments stand."""

    where: str
    control: Source
    root: Segment


@dataclass(slots=True)
class Contents:
    """What a file holds: IDocs in order, and faults that cost one of them each."""

    idocs: list[Idoc] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def idoc_of(where: str, control: Source, found: Sequence[Given], *, is_nested: bool = False) -> Idoc:
    """The IDoc that segments make: below one another as the file says, by their sequence where it does not say.

    ``is_nested``: the file says it of each segment. What stands below nothing in the table is of the head, wherever it
    was put. Raises ``Unreadable`` where a segment stands below another than it belongs to.
    """
    if not found:
        raise Unreadable(where, "it has no segments", "The file may be cut; ask SAP for it again")
    root = Segment("", where, control)
    latest: dict[str, Segment] = {}
    for one in found:
        segment, wanted = one.segment, PARENTS.get(one.segment.name)
        told = root if one.parent is None else found[one.parent].segment
        if wanted is None:
            above = root if segment.name in SEGMENTS else told
        elif one.parent is None and not is_nested:
            above = latest.get(wanted) or _lost(segment)
        else:
            above = told if told.name == wanted else _misplaced(segment, told)
        above.add(segment)
        latest[segment.name] = segment
        _forget(segment.name, latest)
    return Idoc(where, control, root)


def _misplaced(segment: Segment, told: Segment) -> Segment:
    what = f"{segment.name} belongs below {PARENTS[segment.name]} and stands below {told.name or 'none'}"
    raise Unreadable(segment.where, what, "Nobody can tell what it is about")


def _lost(segment: Segment) -> Segment:
    raise Unreadable(segment.where, f"{segment.name} has no {PARENTS[segment.name]} before it")


def _forget(name: str, latest: dict[str, Segment]) -> None:
    """A new segment ends all that stands below the one before it of its kind."""
    for below in [one for one, above in PARENTS.items() if above == name and one in latest]:
        del latest[below]
        _forget(below, latest)


@dataclass(frozen=True, slots=True)
class Elements:
    """Fields by name."""

    fields: Mapping[str, str]

    def at(self, name: str) -> str:
        """A field without blanks around it; empty where there is none."""
        return self.fields.get(name, "")


def only(segment: Segment, found: Iterable[str], what: str) -> str | None:
    """The one value that is told; raises ``Unreadable`` where there are two of them."""
    values = list(dict.fromkeys(value for value in found if value))
    if len(values) > 1:
        raise Unreadable(segment.where, f'{what} is both "{shown(values[0])}" and "{shown(values[1])}"')
    return values[0] if values else None
