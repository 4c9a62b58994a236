"""The file that the format writes without a template of the merchant's: records with a letter in front.

Not for: other templates, which may write anything; its ERP answers with a heading and a row, as any may.
"""

from bridge.simulators.sides import Said, delimited

EXTENSION = delimited.EXTENSION


def reference(content: bytes) -> str:
    """The reference in the first record, which is the head."""
    head = content.decode("utf-8-sig", "replace").partition("\n")[0].split(";")
    if head[0] != "H" or len(head) < 3 or not head[2]:  # noqa: PLR2004  # its letter, the control number, the reference
        raise ValueError("no head record with a reference in the first line")
    return head[2].strip('"')


def answer(said: Said) -> bytes:
    """A heading and one row."""
    return delimited.answer(said)
