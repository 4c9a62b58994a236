"""What a server lists is believed as far as it can be: names in another case, counts larger than the answer."""

import struct
from pathlib import Path

import paramiko
import pytest

from bridge.transports import sftp
from bridge.transports._sftp_wire import Facts, _entries_in, _facts
from tests.transports.bench import IDENTITY
from tests.transports.odd_server import World, serving

EVERY_FLAG = 0x8000000F


async def test_a_file_is_gone_only_if_its_name_is_whatever_the_listing_makes_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, lists=str.upper)
    names = [f"orders_{number}.csv" for number in range(50)]
    for name in names[:40]:
        (world.outbox / name).touch()

    async with serving(world, monkeypatch):
        transport = sftp.build(world.options())
        await transport.plant(IDENTITY, replace=False)
        await transport.probe(IDENTITY)
        missing = await transport.missing(names)
        await transport.close()

    assert missing == set(names[40:])


def test_an_answer_that_claims_more_names_than_it_holds_ends_with_those() -> None:
    one = struct.pack(">I", 5) + b"a.csv" + struct.pack(">I", 0) + struct.pack(">I", 0)

    assert [name for name, _ in _entries_in(paramiko.Message(struct.pack(">I", 0xFFFFFFFF) + one))] == ["a.csv"]


def test_facts_that_claim_more_than_the_answer_holds_end_with_it() -> None:
    claim = struct.pack(">IQIIIIII", EVERY_FLAG, 12, 0, 0, 0o40700, 0, 0, 0xFFFFFFFF)

    assert _facts(paramiko.Message(claim)) == Facts(12, is_folder=True, mtime=0, mode=0o40700)
