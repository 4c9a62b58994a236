"""What is wrong with the settings, said so that a person can mend it without reading code.

Not for: finding the faults; ``reader.py`` and ``rules.py`` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.errors import ErrorName, PermanentError


@dataclass(frozen=True, slots=True)
class ConfigFault:
    """One fault: where it stands, which key, what is wrong and how to mend it.

    ``file`` names the variable, the credential or the command line when the value came from there; ``line`` is then
    ``None``. ``key`` reads as in the file: ``[targets.erp.order] format``.
    """

    file: str
    line: int | None
    key: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        """The fault in one line: ``config.toml:41: [targets.erp.order] format: ... (hint)``."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        about = f"{self.key}: " if self.key else ""
        return f"{where}: {about}{self.what}" + (f" ({self.hint})" if self.hint else "")


class ConfigFaults(PermanentError):  # noqa: N818  the word people read is fault, and there are several
    """The settings cannot be used; carries every fault that was found, not only the first.

    ``for_run`` holds what would only keep the service from starting (a missing password), beside the faults that
    stop every verb.
    """

    def __init__(
        self,
        faults: Sequence[ConfigFault],
        for_run: Sequence[ConfigFault] = (),
        name: ErrorName = ErrorName.CONFIG_INVALID,
    ) -> None:
        self.faults = tuple(faults)
        self.for_run = tuple(for_run)
        super().__init__("\n".join(self.lines()), name=name)

    def lines(self, *, for_run: bool = False) -> tuple[str, ...]:
        """Each fault as a line; with ``for_run`` those too that only the service minds."""
        return tuple(str(fault) for fault in (*self.faults, *(self.for_run if for_run else ())))
