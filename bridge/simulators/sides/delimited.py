"""Delimited text with a heading, as the format writes it without options.

Not for: files without a heading.
"""

import csv
import io

from bridge.simulators.sides import Said

EXTENSION = "csv"
_HEADING = ("order_ref", "erp_order_no", "status", "reason")


def reference(content: bytes) -> str:
    """The ``order_ref`` of the first row, whichever separator the heading shows."""
    text = content.decode("utf-8-sig", "replace")
    heading = text.partition("\n")[0]
    delimiter = max(";,\t|", key=heading.count)
    row = next(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter), {})
    found = row.get("order_ref")
    if not found:
        raise ValueError("no order_ref in the first row")
    return found


def answer(said: Said) -> bytes:
    """A heading and one row."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerows([_HEADING, (said.order_ref, said.erp_order_no, said.status, said.reason)])
    return text.getvalue().encode()
