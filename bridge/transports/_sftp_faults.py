"""What can go wrong with somebody else's SFTP server, and which of it stops the whole target.

Not for: talking to it. A refusal is an answer; a loss is none, so nothing may be concluded from it.
"""

import re
from enum import IntEnum

from bridge.errors import ErrorName
from bridge.states import PauseReason
from bridge.transports._protocol import PausedError


class Code(IntEnum):
    """The answers of SFTP version 3; any other number counts as a failure."""

    OK = 0
    EOF = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    OP_UNSUPPORTED = 8


_WORDS = {
    Code.EOF: "end of file",
    Code.NO_SUCH_FILE: "no such file",
    Code.PERMISSION_DENIED: "permission denied",
    Code.FAILURE: "failure, without a reason",
    Code.BAD_MESSAGE: "bad message",
    Code.OP_UNSUPPORTED: "not supported",
}
_FULL = re.compile(r"no space|no room|disk full|quota|storage limit|enospc|edquot", re.IGNORECASE)
_LONGEST_TEXT = 200
_LOGIN_HINT = "look at [targets.NAME.sftp] username, key_file and password_file, and ask the server's owner"


def printable(text: str) -> str:
    """Words of a server as they may stand in a log and on a page."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:_LONGEST_TEXT])


class RefusedError(Exception):
    """The server answered no."""

    def __init__(self, code: int, text: str = "") -> None:
        self.code = code
        self.text = printable(text)
        super().__init__(self.text or _WORDS.get(Code(code) if code in _WORDS else Code.FAILURE, ""))

    @property
    def is_full(self) -> bool:
        """True when the server's own words speak of room."""
        return bool(_FULL.search(self.text))


class VanishedError(RefusedError):
    """A file that was written, and answered for, is not there: somebody took it, or the server hides what it has."""

    def __init__(self) -> None:
        super().__init__(
            Code.FAILURE,
            "the file was gone as soon as it was written; does something take or hide names that begin with a dot "
            "or end in .part?",
        )


class LostError(Exception):
    """The connection went away: whether the request in flight was carried out is not known."""


class SilentError(LostError):
    """Nothing came in time; the connection is given up."""


def unreachable(server: str, what: str, hint: str = "") -> PausedError:
    """The pause of a server that cannot be talked to now."""
    return PausedError(
        what,
        reason=PauseReason.CONNECTION,
        name=ErrorName.SERVER_UNREACHABLE,
        subject=server,
        hint=hint or "look at the network, the firewall and the server; the files follow by themselves",
    )


def login_refused(server: str, what: str, hint: str = "") -> PausedError:
    """The pause of a server that does not let us in."""
    return PausedError(
        what,
        reason=PauseReason.LOGIN,
        name=ErrorName.LOGIN_REFUSED,
        subject=server,
        hint=f"{hint or _LOGIN_HINT}; it is tried ever more seldom, at once by: erp-bridge target resume NAME",
    )


def concerns_every_file(error: RefusedError) -> bool:
    """True when the refusal is the folder's or the disk's, not this one file's."""
    return error.is_full or error.code in {Code.NO_SUCH_FILE, Code.PERMISSION_DENIED}


def paused(error: RefusedError, subject: str) -> PausedError:
    """The pause that a refusal of a whole folder or disk means."""
    if error.is_full:
        return PausedError(
            f"the server has no room left: {error}",
            reason=PauseReason.DISK,
            name=ErrorName.DISK_FULL,
            subject=subject,
            hint="ask the server's owner to make room or to raise the quota; the files follow by themselves",
        )
    if error.code == Code.NO_SUCH_FILE:
        return PausedError(
            "the folder is missing on the server",
            reason=PauseReason.FOLDER,
            name=ErrorName.FOLDER_MISSING,
            subject=subject,
            hint="make it again or mend [targets.NAME.sftp] directory and staging; "
            "if it was removed for good: erp-bridge target trust NAME",
        )
    return PausedError(
        f"the server refuses it: {error}",
        reason=PauseReason.FOLDER,
        name=ErrorName.FOLDER_REFUSED,
        subject=subject,
        hint="ask the server's owner for the right to list, read, write, rename and remove there",
    )


def foreign(found: str, subject: str) -> PausedError:
    """The pause of a staging folder that does not prove to be the one we know (invariant 6)."""
    return PausedError(
        "the staging folder carries another identity" if found else "the staging folder has lost its identity",
        reason=PauseReason.IDENTITY,
        name=ErrorName.FOLDER_FOREIGN,
        subject=subject,
        hint="is it the right server and folder, and no other bridge using it? When you have looked: "
        "erp-bridge target trust NAME",
    )
