"""Secrets come from files and from outside, are never shown, and keep nothing from working but the service."""

from pathlib import Path

import pytest

from bridge.config import Config, ConfigFaults, Login, Verifier, hash_password, load, missing_for_run
from tests.config.support import SHELVES, faults_of, load_text, write

HASH = hash_password("s3cret")
PASSWORD_FILE = '[receiver]\npassword_file = "secrets/receiver"\n'
HASH_FILE = '[receiver]\npassword_hash_file = "secrets/receiver"\n'
PROD = '[site]\nenvironment = "prod"\n'
GOOD_PROD = f'{PROD}{HASH_FILE}behind_proxy = true\n[norce]\nclient_secret_file = "secrets/norce"\n'


def secret_of(login: Login) -> str:
    return login.secret.get_secret_value()


def complaints(config: Config, folder: Path) -> list[str]:
    return [str(fault).replace(f"{folder}/", "") for fault in missing_for_run(config)]


@pytest.mark.parametrize(("text", "kept"), [("s3 \n", "s3 "), ("s3\r\n", "s3"), ("s3\n\n", "s3\n"), ("s3", "s3")])
def test_one_line_end_behind_a_secret_is_dropped(tmp_path: Path, text: str, kept: str) -> None:
    write(tmp_path, text, "secrets/receiver").write_bytes(text.encode())

    config = load_text(tmp_path, PASSWORD_FILE)

    assert [secret_of(login) for login in config.receiver.logins] == [kept]


def test_several_logins_are_valid_at_once(tmp_path: Path) -> None:
    write(tmp_path, HASH, "secrets/receiver")
    write(tmp_path, "older", "secrets/older")
    further = '[[receiver.login]]\nusername = "old"\npassword_file = "secrets/older"\n'

    config = load_text(tmp_path, HASH_FILE + further)

    verifier = Verifier(config.receiver.logins)
    assert verifier.verify("norce", "s3cret")
    assert verifier.verify("old", "older")
    assert not verifier.verify("old", "s3cret")


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"BRIDGE__RECEIVER__PASSWORD": "outside"}, ("outside", False)),
        ({"BRIDGE__RECEIVER__PASSWORD_HASH": HASH}, (HASH, True)),
        ({}, ("inside", False)),
    ],
)
def test_a_password_from_the_environment_is_stronger_than_its_file(
    tmp_path: Path, environ: dict[str, str], found: tuple[str, bool]
) -> None:
    write(tmp_path, "inside", "secrets/receiver")

    config = load_text(tmp_path, PASSWORD_FILE, environ)

    assert [(secret_of(login), login.is_hash) for login in config.receiver.logins] == [found]


def test_all_secrets_come_as_credentials_too(tmp_path: Path) -> None:
    for name in ("receiver.password", "admin.password", "BRIDGE__NORCE__CLIENT_SECRET"):
        write(tmp_path / "given", f"{name}\n", name)

    config = load(write(tmp_path, ""), SHELVES, {}, tmp_path / "given")

    assert [secret_of(login) for login in config.receiver.logins] == ["receiver.password"]
    assert config.admin.login
    assert secret_of(config.admin.login) == "admin.password"
    assert config.norce.client_secret
    assert config.norce.client_secret.get_secret_value() == "BRIDGE__NORCE__CLIENT_SECRET"
    assert config.origins["receiver.password"] == "credential receiver.password"


def test_no_secret_is_ever_shown(tmp_path: Path) -> None:
    environ = {
        "BRIDGE__RECEIVER__PASSWORD": "geheim1",
        "BRIDGE__ADMIN__PASSWORD": "geheim2",
        "BRIDGE__NORCE__CLIENT_SECRET": "geheim3",
    }

    config = load_text(tmp_path, "", environ)

    assert "geheim" not in repr(config) + str(config) + repr(config.origins) + config.norce.model_dump_json()


def test_a_secret_in_the_file_is_refused_without_showing_it(tmp_path: Path) -> None:
    text = '[receiver]\npassword = "geheim"\n[[receiver.login]]\nusername = "a"\npassword_hash = "geheim"\n'

    faults = faults_of(tmp_path, text + '[norce]\nclient_secret = "geheim"\n')

    told = "a secret does not stand in this file (put it into a file of its own:"
    assert faults[0] == f'config.toml:2: [receiver] password: {told} password_file = "secrets/receiver")'
    assert f'config.toml:7: [norce] client_secret: {told} client_secret_file = "secrets/norce")' in faults
    assert any(fault.startswith("config.toml:5: [[receiver.login]] password_hash: ") for fault in faults)
    assert "geheim" not in "".join(faults)


def test_two_ways_of_the_same_strength_are_refused(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, f'{PASSWORD_FILE}password_hash_file = "x"\n')

    assert faults == [
        (
            "config.toml:3: [receiver] password_hash_file: stands beside password_file; only one of the two can count "
            "(remove one)"
        ),
    ]


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('password_file = "x"\n', "config.toml:1: [[receiver.login]] username: is missing"),
        ('username = "a"\n', "config.toml:1: [[receiver.login]]: names no password (add password_hash_file = "),
    ],
)
def test_a_further_login_is_whole(tmp_path: Path, keys: str, told: str) -> None:
    faults = faults_of(tmp_path, f"[[receiver.login]]\n{keys}")

    assert len(faults) == 1
    assert faults[0].startswith(told)


def test_without_a_password_only_the_service_does_not_start(tmp_path: Path) -> None:
    config = load_text(tmp_path, "[receiver]\n")

    assert config.receiver.logins == ()
    assert complaints(config, tmp_path) == [
        (
            "config.toml:1: [receiver] password_hash_file: the receiver has no password "
            "(erp-bridge secret hash makes one; or password_file in demo and test)"
        ),
    ]


