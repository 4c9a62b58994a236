"""Where in an order a value stands, found by looking for it; only what is refused is ever looked for.

Not for: reaching a fact by its name (``sandbox.py``).
"""

from collections.abc import Iterator


def values_of(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Each single value of a document with its place, such as ``lines[2].text``."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from values_of(part, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from values_of(part, f"{path}[{at}]")
    else:
        yield path, value


def texts_of(value: object) -> Iterator[tuple[str, str]]:
    """Each text of a document with its place."""
    return ((path, one) for path, one in values_of(value) if isinstance(one, str))


def place_of(value: object, document: object) -> str:
    """Where a value stands; of a text that was put together, where its first part does. Empty when nowhere.

    Case does not count: a filter may have changed it.
    """
    if not isinstance(value, str):
        return next((path for path, one in values_of(document) if one is value), "")
    sought = value.casefold()
    found = [(path, text.casefold()) for path, text in texts_of(document)]
    whole = next((path for path, text in found if text == sought), None)
    return whole or next((path for path, text in found if text and text in sought), "")
