"""Gathers what was set where: the file, systemd credentials, the environment, the command line; stronger over weaker.

Not for: judging values. The only faults here are a file that cannot be read and text that is not TOML.
"""

import contextlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from bridge.config.faults import ConfigFault, ConfigFaults
from bridge.config.lines import Lines, Place, find_lines, is_inside_inline_table
from bridge.config.models import MAPS, SECTIONS
from bridge.errors import ErrorName

PREFIX = "BRIDGE__"
SECRETS: Mapping[str, tuple[str, ...]] = {
    "receiver": ("password", "password_hash"),
    "admin": ("password",),
    "sftp_server": ("password",),
    "norce": ("client_secret",),
}
"""Keys that no file of settings holds: they come from a file of their own or from outside."""

OWN_TABLES = frozenset({"order", "answer", "enrich"})
"""Tables of a target that are no transport's, so that a password in one is no login."""

_LARGEST_CREDENTIAL = 65_536
_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")
_CREDENTIAL = re.compile(rf"({'|'.join((*SECTIONS, *MAPS))})(\.[A-Za-z0-9_-]+)+")


class Text(str):
    """A value from outside the file, where everything is text: read by the type of its key."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from, and how strong that is: 1 a credential, 2 the environment, 3 the command line."""

    label: str
    strength: int


@dataclass(slots=True)
class Sources:
    """Everything that was set, merged; ``origins`` names only what did not come from the file.

    ``named`` holds the applications and targets that exist: a slip in a variable must not make a new one.
    """

    file: str
    home: Path
    tree: dict[str, object]
    lines: Lines
    origins: dict[Place, Origin] = field(default_factory=dict)
    secrets: dict[Place, SecretStr] = field(default_factory=dict)
    misplaced: list[Place] = field(default_factory=list)
    named: set[Place] = field(default_factory=set)

    def origin_of(self, place: Place) -> Origin | None:
        """What set ``place`` from outside the file: itself, something around it, or the first thing in it."""
        around = (self.origins.get(place[:n]) for n in range(len(place), 0, -1))
        inside = (origin for other, origin in self.origins.items() if other[: len(place)] == place)
        found = next((origin for origin in around if origin), None)
        return found or (None if place in self.lines.keys else next(inside, None))


def gather(
    path: Path | None,
    environ: Mapping[str, str],
    credentials: Path | None,
    overrides: Iterable[tuple[str, object]],
) -> Sources:
    """Read and merge all sources. Raises :class:`ConfigFaults` for a file that cannot be read or is not TOML."""
    sources = _read(path) if path else Sources("(no file)", Path.cwd(), {}, Lines({}, frozenset()))
    for name, default in zip(MAPS, ("demo", "erp"), strict=True):
        if sources.tree.get(name, {}) == {}:
            sources.tree[name] = {default: {}}
        table = sources.tree[name]
        sources.named |= {(name, key) for key in table} if isinstance(table, dict) else set()
    for file, text in _credentials(credentials):
        _lay_over(sources, _parts(file), Text(text), Origin(f"credential {file}", 1))
    for variable in sorted(environ):
        if variable.upper().startswith(PREFIX):
            _lay_over(sources, _parts(variable), Text(environ[variable]), Origin(f"environment {variable}", 2))
    for key, value in overrides:
        given = Text(value) if isinstance(value, str) else value
        _lay_over(sources, key.split("."), given, Origin("command line", 3))
    _take_secrets(sources)
    return sources


def _read(path: Path) -> Sources:
    text = _text_of(path)
    try:
        tree = tomllib.loads(text)
        lines = find_lines(text)
    except tomllib.TOMLDecodeError as cause:
        raise ConfigFaults([_syntax_fault(str(path), text, str(cause))]) from cause
    except RecursionError as cause:
        raise ConfigFaults([ConfigFault(str(path), None, "", "nests brackets too deeply")]) from cause
    return Sources(str(path), path.absolute().parent, tree, lines)


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError as cause:
        what = "does not exist"
        hint = f"every key has a default, so an empty file is a start: touch {path}; or name another with --config"
        raised: Exception = cause
    except UnicodeDecodeError as cause:
        what = f"is not UTF-8 text (byte {cause.start + 1})"
        hint = "save it as UTF-8"
        raised = cause
    except OSError as cause:
        what = f"cannot be read: {(cause.strerror or 'unknown reason').lower()}"
        hint = "name a file that this user may read with --config"
        raised = cause
    fault = ConfigFault(str(path), None, "", what, hint)
    raise ConfigFaults([fault], name=ErrorName.CONFIG_UNREADABLE) from raised


