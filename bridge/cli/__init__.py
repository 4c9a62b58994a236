"""The command line: verbs for people and scripts (``INTERFACE.md`` 4.2), and the exit codes that they end with.

Not for: work; a verb reads, asks the running service, or starts it. Heavy imports stand inside the verbs.
"""

import sys
from collections.abc import Callable, Sequence

import click

from bridge.cli._exits import INTERRUPTED, code_of
from bridge.cli._globals import Globals
from bridge.cli._root import root
from bridge.errors import BridgeError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code; every error becomes a line or two for a person."""
    chosen = Globals()
    try:
        result = root().main(args=arguments, prog_name="erp-bridge", standalone_mode=False, obj=chosen)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        sys.stdout = None  # whoever read it has gone; nothing is left to flush into
        return 0
    except BridgeError as error:
        return _tell(error)
    except Exception as error:
        return _tell_unforeseen(error, verbose=chosen.verbose)
    return result if isinstance(result, int) else 0


def _tell(error: BridgeError) -> int:
    """Each line of what went wrong; settings have several faults at once."""
    several: Callable[[], Sequence[str]] | None = getattr(error, "lines", None)
    for line in several() if several else (error.line(),):
        click.echo(line, err=True)
    return code_of(error)


def _tell_unforeseen(error: Exception, *, verbose: bool) -> int:
    if verbose:
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    click.echo(f"erp-bridge: {type(error).__name__}: {error}", err=True)
    click.echo("Nobody foresaw this; the same command with -v shows where it happened. Please report it.", err=True)
    return 1
