"""A second reading of EDIFACT's signs for tests, letter by letter; it shares no code with the bridge."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seg:
    tag: str
    elements: list[list[str]]

    def at(self, element: int, component: int = 0) -> str:
        parts = self.elements[element - 1] if element <= len(self.elements) else []
        return parts[component] if component < len(parts) else ""


def tokens(text: str) -> list[Seg]:
    """All segments; AssertionError for text behind the last one."""
    signs = ":+.? '"
    if text.startswith("UNA"):
        signs, text = text[3:9], text[9:]
    component, element, _, release, _, end = tuple(signs)
    found: list[Seg] = []
    current: list[list[str]] = [[""]]
    letters = iter(text)
    for letter in letters:
        if letter == release:
            current[-1][-1] += next(letters)
        elif letter == component:
            current[-1].append("")
        elif letter == element:
            current.append([""])
        elif letter == end:
            found.append(Seg(current[0][0].strip("\r\n"), current[1:]))
            current = [[""]]
        else:
            current[-1][-1] += letter
    assert current in ([[""]], [["\n"]], [["\r\n"]]), current
    return found
