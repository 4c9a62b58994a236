"""A function of somebody else's Python file, named ``module:function`` in the settings.

Its module lies beside ``config.toml`` or is installed. Not for: calling it (``enrich``).
"""

import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def hook(name: str, home: Path) -> Callable[[Any], object]:
    """The function; its module is imported once a process.

    Raises ``ValueError`` that says what is wrong, whatever the module does when it is imported.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f'"{name}" is not a function; write it like "mapping:change"')
    module_name, _, function = name.partition(":")
    if str(home) not in sys.path:
        sys.path.append(str(home))  # last, so that a file there hides no module of ours
        importlib.invalidate_caches()
    try:
        found = getattr(importlib.import_module(module_name), function, None)
    except ModuleNotFoundError as error:
        missing = error.name or module_name
        raise ValueError(f"there is no module {missing}, neither in {home} nor installed") from error
    except (Exception, SystemExit) as error:
        raise ValueError(f"module {module_name} fails when it is loaded: {type(error).__name__}: {error}") from error
    if not callable(found):
        raise ValueError(f"module {module_name} has no function {function}")  # noqa: TRY004 - it is the setting's
    return found  # type: ignore[no-any-return]  # it was asked whether it can be called