def test_a_missing_secret_file_keeps_only_the_service_from_starting(tmp_path: Path) -> None:
    config = load_text(tmp_path, PASSWORD_FILE)

    assert complaints(config, tmp_path) == [
        (
            "config.toml:2: [receiver] password_file: cannot read secrets/receiver: no such file or directory "
            "(make it: install -m 600 /dev/null secrets/receiver, then write the secret into it)"
        ),
    ]


@pytest.mark.parametrize(
    ("content", "text", "told"),
    [
        (b"\n", PASSWORD_FILE, "secrets/receiver is empty"),
        (b"\xff\xfe", PASSWORD_FILE, "cannot read secrets/receiver: not UTF-8"),
        (b"plain", HASH_FILE, "what secrets/receiver holds is not a hash as `erp-bridge secret hash` makes it"),
    ],
)
def test_a_secret_file_that_holds_none_is_told(tmp_path: Path, content: bytes, text: str, told: str) -> None:
    write(tmp_path, "", "secrets/receiver").write_bytes(content)

    config = load_text(tmp_path, text)

    assert config.receiver.logins == ()
    assert len(complaints(config, tmp_path)) == 1
    assert told in complaints(config, tmp_path)[0]


def test_an_empty_password_from_outside_is_no_password(tmp_path: Path) -> None:
    config = load_text(tmp_path, "", {"BRIDGE__RECEIVER__PASSWORD": ""})

    assert config.receiver.logins == ()
    assert complaints(config, tmp_path) == [
        "environment BRIDGE__RECEIVER__PASSWORD: [receiver] password: is empty (set it, or remove it)",
    ]


def test_a_secret_that_others_can_read_is_a_warning_in_demo(tmp_path: Path) -> None:
    write(tmp_path, "s3cret", "secrets/receiver").chmod(0o644)

    config = load_text(tmp_path, PASSWORD_FILE)

    warnings = [str(warning).replace(f"{tmp_path}/", "") for warning in config.warnings]
    assert complaints(config, tmp_path) == []
    assert warnings == [
        (
            "config.toml:2: [receiver] password_file: secrets/receiver can be read by others (mode 0644) "
            "(chmod 600 secrets/receiver)"
        ),
    ]


def test_a_secret_that_others_can_read_stops_prod(tmp_path: Path) -> None:
    write(tmp_path, HASH, "secrets/receiver").chmod(0o640)
    write(tmp_path, "x", "secrets/norce")

    config = load_text(tmp_path, GOOD_PROD)

    assert ["can be read by others" in line for line in complaints(config, tmp_path)] == [True]
    assert config.warnings == ()


def test_a_whole_prod_site_starts(tmp_path: Path) -> None:
    write(tmp_path, HASH, "secrets/receiver")
    write(tmp_path, "x", "secrets/norce")

    config = load_text(tmp_path, GOOD_PROD)

    assert complaints(config, tmp_path) == []


def test_prod_wants_https_a_hash_and_a_secret_for_norce(tmp_path: Path) -> None:
    write(tmp_path, "s3cret", "secrets/receiver")

    config = load_text(tmp_path, PROD + PASSWORD_FILE)

    assert [line.split(" (", maxsplit=1)[0] for line in complaints(config, tmp_path)] == [
        "config.toml:4: [receiver] password_file: prod wants the hash of the password, not the password",
        "config.toml:3: [receiver] behind_proxy: prod wants HTTPS",
        "config.toml: [norce] client_secret_file: the bridge has no secret for Norce",
    ]


def test_prod_that_reports_nothing_needs_no_secret_for_norce(tmp_path: Path) -> None:
    write(tmp_path, HASH, "secrets/receiver")

    config = load_text(tmp_path, f"{PROD}{HASH_FILE}behind_proxy = true\n[norce]\nenabled = false\n")

    assert complaints(config, tmp_path) == []


def test_own_certificates_are_https_too_and_must_be_readable(tmp_path: Path) -> None:
    write(tmp_path, HASH, "secrets/receiver")
    write(tmp_path, "x", "secrets/norce")
    write(tmp_path, "pem", "cert.pem")
    text = GOOD_PROD.replace("behind_proxy = true", 'tls_certificate = "cert.pem"\ntls_key = "key.pem"')

    missing = complaints(load_text(tmp_path, text), tmp_path)
    write(tmp_path, "pem", "key.pem").chmod(0o644)
    too_open = complaints(load_text(tmp_path, text), tmp_path)
    write(tmp_path, "pem", "key.pem")
    good = complaints(load_text(tmp_path, text), tmp_path)

    assert "cannot read key.pem: no such file or directory" in missing[0]
    assert "key.pem can be read by others (mode 0644)" in too_open[0]
    assert good == []


@pytest.mark.parametrize(("listen", "is_refused"), [("0.0.0.0:8081", True), ("[::]:8081", True), ("[::1]:8081", False)])
def test_pages_that_others_can_reach_need_a_password(tmp_path: Path, listen: str, is_refused: bool) -> None:  # noqa: FBT001
    environ = {"BRIDGE__RECEIVER__PASSWORD": "x", "BRIDGE__ADMIN__LISTEN": listen}

    without = complaints(load_text(tmp_path, "", environ), tmp_path)
    with_password = complaints(load_text(tmp_path, "", {**environ, "BRIDGE__ADMIN__PASSWORD": "y"}), tmp_path)

    assert bool(without) is is_refused
    assert with_password == []


def test_what_the_service_would_mind_is_told_beside_the_faults(tmp_path: Path) -> None:
    with pytest.raises(ConfigFaults) as caught:
        load_text(tmp_path, "[site]\nnme = 1\n")

    assert len(caught.value.lines()) == 1
    assert len(caught.value.lines(for_run=True)) == 2
