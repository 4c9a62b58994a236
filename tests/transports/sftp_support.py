"""A built-in SFTP server in this process, and OpenSSH's own client as an ERP uses it."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import SecretStr

from bridge.config.passwords import Login
from bridge.config.units import Address
from bridge.counters import Counters
from bridge.transports import Pace, Reading, Rights, Server, ServerSettings, Share, Sight, sftp_server
from tests.support.needs import find
from tests.support.patience import PATIENCE_S

PASSWORD = "open sesame"
QUICK = Pace(first_delay_s=0.05, longest_delay_s=0.2, finish_within_s=0.3)


async def until(claim: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    """Wait until the claim holds; it is about files that other processes make."""
    async with asyncio.timeout(within_s):
        while not claim():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.02)


@dataclass
class Client:
    """OpenSSH's `sftp` with a key of its own, or with a password."""

    keys: Path
    port: int = 0
    password: str | None = None

    @property
    def key(self) -> Path:
        return self.keys / "user_key"

    @property
    def public_key(self) -> Path:
        return self.keys / "user_key.pub"

    def make_key(self) -> None:
        if not self.key.exists():
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)]
            subprocess.run(words, check=True)

    def command(self, *more: str) -> list[str]:
        client = find("sftp")
        assert client is not None
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=8"]
        if self.password is None:
            options += ["IdentitiesOnly=yes", "BatchMode=yes"]
        else:
            options += ["PreferredAuthentications=password", "NumberOfPasswordPrompts=1"]
        words = [word for option in options for word in ("-o", option)]
        key = [] if self.password is not None else ["-i", str(self.key)]
        return [client, "-q", *words, *key, "-P", str(self.port), *more, "erp@127.0.0.1"]

    def environment(self) -> dict[str, str]:
        asking = self.keys / "asking"
        asking.write_text(f"#!/bin/sh\necho '{self.password}'\n")
        asking.chmod(0o700)
        return {**os.environ, "SSH_ASKPASS": str(asking), "SSH_ASKPASS_REQUIRE": "force"}

    async def start(self, *commands: str, options: tuple[str, ...] = ()) -> asyncio.subprocess.Process:
        """A batch under way. Without a key, `-b` would forbid the password, so the commands come as if typed."""
        batch = ("-b", "-") if self.password is None else ()
        process = await asyncio.create_subprocess_exec(
            *self.command(*options, *batch),
            env=self.environment(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdin is not None
        process.stdin.write("\n".join([*commands, ""]).encode("utf-8", "surrogateescape"))
        process.stdin.close()
        return process

    async def run(self, *commands: str) -> tuple[int | None, str]:
        """A batch to its end: the exit code and what was said."""
        process = await self.start(*commands)
        said, _ = await process.communicate()
        return process.returncode, said.decode("utf-8", "replace")


@dataclass
class Site:
    """The folders of one target, a server on them, and what it saw."""

    place: Path
    pace: Pace = QUICK
    max_sessions: int = 10
    largest: int = 20 * 1024**2
    with_password: bool = False
    seen: list[Reading] = field(default_factory=list)
    sight: Sight | None = None
    counters: Counters = field(default_factory=Counters)

    def __post_init__(self) -> None:
        for path in (self.outbox, self.inbox, self.keys):
            path.mkdir(exist_ok=True)
        self.client = Client(self.keys)
        self.client.make_key()

    @property
    def outbox(self) -> Path:
        return self.place / "outbox"

    @property
    def inbox(self) -> Path:
        return self.place / "inbox"

    @property
    def keys(self) -> Path:
        return self.place / "keys"

    def settings(self) -> ServerSettings:
        settings = ServerSettings(
            Address("127.0.0.1", 0),
            "erp",
            self.place / "var" / "host_key",
            authorized_keys=self.client.public_key,
            max_sessions=self.max_sessions,
            pace=self.pace,
        )
        login = Login("erp", SecretStr(PASSWORD))
        return replace(settings, login=login) if self.with_password else settings

    def shares(self) -> list[Share]:
        return [
            Share("/outbox", self.outbox, Rights.FETCH, target="erp"),
            Share("/inbox", self.inbox, Rights.DELIVER, largest=self.largest),
        ]

    @contextlib.contextmanager
    def serving(self) -> Iterator[Server]:
        server = sftp_server(self.settings(), self.shares(), self.sight or self.seen.append, self.counters)
        server.start()
        self.client.port = server.port
        try:
            yield server
        finally:
            server.stop()

    def names(self) -> list[str]:
        """Everything in the inbox, hidden or not."""
        return sorted(path.name for path in self.inbox.iterdir())
