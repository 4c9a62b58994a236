"""Words of the settings with ``*`` for any signs and ``?`` for one, as rules and layouts compare an order's texts with.

Not for: names of files, whose case counts (``naming``).
"""

import re
from collections.abc import Iterable
from functools import cache


def fits(words: Iterable[str], text: str | None) -> bool:
    """Whether a text is one of the words, case and blanks around it aside; what is not there fits none."""
    bare = (text or "").strip()
    return bool(bare) and any(_pattern(word).fullmatch(bare) for word in words)


@cache
def _pattern(word: str) -> re.Pattern[str]:
    """No other sign than the two is special."""
    text = re.escape(word.strip()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(text, re.IGNORECASE | re.DOTALL)
