"""From findings to a way to publish, to words, and to what changed: pure."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as some

from bridge.transports import Findings, Strategy, changes, findings_in
from bridge.transports._file_system import is_share, kind_of
from bridge.transports._findings import Link, Renames, Trouble, choose
from bridge.transports._findings_words import Grade, rows

WELL = Findings(
    "sftp",
    "/in",
    renames=Renames(posix=True, plain=True),
    link=Link("SSH-2.0-X", "SHA256:abc", "curve25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256"),
    posix_announced=True,
    replaces=False,
    exclusive=True,
    syncs=True,
    identity="ours",
    dot_names="listed",
    folds_case=False,
    mtime_step_s=1.0,
    skew_s=0.0,
    free=5 * 10**9,
    entries=3,
    listing_s=0.002,
    mode="0640",
    owner="1000:1000",
    file_system="ext4",
    is_share=False,
    inbox="/srv/inbox",
    inbox_file_system="ext4",
    inbox_is_share=False,
    events=True,
    event_s=0.001,
)
MOUNTS = """22 1 254:0 / / rw - ext4 /dev/vda rw
23 22 0:50 / /srv rw - ext4 /dev/vdb rw
24 23 0:51 / /srv/erp\\040share rw shared:1 - nfs4 host:/erp rw
25 24 0:52 / /srv/erp\\040share rw - cifs //host/erp rw
"""

words = some.text('a"\\å\n', max_size=5)
maybe = some.one_of(some.none(), some.booleans())


@pytest.mark.parametrize(
    ("renames", "strategy"),
    [
        (Renames(noreplace=True), Strategy.NEVER_REPLACES),
        (Renames(noreplace=False, plain=True), Strategy.LOOK_THEN_RENAME),
        (Renames(posix=True), Strategy.ATOMIC),
        (Renames(posix=True, plain=False), Strategy.ATOMIC),
        (Renames(posix=False, plain=True), Strategy.PLAIN),
        (Renames(plain=True), Strategy.PLAIN),
        (Renames(plain=False, inside=True), Strategy.APART),
        (Renames(posix=False, plain=False, inside=False), Strategy.MARKER),
        (Renames(plain=False), Strategy.MARKER),
    ],
)
def test_the_best_rename_that_was_carried_out_is_chosen(renames: Renames, strategy: Strategy) -> None:
    assert choose(renames) is strategy


@given(some.builds(Renames, maybe, maybe, maybe, maybe))
def test_no_rename_is_chosen_that_was_not_carried_out(renames: Renames) -> None:
    carried_out = {
        Strategy.NEVER_REPLACES: renames.noreplace,
        Strategy.LOOK_THEN_RENAME: renames.plain,
        Strategy.ATOMIC: renames.posix,
        Strategy.PLAIN: renames.plain,
    }

    assert carried_out.get(choose(renames), True)


@given(
    some.builds(
        Findings,
        transport=some.sampled_from(("folder", "sftp")),
        place=words,
        trouble=some.one_of(some.none(), some.builds(Trouble, words, words, words, words, words, words)),
    )
)
def test_what_is_kept_is_read_again_and_always_has_words(found: Findings) -> None:
    assert findings_in(found.text()) == found
    assert all(row.name for row in rows(found))


def test_findings_of_a_later_version_are_read_as_far_as_they_are_known() -> None:
    text = WELL.text().replace('"transport":', '"of_tomorrow": 1, "transport":')

    assert findings_in(text) == WELL


def test_a_place_that_is_well_has_no_row_that_is_not() -> None:
    assert {row.grade for row in rows(WELL)} == {Grade.OK}


@pytest.mark.parametrize(
    ("changed", "name", "grade"),
    [
        ({"renames": Renames(plain=False)}, "publishing", Grade.BAD),
        ({"renames": Renames(plain=False), "has_marker": True}, "publishing", Grade.NOTE),
        ({"renames": Renames(plain=False, inside=True)}, "publishing", Grade.BAD),
        ({"renames": Renames(posix=False, plain=True)}, "posix-rename", Grade.NOTE),
        ({"replaces": True}, "name taken", Grade.NOTE),
        ({"exclusive": False}, "exclusive create", Grade.NOTE),
        ({"dot_names": "refused"}, "dot names", Grade.BAD),
        ({"identity": "other"}, "staging identity", Grade.BAD),
        ({"left": ("/in/.bridge-probe",)}, "delete", Grade.BAD),
        ({"mtime_step_s": 60.0}, "time step", Grade.NOTE),
        ({"skew_s": -75.0}, "clock", Grade.NOTE),
        ({"free": 5 * 10**8}, "free space", Grade.NOTE),
        ({"entries": None}, "listing", Grade.NOTE),
        ({"entries": 20_000}, "listing", Grade.NOTE),
        ({"mode_kept": False}, "rights", Grade.NOTE),
        ({"cut_short": True}, "time taken", Grade.NOTE),
        ({"events": False}, "file events", Grade.NOTE),
        ({"inbox_is_share": True}, "file events", Grade.NOTE),
        ({"link": Link(cipher="aes128-cbc")}, "cipher", Grade.NOTE),
    ],
)
def test_what_is_noteworthy_is_marked(changed: dict[str, object], name: str, grade: Grade) -> None:
    found = replace(WELL, **changed)  # type: ignore[arg-type]  # each case names fields of Findings

    assert [row.grade for row in rows(found) if row.name == name] == [grade]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"skew_s": 50.0, "free": 2 * 10**9, "listing_s": 9.0, "entries": 7, "event_s": 0.4, "mtime_step_s": 1e-9}, []),
        ({"skew_s": None, "events": None, "free": None, "link": None, "replaces": None}, []),
        ({"posix_announced": False}, ["posix-rename: announced, now not announced"]),
        ({"skew_s": 75.0}, ["clock: as ours, now 1.25 min ahead"]),
        ({"free": 9 * 10**8}, ["free space: 5.0 GB, now 0.9 GB"]),
        ({"events": False}, ["file events in the inbox: arrive, now do not arrive"]),
        ({"inbox_file_system": "nfs4"}, ["file system of the inbox: ext4, now nfs4"]),
        ({"mtime_step_s": 60.0}, ["time step: 1 s, now 1 min"]),
        (
            {"renames": Renames(posix=False, plain=True)},
            ["publishing: look, then atomic rename (posix-rename), now look, then plain rename"],
        ),
        ({"link": replace(WELL.link or Link(), kex="old")}, ["key exchange: curve25519-sha256, now old"]),
    ],
)
def test_what_matters_is_told_with_old_and_new_and_nothing_else(changed: dict[str, object], told: list[str]) -> None:
    now = replace(WELL, **changed)  # type: ignore[arg-type]  # each case names fields of Findings

    assert [one.line() for one in changes(WELL, now)] == told


@pytest.mark.parametrize(
    ("folder", "kind", "share"),
    [("/srv/erp share/in", "cifs", True), ("/srv/inbox", "ext4", False), ("/srvice", "ext4", False)],
)
def test_a_folder_is_known_to_lie_on_a_share(folder: str, kind: str, *, share: bool) -> None:
    assert kind_of(Path(folder), MOUNTS) == kind
    assert is_share(kind) is share
