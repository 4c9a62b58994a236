"""Names that nearly fit: what stands where a path of the settings finds nothing.

An order without lines is legal, so a path may find nothing; one beside which a name stands that differs in little is
misspelt, or the file is, and then what was meant is not told from what was not said. Not for: finding anything.
"""

import difflib
from functools import lru_cache

_NEAR = 0.85  # Row and Rows, Ligne and Lignes; not Row1 and Row2


@lru_cache(maxsize=4096)
def is_near(wanted: str, there: str) -> bool:
    """Whether two names differ in nothing but case, or in a letter or so; that which is there may have a namespace."""
    one, other = wanted.casefold(), there.rpartition("}")[2].casefold()
    return one == other or difflib.SequenceMatcher(None, one, other).ratio() >= _NEAR
