"""Exit codes (``INTERFACE.md`` 4.6), and which one an error ends in.

Not for: nagios, whose codes mean other things (``look.py``).
"""

from collections.abc import Mapping

from bridge.errors import BridgeError, ErrorName, PermanentError

DONE = 0
BAD = 1
USAGE = 2
NOTHING_FOUND = 3
NOT_NOW = 4
UNREACHABLE = 69
NOT_WRITTEN = 73
TRY_LATER = 75
REFUSED = 77
WRONG_SETTINGS = 78
INTERRUPTED = 130

_CODES: Mapping[ErrorName, int] = {
    ErrorName.CONFIG_UNREADABLE: WRONG_SETTINGS,
    ErrorName.CONFIG_INVALID: WRONG_SETTINGS,
    ErrorName.SECRET_UNREADABLE: WRONG_SETTINGS,
    ErrorName.JOURNAL_LOCKED: TRY_LATER,
    ErrorName.JOURNAL_BUSY: TRY_LATER,
    ErrorName.JOURNAL_FULL: NOT_WRITTEN,
    ErrorName.JOURNAL_UNUSABLE: NOT_WRITTEN,
    ErrorName.NAME_COLLISION: NOT_NOW,
    ErrorName.FOLDER_MISSING: NOT_WRITTEN,
    ErrorName.FOLDER_REFUSED: NOT_WRITTEN,
    ErrorName.FOLDER_FOREIGN: NOT_WRITTEN,
    ErrorName.FOLDERS_APART: NOT_WRITTEN,
    ErrorName.RENAME_REFUSED: NOT_WRITTEN,
    ErrorName.DISK_FULL: NOT_WRITTEN,
    ErrorName.FILE_NOT_WRITTEN: NOT_WRITTEN,
    ErrorName.HOST_KEY_UNKNOWN: REFUSED,
    ErrorName.HOST_KEY_CHANGED: REFUSED,
    ErrorName.LOGIN_REFUSED: REFUSED,
    ErrorName.SERVER_UNREACHABLE: UNREACHABLE,
    ErrorName.TARGET_PAUSED: TRY_LATER,
    ErrorName.TARGET_BACKLOG: TRY_LATER,
    ErrorName.NORCE_UNREACHABLE: UNREACHABLE,
    ErrorName.NORCE_BUSY: TRY_LATER,
    ErrorName.NORCE_LOGIN_REFUSED: REFUSED,
    ErrorName.PORT_TAKEN: TRY_LATER,
    ErrorName.STATE_FORBIDS: NOT_NOW,
    ErrorName.NOT_FOUND: NOTHING_FOUND,
    ErrorName.AMBIGUOUS: NOT_NOW,
    ErrorName.BUSY: TRY_LATER,
    ErrorName.STOPPING: TRY_LATER,
    ErrorName.SERVICE_UNREACHABLE: UNREACHABLE,
}


class CallRefusedError(PermanentError):
    """A running bridge refused a call before it looked at it: no login, read-only, a word it does not know."""

    def __init__(self, message: str, *, hint: str, exit_code: int) -> None:
        super().__init__(message, name=ErrorName.STATE_FORBIDS, hint=hint)
        self.exit_code = exit_code


def code_of(error: BridgeError) -> int:
    """The exit code for an error; what has none of its own means that the result is bad."""
    return error.exit_code if isinstance(error, CallRefusedError) else _CODES.get(error.name, BAD)


def code_of_trouble(error: str) -> int:
    """The exit code of a trouble that was found and shown: unreachable, refused, or else a bad result."""
    names = {one.value for one in ErrorName}
    code = _CODES.get(ErrorName(error), BAD) if error in names else BAD
    return code if code in {UNREACHABLE, REFUSED} else BAD
