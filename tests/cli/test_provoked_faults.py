"""Faults provoked on purpose: each is told in a line with what to do, ends in the documented code, shows no trace."""

import io
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.journal import Journal
from bridge.journal.lock import LockFile
from bridge.ops.operations import Access
from tests.cli.conftest import Fill, Verb, serving
from tests.support import journals

KEY = "[applications.demo]\n"
GIVEN = ("secrets/receiver", "x")
SECRET = '[receiver]\npassword_file = "secrets/receiver"\n'
PROD = '[site]\nenvironment = "prod"\n[norce]\nenabled = false\n'
DEAF = '[admin]\nlisten = "127.0.0.1:1"\n'
GARBAGE = "not a database, and never was one" * 100


@dataclass(frozen=True)
class Fault:
    """What is put into the folder, what is typed, and what must come of it.

    `told` are words of the last line: what is wrong, and what to do. `usage` marks click's own four lines.
    """

    name: str
    words: str
    code: int
    told: tuple[str, ...]
    files: tuple[tuple[str, str], ...] = ()
    stdin: str = ""
    usage: bool = False
    world: str = ""


def config(text: str) -> tuple[tuple[str, str], ...]:
    return (("config.toml", text),)


def usage(name: str, words: str, *told: str, stdin: str = "") -> Fault:
    return Fault(name, words, 2, told, stdin=stdin, usage=True, world="orders")


SETTINGS = (
    Fault("no such settings", "check -c nowhere.toml", 78, ("does not exist", "touch nowhere.toml")),
    Fault("settings are a folder", "check -c var", 78, ("var: cannot be read", "--config")),
    Fault(
        "half written",
        "check",
        78,
        ("config.toml:2: is not TOML", "column"),
        config('[site]\nname = "Demo sh'),
    ),
    Fault("table over lines", "check", 78, ("config.toml:1", "[table] of its own"), config("a = { b = 1,\n c = 2 }\n")),
    Fault("unknown key", "check", 78, ("[receiver] pathh", 'did you mean "path"?'), config('[receiver]\npathh = "/"')),
    Fault("unknown table", "check", 78, ("[sight]", 'did you mean "site"?'), config('[sight]\nname = "x"')),
    Fault(
        "bad unit",
        "check",
        78,
        ("[watch] sweep", "write a number and ms, s, min, h or d"),
        config('[watch]\nsweep = "15 sec"'),
    ),
    Fault("bad size", "check", 78, ("[receiver] max_body", "8 MiB"), config('[receiver]\nmax_body = "8 MB"')),
    Fault("bad address", "check", 78, ("[admin] listen", "host:port"), config('[admin]\nlisten = "8081"')),
    Fault(
        "bad zone",
        "check",
        78,
        ("time_zone", 'did you mean "Europe/Stockholm"?'),
        config('[site]\ntime_zone = "Europe/Stokholm"'),
    ),
    Fault("bad choice", "check", 78, ("environment", "demo, test, prod"), config('[site]\nenvironment = "live"')),
    Fault(
        "unknown format",
        "check",
        78,
        ("[targets.erp.order] format", 'did you mean "delimited"?'),
        config('[targets.erp.order]\nformat = "delimted"'),
    ),
    Fault(
        "names without number",
        "check",
        78,
        ("file_name", "add {control:06}"),
        config('[targets.erp]\nfile_name = "{ref}.csv"'),
    ),
    Fault(
        "one folder twice",
        "check",
        78,
        ("outbox", "each needs a folder of its own"),
        config('[targets.erp.answer]\ndirectory = "outbox"'),
    ),
    Fault(
        "no such target",
        "check",
        78,
        ('no target is called "epr"', 'did you mean "erp"?'),
        config(f'{KEY}target = "epr"'),
    ),
    Fault(
        "two listeners, one port",
        "check",
        78,
        ("both listen on", "another port"),
        config('[admin]\nlisten = "127.0.0.1:8080"'),
    ),
    Fault(
        "secret in the file",
        "check",
        78,
        ("a secret does not stand in this file", "password_file"),
        config('[receiver]\npassword = "x"'),
    ),
)

