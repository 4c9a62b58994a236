"""The kept connection: which key is asked for, what a hung call may cost, and that nothing is told too early."""

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest

from bridge.states import PauseReason
from bridge.transports import End, HostKeyError, PausedError, Transport, sftp
from tests.support.needs import needs
from tests.transports.bench import IDENTITY, parcel
from tests.transports.sftp_support import until
from tests.transports.sshd import Sshd

pytestmark = [pytest.mark.timeout(40), needs("sshd", "ssh-keygen")]
CALLED = "kex: host key algorithm"
TOLD = "userauth-request for user"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    (tmp_path / "outbox").mkdir()
    server = Sshd(tmp_path)
    server.make_key("other_key", "ecdsa")
    with (server.place / "config").open("a") as config:
        config.write(f"HostKey {server.place}/other_key\nLogLevel DEBUG1\n")
    server.restart()
    yield server
    server.close()


def threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("sftp-")]


def built(server: Sshd, **given: object) -> Transport:
    return sftp.build(server.options(**{"directory": str(server.place.parent / "outbox"), **given}))


def count(server: Sshd, words: str) -> int:
    return (server.place / "log").read_text().count(words)


async def paused(transport: Transport) -> PausedError:
    with pytest.raises(PausedError) as caught:
        await transport.plant(IDENTITY, replace=False)
    return caught.value


async def test_a_pinned_key_of_another_kind_than_the_server_shows_first_is_asked_for(server: Sshd) -> None:
    transport = built(server, host_key=server.fingerprint("other_key"))
    await transport.plant(IDENTITY, replace=False)
    server.restart()
    before = count(server, CALLED)

    how = await transport.probe(IDENTITY)

    await transport.close()
    assert how
    assert count(server, CALLED) == before + 1


async def test_when_the_pinned_key_is_gone_no_other_kind_stands_in_and_no_name_is_told(server: Sshd) -> None:
    transport = built(server, host_key=server.fingerprint("other_key"))
    await transport.plant(IDENTITY, replace=False)
    told = count(server, TOLD)
    server.make_key("other_key", "ecdsa")
    server.restart()

    error = await paused(transport)

    await transport.close()
    assert isinstance(error, HostKeyError)
    assert error.shown == server.fingerprint("other_key")
    assert count(server, TOLD) == told


async def test_the_library_s_own_words_for_a_bad_connection_stay_out_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "password").write_text("secret")

    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as nobody:
        given = {"host": "127.0.0.1", "port": nobody.sockets[0].getsockname()[1], "username": "bridge"}
        options = sftp.Options.model_validate({**given, "password_file": tmp_path / "password", "directory": "/in"})
        error = await paused(transport := sftp.build(options))
        await transport.close()

    assert error.reason is PauseReason.CONNECTION
    assert caplog.records == []


async def test_a_server_that_hangs_up_at_the_login_refuses_it(server: Sshd) -> None:
    (server.place / "config").write_text("MaxAuthTries 1\n" + (server.place / "config").read_text())
    server.restart()
    server.make_key("another")

    error = await paused(transport := built(server, key_file=server.place / "another"))

    await transport.close()
    assert error.reason is PauseReason.LOGIN


