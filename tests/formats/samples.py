"""The golden files of the shelf: what each format writes for the guide's order, and answers with what they say."""

from pathlib import Path

from bridge import formats

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str, stem: str) -> bytes:
    """A golden file of a format; each brings ``order answer silent unknown``."""
    extension = formats.build(name, {}).extension
    return (GOLDEN / name / f"{stem}.{extension}").read_bytes()