STARTING = (
    Fault("no password", "run", 78, ("the receiver has no password", "erp-bridge secret hash"), config("")),
    Fault("secret missing", "run", 78, ("cannot read", "then write the secret into it"), config(SECRET)),
    Fault(
        "secret empty", "run", 78, ("is empty", "write the secret into it"), (*config(SECRET), ("secrets/receiver", ""))
    ),
    Fault(
        "secret is no hash",
        "run",
        78,
        ("secret hash makes a good one",),
        (*config('[receiver]\npassword_hash_file = "secrets/receiver"\n'), ("secrets/receiver", "plain")),
    ),
    Fault(
        "secret open to all in prod",
        "run",
        78,
        ("can be read by others", "chmod 600"),
        (*config(f"{PROD}{SECRET}behind_proxy = true\n"), GIVEN),
        world="open secret",
    ),
    Fault("prod without https", "run", 78, ("prod wants HTTPS", "behind_proxy"), (*config(f"{PROD}{SECRET}"), GIVEN)),
    Fault(
        "pages for everyone",
        "run",
        78,
        ("so the pages need a password", "secrets/admin"),
        (*config(f'{SECRET}[admin]\nlisten = "0.0.0.0:0"\n'), GIVEN),
    ),
    Fault(
        "certificate missing",
        "run",
        78,
        ("cannot read", "PEM"),
        (*config(f'{SECRET}tls_certificate = "c.pem"\ntls_key = "k.pem"\n'), GIVEN),
    ),
    Fault(
        "port taken", "run", 75, ("cannot listen on 127.0.0.1:", "choose one by [receiver] listen"), world="port taken"
    ),
    Fault(
        "journal locked", "run", 75, ("Another bridge (pid ", "stop it first"), (*config(SECRET), GIVEN), world="locked"
    ),
    Fault(
        "journal's folder is a file",
        "run",
        73,
        ("the journal's folder cannot be used", "local folder"),
        (*config(f'{SECRET}[journal]\ndatabase = "x/bridge.db"\n'), GIVEN, ("x", "")),
    ),
    Fault(
        "journal is garbage",
        "run",
        1,
        ("damaged", "restore a backup"),
        (*config(SECRET), GIVEN, ("var/bridge.db", GARBAGE)),
    ),
)

ACTING = (
    Fault("unknown order", "orders show 4844T", 3, ("4844T", "erp-bridge orders list"), world="orders"),
    Fault("ambiguous order", "orders show request-1", 4, ("request-1", "48447"), world="orders"),
    Fault("unknown reject", "rejects show 9", 3, ("there is no reject 9", "erp-bridge rejects list"), world="orders"),
    Fault("no journal yet", "orders list", 69, ("there is no journal", "erp-bridge run")),
    Fault("reading garbage", "orders list", 1, ("damaged", "restore a backup"), (("var/bridge.db", GARBAGE),)),
    Fault("no service", "orders retry 48447", 69, ("does not answer", "erp-bridge run"), config(DEAF), world="orders"),
    Fault("no service for a target", "target pause erp --because x", 69, ("does not answer", "--url"), config(DEAF)),
    Fault("wrong url", "status --url http://127.0.0.1:1", 69, ("does not answer at http://127.0.0.1:1", "--url")),
    Fault("unknown target of a service", "target pause wms --because x", 3, ("wms", "there are: erp"), world="service"),
    Fault("no address", "orders list --url foo:bar", 2, ("--url", "write http://host:port"), usage=True),
    Fault("no name at all", "orders hold .. --because x", 3, ('nothing is called ".."', "whole name"), world="service"),
    Fault(
        "login missing", "target pause erp --because x", 77, ("a login is needed", "[admin] username"), world="login"
    ),
    Fault("login missing for status", "status", 77, ("a login is needed", "[admin] username"), world="login"),
    Fault(
        "act on a listener that only shows",
        "target pause erp --because x",
        77,
        ("changes nothing", "read_only = false"),
        world="read only",
    ),
    Fault("garbage as an order", "preview x.json", 1, ("cannot be read", "not well-formed"), (("x.json", "<<<"),)),
    Fault("no order to preview", "preview nowhere.json", 3, ("cannot read nowhere.json", "- for stdin")),
    Fault("no answer to read", "read nowhere.csv", 3, ("cannot read nowhere.csv", "- for stdin")),
    Fault("secrets in the way", "secret set norce", 73, ("cannot write", "rights"), (("secrets", ""),), stdin="x"),
    Fault("restoring garbage", "restore x.db", 1, ("is no journal", "erp-bridge backup"), (("x.db", GARBAGE),)),
    Fault("restoring nothing", "restore nowhere.db", 3, ("does not exist", "erp-bridge backup")),
    Fault(
        "restoring beside a service",
        "restore x.db",
        75,
        ("owns the journal", "stop it first"),
        (("x.db", GARBAGE),),
        world="service",
    ),
    Fault("copying nothing", "backup", 3, ("there is no journal", "erp-bridge run")),
    Fault(
        "copying into a file",
        "backup -o x/copy.db",
        73,
        ("could not be copied", "space and rights"),
        (("x", ""),),
        world="orders",
    ),
    Fault("init over settings", "init", 4, ("is there already", "--force")),
    Fault("init into a file", "init -c x/config.toml", 73, ("cannot write", "rights"), (("x", ""),)),
    Fault(
        "deaf webhook",
        "alerts test",
        1,
        ("webhook: the webhook cannot be reached", "[alerts] webhook"),
        config('[alerts]\nwebhook = "http://127.0.0.1:1/x"\n'),
    ),
    Fault(
        "folder gone",
        "check",
        1,
        ("outbox does not exist", "mkdir -p"),
        (*config(f'{SECRET}[targets.erp]\ndirectory = "gone/outbox"\n'), GIVEN),
    ),
)

