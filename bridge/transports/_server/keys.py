"""The server's own key, made at the first start, and the keys of those who may come in.

Not for: passwords.
"""

import logging
import os
import secrets
import stat
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paramiko.pkey import UnknownKeyType

from bridge.config.authorized_keys import parse_authorized_keys
from bridge.errors import ErrorName, PermanentError

NO_KEY = (paramiko.SSHException, UnknownKeyType, UnsupportedAlgorithm, ValueError, TypeError)
"""What reading a private key raises that is none, has a passphrase, or is of a kind that SSH does not know."""

_LARGEST = 256 * 1024
_OTHERS = 0o077

log = logging.getLogger("bridge.sftp_server")


def host_key(path: Path) -> paramiko.PKey:
    """The key in ``path``; where there is none yet, a new one, for the bridge's user alone."""
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise PermanentError(
            f"cannot make or read the SFTP server's host key: {error.strerror}",
            name=ErrorName.FILE_NOT_WRITTEN,
            subject=str(path),
            hint="[sftp_server] host_key names a file in a folder that the bridge may write to",
        ) from error
    except NO_KEY as error:
        raise PermanentError(
            "the SFTP server's host key is no private key without passphrase",
            name=ErrorName.CONFIG_INVALID,
            subject=str(path),
            hint="restore the file from a copy; a new key makes every client ask whether the server is still the same",
        ) from error


def _make(path: Path) -> None:
    """Whole or not at all, and never over a key that came in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        os.link(temporary, path)
        _sync(path.parent)
    except FileExistsError:
        return
    finally:
        temporary.unlink()


def _sync(folder: Path) -> None:
    """So that a power cut does not take back a key that clients know already."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> paramiko.PKey:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _OTHERS:
        raise PermanentError(
            f"the SFTP server's host key can be read by others (mode {mode:04o})",
            name=ErrorName.FILE_NOT_WRITTEN,
            subject=str(path),
            hint=f"chmod 600 {path}; if somebody may have copied it, remove it and let a new one be made",
        )
    return paramiko.PKey.from_path(path)


def fingerprint(path: Path) -> str:
    """Of the host key in ``path``, as clients show it. Raises what :func:`host_key` raises."""
    return str(host_key(path).fingerprint)


def authorized(path: Path) -> frozenset[bytes]:
    """The public keys in a file like OpenSSH's ``authorized_keys``, as blobs; none when it cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", "replace")
    except OSError as error:
        log.warning("sftp_keys_unreadable", extra={"file": str(path), "error": error.strerror})
        return frozenset()
    return parse_authorized_keys(text).blobs
