"""What an ERP says in XML, by our names or by paths of its own, as the facts of each order.

Not for: what the facts mean (``_fields``).
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bridge.formats._answer.fields import LINE_FIELDS, ORDER_FIELDS
from bridge.formats._answer.paths import LINES, NAMES, PLACES, SCHEDULES, Named, check_parts, parted
from bridge.formats._protocol import Unreadable
from bridge.formats._text import shown
from bridge.formats._xml_tree import Path, check_prefixes, path_of
from bridge.safexml import Element, local_name

_LISTS = frozenset({LINES, SCHEDULES})
_GROUPS = frozenset({"invoice"})
_OWN_NAMES = ORDER_FIELDS | LINE_FIELDS | _LISTS | _GROUPS


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


def by_paths(root: Element, paths: Paths) -> Iterator[tuple[str, dict[str, object]]]:
    """The facts of each order with its place."""
    for element in _found(root, paths.order, paths.namespaces):
        facts = _facts(element, paths.facts, paths)
        if paths.lines.place is not None:
            facts[LINES] = [_line(line, paths) for line in _found(element, paths.lines.place, paths.namespaces)]
        yield _where(element), facts


def _line(element: Element, paths: Paths) -> dict[str, object]:
    facts = _facts(element, paths.lines.facts, paths)
    if paths.schedules.place is not None:
        parts = _found(element, paths.schedules.place, paths.namespaces)
        facts[SCHEDULES] = [_facts(part, paths.schedules.facts, paths) for part in parts]
    return facts


def _facts(element: Element, facts: Mapping[str, Path], paths: Paths) -> dict[str, object]:
    return {name: _value(element, path, paths) for name, path in facts.items()}


def by_names(root: Element) -> Iterator[tuple[str, dict[str, object]]]:
    """The same by our own names: the root speaks of an order, or each of its children does."""
    is_one = any(local_name(child) in _OWN_NAMES for child in root) or bool(_OWN_NAMES & set(root.attrib))
    orders = [root] if is_one else list(root)
    yield from ((_where(element), _group(element)) for element in orders)


def check_root(root: Element, wanted: str) -> None:
    """Refuse a document that is another than the settings say."""
    if wanted and local_name(root) != wanted:
        raise Unreadable("file", f"the root element is {shown(local_name(root))}, not {wanted}", "Set root, or drop it")


def _where(element: Element) -> str:
    return f"line {element.sourceline}"


def _found(element: Element, path: Path, namespaces: Mapping[str, str]) -> list[Element]:
    found = [element]
    for name in path.names:
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
        values.setdefault(name, []).append([_group(one) for one in child] if name in _LISTS else _named(name, child))
    return {name: _one_or_all(found) for name, found in values.items()}


def _named(name: str, element: Element) -> object:
    if name == "tracking" and len(element):
        return [_text(child) for child in element]
    return _group(element) if name in _GROUPS else _text(element)