USAGE = (
    usage("unknown verb", "ordres list", "No such command 'ordres'"),
    usage("no reason given", "target pause erp", "Missing option '--because'"),
    usage("unknown option", "orders list --stat held", "--stat"),
    usage("wrong number", "orders list --limit 0", "--limit", "1<=x<=1000"),
    usage("wrong state", "orders list --state lost", "--state", "'received'"),
    usage("wrong time", "orders list --since yesterday", "--since", "a day like 2026-11-21"),
    usage("unknown target", "preview x.json --target wms", "there are: erp"),
    usage("path as a secret's name", "secret set ../x", "letters, digits, dot", stdin="x"),
    usage("no secret on stdin", "secret hash", "stdin holds no secret"),
    usage("nothing to retry", "orders retry", "--all-dead"),
    usage("sample and file", "preview x.json --sample", "or --sample"),
    usage("unknown shell", "completion tcsh", "'bash', 'zsh', 'fish'"),
    usage("wrong answer to init", "init -c new.toml --listen 8080", "--listen", "host:port"),
)

FAULTS = (*SETTINGS, *STARTING, *ACTING, *USAGE)


@dataclass(frozen=True)
class Around:
    """What a world is made of."""

    home: Path
    fill: Fill[object]


async def two_orders(journal: Journal) -> None:
    await journals.admit(journal, "48447")
    await journals.admit(journal, "48448")


@contextmanager
def plain(_: Around) -> Iterator[None]:
    yield


@contextmanager
def orders(around: Around) -> Iterator[None]:
    around.fill(two_orders)
    yield


@contextmanager
def service(around: Around) -> Iterator[None]:
    with serving(around.home):
        yield


@contextmanager
def login(around: Around) -> Iterator[None]:
    async def verify(_: str) -> bool:
        return False

    with serving(around.home, access=Access(verify=verify)):
        yield


@contextmanager
def read_only(around: Around) -> Iterator[None]:
    with serving(around.home, access=Access(read_only=True)):
        yield


@contextmanager
def locked(around: Around) -> Iterator[None]:
    lock = LockFile(around.home / "var" / "bridge.lock")
    lock.take()
    yield
    lock.release()


@contextmanager
def open_secret(around: Around) -> Iterator[None]:
    (around.home / "secrets" / "receiver").chmod(0o644)
    yield


@contextmanager
def port_taken(around: Around) -> Iterator[None]:
    (around.home / "secrets").mkdir()
    (around.home / "secrets" / "receiver").write_text("x")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f'listen = "127.0.0.1:{taken.getsockname()[1]}"\n'
        (around.home / "config.toml").write_text(
            f'{SECRET}{listen}[admin]\nlisten = "127.0.0.1:0"\n[norce]\nenabled = false'
        )
        yield


WORLDS = {
    "": plain,
    "orders": orders,
    "service": service,
    "login": login,
    "read only": read_only,
    "locked": locked,
    "open secret": open_secret,
    "port taken": port_taken,
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_provoked_fault_is_told_in_a_line_with_what_to_do(
    verb: Verb, home: Path, fill: Fill[object], monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    for name, text in fault.files:
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(text)
        (home / name).chmod(0o600)
    monkeypatch.setattr(sys, "stdin", io.StringIO(fault.stdin))

    with ExitStack() as stack:
        stack.enter_context(WORLDS[fault.world](Around(home, fill)))
        code, out, err = verb(*fault.words.split())

    said = [line for line in (out + err).splitlines() if line and not is_log(line)]
    assert code == fault.code, (out, err)
    assert [words for words in fault.told if words not in told_in(said, fault)] == [], (out, err)
    assert "Traceback" not in out + err
    assert "Nobody foresaw" not in err


def is_log(line: str) -> bool:
    """A service that starts and fails also logs, one JSON object a line."""
    return line.startswith('{"ts"')


def told_in(said: list[str], fault: Fault) -> str:
    """The lines that tell the fault: the last one, which in wrong usage stands behind click's three."""
    if fault.usage:
        assert len(said) == 3, said
        return said[-1]
    if fault.code == 78 or fault.words in {"check", "preview x.json", "alerts test"}:
        return "\n".join(said)  # one fault of the settings brings others, and results are lists
    assert len(said) == 1, said
    return said[0]


def test_there_are_forty_of_them_and_every_documented_code_but_one_is_met() -> None:
    codes = {fault.code for fault in FAULTS}

    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 40
    assert codes == {1, 2, 3, 4, 69, 73, 75, 77, 78}  # 130 needs a person at the keyboard