def _syntax_fault(file: str, text: str, message: str) -> ConfigFault:
    found = _POSITION.search(message)
    reason = _POSITION.sub("", message)
    ends = text.split("\n")
    line = int(found[1]) if found and found[1] else len(text.rstrip().split("\n"))
    column = int(found[2]) if found and found[2] else 1
    offset = min(len(text), sum(len(before) + 1 for before in ends[: line - 1]) + column - 1)
    rest = text[offset:].lstrip(" \t")
    spans = is_inside_inline_table(text, offset) and (not rest or rest[0] in "\n#")
    hint = "a TOML inline table { ... } may not span lines; give it a [table] of its own" if spans else ""
    return ConfigFault(file, line, "", f"is not TOML: {reason[:1].lower()}{reason[1:]}, column {column}", hint)


def _credentials(folder: Path | None) -> Iterator[tuple[str, str]]:
    """The credentials that are named like a key: ``receiver.password`` or ``BRIDGE__RECEIVER__PASSWORD``."""
    if folder is None or not folder.is_dir():
        return
    for file in sorted(folder.iterdir()):
        is_ours = file.name.upper().startswith(PREFIX) or _CREDENTIAL.fullmatch(file.name)
        if is_ours and file.is_file() and file.stat().st_size <= _LARGEST_CREDENTIAL:
            with contextlib.suppress(UnicodeDecodeError):
                yield file.name, without_line_end(file.read_bytes().decode())


def _parts(name: str) -> list[str]:
    if name.upper().startswith(PREFIX):
        return name[len(PREFIX) :].lower().split("__")
    return name.split(".")


def _lay_over(sources: Sources, parts: list[str], value: object, origin: Origin) -> None:
    """Put one value into the tree; names already there are found without regard to case."""
    node = sources.tree
    place: Place = ()
    for part in parts[:-1]:
        name = _spelt(node, part)
        place = (*place, name)
        inner = node.get(name)
        if not isinstance(inner, dict):
            inner = {}
            node[name] = inner
        node = inner
    name = _spelt(node, parts[-1])
    node[name] = value
    sources.origins[(*place, name)] = origin


def _spelt(node: Mapping[str, object], name: str) -> str:
    return next((known for known in node if known.lower() == name.lower()), name)


def _take_secrets(sources: Sources) -> None:
    """Move secrets out of the tree, so that no model, message or page ever meets one."""
    for section, names in SECRETS.items():
        table = sources.tree.get(section)
        for name in names:
            if isinstance(table, dict) and name in table:
                _take(sources, (section, name), table.pop(name))
    targets = sources.tree.get("targets")
    for name, target in targets.items() if isinstance(targets, dict) else ():
        for transport, table in target.items() if isinstance(target, dict) else ():
            if transport not in OWN_TABLES and isinstance(table, dict) and "password" in table:
                _take(sources, ("targets", name, transport, "password"), table.pop("password"))
    receiver = sources.tree.get("receiver")
    logins = receiver.get("login") if isinstance(receiver, dict) else None
    for number, login in enumerate(logins if isinstance(logins, list) else []):
        for name in SECRETS["receiver"]:
            if isinstance(login, dict) and login.pop(name, None) is not None:
                sources.misplaced.append(("receiver", "login", number, name))


def _take(sources: Sources, place: Place, value: object) -> None:
    if place in sources.origins:
        sources.secrets[place] = SecretStr(without_line_end(str(value)))
    else:
        sources.misplaced.append(place)


def without_line_end(text: str) -> str:
    """``text`` without one line end behind it; a secret may end in blanks, but not in the editor's newline."""
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
