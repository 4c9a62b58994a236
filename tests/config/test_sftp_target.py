"""The settings of a target on an SFTP server, by the real options: what is wrong is told with file and line."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bridge import transports
from bridge.config import Config, ConfigFaults, Shelves, load, missing_for_run
from tests.config.support import SHELVES, write

REAL = Shelves(SHELVES.formats, {name: transports.options_of(name) for name in transports.available()})
KEY = "SHA256:" + "a" * 43
GOOD = """[targets.erp]
transport = "sftp"
[targets.erp.sftp]
host = "sftp.example.com"
username = "bridge"
directory = "/in"
"""


def loaded(place: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    return load(write(place, text), REAL, environ or {})


def told(place: Path, text: str) -> list[str]:
    with pytest.raises(ConfigFaults) as caught:
        loaded(place, text)
    return [line.replace(f"{place}/", "") for line in caught.value.lines()]


def options(config: Config) -> dict[str, object]:
    return dict(config.targets["erp"].transport_options)


def test_what_is_not_said_has_its_default_and_paths_begin_at_the_file(tmp_path: Path) -> None:
    made = options(loaded(tmp_path, GOOD + f'key_file = "secrets/key"\nhost_key = "{KEY}"\npoll = "5 s"\n'))

    assert made["key_file"] == tmp_path / "secrets/key"
    assert (made["port"], made["staging"], made["answer_after"], made["host_key"]) == (22, "", "remove", KEY)
    assert (made["poll"], made["timeout"]) == (timedelta(seconds=5), timedelta(seconds=20))


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ("", '[targets.erp.sftp]: names neither a key nor a password: key_file = "secrets/sftp_key", or'),
        (
            'key_file = "k"\nhost_key = "aa:bb"',
            '10: [targets.erp.sftp] host_key: is not a fingerprint such as "SHA256:"',
        ),
        ('key_file = "k"\nold_algorithms = ["ssh-dss"]', '"ssh-dss" is none that can be allowed; those are aes128-cbc'),
        ('key_file = "k"\nanswer_after = "move"', 'answer_after = "move" wants answer_archive, a folder apart from'),
        ('key_file = "k"\ntimeout = 20', '[targets.erp.sftp] timeout: expects a length of time in quotes, like "30 s"'),
        ('key_file = "k"\nhots = "x"', '[targets.erp.sftp] hots: unknown key (did you mean "host"?)'),
        ('password = "geheim"', "[targets.erp.sftp] password: a secret does not stand in this file"),
    ],
)
def test_each_fault_is_told_with_its_place_and_remedy(tmp_path: Path, more: str, fault: str) -> None:
    lines = told(tmp_path, "\n\n" + GOOD + more + "\n")

    assert any(fault in line for line in lines), lines
    assert "geheim" not in "".join(lines)


def test_a_password_comes_from_its_file_or_from_outside_which_is_stronger(tmp_path: Path) -> None:
    write(tmp_path, "from the file\n", "secrets/sftp")
    text = GOOD + 'password_file = "secrets/sftp"\n'

    inside = loaded(tmp_path, text)
    outside = loaded(tmp_path, GOOD, {"BRIDGE__TARGETS__ERP__SFTP__PASSWORD": "from outside"})

    found = [options(config)["password"] for config in (inside, outside)]
    assert found == [SecretStr("from the file"), SecretStr("from outside")]
    assert "from the file" not in repr(inside.targets)


def test_a_password_file_that_is_missing_keeps_the_service_from_starting(tmp_path: Path) -> None:
    config = loaded(tmp_path, GOOD + 'password_file = "secrets/sftp"\n')

    assert ["sftp" in fault.what for fault in missing_for_run(config) if "targets" in fault.key] == [True]


TWO = """[targets.erp]
transport = "sftp"
[targets.erp.sftp]
host = "sftp.example.com"
username = "bridge"
key_file = "k"
{one}
[targets.store]
transport = "sftp"
answer = {{ directory = "in2" }}
[targets.store.sftp]
host = "SFTP.example.com"
username = "{user}"
key_file = "k"
{two}
"""


def faults_of_two(place: Path, one: str, two: str, user: str = "bridge") -> list[str]:
    try:
        loaded(place, TWO.format(one=one, two=two, user=user))
    except ConfigFaults as faults:
        return [line.replace(f"{place}/", "") for line in faults.lines() if "folder of its own" in line]
    return []


@pytest.mark.parametrize(
    ("one", "two", "key", "other"),
    [
        ('directory = "/in"', 'directory = "/in/"', "directory", "directory"),
        ('directory = "/in"', 'directory = "/x"\nstaging = "/in"', "staging", "directory"),
        ('directory = "/a"\nstaging = "/s"', 'directory = "/b"\nstaging = "/s"', "staging", "staging"),
        ('directory = "/in"', 'directory = "/x"\nanswer_directory = "/in"', "answer_directory", "directory"),
    ],
)
def test_two_targets_do_not_share_a_folder_on_a_server(
    tmp_path: Path, one: str, two: str, key: str, other: str
) -> None:
    (fault,) = faults_of_two(tmp_path, one, two)

    assert f"[targets.store.sftp] {key}: bridge@sftp.example.com:22 /" in fault
    assert f"is [targets.erp.sftp] {other} too (each needs a folder of its own)" in fault


def test_one_path_under_two_accounts_may_be_two_folders(tmp_path: Path) -> None:
    assert faults_of_two(tmp_path, 'directory = "/in"', 'directory = "/in"', user="other") == []


def test_one_target_may_have_one_folder_for_both_ways_but_stages_apart(tmp_path: Path) -> None:
    fine = faults_of_two(tmp_path, 'directory = "/io"\nanswer_directory = "/io"', 'directory = "/x"')
    (fault,) = faults_of_two(tmp_path, 'directory = "/in"\nstaging = "/in"', 'directory = "/x"')

    assert fine == []
    assert "[targets.erp.sftp] staging" in fault
