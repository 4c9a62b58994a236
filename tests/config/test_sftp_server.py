"""What `[sftp_server]` needs before it may run."""

from pathlib import Path

import pytest

from bridge.config import missing_for_run
from tests.config.support import faults_of, load_text, write

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDLQcQ8kO3vZ1m4pJ0u2jE1rC5m5zq4b6n3yq8m0d1Xk"
ON = "[sftp_server]\nenabled = true\n"


def lines(folder: Path, text: str) -> list[str]:
    return [fault.what for fault in missing_for_run(load_text(folder, text)) if "sftp_server" in fault.key]


def test_a_server_that_is_off_needs_nothing(tmp_path: Path) -> None:
    assert lines(tmp_path, '[sftp_server]\npassword_file = "missing"\nlisten = "0.0.0.0:22"\n') == []


@pytest.mark.parametrize(("listen", "says"), [("127.0.0.1:2222", "nor keys"), ("0.0.0.0:2222", "from outside")])
def test_without_password_and_keys_it_does_not_run(tmp_path: Path, listen: str, says: str) -> None:
    (found,) = lines(tmp_path, f'{ON}listen = "{listen}"\n')

    assert says in found


def test_a_password_or_keys_will_do(tmp_path: Path) -> None:
    write(tmp_path, "open sesame\n", "erp")
    write(tmp_path, f"# the ERP\n{KEY} erp\n", "keys")

    assert lines(tmp_path, f'{ON}password_file = "erp"\n') == []
    assert lines(tmp_path, f'{ON}authorized_keys = "keys"\n') == []
    assert lines(tmp_path, f'{ON}authorized_keys = ""\npassword_file = "erp"\n') == []


def test_a_password_or_keys_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    write(tmp_path, "# nothing\n", "keys")

    assert len(lines(tmp_path, f'{ON}password_file = "missing"\n')) == 1
    assert "cannot read" in lines(tmp_path, f'{ON}authorized_keys = "missing"\n')[0]
    assert "holds no key" in lines(tmp_path, f'{ON}authorized_keys = "keys"\n')[0]


def test_a_file_whose_every_line_lets_nobody_in_is_no_login(tmp_path: Path) -> None:
    write(tmp_path, f'# the ERP\nfrom="10.0.0.1" {KEY}\n', "keys")

    (fault,) = lines(tmp_path, f'{ON}authorized_keys = "keys"\n')

    assert "line 2 begins with options" in fault


def test_a_line_that_lets_nobody_in_is_pointed_out_beside_those_that_do(tmp_path: Path) -> None:
    write(tmp_path, f"{KEY}\nssh-dss AAAA old\n", "keys")

    config = load_text(tmp_path, f'{ON}authorized_keys = "keys"\n')

    assert not [fault for fault in missing_for_run(config) if "sftp" in fault.key]
    assert any("line 2 of" in fault.what and "lets nobody in" in fault.what for fault in config.warnings)


def test_the_password_comes_from_the_environment_too_and_is_never_shown(tmp_path: Path) -> None:
    config = load_text(tmp_path, ON, {"BRIDGE__SFTP_SERVER__PASSWORD": "open sesame"})

    assert config.sftp_server.login is not None
    assert config.sftp_server.login.secret.get_secret_value() == "open sesame"
    assert "sesame" not in repr(config)


def test_it_listens_on_an_address_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "open sesame\n", "erp")

    (fault,) = faults_of(tmp_path, f'{ON}password_file = "erp"\nlisten = "127.0.0.1:8080"\n')

    assert "both listen on" in fault


def test_in_prod_it_is_pointed_out_that_openssh_is_meant(tmp_path: Path) -> None:
    config = load_text(tmp_path, f'[site]\nenvironment = "prod"\n{ON}')

    assert any("closed networks" in fault.what for fault in config.warnings)
