"""The eight questions of ``init``: what is asked, what holds unless somebody says otherwise, and what is no answer.

Not for: asking (``init.py``) or writing (``init_files.py``).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from bridge import transports

NONE = "none"
"""The answer to the question about Norce while there is none to report to."""

ENVIRONMENTS = ("demo", "test", "prod")
SAMPLE_KEY = "123e4567-e89b-12d3-a456-426614174000"
_TOKEN_PATH = "/identity/1.0/connect/token"  # noqa: S105 - a path
_WORD = re.compile(r"[\x21-\x39\x3b-\x7e]{1,100}")
_LONGEST = 200

Answers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``check`` gives the answer as it is kept and raises ``ValueError`` with a sentence.

    ``default`` may follow from the answers before it; ``None``: somebody has to say. ``is_asked`` likewise.
    """

    name: str
    text: str
    check: Callable[[str], str]
    default: Callable[[Answers], str | None]
    is_asked: Callable[[Answers], bool] = lambda _: True

    @property
    def option(self) -> str:
        """The option that answers it."""
        return f"--{self.name.replace('_', '-')}"


def _name(text: str) -> str:
    if not text.strip() or not text.isprintable() or len(text) > _LONGEST:
        raise ValueError("write a name in one line, such as Demo shop")
    return text.strip()


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in known:
            raise ValueError(f'"{text}" is not one of {", ".join(known)}')
        return text

    return check


def _listen(text: str) -> str:
    from bridge.config import parse_address

    return str(parse_address(text))


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError("letters, digits and signs without blanks or a colon, such as norce")
    return text


def _key(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError(f'"{text}" is not an application key; it reads like {SAMPLE_KEY}') from None


def _format(text: str) -> str:
    from bridge.cli._settings import shelves

    return _one_of(tuple(sorted(shelves().formats_for("write"))))(text)


def _url(text: str) -> str:
    from bridge.config.units import parse_url

    return parse_url(text)


def _url_or_none(text: str) -> str:
    return NONE if text.lower() == NONE else _url(text)


def _token_url(answers: Answers) -> str | None:
    """Beside the API, where Norce has it."""
    from urllib.parse import urlsplit

    parts = urlsplit(answers["base_url"])
    return f"{parts.scheme}://{parts.netloc}{_TOKEN_PATH}"


def _knows_norce(answers: Answers) -> bool:
    return answers["base_url"] != NONE


def _constant(value: str) -> Callable[[Answers], str | None]:
    return lambda _: value


def _key_in_demo(answers: Answers) -> str | None:
    """Only a demo may go by the key of the sample order."""
    return SAMPLE_KEY if answers["environment"] == "demo" else None


def _client(answers: Answers) -> str | None:
    return "demo" if answers["environment"] == "demo" else None


QUESTIONS = (
    Question("site_name", "Name of this site, as alerts show it", _name, _constant("Demo shop")),
    Question("environment", "Environment: demo, test or prod", _one_of(ENVIRONMENTS), _constant("demo")),
    Question("listen", "Address that takes orders (host:port)", _listen, _constant("127.0.0.1:8080")),
    Question("username", "User name that Norce sends", _word, _constant("norce")),
    Question("application_key", "Application key of the shop, from Norce Admin", _key, _key_in_demo),
    Question("order_format", "Format of the ERP's order files", _format, _constant("delimited")),
    Question("base_url", "Norce's API, to report to; none: not yet", _url_or_none, _constant(NONE)),
    Question("token_url", "Norce's token address, beside it", _url, _token_url, _knows_norce),
    Question("client_id", "Client id of the bridge at Norce", _word, _client, _knows_norce),
)
"""Eight, since the API's address and the token's are one question in two lines."""


def target_kind(text: str) -> str:
    """The name of a way to reach an ERP that needs nothing but folders."""
    known = transports.available()
    if text not in known:
        raise ValueError(f'"{text}" is not a kind of target; there are: {", ".join(known)}')
    return text


def extension_of(format_name: str) -> str:
    """How a file of this format is called at its end."""
    known = {"delimited": "csv", "json": "json", "xml": "xml", "ubl": "xml", "edifact": "edi", "x12": "x12"}
    return known.get(format_name, "txt")
