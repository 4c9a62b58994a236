"""The errors that rooms hand to each other: what went wrong, on what, and what a person does next.

Not for: text for one caller only (raise ``ValueError`` inside a room and catch it there).
"""

from enum import StrEnum


class ErrorName(StrEnum):
    """The stable short name of a fault, used in logs, answers, metric labels and the documentation."""

    CONFIG_UNREADABLE = "config_unreadable"
    CONFIG_INVALID = "config_invalid"
    SECRET_UNREADABLE = "secret_unreadable"  # noqa: S105 - a name, not a secret
    JOURNAL_LOCKED = "journal_locked"
    JOURNAL_BUSY = "journal_busy"
    JOURNAL_FULL = "journal_full"
    JOURNAL_DAMAGED = "journal_damaged"
    JOURNAL_UNUSABLE = "journal_unusable"
    ORDER_UNREADABLE = "order_unreadable"
    ORDER_INVALID = "order_invalid"
    ORDER_UNROUTABLE = "order_unroutable"
    ORDER_NOT_RENDERABLE = "order_not_renderable"
    ANSWER_UNREADABLE = "answer_unreadable"
    ANSWER_UNMATCHED = "answer_unmatched"
    NAME_COLLISION = "name_collision"
    NAME_REFUSED = "name_refused"
    FOLDER_MISSING = "folder_missing"
    FOLDER_REFUSED = "folder_refused"
    FOLDER_FOREIGN = "folder_foreign"
    FOLDERS_APART = "folders_apart"
    RENAME_REFUSED = "rename_refused"
    DISK_FULL = "disk_full"
    FILE_NOT_WRITTEN = "file_not_written"
    HOST_KEY_UNKNOWN = "host_key_unknown"
    HOST_KEY_CHANGED = "host_key_changed"
    LOGIN_REFUSED = "login_refused"
    SERVER_UNREACHABLE = "server_unreachable"
    TARGET_PAUSED = "target_paused"
    TARGET_BACKLOG = "target_backlog"
    NORCE_UNREACHABLE = "norce_unreachable"
    NORCE_BUSY = "norce_busy"
    NORCE_LOGIN_REFUSED = "norce_login_refused"
    NORCE_REFUSED = "norce_refused"
    CHANNEL_FAILED = "channel_failed"
    PORT_TAKEN = "port_taken"
    STATE_FORBIDS = "state_forbids"
    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    BUSY = "busy"
    STOPPING = "stopping"
    SERVICE_UNREACHABLE = "service_unreachable"
    UNFORESEEN = "unforeseen"


class BridgeError(Exception):
    """A fault with its name, the thing it concerns and a hint for an operator.

    The class decides whether the work is tried again: see :class:`TransientError` and :class:`PermanentError`.
    """

    def __init__(self, message: str, *, name: ErrorName, subject: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.name = name
        self.subject = subject
        self.hint = hint

    def line(self) -> str:
        """The fault in one line, the hint behind it."""
        about = f"{self.subject}: " if self.subject and self.subject not in self.message else ""
        return f"{about}{self.message}" + (f"; {self.hint}" if self.hint else "")


class TransientError(BridgeError):
    """The same act may succeed later, unchanged."""

    may_have_happened = False

    def __init__(
        self,
        message: str,
        *,
        name: ErrorName,
        subject: str = "",
        hint: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, name=name, subject=subject, hint=hint)
        self.retry_after_s = retry_after_s


class InDoubtError(TransientError):
    """Nobody knows whether the act succeeded: what must not happen twice is not simply tried again."""

    may_have_happened = True


class PermanentError(BridgeError):
    """The same act will fail again until a person or the sender changes something."""


class FatalError(BridgeError):
    """The process cannot vouch for its journal any longer and must end; recovery is the next start's work."""