async def test_a_password_and_a_key_are_told_to_nobody_but_the_server(
    server: Sshd, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "correct-horse-battery"
    options = server.options(directory="/in", password=secret)

    error = await paused(transport := sftp.build(options.model_copy(update={"key_file": None})))

    await transport.close()
    key = (server.place / "user_key").read_text().splitlines()[2]
    seen = f"{caplog.text} {error} {error.line()} {error!r} {options!r} {vars(error)}"
    assert error.reason is PauseReason.LOGIN
    assert secret not in seen
    assert key not in seen


@pytest.fixture
def lookup(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A resolver that gives no answer until the event is set."""
    answers, real = threading.Event(), socket.getaddrinfo

    def slow(host: str, *args: object, **kwargs: object) -> object:
        if host == "localhost":
            answers.wait(30)
        return real(host, *args, **kwargs)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    yield answers
    answers.set()


async def test_a_name_lookup_that_hangs_keeps_neither_the_target_nor_another_call_waiting(
    server: Sshd, lookup: threading.Event
) -> None:
    transport = built(server, host="localhost", timeout="0.5 s")
    began = monotonic()
    first = await paused(transport)
    after_first = monotonic()
    second = await paused(transport)
    after_second = monotonic()
    lookup.set()
    await asyncio.sleep(0.3)

    await transport.plant(IDENTITY, replace=False)

    await transport.close()
    assert first.reason is second.reason is PauseReason.CONNECTION
    assert after_first - began < 5
    assert after_second - after_first < 0.2
    assert count(server, "Accepted publickey") == 1, "the call that was given up must not be carried out late"


async def test_a_call_that_hangs_keeps_nobody_from_stopping(server: Sshd, lookup: threading.Event) -> None:
    transport, before = built(server, host="localhost", timeout="0.5 s"), threads()
    await paused(transport)
    began = monotonic()

    await transport.close()

    took, left = monotonic() - began, [one for one in threads() if one not in before]
    assert not lookup.is_set()
    assert took < 4
    assert [thread.daemon for thread in left] == [True]


async def test_stopping_in_the_middle_of_a_batch_is_quick_and_nothing_is_begun_anew(server: Sshd) -> None:
    transport, before = built(server), threads()
    await transport.plant(IDENTITY, replace=False)
    await transport.probe(IDENTITY)
    batch = asyncio.create_task(transport.stage([parcel(number) for number in range(1, 5_001)]))
    while len(list((server.place.parent / "outbox").iterdir())) < 20:  # noqa: ASYNC110 - another process makes them
        await asyncio.sleep(0.01)
    called = count(server, CALLED)
    began = monotonic()

    await transport.close()

    took = monotonic() - began
    steps = await batch
    assert took < 2
    assert {step.end for step in steps} == {End.STAGED}
    assert len(steps) < 5_000
    assert count(server, CALLED) == called
    await until(lambda: not [one for one in threads() if one not in before])


@asynccontextmanager
async def trickling(port: int, slow: asyncio.Event) -> AsyncIterator[int]:
    """A way to the server on which its answers come one byte at a time once it is slow; the port to call."""
    running: set[asyncio.Task[None]] = set()

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        with suppress(OSError):
            while piece := await reader.read(1 if slow.is_set() and is_answer else 65_536):
                for at in range(0, len(piece), 1 if slow.is_set() and is_answer else len(piece)):
                    writer.write(piece[at : at + 1] if slow.is_set() and is_answer else piece)
                    await writer.drain()
                    await asyncio.sleep(0.1 if slow.is_set() and is_answer else 0)
        writer.close()

    async def call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        running.add(asyncio.create_task(forward(reader, back, is_answer=False)))
        running.add(asyncio.create_task(forward(there, writer, is_answer=True)))

    server = await asyncio.start_server(call, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_server_that_answers_a_byte_at_a_time_is_given_up_at_the_deadline(server: Sshd) -> None:
    slow = asyncio.Event()
    async with trickling(server.port, slow) as port:
        transport = built(server, port=port, timeout="1 s")
        await transport.plant(IDENTITY, replace=False)
        await transport.probe(IDENTITY)
        slow.set()
        began = monotonic()
        with pytest.raises(PausedError) as in_a_call:
            await transport.stage([parcel()])
        call_took = monotonic() - began
        began = monotonic()
        with pytest.raises(PausedError) as in_a_greeting:
            await transport.stage([parcel()])
        greeting_took = monotonic() - began
        slow.clear()
        steps = await transport.stage([parcel()])
        await transport.close()

    assert {one.value.reason for one in (in_a_call, in_a_greeting)} == {PauseReason.CONNECTION}
    assert "silent" in in_a_call.value.message
    assert (call_took < 2.5, greeting_took < 2.5) == (True, True)
    assert [step.end for step in steps] == [End.STAGED]
