"""Orders that went wrong on the way, thousands of them, the same again for the same seed.

Not for: posting them (`test_mutations.py`).
"""

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bridge.norce.bodies import BodyKind
from bridge.norce.wire import decode
from bridge.norce.writing import written
from tests.norce.orders import JSON, JSON_SAMPLE, XML_SAMPLE, Place, sample

SOAP_SAMPLE = written(decode(JSON_SAMPLE, JSON), BodyKind.SOAP)

JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 10**40, -0.0, 1e308, 0.1, "", " ", "\n", "0", "-1", "1,5", "1e999",
    "1E-30", "NaN", "Infinity", "9" * 60, "abc", "å" * 51, "\u2028", "\x00", "\x1b[2J", "\ud800", "\uffff", "😀" * 30,
    "<b>", "]]>", "&amp;", "' OR 1=1 --", "../../etc/passwd", "{ref}", "%s%n", "0001-01-01T00:00:00", "2024-02-30",
    "/Date(1605619187000+0100)/", "/Date(99999999999999999)/", "2020-11-17 14:19:47", [], {}, [[]], [None], [{}], ["x"],
    {"a": 1}, {"Items": []}, [1] * 200,
)  # fmt: skip
SNIPPETS = (
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"}", b"[" * 60, b'"', b"\\", b"\\u0000", b"\\ud800", b",", b"<", b">",
    b"&", b"&#0;", b"&#xD800;", b"&lol;", b"<!DOCTYPE a>", b"<!-- ", b"<![CDATA[", b"]]>", b"<?x ?>", b"</Items>",
    b'xmlns:p="urn:p"', b' i:nil="true"', b"<Envelope>", b"NaN", b"1e400", b"\xc3\x28", b"\xe2\x80\xa8", b" " * 3000,
)  # fmt: skip
LABELS = (
    "application/json", "application/xml", "text/xml; charset=utf-8", "text/json;charset=utf-16", "",
    "application/xml; charset=iso-8859-1", "application/json; charset=windows-1252", "text/xml; charset=utf-7",
    "application/octet-stream", "application/soap+xml", "application/json; charset=\"'",
    "application/xml;charset=ascii",
)  # fmt: skip
PATHS = ("/orders", "/orders", "/orders", "/orders/json", "/orders/xml", "/orders/CreateOrder")
CODECS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "latin-1", "cp1252")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A request whose body, label or address may be wrong."""

    path: str
    label: str
    body: bytes


def mutants(seed: int, number: int) -> Iterator[Mutant]:
    """So many requests; each under a reference of its own, as long as it still has one."""
    chance = random.Random(seed)
    for at in range(number):
        yield _mutant(chance, f"{seed:03}{at:06}")


def _mutant(chance: random.Random, ref: str) -> Mutant:
    kind = chance.choice(("json", "json", "xml", "xml", "soap"))
    if kind == "json":
        body, label = _json(chance, ref), "application/json"
    else:
        body, label = (XML_SAMPLE if kind == "xml" else SOAP_SAMPLE), "text/xml"
        body = body.replace(b"48447", ref.encode())
        for _ in range(chance.choice((0, 1, 1, 1, 3))):
            body = _xml_turn(chance, body)
    if chance.random() < 0.25:
        body = _damaged(chance, body)
    if chance.random() < 0.03:
        body = body.decode(errors="replace").encode(chance.choice(CODECS), errors="replace")
    if chance.random() < 0.1:
        label = chance.choice(LABELS)
    path = chance.choice(PATHS) if chance.random() < 0.2 else "/orders"
    return Mutant(path, label, body)


# --- whole values -----------------------------------------------------------------------------------------------------


def _json(chance: random.Random, ref: str) -> bytes:
    document = {**sample(), "ClientOrderRef": ref}
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        _turn(chance, document)
    return json.dumps(document, ensure_ascii=chance.random() < 0.7).encode(errors="surrogatepass")


def _turn(chance: random.Random, document: dict[str, Any]) -> None:
    """Change one place: another value, none, another name, twice, or something new."""
    place = chance.choice(list(_places(document)))
    group: Any = document
    for step in place[:-1]:
        group = group[step]
    last: Any = place[-1]
    match chance.randrange(6):
        case 0:
            del group[last]
        case 1 if isinstance(group, dict):
            group[chance.choice((str(last).lower(), f"{last} ", "", "ExtensionData", "Items"))] = group.pop(last)
        case 2 if isinstance(group, list):
            group.extend(copy.deepcopy(group) * chance.choice((1, 3)))
        case 3:
            group[last] = [copy.deepcopy(group[last])] * chance.choice((1, 2, 40))
        case _:
            group[last] = copy.deepcopy(chance.choice(JUNK))


def _places(value: object, place: Place = ()) -> Iterator[Place]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield (*place, step)
        yield from _places(one, (*place, step))


def _xml_turn(chance: random.Random, body: bytes) -> bytes:
    """Change one element: another text, none, another name, or the text of another one."""
    parts = body.split(b"<")
    at = chance.randrange(1, len(parts))
    tag, closing, text = parts[at].partition(b">")
    match chance.randrange(5):
        case 0:
            del parts[at]
        case 1:
            word = json.dumps(chance.choice(JUNK), default=str).strip('"').replace("<", "&lt;")
            parts[at] = tag + closing + word.encode(errors="replace")
        case 2:
            parts[at] = chance.choice((tag.lower(), b"p:" + tag, tag + b' i:nil="true"', b"Items")) + closing + text
        case 3:
            parts.insert(at, parts[chance.randrange(1, len(parts))])
        case _:
            end = min(len(parts), at + chance.randrange(1, 40))
            parts[at:at] = parts[at:end]
    return b"<".join(parts)


# --- bytes ------------------------------------------------------------------------------------------------------------


def _damaged(chance: random.Random, body: bytes) -> bytes:
    """Bytes flipped, cut, put in, doubled or swapped."""
    if not body:
        return body
    at = chance.randrange(len(body))
    end = min(len(body), at + chance.choice((1, 1, 4, 100, 2000)))
    match chance.randrange(6):
        case 0:
            end, put = len(body), b""
        case 1:
            put = b""
        case 2:
            end, put = at, chance.choice(SNIPPETS)
        case 3:
            put = body[at:end] * chance.choice((2, 20))
        case 4:
            put = chance.randbytes(end - at)
        case _:
            end, put = at + 1, bytes([body[at] ^ (1 << chance.randrange(8))])
    return body[:at] + put + body[end:]
