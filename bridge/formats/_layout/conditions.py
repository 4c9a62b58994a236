"""What the ``where`` of a record or of a sum says of a part of the order; what nothing can meet is refused.

A text is compared as the rules of ``[[routes]]`` compare it. Not for: names (``names``).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum

from bridge.formats._layout.names import COUNT, INFO, Level, Named, Scope, resolve
from bridge.formats._layout.options import Conditions, Word
from bridge.formats._numbers import trimmed
from bridge.formats._text import shown
from bridge.patterns import fits

ANY = "*"
_TRUTHS = ("true", "false")
_OF_A_NUMBER = re.compile(r"[-0-9.]*[*?][-0-9.*?]*")


def condition(where: Conditions, levels: tuple[Level, ...]) -> Callable[[Scope], bool]:
    """Whether all that is written holds of a part; ``ValueError`` for a name or a word that makes no sense."""
    wanted = [_wanted(name, words, levels) for name, words in where.items()]
    return lambda scope: all(holds(scope) for holds in wanted)


def is_pattern(word: Word) -> bool:
    """True when a word stands for more than itself."""
    return not {ANY, "?"}.isdisjoint(_text(word))


def _wanted(name: str, given: Sequence[Word], levels: tuple[Level, ...]) -> Callable[[Scope], bool]:
    named = resolve(name, levels)
    for word in given or (None,):
        if reason := _objection(named, word):
            raise ValueError(f"where: {reason}")
    words = tuple(dict.fromkeys(one for word in map(_text, given) for one in (word, _plain(word))))
    exact, may_be_missing = frozenset(words), any(not word.strip() for word in words)

    def holds(scope: Scope) -> bool:
        value = named.get(scope)
        if isinstance(value, str) and value in exact:  # most words of most layouts, for each line of an order
            return True
        found = [text for text in _texts(value) if text.strip()]
        return any(text in exact or fits(words, text) for text in found) if found else may_be_missing

    return holds


def _objection(named: Named, word: Word | None) -> str | None:
    """Why a word says nothing of what the name stands for."""
    if named.name.startswith(COUNT):
        return f"{named.name} is not known yet, since records are counted while they are chosen"
    if word is None:
        return f'no word fits {shown(named.name)}; write the words that do, or "{ANY}" for whatever is there'
    text = _text(word)
    if text.strip() in {"", ANY} and not isinstance(word, bool):
        return None
    what = _what_it_is(named, word, text)
    return what and f'{shown(named.name)} is {what}, never "{shown(text)}"; "{ANY}" stands for whatever is there'


def _what_it_is(named: Named, word: Word, text: str) -> str | None:
    kind = named.kind
    if kind is bool:
        return None if fits(_TRUTHS, text) else "true or false"
    if kind in {int, Decimal}:
        return None if not isinstance(word, bool) and _is_of_numbers(text) else "a number"
    if kind is datetime:
        return "a time"
    if issubclass(kind, Enum):
        known = [str(member.value) for member in kind]
        return None if any(fits((text,), member) for member in known) else f"one of {', '.join(known)}"
    is_free = kind is not str or INFO in named.name.split(".")
    return "text" if isinstance(word, bool) and not is_free else None


def _is_of_numbers(text: str) -> bool:
    if _OF_A_NUMBER.fullmatch(text.strip()):
        return True
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _text(word: Word) -> str:
    return str(word).lower() if isinstance(word, bool) else word


def _texts(value: object) -> Iterator[str]:
    """A value as texts; of several one that fits is enough."""
    if isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, Decimal):
        yield trimmed(value)
    elif isinstance(value, bool):
        yield str(value).lower()
    elif value is not None:
        yield str(value.value) if isinstance(value, Enum) else str(value)


def _plain(word: str) -> str:
    """A number of the settings without its last noughts, so that 25.00 is 25."""
    try:
        return trimmed(Decimal(word))
    except (InvalidOperation, ValueError):
        return word
