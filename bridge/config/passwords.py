"""Passwords: how they are kept, and how a login is compared without telling an onlooker anything.

Not for: where a password comes from (``secrets.py``), nor for slowing down those who guess (``stages/receive``).
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import SecretStr

COST, BLOCK, LANES = 2**14, 8, 1
"""What scrypt spends on a new hash: 16 MiB and about a tenth of a second."""

_DIGEST_BYTES = 32
_SALT_BYTES = 16
_MOST_MEMORY = 256 * 1024**2
_MOST_LANES = 16
_REMEMBERED = 64
_BASE64_GROUP = 4
_HASH = re.compile(r"scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)", re.ASCII)
_BASIC = re.compile(r"basic +([A-Za-z0-9+/]+={0,2})", re.ASCII | re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class PasswordHash:
    """What is kept of a password: ``scrypt$N$r$p$salt$hash``, salt and hash in base64."""

    cost: int
    block: int
    lanes: int
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "PasswordHash":
        """Read the text form. Raises ``ValueError`` when it is something else, or would cost too much to check."""
        found = _HASH.fullmatch(text)
        if not found:
            raise ValueError("is not a hash as `erp-bridge secret hash` makes it")
        cost, block, lanes = (int(number) for number in found.group(1, 2, 3))
        is_power = cost > 1 and not cost & (cost - 1)
        if not is_power or not 0 < lanes <= _MOST_LANES or not 0 < 128 * cost * block <= _MOST_MEMORY:
            raise ValueError("is a hash whose cost is out of bounds")
        try:
            salt, digest = (base64.b64decode(part, validate=True) for part in found.group(4, 5))
        except binascii.Error as cause:
            raise ValueError("is a hash with damaged base64") from cause
        if len(salt) < _SALT_BYTES // 2 or len(digest) < _DIGEST_BYTES // 2:
            raise ValueError("is a hash that was cut short")
        return cls(cost, block, lanes, salt, digest)

    @classmethod
    def of(cls, password: str) -> "PasswordHash":
        """A fresh hash. Takes a tenth of a second."""
        salt = os.urandom(_SALT_BYTES)
        empty = cls(COST, BLOCK, LANES, salt, b"")
        return cls(COST, BLOCK, LANES, salt, empty.stretched(password, _DIGEST_BYTES))

    def stretched(self, password: str, length: int) -> bytes:
        """Scrypt of ``password`` with these costs and this salt."""
        return hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=self.salt,
            n=self.cost,
            r=self.block,
            p=self.lanes,
            maxmem=256 * self.cost * self.block + 1024**2,
            dklen=length,
        )

    def fits(self, password: str) -> bool:
        """True for the right password. Takes a tenth of a second, whatever the answer."""
        return hmac.compare_digest(self.stretched(password, len(self.digest)), self.digest)

    def __str__(self) -> str:
        """The text form that :meth:`parse` reads."""
        salt, digest = (base64.b64encode(part).decode() for part in (self.salt, self.digest))
        return f"scrypt${self.cost}${self.block}${self.lanes}${salt}${digest}"


def hash_password(password: str) -> str:
    """The text to keep in a ``password_hash_file``. Raises ``ValueError`` for an empty password."""
    if not password:
        raise ValueError("a password is not empty")
    return str(PasswordHash.of(password))


@dataclass(frozen=True, slots=True)
class Login:
    """One name and its secret; ``is_hash`` tells whether the secret is the password or its hash."""

    username: str
    secret: SecretStr
    is_hash: bool = False

    @classmethod
    def of(cls, username: str, password: str) -> "Login":
        """A login by a password that is known as it is."""
        return cls(username, SecretStr(password))


class Verifier:
    """Tells right logins from wrong ones; every wrong one costs the same, whether the name exists or not.

    :meth:`check` and :meth:`verify` take a tenth of a second per scrypt and belong on a thread (scrypt releases the
    interpreter); :meth:`is_remembered` takes microseconds and may be asked in the event loop. Making one hashes
    plain passwords, once each. A right header is remembered as an HMAC under a key that lives in this object only.
    """

    def __init__(self, logins: Iterable[Login]) -> None:
        self._logins = tuple((login.username.encode(), _hash_of(login)) for login in logins)
        names = Counter(name for name, _ in self._logins)
        self._tries = max(names.values(), default=1)
        self._decoy = PasswordHash.of("nobody") if not self._logins else _decoy_like(self._logins[0][1])
        self._key = os.urandom(32)
        self._remembered: OrderedDict[bytes, None] = OrderedDict()
        self._lock = threading.Lock()

    def is_remembered(self, header: str) -> bool:
        """True when exactly this ``Authorization`` header was found right before; never true for a wrong one."""
        return self._mark(header) in self._remembered

    def check(self, header: str) -> bool:
        """True when an ``Authorization`` header holds a right login; such a header is remembered."""
        if self.is_remembered(header):
            return True
        login = parse_basic(header)
        if login is None or not self.verify(*login):
            return False
        self._remember(self._mark(header))
        return True

    def verify(self, username: str, password: str) -> bool:
        """True for a right login. The number of hashes computed does not depend on the name."""
        name = username.encode("utf-8", "surrogatepass")
        candidates = [kept for known, kept in self._logins if hmac.compare_digest(known, name)]
        decoys = [self._decoy] * (self._tries - len(candidates))
        right = [kept.fits(password) for kept in candidates]
        for decoy in decoys:
            decoy.fits(password)
        return any(right)

    def _mark(self, header: str) -> bytes:
        return hmac.digest(self._key, header.encode("utf-8", "surrogateescape"), "sha256")

    def _remember(self, mark: bytes) -> None:
        with self._lock:
            self._remembered[mark] = None
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)


def _hash_of(login: Login) -> PasswordHash:
    secret = login.secret.get_secret_value()
    return PasswordHash.parse(secret) if login.is_hash else PasswordHash.of(secret)


def _decoy_like(kept: PasswordHash) -> PasswordHash:
    """A hash that costs what ``kept`` costs and that nothing fits."""
    return PasswordHash(
        kept.cost,
        kept.block,
        kept.lanes,
        os.urandom(_SALT_BYTES),
        os.urandom(len(kept.digest)),
    )


def parse_basic(header: str) -> tuple[str, str] | None:
    """User name and password of a Basic ``Authorization`` header; ``None`` for anything else.

    The text is UTF-8 as we announce it, or Latin-1 as old clients send it.
    """
    found = _BASIC.fullmatch(header)
    if not found or len(found[1]) % _BASE64_GROUP:
        return None
    try:
        raw = base64.b64decode(found[1], validate=True)
    except binascii.Error:
        return None
    text = _decoded(raw)
    username, colon, password = text.partition(":")
    return (username, password) if colon and not _CONTROL.search(text) else None


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
