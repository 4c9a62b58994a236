"""What an ERP says in XML, by our names or by paths of its own, as the facts of each order.

Not for: what the facts mean (``_fields``).
"""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from lxml import etree

from bridge.formats._answer.fields import LINE_FIELDS, ORDER_FIELDS, SCHEDULE_FIELDS
from bridge.formats._answer.near import is_near
from bridge.formats._answer.paths import LINES, NAMES, PLACES, SCHEDULES, Named, check_parts, parted
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.formats._xml_tree import Name, Path, check_prefixes, path_of
from bridge.safexml import Element, local_name

_LISTS = frozenset({LINES, SCHEDULES})
_GROUPS = frozenset({"invoice"})
_OWN_NAMES = ORDER_FIELDS | LINE_FIELDS | _LISTS | _GROUPS
_ENOUGH = 1000  # orders and lines that show which names are there
_OF_MEMBER = LINE_FIELDS | SCHEDULE_FIELDS | {"status", "date", "reason"}
_OF_INVOICE = frozenset({"no", "date", "due", "total", "vat", "currency", "credited_no"})


def known_paths(paths: Mapping[str, str]) -> Mapping[str, str]:
    """The table itself when every field is known and an order can be found; else ``ValueError``."""
    for name, path in paths.items():
        if name not in NAMES:
            close = difflib.get_close_matches(name, sorted(NAMES), 1)
            raise ValueError(f'"{shown(name)}" is no field' + (f'; did you mean "{close[0]}"?' if close else ""))
        if path_of(path).attribute is not None and name in PLACES:
            raise ValueError(f"{name} is an element, not an attribute")
    if paths and not {"order_ref", "erp_order_no"} & paths.keys():
        raise ValueError("neither order_ref nor erp_order_no is among the paths")
    check_parts(paths, "Row", "Deliveries/Delivery")
    return paths


def check_paths(paths: Mapping[str, str], namespaces: Mapping[str, str]) -> None:
    """Refuse with ``ValueError``, by the name of the field, a path with a prefix that nobody explained."""
    for name, path in paths.items():
        try:
            check_prefixes(path_of(path), namespaces)
        except ValueError as error:
            raise ValueError(f"paths: {name}: {error}") from None


@dataclass(frozen=True, slots=True)
class Paths:
    """Where each fact stands, ready for reading."""

    namespaces: Mapping[str, str]
    order: Path
    facts: Mapping[str, Path]
    lines: Named[Path]
    schedules: Named[Path]


def paths_of(paths: Mapping[str, str], namespaces: Mapping[str, str]) -> Paths:
    """The paths of the settings."""
    order, lines, schedules = parted({name: path_of(path) for name, path in paths.items()})
    return Paths(namespaces, order.place or Path(), order.facts, lines, schedules)


class Order(NamedTuple):
    """The facts of an order with its place, and why nothing of it can be relied on."""

    where: str
    facts: dict[str, object]
    fault: str = ""


def by_paths(root: Element, paths: Paths) -> Iterator[Order]:
    """The orders of a document; raises ``Unreadable`` at the end where a path is misspelt in the whole of it."""
    orders = _found(root, paths.order, paths.namespaces)
    of_orders, of_lines = _Unseen("", paths.facts), _Unseen(f"{LINES}.", paths.lines.facts)
    for element in orders:
        facts, fault = _facts(element, paths.facts, paths), ""
        of_orders.look(facts, element)
        if paths.lines.place is not None:
            lines = _found(element, paths.lines.place, paths.namespaces)
            facts[LINES] = [_line(line, paths, of_lines) for line in lines]
            fault = "" if lines else _near_lines(element, paths.lines.place, paths.namespaces)
        yield Order(_where(element), facts, fault)
    for unseen in (of_orders, of_lines):
        unseen.refuse_misspelt(paths.namespaces)
    for element in _beside(root, orders, paths):
        what = f"{shown(local_name(element))} names an order too, and the path of order does not reach it; set paths"
        yield Order(_where(element), {}, what)


def _line(element: Element, paths: Paths, unseen: "_Unseen") -> dict[str, object]:
    facts = _facts(element, paths.lines.facts, paths)
    unseen.look(facts, element)
    if paths.schedules.place is not None:
        parts = _found(element, paths.schedules.place, paths.namespaces)
        facts[SCHEDULES] = [_facts(part, paths.schedules.facts, paths) for part in parts]
    return facts


def _facts(element: Element, facts: Mapping[str, Path], paths: Paths) -> dict[str, object]:
    return {name: _value(element, path, paths) for name, path in facts.items()}


class _Unseen:
    """The facts that none of the first orders, or lines, of a document has, and those elements."""

    __slots__ = ("_elements", "_left", "_paths", "_prefix")

    def __init__(self, prefix: str, paths: Mapping[str, Path]) -> None:
        self._prefix, self._paths, self._left = prefix, paths, list(paths)
        self._elements: list[Element] = []

    def look(self, facts: Mapping[str, object], element: Element) -> None:
        """Cross out what an element has."""
        if self._left and len(self._elements) < _ENOUGH:
            self._left = [name for name in self._left if facts[name] is None]
            self._elements.append(element)

    def refuse_misspelt(self, namespaces: Mapping[str, str]) -> None:
        """Raise ``Unreadable`` for a fact whose name stands there in other letters, as attribute for element or so."""
        letters = Counter(_last(path) for path in self._paths.values())
        left = [name for name in self._left if letters[_last(self._paths[name])] == 1]  # else another path is there
        for name, element in product(left, self._elements):
            there = _other_spelling(element, self._paths[name], namespaces)
            if there:
                raise Unreadable(
                    _where(element),
                    f'"{self._prefix}{name}" finds nothing in this file, though {there} is there',
                    "Set paths to what the ERP writes",
                )


