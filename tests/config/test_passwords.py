"""Right logins pass, wrong ones do not, and nobody learns more from the time it takes."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, strategies as st
from pydantic import SecretStr

from bridge.config import Login, PasswordHash, Verifier, hash_password, parse_basic

HASH = hash_password("s3cret")


def login(username: str, password: str) -> Login:
    return Login(username, SecretStr(password))


def basic(username: str, password: str, encoding: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode(encoding)).decode()


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    return Verifier(
        [Login("norce", SecretStr(HASH), is_hash=True), login("norce", "older"), login("other", "pässword")]
    )


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Counts how often scrypt runs, and with what cost."""
    costs: list[int] = []
    true_one = PasswordHash.stretched

    def stretched(self: PasswordHash, password: str, length: int) -> bytes:
        costs.append(self.cost)
        return true_one(self, password, length)

    with monkeypatch.context() as patch:
        patch.setattr(PasswordHash, "stretched", stretched)
        yield costs


@pytest.mark.parametrize(("username", "password"), [("norce", "s3cret"), ("norce", "older"), ("other", "pässword")])
def test_each_of_several_logins_passes(verifier: Verifier, username: str, password: str) -> None:
    is_right = verifier.verify(username, password)

    assert is_right


@pytest.mark.parametrize(
    ("username", "password"),
    [("norce", "S3cret"), ("norce", ""), ("other", "s3cret"), ("nobody", "s3cret"), ("", ""), ("norce", HASH)],
    ids=["other case", "none", "another's", "nobody's", "nothing", "its own hash"],
)
def test_a_wrong_login_does_not_pass(verifier: Verifier, username: str, password: str) -> None:
    is_right = verifier.verify(username, password)

    assert not is_right


def test_an_unknown_name_costs_what_a_known_one_costs(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    spent = {}
    for name in ("norce", "other", "nobody"):
        with counted(monkeypatch) as costs:
            verifier.verify(name, "wrong")
        spent[name] = costs

    assert spent["norce"] == spent["other"] == spent["nobody"] == [2**14] * 2


def test_the_first_right_password_does_not_save_the_second_look(
    verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted(monkeypatch) as costs:
        verifier.verify("norce", "s3cret")

    assert len(costs) == 2


def test_a_verifier_without_logins_lets_nobody_in() -> None:
    verifier = Verifier([])

    is_right = verifier.verify("nobody", "nobody")

    assert not is_right


def test_a_right_header_is_remembered_and_costs_no_hash_again(
    verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = basic("norce", "s3cret")
    first = verifier.check(header)

    with counted(monkeypatch) as costs:
        second = verifier.check(header)

    assert first
    assert second
    assert verifier.is_remembered(header)
    assert costs == []


def test_a_wrong_header_is_never_remembered(verifier: Verifier) -> None:
    header = basic("norce", "wrong")

    answers = [verifier.check(header), verifier.is_remembered(header), verifier.is_remembered("")]

    assert answers == [False, False, False]


def test_only_so_many_right_headers_are_remembered(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Verifier, "verify", lambda *_: True)
    headers = [basic("norce", f"{number}") for number in range(100)]

    for header in headers:
        verifier.check(header)

    assert sum(verifier.is_remembered(header) for header in headers) == 64
    assert verifier.is_remembered(headers[-1])


def test_a_hash_reads_back_and_holds_no_password() -> None:
    again = PasswordHash.parse(HASH)

    assert str(again) == HASH
    assert HASH.startswith("scrypt$16384$8$1$")
    assert again.fits("s3cret")
    assert "s3cret" not in HASH


def test_two_hashes_of_one_password_differ() -> None:
    other = hash_password("s3cret")

    assert other != HASH


def test_an_empty_password_is_not_hashed() -> None:
    with pytest.raises(ValueError, match="not empty"):
        hash_password("")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s3cret",
        "scrypt$16384$8$1$AAAA",
        HASH.replace("$16384$", "$16383$"),
        HASH.replace("$16384$", "$1$"),
        HASH.replace("$16384$8$", "$4194304$8$"),
        HASH.replace("$8$1$", "$0$1$"),
        HASH.replace("$8$1$", "$8$99$"),
        HASH[:-5],
        "scrypt$16384$8$1$AAAA$AAAA",
        HASH + "\n",
    ],
    ids=[
        "empty",
        "a password",
        "short",
        "odd cost",
        "least cost",
        "huge cost",
        "no block",
        "wide",
        "cut",
        "no hash",
        "a line",
    ],
)
def test_what_is_no_hash_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a hash|is a hash"):
        PasswordHash.parse(text)


def test_a_login_never_shows_its_secret() -> None:
    shown = repr(login("norce", "s3cret")) + repr(PasswordHash.parse(HASH))

    assert "s3cret" not in shown
    assert HASH[-20:] not in shown


@given(
    st.text(st.characters(exclude_categories=["C"], exclude_characters=":")),
    st.text(st.characters(exclude_categories=["C"])),
)
def test_any_name_and_password_come_back_from_a_header(username: str, password: str) -> None:
    header = basic(username, password)

    parsed = parse_basic(header)

    assert parsed == (username, password)


def test_an_old_client_may_send_latin_1() -> None:
    header = basic("norce", "pässword", "latin-1")

    parsed = parse_basic(header)

    assert parsed == ("norce", "pässword")


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic ", "Bearer abc", "Basic a b", "Basic YQ", "Basic YTpi=", "Basic ====", "Basic bm9jb2xvbg==",
     "Basic YTpiCg==", " Basic YTpi", "Basic YTpi ", "Basic YTpi\u00e9"],
)  # fmt: skip
def test_what_is_no_basic_login_is_none(header: str) -> None:
    parsed = parse_basic(header)

    assert parsed is None


@given(st.text())
def test_no_header_breaks_the_parser(header: str) -> None:
    parsed = parse_basic(header)

    assert parsed is None or len(parsed) == 2


def test_the_scheme_is_read_without_case() -> None:
    parsed = parse_basic("bAsIc YTpi")

    assert parsed == ("a", "b")
