"""What the admin API tells of folders, and the acts on files in quarantine that it passes on."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bridge.cli._settings import shelves
from bridge.config import load
from bridge.journal import Journal
from bridge.ops.admin import build_app
from bridge.ops.folders import TargetFolders, age, files_in, folders_of, levels, quarantined
from bridge.ops.operations import FileActs
from tests.config.support import write
from tests.ops.running import Client, Running
from tests.support import journals
from tests.support.clock import START

API = "/api/v1"
NOTE = """a.csv could not be matched to an order.
  Found:     no order "4844T" is known
             and another reason
  Closest:   48447 (received 14:02, waiting for an answer)
What to do:  correct the file
"""


@dataclass
class Asked:
    """Acts that only note what was asked."""

    acts: list[tuple[object, ...]] = field(default_factory=list)

    async def retry(self, name: str, because: str, order_id: int | None) -> str:
        self.acts.append(("retry", name, because, order_id))
        return name.partition("~")[0]

    async def discard(self, name: str, because: str) -> str:
        self.acts.append(("discard", name, because))
        return f"inbox/archive/{name}"


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def folders(tmp_path: Path) -> TargetFolders:
    inbox = tmp_path / "inbox"
    made = TargetFolders("erp", tmp_path / "outbox", inbox, inbox / "archive", inbox / "quarantine")
    for folder in (tmp_path / "outbox" / ".staging", made.archive / "2026-03-02", made.quarantine):
        folder.mkdir(parents=True)
    return made


@pytest.fixture
async def served(
    running: Running, folders: TargetFolders, asked: Asked, aiohttp_client: Callable[..., Awaitable[Client]]
) -> Client:
    acts = FileActs(asked.retry, asked.discard)
    return await aiohttp_client(build_app(running.operations(places=[folders], quarantine=acts)))


def put(path: Path, content: str = "x", *, minutes_ago: float = 0) -> None:
    path.write_text(content)
    at = START.timestamp() - 60 * minutes_ago
    os.utime(path, (at, at))


async def test_the_files_of_a_folder_are_told_oldest_first(served: Client, folders: TargetFolders) -> None:
    assert folders.outbox is not None
    put(folders.outbox / "new.csv", minutes_ago=1)
    put(folders.outbox / "old.csv", minutes_ago=60)
    put(folders.outbox / ".staging" / "half.csv.part")
    put(folders.inbox / "answer.csv")

    told = await (await served.get(f"{API}/files", params={"folder": "outbox"})).json()
    older = await (await served.get(f"{API}/files", params={"older": "30m"})).json()

    assert [(file["folder"], file["target"], file["name"], file["size"]) for file in told] == [
        ("outbox", "erp", "old.csv", 1),
        ("outbox", "erp", "new.csv", 1),
    ]
    assert [file["name"] for file in older] == ["old.csv"]


@pytest.mark.parametrize("query", [{"folder": "secrets"}, {"older": "soon"}])
async def test_a_question_that_cannot_be_read_is_refused(served: Client, query: dict[str, str]) -> None:
    answer = await served.get(f"{API}/files", params=query)

    assert answer.status == 400


def test_the_archive_is_told_with_its_days(folders: TargetFolders) -> None:
    put(folders.archive / "2026-03-02" / "a.csv")

    assert [file["name"] for file in files_in([folders], "archive")] == ["a.csv"]


def test_targets_that_share_a_folder_are_told_once(folders: TargetFolders) -> None:
    put(folders.inbox / "a.csv")

    assert [file["target"] for file in files_in([folders, folders], "inbox")] == ["erp"]


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    nowhere = TargetFolders("erp", *(tmp_path / name for name in "abcd"))

    assert (files_in([nowhere], ""), quarantined([nowhere])) == ([], [])


@pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("30 min", 1800), ("1.5 h", 5400), ("2d", 172_800)])
def test_a_length_of_time_may_be_typed_short(text: str, seconds: float) -> None:
    assert age(text).total_seconds() == seconds


async def test_a_file_in_quarantine_comes_with_its_reasons(served: Client, folders: TargetFolders) -> None:
    put(folders.quarantine / "a.csv", "content")
    put(folders.quarantine / "a.csv.reason.txt", NOTE)

    (told,) = await (await served.get(f"{API}/quarantine")).json()
    content = await (await served.get(f"{API}/quarantine/a.csv")).read()

    assert (told["name"], told["target"]) == ("a.csv", "erp")
    assert told["reasons"] == ['no order "4844T" is known', "and another reason"]
    assert told["note"] == NOTE
    assert content == b"content"


@pytest.mark.parametrize("name", ["b.csv", "..%2Fa.csv", "a.csv.reason.txt"])
async def test_only_what_lies_in_quarantine_is_handed_out(served: Client, folders: TargetFolders, name: str) -> None:
    put(folders.inbox / "a.csv")
    put(folders.quarantine / "a.csv.reason.txt", NOTE)

    answer = await served.get(f"{API}/quarantine/{name}")

    assert answer.status == 404


async def test_a_file_is_put_back_for_the_order_that_a_person_names(
    served: Client, asked: Asked, journal: Journal
) -> None:
    order_id = await journals.admit(journal)

    answer = await served.post(f"{API}/quarantine/a.csv~2/retry", json={"reason": "typo", "order": "48447"})

    assert await answer.json() == {"name": "a.csv~2", "inbox_name": "a.csv", "order_ref": "48447"}
    assert asked.acts == [("retry", "a.csv~2", "typo", order_id)]


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        ("retry", {}, 400),
        ("retry", {"reason": "x", "order": "9999"}, 404),
        ("retry", {"reason": "x", "order": 9999}, 400),
        ("retry", [], 400),
        ("discard", {"reason": "  "}, 400),
    ],
)
async def test_an_act_that_is_not_clear_is_refused(
    served: Client, asked: Asked, act: str, body: object, status: int
) -> None:
    answer = await served.post(f"{API}/quarantine/a.csv/{act}", json=body)

    assert answer.status == status
    assert asked.acts == []


async def test_a_discard_under_the_same_key_is_done_once(served: Client, asked: Asked) -> None:
    for _ in range(2):
        answer = await served.post(
            f"{API}/quarantine/a.csv/discard", json={"reason": "a test"}, headers={"Idempotency-Key": "k"}
        )
        assert await answer.json() == {"name": "a.csv", "kept_as": "inbox/archive/a.csv"}

    assert asked.acts == [("discard", "a.csv", "a test")]


async def test_a_bridge_without_an_inbox_says_so(client: Client) -> None:
    answer = await client.post(f"{API}/quarantine/a.csv/discard", json={"reason": "x"})

    assert answer.status == 409


def test_a_target_whose_orders_are_pushed_has_no_outbox_here(tmp_path: Path) -> None:
    target = (
        '[targets.erp]\ntransport = "sftp"\n'
        '[targets.erp.sftp]\nhost = "sftp.example.com"\nusername = "bridge"\ndirectory = "/in"\npassword_file = "erp"\n'
    )
    write(tmp_path, "open sesame", "erp")
    config = load(write(tmp_path, target), shelves(), {})
    for folder in ("outbox", "inbox"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").touch()

    (places,) = folders_of(config)

    assert places.outbox is None
    assert [file["folder"] for file in files_in([places], "")] == ["inbox"]
    assert [level.folder for level in levels([places])] == ["inbox erp", "quarantine erp"]
