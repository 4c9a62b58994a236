"""A file of public keys like OpenSSH's ``authorized_keys``: which lines let somebody in, and why the others do not.

Not for: comparing a key that somebody shows (``transports/_server/door.py``).
"""

import base64
from dataclasses import dataclass

KINDS = frozenset({"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"})
"""What the built-in server understands; keys of hardware tokens, certificates and DSA it does not."""

_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class AuthorizedKeys:
    """The keys as they go over the wire, and for each line that lets nobody in its number and the reason."""

    blobs: frozenset[bytes]
    left_out: tuple[tuple[int, str], ...] = ()


def parse_authorized_keys(text: str) -> AuthorizedKeys:
    """Read each line ``TYPE BASE64 [comment]``. One with options lets nobody in, since they would not be kept."""
    blobs, left_out = set(), []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        words = line.split(maxsplit=2)
        if not words or words[0].startswith("#"):
            continue
        try:
            blobs.add(_blob(words))
        except ValueError as error:
            left_out.append((number, str(error)))
    return AuthorizedKeys(frozenset(blobs), tuple(left_out))


def _blob(words: list[str]) -> bytes:
    kind = words[0]
    if kind not in KINDS:
        if not KINDS.isdisjoint(" ".join(words).split()):
            raise ValueError("begins with options, which the built-in server cannot keep")
        raise ValueError(f'is no key that the built-in server understands ("{kind[:40]}")')
    try:
        blob = base64.b64decode(words[1] if len(words) > 1 else "", validate=True)
    except ValueError as error:
        raise ValueError("is damaged: the key is no base64") from error
    head = len(kind).to_bytes(_LENGTH_BYTES, "big") + kind.encode()
    if not blob.startswith(head) or len(blob) <= len(head) + _LENGTH_BYTES:
        raise ValueError(f"is damaged: the key is no {kind}")
    return blob
