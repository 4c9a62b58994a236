"""A judge of EDIFACT messages by the UN directory's tables: sequence, repetition, obligation, codes, forms of elements.

The tables are for tests only (``shared/formats``); without them the judge cannot be had.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element, parse  # tables that lie beside the project

from tests.formats.edifact_tokens import Seg

DIRECTORIES = Path(__file__).parents[3] / "shared" / "formats" / "edifact-directories"
_SERVICE = {"UNB", "UNS", "UNZ", "UNH", "UNT", "UCI", "UCM", "UCS", "UCD"}
_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")
# The table of D.01B lost codes of the service directory here; C819 begins with 3229, C829 with 5495.
_BROKEN = {"C819", "C829"}


def is_here() -> bool:
    return DIRECTORIES.is_dir()


@cache
def _segments(path: str) -> dict[str, Element]:
    return {one.get("id", ""): one for one in parse(DIRECTORIES / path / "segments.xml").getroot()}  # noqa: S314


@cache
def _codes(directory: str) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for path in (f"{directory}/codes.xml", "D96A/service_codes_v3.xml"):
        for element in parse(DIRECTORIES / path).getroot():  # noqa: S314  # a table beside the project
            name = element.get("id", "")
            found[name] = found.get(name, frozenset()) | {code.get("id", "") for code in element}
    return found


@cache
def _message(path: str) -> Element:
    return parse(DIRECTORIES / path).getroot()  # noqa: S314  # a table beside the project


def faults(segments: list[Seg], directory: str = "D96A") -> list[str]:
    """All that is wrong with an interchange of one message."""
    kind = segments[1].at(2).lower()
    path = "service-v3/messages/contrl.xml" if kind == "contrl" else f"{directory}/messages/{kind}.xml"
    found = [fault for segment in segments for fault in _of_segment(segment, directory)]
    found += _of_sequence(_message(path), segments[1:-1])
    found += _of_envelope(segments)
    return found


def _of_envelope(segments: list[Seg]) -> Iterator[str]:
    opening, closing = segments[0], segments[-1]
    if [opening.tag, closing.tag, segments[1].tag, segments[-2].tag] != ["UNB", "UNZ", "UNH", "UNT"]:
        yield "not one message in one interchange"
    if segments[-2].at(1) != str(len(segments) - 2) or segments[-2].at(2) != segments[1].at(1):
        yield "UNT does not agree"
    if closing.at(1) != "1" or closing.at(2) != opening.at(5):
        yield "UNZ does not agree"


# --- elements ---------------------------------------------------------------------------------------------------------


def _of_segment(segment: Seg, directory: str) -> Iterator[str]:
    table = _segments("service-v3" if segment.tag in _SERVICE else directory).get(segment.tag)
    if table is None:
        yield f"{segment.tag} is not in the directory"
        return
    rules = list(table)
    if len(segment.elements) > len(rules):
        yield f"{segment.tag} has {len(segment.elements)} elements, and {len(rules)} are known"
    if segment.elements and not any(segment.elements[-1]):
        yield f"{segment.tag} ends with an empty element"
    for place, rule in enumerate(rules):
        components = segment.elements[place] if place < len(segment.elements) else [""]
        where = f"{segment.tag} element {place + 1}"
        yield from _of_element(where, components, rule, _codes(directory))


def _of_element(where: str, components: list[str], rule: Element, codes: dict[str, frozenset[str]]) -> Iterator[str]:
    if rule.get("id") in _BROKEN and len(rule) == 1:
        return
    parts = [rule] if rule.tag == "data_element" else list(rule)
    if not any(components):
        if rule.get("required"):
            yield f"{where} is missing"
        return
    if len(components) > len(parts):
        yield f"{where} has {len(components)} components, and {len(parts)} are known"
    if not components[-1]:
        yield f"{where} ends with an empty component"
    for index, part in enumerate(parts):
        value = components[index] if index < len(components) else ""
        yield from _of_value(f"{where}.{index + 1}", value, part, codes)


def _of_value(where: str, value: str, rule: Element, codes: dict[str, frozenset[str]]) -> Iterator[str]:
    if not value:
        if rule.get("required"):
            yield f"{where} is missing"
        return
    is_number = rule.get("type") == "n"
    if is_number and not _NUMBER.fullmatch(value):
        yield f'{where} is no number: "{value}"'
    length = len(re.sub("[-.,]", "", value)) if is_number else len(value)
    most = int(rule.get("maxlength") or rule.get("length") or 0)
    if length > most or (rule.get("length") and length != most):
        yield f'{where} has {length} letters, and {most} are room: "{value}"'
    known = codes.get(rule.get("id", ""), frozenset())
    if known and value not in known:
        yield f'{where} ({rule.get("id")}) has the code "{value}", which the directory does not know'


# --- sequence ---------------------------------------------------------------------------------------------------------


def _of_sequence(message: Element, segments: list[Seg]) -> list[str]:
    walk = _Walk([segment.tag for segment in segments])
    walk.part(message, "message")
    if walk.place < len(segments):
        walk.faults.append(f"segment {walk.place + 1} ({segments[walk.place].tag}) is out of sequence")
    return walk.faults


class _Walk:
    """A descent through a message's table; a group begins with its first segment."""

    def __init__(self, tags: list[str]) -> None:
        self.tags = tags
        self.place = 0
        self.faults: list[str] = []

    def part(self, table: Element, name: str) -> None:
        for rule in table:
            if rule.tag == "segment":
                self.segment(rule, name)
            elif rule.tag == "group":
                self.group(rule)

    def segment(self, rule: Element, name: str) -> None:
        count = 0
        while self.here() == rule.get("id") and count < int(rule.get("maxrepeat", "1")):
            self.place += 1
            count += 1
        if not count and rule.get("required"):
            self.faults.append(f"{rule.get('id')} is missing in {name} before segment {self.place + 1}")

    def group(self, rule: Element) -> None:
        first, count = rule[0].get("id"), 0
        while self.here() == first and count < int(rule.get("maxrepeat", "1")):
            before = self.place
            self.part(rule, rule.get("id", ""))
            count += 1
            assert self.place > before
        if not count and rule.get("required"):
            self.faults.append(f"group {rule.get('id')} is missing before segment {self.place + 1}")

    def here(self) -> str:
        return self.tags[self.place] if self.place < len(self.tags) else ""
