"""Which lines of a file of public keys let somebody in, and what is said of the others."""

import base64

import pytest

from bridge.config.authorized_keys import KINDS, parse_authorized_keys


def key(kind: str = "ssh-ed25519") -> str:
    blob = len(kind).to_bytes(4, "big") + kind.encode() + (32).to_bytes(4, "big") + bytes(32)
    return f"{kind} {base64.b64encode(blob).decode()}"


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("line", ["{}", "{} erp@example.com of the ERP\r", "  {}\t", "\ufeff{}"])
def test_a_key_of_each_kind_lets_in_whatever_surrounds_it(kind: str, line: str) -> None:
    found = parse_authorized_keys(line.format(key(kind)))

    assert (len(found.blobs), found.left_out) == (1, ())


def test_blanks_may_be_tabs_and_lines_without_a_key_say_nothing() -> None:
    text = f"# {key()}\n\n   \n{key().replace(' ', chr(9))}\tcomment\n"

    assert len(parse_authorized_keys(text).blobs) == 1
    assert parse_authorized_keys(text).left_out == ()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f'from="10.0.0.1" {key()}', "begins with options"),
        (f'command="echo a b" {key()}', "begins with options"),
        (f"restrict {key()}", "begins with options"),
        (key("ssh-dss"), 'understands ("ssh-dss")'),
        (key("sk-ssh-ed25519@openssh.com"), "understands"),
        (key("ssh-ed25519-cert-v01@openssh.com"), "understands"),
        ("nonsense", "understands"),
        ("nonsense AAAA", "understands"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "understands"),
        ("ssh-ed25519", "no ssh-ed25519"),
        ("ssh-ed25519 AAAA", "no ssh-ed25519"),
        ("ssh-ed25519 AAA", "no base64"),
        ("ssh-ed25519 ÅÄÖ", "no base64"),
        (f"ssh-rsa {key().split()[1]}", "no ssh-rsa"),
        (f"ssh-ed25519 {key().split()[1][:20]}", "damaged"),
    ],
)
def test_any_other_line_lets_nobody_in_is_told_and_spoils_no_other(line: str, why: str) -> None:
    found = parse_authorized_keys(f"{key()}\n{line}\n")

    ((number, reason),) = found.left_out
    assert len(found.blobs) == 1
    assert number == 2
    assert why in reason
