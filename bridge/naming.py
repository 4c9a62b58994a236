"""Text from outside becomes a file name here and nowhere else.

Not for: folders, or touching a disk; every function is pure.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

LONGEST_NAME_BYTES = 120
"""No name of ours is longer, so that a partner's temporary ending still fits into 255 bytes."""

PLACEHOLDERS = frozenset({"ref", "application", "control", "date", "time", "format"})
"""What a ``file_name`` may hold; ``control`` may carry a width, as in ``{control:06}``."""

_ALLOWED = re.compile(r"[^A-Za-z0-9._-]")
_PLACEHOLDER = re.compile(r"\{([a-z_]+)(?::(0?\d+))?\}")
_LIKE_HASHED = re.compile(r"^$|_x[0-9a-f]{8}$")
_WINDOWS_DEVICE = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)")
_NEVER_BEGINNINGS = (".", "README")
_NEVER_ENDINGS = (".part", ".tmp", ".filepart", ".reason.txt")
_STATUS = "STATUS.txt"
_LONGEST_FOREIGN_BYTES = 200
_LONGEST_ENDING = 8


@dataclass(frozen=True, slots=True)
class NameFacts:
    """What the name of an order's file is made from; ``at`` in the zone that people read."""

    ref: str
    application: str
    control: int
    at: datetime
    format: str


def safe_part(text: str) -> str:
    """``text`` in the alphabet of file names; a short hash is added when anything was replaced.

    The hash keeps two references apart that would read alike: ``A/1`` and ``A:1``. Text that ends as if it had such a
    hash, or that a name cannot begin with, gets one too, so that none can pass for another.
    """
    kept = _ALLOWED.sub("_", text)
    is_plain = kept == text and kept == _harmless(kept) and not _LIKE_HASHED.search(kept)
    return kept if is_plain else f"{kept}{_short_hash(text)}"


def file_name(template: str, facts: NameFacts) -> str:
    """The final name of an order's file by the target's ``file_name``: same facts, same name.

    Only ``A-Z a-z 0-9 . _ -``, at most 120 bytes, never beginning with ``.`` or ``-``, never a Windows device.
    Raises ``ValueError`` for an unknown placeholder.
    """
    ref = safe_part(facts.ref)
    name = _harmless(_fill(template, facts, ref))
    over = len(name) - LONGEST_NAME_BYTES
    if over > 0:
        mark = _short_hash(facts.ref)
        name = _harmless(_fill(template, facts, ref[: max(0, len(ref) - over - len(mark))] + mark))
    return name[:LONGEST_NAME_BYTES]


def _harmless(name: str) -> str:
    kept = _ALLOWED.sub("_", name)
    return f"_{kept}" if kept.startswith((".", "-")) or _WINDOWS_DEVICE.match(kept) else kept


def _fill(template: str, facts: NameFacts, ref: str) -> str:
    values = {
        "ref": ref,
        "application": safe_part(facts.application),
        "date": facts.at.strftime("%Y%m%d"),
        "time": facts.at.strftime("%H%M%S"),
        "format": facts.format,
    }

    def value(found: re.Match[str]) -> str:
        name, width = found[1], found[2]
        if name == "control":
            return f"{facts.control:{width or ''}}"
        if name not in values:
            raise ValueError(f"{{{name}}} is not known in a file name")
        return values[name]

    return _PLACEHOLDER.sub(value, template)


def placeholders(template: str) -> frozenset[str]:
    """The placeholders that a template uses."""
    return frozenset(found[1] for found in _PLACEHOLDER.finditer(template))


def staging_name(final: str) -> str:
    """The name under which a file is written before it is renamed; one a final name, so a retry finds its own."""
    return f"{final}.part"


def marker_name(template: str, final: str) -> str:
    """The name of the empty file that says *NAME is complete*; empty when the target wants none."""
    return template.replace("{name}", final)


def numbered(name: str, number: int) -> str:
    """``NAME``, then ``NAME~2``, ``NAME~3`` for a name that is taken."""
    return name if number == 1 else f"{name}~{number}"


def shown(name: str) -> str:
    """A file name from outside as text that can be stored and printed: odd bytes and controls are escaped."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def legible(text: str, longest: int) -> str:
    """Words from outside on one line of at most so many letters: what cannot be printed is a blank, a cut shows."""
    clean = "".join(char if char.isprintable() else " " for char in text).strip()
    return clean if len(clean) <= longest else f"{clean[: longest - 3].rstrip()}..."


def kept_name(name: str) -> str:
    """The name under which a foreign file is archived or quarantined: itself if harmless, else escaped and bounded."""
    harmless = shown(name).replace("\\", "_").replace("/", "_")
    if harmless.startswith((".", "-")):
        harmless = f"_{harmless}"
    if len(harmless.encode()) > _LONGEST_FOREIGN_BYTES:
        cut = harmless.encode()[: _LONGEST_FOREIGN_BYTES - 10].decode("utf-8", "ignore")
        harmless = f"{cut}{_short_hash(harmless)}"
    return harmless


def inbox_name(name: str) -> str:
    """The name under which a file from somebody's server comes into an inbox: like :func:`kept_name`, ending whole."""
    kept = kept_name(name)
    _, dot, last = name.rpartition(".")
    ending = kept_name(f"x{dot}{last}")[1:] if dot and len(last) <= _LONGEST_ENDING else ""
    return kept if kept.endswith(ending) else f"{kept}{ending}"


def is_never_taken(name: str) -> bool:
    """True for names in an inbox that are unfinished uploads or our own notes, never answers."""
    return name.startswith(_NEVER_BEGINNINGS) or name.endswith(_NEVER_ENDINGS) or name == _STATUS


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """True when a file name fits one of the target's patterns; case counts."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def misses_by_case(name: str, patterns: tuple[str, ...]) -> bool:
    """True when a file name fits none of the patterns, and would if small letters and capitals were one."""
    is_near = matches(name.casefold(), tuple(pattern.casefold() for pattern in patterns))
    return is_near and not matches(name, patterns)


def _short_hash(text: str) -> str:
    return "_x" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
