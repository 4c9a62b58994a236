"""The built-in server as OpenSSH's own client finds it."""

import os
import stat
from pathlib import Path

import pytest

from bridge.transports import Reading
from tests.support.needs import needs
from tests.transports.sftp_support import PASSWORD, Site, until

pytestmark = [needs("sftp", "ssh-keygen"), pytest.mark.timeout(30)]
LARGE = 15_000_000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def test_an_upload_appears_under_its_name_whole_and_with_the_rights_of_the_folder(site: Site) -> None:
    answer = site.place / "answer.csv"
    answer.write_bytes(os.urandom(300_000))

    with site.serving():
        code, said = await site.client.run(f"put {answer} /inbox/a.csv", "put -p " + f"{answer} /inbox/b.csv")

    assert code == 0, said
    assert site.names() == ["a.csv", "b.csv"]
    assert (site.inbox / "a.csv").read_bytes() == answer.read_bytes()
    assert stat.S_IMODE((site.inbox / "a.csv").stat().st_mode) == 0o640


async def test_an_upload_under_a_temporary_name_is_renamed_by_the_client(site: Site) -> None:
    answer = site.place / "answer.csv"
    answer.write_text("x")

    with site.serving():
        code, said = await site.client.run("cd inbox", f"put {answer} a.csv.part", "rename a.csv.part a.csv", "ls -l")

    assert code == 0, said
    assert site.names() == ["a.csv"]
    assert "a.csv" in said


async def test_nothing_is_ever_put_over_a_file_that_lies_there(site: Site) -> None:
    answer = site.place / "answer.csv"
    answer.write_text("new")
    (site.inbox / "a.csv").write_text("old")

    with site.serving():
        put, said = await site.client.run(f"put {answer} /inbox/a.csv")
        renamed, _ = await site.client.run(f"put {answer} /inbox/b.csv", "rename /inbox/b.csv /inbox/a.csv")

    assert (put, renamed) == (1, 1), said
    assert (site.inbox / "a.csv").read_text() == "old"
    assert site.names() == ["a.csv", "b.csv"]


async def test_a_file_is_fetched_and_removed_and_both_are_seen(site: Site) -> None:
    (site.outbox / "ORDERS_1.csv").write_bytes(b"x" * 2000)

    with site.serving():
        code, said = await site.client.run("cd outbox", f"get ORDERS_1.csv {site.place}/got", "rm ORDERS_1.csv", "ls")

    assert code == 0, said
    assert (site.place / "got").read_bytes() == b"x" * 2000
    assert not list(site.outbox.iterdir())
    assert site.seen == [Reading("erp", "ORDERS_1.csv", 2000, 2000, is_whole=True)]


async def test_an_upload_that_is_cut_leaves_nothing_and_shows_nothing_before(site: Site) -> None:
    answer = site.place / "answer.csv"
    answer.write_bytes(b"x" * LARGE)

    with site.serving():
        process = await site.client.start(f"put {answer} /inbox/a.csv", options=("-l", "20000"))
        await until(lambda: any(path.stat().st_size for path in site.inbox.iterdir()))
        during = site.names()
        process.kill()
        await process.wait()
        await until(lambda: not site.names())

    assert [name[:6] for name in during] == [".part-"]
    assert site.names() == []


async def test_a_download_that_is_cut_is_told_as_broken_off(site: Site) -> None:
    (site.outbox / "ORDERS_1.csv").write_bytes(b"x" * LARGE)

    with site.serving():
        process = await site.client.start(f"get /outbox/ORDERS_1.csv {site.place}/got", options=("-l", "20000"))
        await until(lambda: (site.place / "got").exists() and (site.place / "got").stat().st_size)
        process.kill()
        await process.wait()
        await until(lambda: site.seen)

    (seen,) = site.seen
    assert (seen.name, seen.size, seen.is_whole) == ("ORDERS_1.csv", LARGE, False)
    assert 0 < seen.read < LARGE


async def test_stopping_the_server_cuts_what_lasts_too_long_and_leaves_nothing(site: Site) -> None:
    answer = site.place / "answer.csv"
    answer.write_bytes(b"x" * LARGE)

    with site.serving():
        process = await site.client.start(f"put {answer} /inbox/a.csv", options=("-l", "20000"))
        await until(lambda: any(path.stat().st_size for path in site.inbox.iterdir()))
    await process.wait()

    assert site.names() == []
    assert site.counters.count("sftp_server_logins_total", result="accepted") == 1


