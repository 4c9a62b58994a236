"""Letters that an encoding lacks, and what plain text writes in their place.

Not for: formats that can escape a letter, nor the letters of EDI (``_edi/letters``).
"""

from collections.abc import Mapping

PLAIN_LETTERS = str.maketrans(
    {
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{DOUBLE LOW-9 QUOTATION MARK}": '"',
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{SINGLE LOW-9 QUOTATION MARK}": "'",
        "\N{PRIME}": "'",
        "\N{DOUBLE PRIME}": '"',
        "\N{HYPHEN}": "-",
        "\N{NON-BREAKING HYPHEN}": "-",
        "\N{FIGURE DASH}": "-",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{MINUS SIGN}": "-",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{BULLET}": "*",
        "\N{EURO SIGN}": "EUR",
        "\N{TRADE MARK SIGN}": "(TM)",
        "\N{NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{ZERO WIDTH SPACE}": "",
        "\N{ZERO WIDTH NO-BREAK SPACE}": "",
    },
)


def missing(text: str, codec: str) -> str | None:
    """The first letter that the encoding lacks."""
    try:
        text.encode(codec)
    except UnicodeEncodeError as error:
        return str(error.object[error.start])
    return None


def stood_in(text: str, codec: str, rule: str, replace: Mapping[int, str] | None) -> str:
    """The text with what the rule writes for letters that the encoding lacks; that is replaced like any other."""
    if rule == "refuse":
        return text
    return "".join(_instead(one, rule).translate(replace or {}) if missing(one, codec) else one for one in text)


def rule_that_helps(text: str, codec: str, replace: Mapping[int, str] | None) -> str:
    """The rule by which the text could be written, the one that keeps more of it where there are two."""
    return "question_mark" if missing(stood_in(text, codec, "table", replace), codec) else "table"


def _instead(letter: str, rule: str) -> str:
    return letter.translate(PLAIN_LETTERS) if rule == "table" else "?"
