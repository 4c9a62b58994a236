"""A shop's slug and environment say where its Norce is; full addresses beside them are refused with their line."""

from pathlib import Path

import pytest

from bridge.config import effective
from tests.config.support import faults_of, load_text


@pytest.mark.parametrize(
    ("text", "host", "scope"),
    [
        ('slug = "acme"', "acme.api-se.playground.norce.tech", "playground"),
        ('slug = "acme"\nenvironment = "playground"', "acme.api-se.playground.norce.tech", "playground"),
        ('slug = "acme"\nenvironment = "stage"', "acme.api-se.stage.norce.tech", "stage"),
        ('slug = "acme"\nenvironment = "prod"', "acme.api-se.norce.tech", "prod"),
        (
            'slug = "acme"\nenvironment = "acme-corp-stage"',
            "acme.api-se.acme-corp-stage.norce.tech",
            "acme-corp-stage",
        ),
        ('slug = "acme"\nenvironment = "stage"\nscope = "stage prod"', "acme.api-se.stage.norce.tech", "stage prod"),
    ],
)
def test_slug_and_environment_make_addresses_and_scope(tmp_path: Path, text: str, host: str, scope: str) -> None:
    norce = load_text(tmp_path, f"[norce]\n{text}\n").norce

    assert norce.base_url == f"https://{host}/commerce/connect/4.0"
    assert norce.token_url == f"https://{host}/identity/1.0/connect/token"
    assert norce.scope == scope


def test_what_was_made_of_them_is_shown_with_its_origin(tmp_path: Path) -> None:
    config = load_text(tmp_path, '[norce]\nslug = "acme"\nscope = "stage"\n')

    shown = {value.key: (value.value, value.origin) for value in effective(config) if value.table == "norce"}

    made = "made of slug and environment"
    assert shown["base_url"] == ("https://acme.api-se.playground.norce.tech/commerce/connect/4.0", made)
    assert shown["token_url"][1] == made
    assert shown["environment"] == ("playground", made)
    assert shown["scope"][0] == "stage"
    assert shown["scope"][1].endswith("config.toml:3")


@pytest.mark.parametrize("key", ["base_url", "token_url"])
def test_an_address_beside_a_slug_is_refused_at_its_line(tmp_path: Path, key: str) -> None:
    text = f'[norce]\nslug = "acme"\n{key} = "https://norce.example.com/x"\n'

    (fault,) = faults_of(tmp_path, text)

    assert fault.startswith(f"config.toml:3: [norce] {key}: stands beside slug, which says where Norce is already ")
    assert fault.endswith(f"(keep either {key} or slug and environment)")


def test_the_address_that_follows_may_stand_beside_it(tmp_path: Path) -> None:
    text = '[norce]\nslug = "acme"\nbase_url = "https://acme.api-se.playground.norce.tech/commerce/connect/4.0"\n'

    config = load_text(tmp_path, text)

    shown = {value.key: value.origin for value in effective(config) if value.table == "norce"}
    assert shown["base_url"].endswith("config.toml:3")
    assert shown["token_url"] == "made of slug and environment"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('environment = "stage"', "2: [norce] environment: needs slug beside it"),
        ('slug = "Acme AB"', '2: [norce] slug: "Acme AB" is no part of a Norce address'),
        ('slug = "acme.evil.example/"', "2: [norce] slug: "),
        ('slug = ""', "2: [norce] slug: "),
        ('slug = "acme"\nenvironment = "production"', '3: [norce] environment: "production" is called "prod" at Norce'),
        ('scope = "production"', '2: [norce] scope: "production" is called "prod" at Norce'),
        ('scope = " "', "2: [norce] scope: "),
        ("requests_per_minute = 0", "2: [norce] requests_per_minute: "),
    ],
)
def test_what_makes_no_address_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    (fault,) = faults_of(tmp_path, f"[norce]\n{text}\n")

    assert fault.startswith(f"config.toml:{told}")


def test_a_slug_from_the_environment_is_told_by_its_variable(tmp_path: Path) -> None:
    text = '[norce]\nbase_url = "https://norce.example.com/x"\n'

    (fault,) = faults_of(tmp_path, text, {"BRIDGE__NORCE__SLUG": "acme"})

    assert "[norce] base_url: stands beside slug" in fault