@pytest.mark.parametrize(
    "path",
    [
        "/../secret",
        "/outbox/../../secret",
        "/outbox/link",
        "/outbox/folder/secret",
        "/outbox/up/secret",
        "/outbox/.staging/a.part",
        "/outbox/.held/a.csv",
        "/outbox/.bridge-probe",
        "/inbox/.work/1/a.csv",
        "/inbox/archive/a.csv",
        "/inbox/pipe",
        "/inbox/link",
    ],
)
async def test_there_is_no_way_out_and_none_to_what_is_the_bridges_own(site: Site, path: str) -> None:
    (site.place / "secret").write_text("secret")
    for folder in (site.outbox / ".staging", site.outbox / ".held", site.inbox / ".work" / "1", site.inbox / "archive"):
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text("secret")
        (folder / "a.part").write_text("secret")
    (site.outbox / ".bridge-probe").write_text("secret")
    (site.outbox / "folder").symlink_to(site.place)
    (site.outbox / "up").symlink_to("..")
    for box in (site.outbox, site.inbox):
        (box / "link").symlink_to(site.place / "secret")
    os.mkfifo(site.inbox / "pipe")

    with site.serving():
        got, said = await site.client.run(f"get {path} {site.place}/got")
        removed, _ = await site.client.run(f"rm {path}")
        renamed, _ = await site.client.run(f"rename {path} /inbox/mine")
        _, listed = await site.client.run("ls -la /outbox", "ls -la /inbox", "ls -la /outbox/folder")

    assert (got, removed, renamed) == (1, 1, 1), said
    assert not (site.place / "got").exists()
    assert not any(word in listed for word in ("link", "probe", "staging", "work", "archive", "secret", "pipe"))
    assert (site.place / "secret").read_text() == "secret"


@pytest.mark.parametrize(
    "request_line",
    [
        "put {file} /outbox/new.csv",
        "put {file} /new.csv",
        "put {file} /inbox/.work",
        "put {file} /inbox/.part-1",
        "mkdir /inbox/new",
        "rmdir /inbox",
        "symlink /etc/passwd /inbox/passwd",
        "ln /inbox/here.csv /inbox/there.csv",
        "chmod 777 /inbox/here.csv",
        "chown 0 /inbox/here.csv",
        "rename /inbox/here.csv /outbox/here.csv",
        "rename /outbox/ORDERS_1.csv /inbox/ORDERS_1.csv",
        "rename /inbox/here.csv /outbox/there.csv",
        "rename /outbox/ORDERS_1.csv /inbox/there.csv",
        "rename /outbox/ORDERS_1.csv /outbox/ORDERS_2.csv.hold",
        "rename /outbox/ORDERS_1.csv /outbox/.staging",
        "rename /inbox/here.csv /inbox",
        "rm /inbox/.work",
        "get /outbox {file}.got",
    ],
)
async def test_what_makes_no_sense_is_refused_and_the_session_goes_on(site: Site, request_line: str) -> None:
    file = site.place / "file"
    file.write_text("x")
    (site.inbox / "here.csv").write_text("here")
    (site.outbox / "ORDERS_1.csv").write_text("order")

    with site.serving():
        code, said = await site.client.run("-" + request_line.format(file=file), f"put {file} /inbox/after.csv")

    assert code == 0, said
    assert site.names() == ["after.csv", "here.csv"]
    assert [path.name for path in site.outbox.iterdir()] == ["ORDERS_1.csv"]
    assert stat.S_IMODE((site.inbox / "here.csv").stat().st_mode) == 0o644


async def test_a_password_lets_in_and_a_wrong_one_does_not(site: Site) -> None:
    site.with_password = True
    site.client.password = PASSWORD

    with site.serving():
        right, said = await site.client.run("ls /")
        site.client.password = "guess"
        wrong, _ = await site.client.run("ls /")

    assert right == 0, said
    assert "/inbox" in said
    assert wrong == 255
    assert site.counters.count("sftp_server_logins_total", result="accepted") == 1
    assert site.counters.count("sftp_server_logins_total", result="refused") == 1


async def test_an_unknown_key_or_user_does_not_let_in(site: Site) -> None:
    (site.place / "other").mkdir()
    other = Site(site.place / "other")

    with site.serving() as server:
        other.client.port = server.port
        code, said = await other.client.run("ls")

    assert code == 255, said
    assert site.counters.count("sftp_server_logins_total", result="refused") == 1


async def test_a_name_that_is_not_utf_8_or_too_long_is_an_answer_and_the_session_goes_on(site: Site) -> None:
    file = site.place / "file"
    file.write_text("x")
    (site.inbox / os.fsdecode(b"odd\xff.csv")).write_text("odd")

    with site.serving():
        code, said = await site.client.run(
            f"-put {file} /inbox/{'n' * 300}.csv",
            os.fsdecode(b"-get /inbox/odd\xff.csv " + os.fsencode(file) + b".got"),
            "ls /inbox",
            f"put {file} /inbox/after.csv",
        )

    assert code == 0, said
    assert (site.inbox / "after.csv").exists()
