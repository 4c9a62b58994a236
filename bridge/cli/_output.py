"""Data to stdout, words to stderr: tables on a terminal, tab-separated lines elsewhere, one document with ``--json``.

Not for: what is shown.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from bridge.cli._globals import given

_COLOURS = {"ok": "green", "✓": "green", "!": "yellow", "✗": "red", "held": "yellow", "dead": "red"}


def document(value: object) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def line(text: str = "") -> None:
    """A line of data on stdout."""
    click.echo(text)


def told(came_of_it: Mapping[str, Any], words: str) -> None:
    """What came of one act: the words, or with ``--json`` the document as one line."""
    line(json.dumps(came_of_it, ensure_ascii=False) if given().as_json else words)


def say(text: str) -> None:
    """Words for a person on stderr; ``-q`` hushes them."""
    if not given().quiet:
        click.echo(text, err=True)


def raw(content: bytes) -> None:
    """Bytes on stdout, exactly as they are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows as a table with headings on a terminal; else tab-separated, without headings."""
    shown = [[cell(value) for value in row] for row in rows]
    if not sys.stdout.isatty():
        for row in shown:
            click.echo("\t".join(row))
        return
    widths = [max(map(len, column)) for column in zip(headings, *shown, strict=True)]
    click.echo("  ".join(f"{heading:<{width}}" for heading, width in zip(headings, widths, strict=True)).rstrip())
    for row in shown:
        padded = [painted(text, f"{text:<{width}}") for text, width in zip(row, widths, strict=True)]
        click.echo("  ".join(padded).rstrip())


def painted(word: str, text: str) -> str:
    """``text`` in the colour of ``word``, where colours are wanted."""
    colour = _COLOURS.get(word)
    wanted = sys.stdout.isatty() and not given().no_color and not os.environ.get("NO_COLOR")
    return click.style(text, fg=colour) if colour and wanted else text


def cell(value: object) -> str:
    """A value as one cell: missing is ``-``, and nothing in it breaks the line or steers the terminal."""
    if value is None or value == "":
        return "-"
    return "".join(char if char.isprintable() else " " for char in str(value))


def csv(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Comma-separated rows below a heading; a cell that a spreadsheet would take for a formula is quoted."""
    import csv as writing
    import io

    text = io.StringIO()
    writer = writing.writer(text, lineterminator="\n")
    writer.writerow(headings)
    writer.writerows([_no_formula(value) for value in row] for row in rows)
    click.echo(text.getvalue(), nl=False)


def _no_formula(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} else value
