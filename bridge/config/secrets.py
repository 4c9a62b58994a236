"""Finds passwords and the client's secret: from outside, or from the file that a ``NAME_file`` key names.

Not for: comparing passwords (``passwords.py``). A secret that cannot be read keeps only the service from starting,
never a verb that needs none; so every fault here is one "for run".
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bridge.config.lines import Place
from bridge.config.models import AdminKeys, NorceKeys, ReceiverKeys, SftpServerKeys
from bridge.config.passwords import Login, PasswordHash
from bridge.config.reader import Reader
from bridge.config.sources import without_line_end

_LARGEST = 65_536
OTHERS = 0o077
"""The rights of a file that let others than its owner in."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One way in which a secret was given; the strongest counts."""

    key: Place
    strength: int
    is_hash: bool
    value: SecretStr | None = None
    file: Path | None = None


class Vault:
    """Reads secrets; ``is_strict`` (prod) makes a secret that others can read a fault instead of a warning."""

    def __init__(self, reader: Reader, *, is_strict: bool) -> None:
        self._reader = reader
        self._is_strict = is_strict

    def refuse_misplaced(self) -> None:
        """Note each secret that stands in the file of settings itself."""
        for place in self._reader.sources.misplaced:
            name = place[-1]
            what = "a secret does not stand in this file"
            whose = place[1] if place[0] == "targets" else place[0]
            self._reader.fault(place, what, f'put it into a file of its own: {name}_file = "secrets/{whose}"')

    def receiver_logins(self, keys: ReceiverKeys) -> Iterator[Login]:
        """The logins of the orders listener that could be read."""
        yield from self._login(("receiver",), keys.username, keys.password_hash_file, keys.password_file)
        for number, login in enumerate(keys.login):
            place: Place = ("receiver", "login", number)
            if not login.username:
                self._reader.fault((*place, "username"), "is missing")
            elif login.password_hash_file is None and login.password_file is None:
                self._reader.fault(place, "names no password", 'add password_hash_file = "secrets/..."')
            else:
                yield from self._login(place, login.username, login.password_hash_file, login.password_file)

    def admin_login(self, keys: AdminKeys) -> Login | None:
        """The login of the pages, where one is set."""
        return next(self._login(("admin",), keys.username, None, keys.password_file), None)

    def sftp_login(self, keys: SftpServerKeys) -> Login | None:
        """The password login of the built-in SFTP server, where one is set; looked for only if that runs."""
        if not keys.enabled:
            return None
        return next(self._login(("sftp_server",), keys.username, None, keys.password_file), None)

    def client_secret(self, keys: NorceKeys) -> SecretStr | None:
        """The secret of the bridge at Norce, where one is set."""
        chosen = self._chosen(("norce",), (("client_secret", keys.client_secret_file),))
        return self._value(chosen) if chosen else None

    def password_of(self, place: Place, file: Path | None) -> SecretStr | None:
        """The password of a transport, from outside or from the file that its table names."""
        chosen = self._chosen(place, (("password", file),))
        return self._value(chosen) if chosen else None

    def _login(self, place: Place, username: str, hash_file: Path | None, plain_file: Path | None) -> Iterator[Login]:
        chosen = self._chosen(place, (("password_hash", hash_file), ("password", plain_file)))
        value = self._value(chosen) if chosen else None
        if chosen is None or value is None:
            return
        if chosen.is_hash and not self._is_good_hash(chosen, value):
            return
        if self._is_strict and place[0] == "receiver" and not chosen.is_hash:
            hint = "erp-bridge secret hash makes one; then set password_hash_file"
            self._reader.later(chosen.key, "prod wants the hash of the password, not the password", hint)
        yield Login(username, value, is_hash=chosen.is_hash)

    def _chosen(self, place: Place, named: tuple[tuple[str, Path | None], ...]) -> _Candidate | None:
        found = sorted(self._candidates(place, named), key=lambda one: one.strength, reverse=True)
        if len(found) > 1 and found[0].strength == found[1].strength:
            what = f"stands beside {found[1].key[-1]}; only one of the two can count"
            self._reader.clash((found[0].key, found[1].key), what, "remove one")
        return found[0] if found else None

    def _candidates(self, place: Place, named: tuple[tuple[str, Path | None], ...]) -> Iterator[_Candidate]:
        sources = self._reader.sources
        for name, file in named:
            is_hash = name.endswith("_hash")
            outside = (*place, name)
            if outside in sources.secrets:
                strength = 2 * sources.origins[outside].strength + 1
                yield _Candidate(outside, strength, is_hash, value=sources.secrets[outside])
            if file is not None:
                key = (*place, f"{name}_file")
                origin = sources.origin_of(key)
                yield _Candidate(key, 2 * origin.strength if origin else 0, is_hash, file=file)

    def _value(self, chosen: _Candidate) -> SecretStr | None:
        if chosen.value is None:
            return self._from_file(chosen)
        self._reader.note_origin(chosen.key, self._reader.sources.origins[chosen.key].label)
        if not chosen.value.get_secret_value():
            self._reader.later(chosen.key, "is empty", "set it, or remove it")
            return None
        return chosen.value

    def _from_file(self, chosen: _Candidate) -> SecretStr | None:
        file = chosen.file or Path()
        try:
            text = self._text(chosen, file)
        except (OSError, UnicodeDecodeError) as cause:
            reason = (cause.strerror or "unknown reason").lower() if isinstance(cause, OSError) else "not UTF-8"
            self._reader.later(chosen.key, f"cannot read {file}: {reason}", _remedy(cause, file))
            return None
        if not text:
            self._reader.later(chosen.key, f"{file} is empty", "write the secret into it")
            return None
        name = (*chosen.key[:-1], str(chosen.key[-1]).removesuffix("_file"))
        self._reader.note_origin(name, str(file))
        return SecretStr(text)

    def _text(self, chosen: _Candidate, file: Path) -> str:
        with file.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            raw = opened.read(_LARGEST)
        if mode & OTHERS:
            self._note_open_file(chosen.key, file, mode)
        return without_line_end(raw.decode())

    def _note_open_file(self, key: Place, file: Path, mode: int) -> None:
        note = self._reader.later if self._is_strict else self._reader.warn
        note(key, f"{file} can be read by others (mode {mode:04o})", f"chmod 600 {file}")

    def _is_good_hash(self, chosen: _Candidate, value: SecretStr) -> bool:
        try:
            PasswordHash.parse(value.get_secret_value())
        except ValueError as cause:
            about = f"what {chosen.file} holds " if chosen.file else ""
            self._reader.later(chosen.key, f"{about}{cause}", "erp-bridge secret hash makes a good one")
            return False
        return True


def _remedy(cause: Exception, file: Path) -> str:
    if isinstance(cause, FileNotFoundError):
        return f"make it: install -m 600 /dev/null {file}, then write the secret into it"
    if isinstance(cause, PermissionError):
        return f"let the bridge's user own it: chown erpbridge {file}"
    return "name a text file that holds the secret and nothing else"
