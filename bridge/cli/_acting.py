"""The same act on several things that were named: one that fails keeps none of the others from being tried.

Not for: the act itself.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import click

from bridge.cli import _exits
from bridge.errors import BridgeError, ErrorName

T = TypeVar("T")


def each(things: Iterable[T], act: Callable[[T], None]) -> int:
    """Act on each thing, telling every error; returns the first error's exit code, 3 when there was nothing at all.

    A service that cannot be reached ends it at once, since it would fail the others too.
    """
    code = None
    for thing in things:
        failed = _failure(thing, act)
        code = code or failed
    return _exits.NOTHING_FOUND if code is None else code


def _failure(thing: T, act: Callable[[T], None]) -> int:
    try:
        act(thing)
    except BridgeError as error:
        if error.name is ErrorName.SERVICE_UNREACHABLE:
            raise
        click.echo("; ".join(filter(None, (f"{thing}: {error.message}", error.hint))), err=True)
        return _exits.code_of(error)
    return _exits.DONE
