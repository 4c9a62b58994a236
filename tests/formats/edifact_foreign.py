"""EDIFACT as somebody else's parser reads it: pydifact."""

import warnings

from pydifact.segmentcollection import RawSegmentCollection


def foreign(text: str) -> list[tuple[str, list[list[str]]]]:
    """All segments but UNA, each as its tag and its elements."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses tables that its package leaves out
        found = RawSegmentCollection.from_str(text).segments
    return [
        (one.tag, [[part] if isinstance(part, str) else list(part) for part in one.elements])
        for one in found
        if one.tag != "UNA"
    ]
