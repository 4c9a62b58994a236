"""The verb send: orders posted to a receiver as Norce posts them.

Not for: the rule by which Norce tries again; the simulated Norce has it.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    from bridge.cli._sending import Letter, Post, Reply
    from bridge.config import Config


@click.command(cls=Verb, epilog=examples("send --sample --count 3", "send order.xml --to https://orders.example.com/"))
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), required=False)
@click.option("--sample", is_flag=True, help="A made-up order under a fresh reference.")
@click.option("--count", type=click.IntRange(1, 10_000), default=1, help="So many; copies get fresh references (JSON).")
@click.option("--to", "url", help="The receiver's address; default: the one of the settings.")
@click.option("--repeat", is_flag=True, help="Each one twice, as after a lost answer; both answers must be the same.")
@click.option("--user", help="The login's name; default: the one of the settings.")
@click.option("--password-file", type=click.Path(path_type=Path), help="The login's password, where not the settings'.")
def send(*, file: Path | None, sample: bool, count: int, repeat: bool, **login: Any) -> int:
    """Post orders as Norce does and print what was answered. Exit 1: not every answer was OK; 77: login refused."""
    from bridge.cli._sending import posted, tell_simulator
    from bridge.cli._settings import settings

    config = settings(given())
    chosen = letters(file, count, config, sample=sample)
    post = post_of(config, **login)
    is_good, everything = True, []
    for letter in chosen:
        replies = [posted(post, letter) for _ in range(2 if repeat else 1)]
        for reply in replies:
            _show(letter, reply)
        is_good = is_good and all(reply.is_ok for reply in replies) and len({reply.body for reply in replies}) == 1
        everything += replies
        tell_simulator(config.norce.base_url, letter, replies[-1])
    return _exits.DONE if is_good else _code_of(everything)


def _code_of(replies: "Sequence[Reply]") -> int:
    """How it ends when not all was well: by what all replies have in common."""
    if all(reply.status is None for reply in replies):
        return _exits.UNREACHABLE
    return _exits.REFUSED if all(reply.is_refused for reply in replies) else _exits.BAD


def post_of(config: "Config", *, url: str | None, user: str | None, password_file: Path | None) -> "Post":
    """Where to and as whom: what was given, else what the settings hold. Raises ``UsageError`` without a password."""
    from bridge.cli._client import address_in
    from bridge.cli._sending import Post

    receiver = config.receiver
    scheme = "https" if receiver.tls_certificate else "http"
    chosen = address_in(url, "--to").geturl() if url is not None else f"{scheme}://{receiver.listen}{receiver.path}"
    login = next((login for login in receiver.logins if user in {None, login.username}), None)
    if password_file is not None:
        password = _password_in(password_file)
    elif login is not None and not login.is_hash:
        password = login.secret.get_secret_value()
    else:
        raise click.UsageError("the settings hold no plain password for this login; name it with --password-file")
    return Post(chosen, user or (login.username if login else receiver.username), password)


def _password_in(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise click.BadParameter(f"cannot read {path}", param_hint="--password-file") from error


def letters(file: Path | None, count: int, config: "Config", *, sample: bool) -> "Iterator[Letter]":
    """The orders of a file, or made-up ones. Wrong usage for neither or both, or for what cannot be copied."""
    from bridge.cli._sending import copies_of, samples

    if (file is None) is not sample:
        raise click.UsageError("name a file, - for stdin, or --sample")
    if file is None:
        return samples(count, next(iter(config.applications.values())).key)
    return _or_wrong_usage(copies_of(content_of_file(file), count))


def _or_wrong_usage(found: "Iterator[Letter]") -> "Iterator[Letter]":
    try:
        yield from found
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def content_of_file(file: Path) -> bytes:
    """The bytes of a file that was named, or of stdin for ``-``."""
    from bridge.errors import ErrorName, PermanentError

    try:
        if str(file) == "-":
            return sys.stdin.buffer.read()
        return file.read_bytes()
    except OSError as error:
        raise PermanentError(
            f"cannot read {file}: {error.strerror}",
            name=ErrorName.NOT_FOUND,
            hint="name a file, or - for stdin",
        ) from error


def _show(letter: "Letter", reply: "Reply") -> None:
    if given().as_json:
        import json

        _output.line(json.dumps({"order_ref": letter.order_ref, **reply.document()}, ensure_ascii=False))
    else:
        _output.line(f"{_output.cell(letter.order_ref)}  {reply.words()}")
