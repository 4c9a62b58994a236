"""A drop point on a real OpenSSH server: what goes wrong is named, pauses the target alone, and ends well."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from bridge.counters import Counters
from bridge.errors import ErrorName
from bridge.journal import Journal
from bridge.retry import RetryPolicy
from bridge.stages.drop.stage import SIGN_OF_LIFE, DropPoint, DropStage
from bridge.states import PauseReason
from bridge.transports import HostKeyError, PausedError, Transport, sftp
from tests.support import journals
from tests.support.clock import ManualClock
from tests.support.journals import admit, drop_state, rows
from tests.support.kernel import ROOT
from tests.support.needs import needs
from tests.support.running import at_rest, running
from tests.transports.bench import IDENTITY, parcel
from tests.transports.sshd import Sshd

pytestmark = [pytest.mark.timeout(40), needs("sshd", "ssh-keygen")]
PROBE = timedelta(seconds=10)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    (tmp_path / "outbox").mkdir()
    server = Sshd(tmp_path)
    yield server
    server.close()


def built(server: Sshd, **given: object) -> Transport:
    outbox = server.place.parent / "outbox"
    return sftp.build(server.options(**{"directory": str(outbox), "staging": str(outbox / ".staging"), **given}))


@asynccontextmanager
async def at_work(
    server: Sshd, counters: Counters | None = None, **given: object
) -> AsyncIterator[tuple[Journal, DropStage, ManualClock]]:
    clock = ManualClock()
    point = DropPoint("erp", built(server, **given), "delimited")
    async with journals.opened(server.place.parent / "var", clock) as journal:
        stage = DropStage([point], journal, clock, counters or Counters(), RetryPolicy())
        async with running(stage.run):
            await at_rest(clock)
            yield journal, stage, clock


async def refusal(transport: Transport) -> PausedError:
    with pytest.raises(PausedError) as caught:
        await transport.plant(IDENTITY, replace=False)
    await transport.close()
    return caught.value


async def test_a_server_stopped_in_its_tracks_is_noticed_and_orders_are_taken_meanwhile(server: Sshd) -> None:
    async with at_work(server, timeout="1 s") as (journal, stage, clock):
        server.freeze()
        began = monotonic()
        await admit(journal)
        while "erp" not in stage.pauses():  # noqa: ASYNC110 - the stage tells nobody of a pause but who asks
            await asyncio.sleep(0.01)
        noticed = monotonic() - began
        began = monotonic()
        await admit(journal, "48448")
        admitted = monotonic() - began
        pause = stage.pauses()["erp"]
        server.thaw()
        for _ in range(3):
            clock.advance(PROBE)
            await at_rest(clock)
        states = [await drop_state(journal, ref) for ref in ("48447", "48448")]

    assert pause.reason is PauseReason.CONNECTION
    assert noticed < 3
    assert admitted < 1
    assert states == ["published", "published"]


async def test_a_server_stopped_in_its_tracks_is_noticed_though_nothing_is_to_be_done(server: Sshd) -> None:
    counters = Counters()
    async with at_work(server, counters, timeout="1 s") as (_, stage, clock):
        before = list(counters.levels())
        clock.advance(SIGN_OF_LIFE)
        await at_rest(clock)
        server.freeze()
        clock.advance(SIGN_OF_LIFE)
        async with asyncio.timeout(4):
            while "erp" not in stage.pauses():  # noqa: ASYNC110 - the stage tells nobody of a pause but who asks
                await asyncio.sleep(0.01)
        await at_rest(clock)
        while_stuck, pause = list(counters.levels()), stage.pauses()["erp"]
        server.thaw()
        clock.advance(PROBE)
        await at_rest(clock)
        after = list(counters.levels())
    ended = list(counters.levels())

    assert pause.reason is PauseReason.CONNECTION
    levels = [[value for _, _, value in one] for one in (before, while_stuck, after, ended)]
    assert levels == [[True], [False], [True], [False]]
    assert {(name, labels) for name, labels, _ in after} == {("sftp_connected", (("target", "erp"),))}


async def test_a_large_file_to_a_server_stopped_in_its_tracks_ends_at_the_deadline(server: Sshd) -> None:
    transport = built(server, timeout="1 s")
    await transport.plant(IDENTITY, replace=False)
    await transport.probe(IDENTITY)
    server.freeze()
    began = monotonic()

    with pytest.raises(PausedError):
        await transport.stage([parcel(content=bytes(50_000_000))])

    assert monotonic() - began < 4
    server.thaw()
    await transport.close()


async def test_a_changed_host_key_pauses_with_both_fingerprints_until_a_person_trusts_it(server: Sshd) -> None:
    async with at_work(server) as (journal, stage, clock):
        old = server.fingerprint()
        server.make_key("host_key")
        server.restart()
        await admit(journal)
        await at_rest(clock)
        pause = stage.pauses()["erp"]
        clock.advance(PROBE)
        await at_rest(clock)
        still = stage.pauses()["erp"]
        seen = (server.place / "log").read_text()
        said = await stage.trust("erp", "the owner told me by phone")
        await at_rest(clock)
        events = await rows(journal, "SELECT kind FROM events WHERE kind = 'host_key_trusted'")

        assert pause.reason is PauseReason.HOST_KEY
        assert old in pause.text
        assert server.fingerprint() in pause.text
        assert still == pause
        assert "Accepted publickey" not in seen.rpartition("Server listening")[2]
        assert (old in said, server.fingerprint() in said) == (True, True)
        assert await drop_state(journal) == "published"
        assert len(events) == 1


async def test_a_key_that_was_trusted_counts_after_a_restart_until_the_settings_say_another(server: Sshd) -> None:
    wrong = "SHA256:" + "a" * 43
    async with at_work(server, host_key="") as (_, stage, clock):
        unknown = stage.pauses()["erp"]
        await stage.trust("erp", "compared")
        await at_rest(clock)
        first = dict(stage.pauses())
    async with at_work(server, host_key="") as (_, stage, _):
        again = dict(stage.pauses())
    async with at_work(server, host_key=wrong) as (_, stage, _):
        other = stage.pauses()["erp"]

    assert "no host key is pinned yet" in unknown.text
    assert (first, again) == ({}, {})
    assert wrong in other.text


async def test_a_wrong_fingerprint_is_found_before_anything_is_told(server: Sshd) -> None:
    error = await refusal(built(server, host_key="SHA256:" + "a" * 43))

    assert isinstance(error, HostKeyError)
    assert error.name is ErrorName.HOST_KEY_CHANGED
    assert (error.shown, error.reason) == (server.fingerprint(), PauseReason.HOST_KEY)


async def test_a_refused_login_and_a_key_that_cannot_be_used_pause_as_login(server: Sshd) -> None:
    (server.place / "nonsense").write_text("no key")
    server.make_key("another")

    found = [await refusal(built(server, key_file=server.place / name)) for name in ("another", "nonsense", "missing")]

    assert [error.reason for error in found] == [PauseReason.LOGIN] * 3
    assert [error.name for error in found] == [ErrorName.LOGIN_REFUSED] * 3
    assert "key_file" in found[0].hint
    assert "missing" in found[2].message


async def test_nobody_at_the_port_pauses_as_connection(server: Sshd) -> None:
    server.close()

    error = await refusal(built(server))

    assert (error.reason, error.name) == (PauseReason.CONNECTION, ErrorName.SERVER_UNREACHABLE)


async def test_a_missing_folder_is_named_and_not_made_on_somebody_s_server(server: Sshd) -> None:
    error = await refusal(built(server, directory="/nowhere/in", staging=""))

    assert (error.reason, error.name) == (PauseReason.FOLDER, ErrorName.FOLDER_MISSING)
    assert "/nowhere/in" in error.subject


@pytest.mark.parametrize("count", [3_000, pytest.param(100_000, marks=[pytest.mark.soak, pytest.mark.timeout(300)])])
async def test_a_crowded_folder_with_names_in_no_encoding_is_looked_through_all_the_same(
    server: Sshd, count: int
) -> None:
    outbox = server.place.parent / "outbox"
    transport = built(server, timeout="20 s")
    await transport.plant(IDENTITY, replace=False)
    await transport.probe(IDENTITY)
    for number in range(count):
        (outbox / f"file-{number}").touch()
    (outbox / os.fsdecode(b"\xff\xfe\xe5.csv")).touch()
    (outbox / "file-7.hold").touch()
    asked = [f"file-{number}" for number in range(count - 50, count + 50)]

    gone, wishes = await transport.missing(asked), await transport.wishes()

    await transport.close()
    assert gone == {f"file-{number}" for number in range(count, count + 50)}
    assert wishes == {"file-7"}


async def test_an_old_algorithm_is_offered_only_by_its_name(server: Sshd) -> None:
    with (server.place / "config").open("a") as config:
        config.write("Ciphers aes256-cbc\n")
    server.restart()

    error = await refusal(built(server))
    transport = built(server, old_algorithms=("aes256-cbc",))
    await transport.plant(IDENTITY, replace=False)

    assert "no algorithm in common" in error.message
    assert "old_algorithms" in error.hint
    assert (ROOT / error.hint.split()[-1]).is_file()
    assert await transport.probe(IDENTITY)
    await transport.close()


@pytest.mark.parametrize("written", ["", IDENTITY[:9]])
async def test_an_identity_that_was_cut_off_while_it_was_written_is_finished(server: Sshd, written: str) -> None:
    (server.place.parent / "outbox/.staging").mkdir()
    (server.place.parent / "outbox/.staging/.bridge-identity").write_text(written)
    transport = built(server)

    await transport.plant(IDENTITY, replace=False)

    assert await transport.probe(IDENTITY)
    await transport.close()


async def test_one_connection_is_kept_and_made_anew_when_it_was_cut(server: Sshd) -> None:
    transport = built(server)
    await transport.plant(IDENTITY, replace=False)
    await transport.probe(IDENTITY)
    batch = [parcel(number) for number in range(1, 101)]
    await transport.stage(batch)
    before = (server.place / "log").read_text().count("Accepted publickey")
    server.restart()

    steps = await transport.publish(batch)

    await transport.close()
    assert before == 1
    assert {step.end.value for step in steps} == {"published"}
    assert (server.place / "log").read_text().count("Accepted publickey") == 2