def _last(path: Path) -> str:
    name = path.attribute or (path.names[-1] if path.names else None)
    return name.local.casefold() if name else ""


def _other_spelling(element: Element, path: Path, namespaces: Mapping[str, str]) -> str:
    """What stands where a path ends that finds nothing, with the same name but for case, namespace and kind."""
    around, missing = _way(element, path, namespaces)
    wanted = missing or path.attribute
    if wanted is None:
        return ""
    letters = wanted.local.casefold()
    is_last = wanted is path.attribute or (path.attribute is None and wanted is path.names[-1])
    for one in around:
        names = [("element", local_name(child)) for child in one]
        names += [("attribute", str(etree.QName(name).localname)) for name in (one.keys() if is_last else ())]
        for kind, name in names:
            if name.casefold() == letters:
                return f"the {kind} {shown(name)}"
    return ""


def _near_lines(element: Element, path: Path, namespaces: Mapping[str, str]) -> str:
    """Why an order in which no lines are found may have some all the same; nothing where it has none."""
    is_short = len(path.names) == 1  # most are, and files are large
    around, missing = ([element], path.names[0]) if is_short else _way(element, path, namespaces)
    for one in around if missing is not None else ():
        for child in one:
            if missing is not None and is_near(missing.local, child.tag) and (len(child) or child.attrib):
                there = shown(local_name(child))
                return f"lines: there is no {shown(missing.local)} by their path, but {there}; set paths"
    return ""


def _way(element: Element, path: Path, namespaces: Mapping[str, str]) -> tuple[list[Element], Name | None]:
    """How far the names of a path lead, and the first that leads no further."""
    around = [element]
    for name in path.names:
        found = _found_by([name], around, namespaces)
        if not found:
            return around, name
        around = found
    return around, None


def _beside(root: Element, orders: Sequence[Element], paths: Paths) -> Iterator[Element]:
    """What stands outside of the orders, is called like them but for case and namespace, and names an order."""
    if not paths.order.names:
        return
    known, letters = set(orders), paths.order.names[-1].local.casefold()
    left = [root]
    while left:
        for child in left.pop():
            if child in known or not (len(child) or child.attrib):
                continue
            if local_name(child).casefold() == letters and _names_an_order(child, paths):
                yield child
            else:
                left.append(child)


def _names_an_order(element: Element, paths: Paths) -> bool:
    given = (paths.facts.get(name) for name in ("order_ref", "erp_order_no"))
    return any(path is not None and _value(element, path, paths) is not None for path in given)


def by_names(root: Element) -> Iterator[Order]:
    """The same by our own names: the root speaks of an order, or each of its children does."""
    is_one = any(local_name(child) in _OWN_NAMES for child in root) or bool(_OWN_NAMES & set(root.attrib))
    orders = [root] if is_one else list(root)
    yield from (Order(_where(element), _group(element)) for element in orders)


def check_root(root: Element, wanted: str) -> None:
    """Refuse a document that is another than the settings say."""
    if wanted and local_name(root) != wanted:
        raise Unreadable("file", f"the root element is {shown(local_name(root))}, not {wanted}", "Set root, or drop it")


def _where(element: Element) -> str:
    return f"line {element.sourceline}"


def _found(element: Element, path: Path, namespaces: Mapping[str, str]) -> list[Element]:
    return _found_by(path.names, [element], namespaces)


def _found_by(names: Iterable[Name], start: list[Element], namespaces: Mapping[str, str]) -> list[Element]:
    found = start
    for name in names:
        pattern = name.pattern(namespaces)
        found = [child for one in found for child in one.iterchildren(pattern)]
    return found


def _value(element: Element, path: Path, paths: Paths) -> object:
    found = _found(element, path, paths.namespaces)
    if path.attribute is None:
        return _one_or_all([_text(one) for one in found])
    attribute = path.attribute
    texts: list[object] = [
        value for one in found for name, value in one.items() if attribute.fits(str(name), paths.namespaces)
    ]
    return _one_or_all(texts)


def _one_or_all(values: list[object]) -> object:
    """None of them is ``None``, one is itself; several are a list, which only a list of codes may be."""
    return values if len(values) > 1 else next(iter(values), None)


def _text(element: Element) -> object:
    return _group(element) if len(element) else element.text


def _group(element: Element) -> dict[str, object]:
    """An element's attributes and children by name; a name that comes twice is a list."""
    values: dict[str, list[object]] = {str(name): [value] for name, value in element.attrib.items()}
    for child in element:
        name = local_name(child)
        values.setdefault(name, []).append(_members(child) if name in _LISTS else _named(name, child))
    return {name: _one_or_all(found) for name, found in values.items()}


def _named(name: str, element: Element) -> object:
    if name == "tracking" and len(element):
        return [_text(child) for child in element]
    return _object(element, _OF_INVOICE) if name in _GROUPS else _text(element)


def _members(element: Element) -> object:
    """The members of a list; what says something of its own is no list, and whoever reads it finds that out."""
    if (element.text or "").strip() or not _OF_MEMBER.isdisjoint(element.attrib):
        return _object(element)
    return [_object(one) for one in element]


def _object(element: Element, names: frozenset[str] = _OF_MEMBER) -> object:
    """The group that an element is; the text of one that is none, and says nothing by an attribute of these names."""
    is_text = not len(element) and (element.text or "").strip() and names.isdisjoint(element.attrib)
    return element.text if is_text else _group(element)
