"""The settings as frozen models: one class a table of ``config.toml``, attribute names as the keys.

Not for: where values come from (``sources.py``), rules between keys (``rules.py``), or targets (``targets.py``).
A class whose name ends in ``Keys`` holds what may be written; the class built on it adds what was made of that.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from bridge.config.passwords import Login
from bridge.config.units import (
    Address,
    Duration,
    FilePath,
    Filled,
    Listen,
    MaybePath,
    Networks,
    SecretUrl,
    Size,
    SomeTime,
    Url,
    UrlPath,
    Zone,
    frozen_list,
)
from bridge.retry import RetryPolicy
from bridge.states import Choice, ReportPolicy

VERSION = 1
"""The layout of ``config.toml`` that this bridge reads."""

_CHOICES = {
    "confirm": Choice.STATUS,
    "status": Choice.STATUS,
    "acknowledged": Choice.STATUS,
    "hold": Choice.HOLD,
    "nothing": Choice.NOTHING,
}


class Section(BaseModel):
    """A table of ``config.toml``: unknown keys are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class TopKeys(Section):
    """What stands above the first table."""

    version: int = Field(VERSION, description="Layout of this file.")


class Site(Section):
    """``[site]``: which shop and which kind of installation this is."""

    name: Filled = Field("Demo shop", description="Shown on each page and in each alert.")
    environment: Literal["demo", "test", "prod"] = Field(
        "demo",
        description="Kind of installation; `prod` insists on HTTPS and a hashed password.",
    )
    time_zone: Zone = Field(
        ZoneInfo("Europe/Stockholm"),
        description="Zone of pages, file contents and file names; everything stored is UTC.",
    )


class LoginKeys(Section):
    """``[[receiver.login]]``: a further login, valid at the same time."""

    username: str = Field("", description="Name that Norce may also send.")
    password_hash_file: MaybePath = Field(None, description="File with the hash of its password.")
    password_file: MaybePath = Field(None, description="File with the password itself; not in prod.")


class ReceiverKeys(Section):
    """``[receiver]``: where Norce sends orders."""

    listen: Listen = Field(Address("127.0.0.1", 8080), description="Address of the listener for orders.")
    path: UrlPath = Field("/orders", description="Path to which Norce posts.")
    username: Filled = Field("norce", description="Name that Norce sends.")
    password_hash_file: MaybePath = Field(None, description="File with the hash of the password.")
    password_file: MaybePath = Field(None, description="File with the password itself; not in prod.")
    login: Annotated[tuple[LoginKeys, ...], BeforeValidator(frozen_list)] = Field(
        (),
        description="Further logins valid at the same time, for a rotation.",
    )
    tls_certificate: MaybePath = Field(None, description="Certificate chain in PEM, to speak HTTPS without a proxy.")
    tls_key: MaybePath = Field(None, description="Private key of the certificate.")
    behind_proxy: bool = Field(default=False, description="A proxy in front speaks HTTPS.")
    trusted_proxies: Networks = Field((), description="Proxies whose X-Forwarded-For counts.")
    allow_from: Networks = Field((), description="Networks that may send; empty: anyone with the password.")
    max_body: Size = Field(8 * 1024**2, description="Largest order taken.")
    max_in_flight: int = Field(64, ge=1, description="Orders worked on at once; more are answered 503.")
    answer_within: SomeTime = Field(timedelta(seconds=4), description="Past it the answer is 503.")
    confirm_within: Duration = Field(
        timedelta(0),
        description="How long an answer waits for the ERP's, to confirm at once; 0: not at all.",
    )
    on_conflict: Literal["hold", "ignore"] = Field(
        "hold",
        description="What happens to a second body under a known order.",
    )


class Receiver(ReceiverKeys):
    """``[receiver]`` with the logins that were found; none is no error before `run`."""

    logins: tuple[Login, ...] = ()


class AdminKeys(Section):
    """``[admin]``: pages, API, metrics and health."""

    listen: Listen = Field(Address("127.0.0.1", 8081), description="Address of the listener for people.")
    username: Filled = Field("admin", description="Name that goes with the password.")
    password_file: MaybePath = Field(None, description="File with the password.")
    read_only: bool = Field(default=False, description="Pages and API show, but change nothing.")


class Admin(AdminKeys):
    """``[admin]`` with its login; without one the pages ask for none."""

    login: Login | None = None


class Report(Section):
    """``[norce.report]``: which call each outcome becomes."""

    changed: Literal["confirm", "hold"] = Field("confirm", description="The ERP changed the order.")
    rejected: Literal["hold", "status"] = Field("hold", description="The ERP refused the order.")
    cancelled: Literal["hold", "status"] = Field("hold", description="The ERP cancelled the order.")
    received: Literal["nothing", "acknowledged"] = Field("nothing", description="The ERP said it can read it.")


class NorceKeys(Section):
    """``[norce]``: where the bridge reports back."""

    enabled: bool = Field(default=True, description="Whether outcomes are reported to Norce at all.")
    base_url: Url = Field(
        "http://127.0.0.1:8082/commerce/connect/4.0",
        description="Where Norce Connect answers.",
    )
    token_url: Url = Field(
        "http://127.0.0.1:8082/identity/1.0/connect/token",
        description="Where Norce gives tokens.",
    )
    client_id: Filled = Field("demo", description="Name of the bridge at Norce.")
    client_secret_file: MaybePath = Field(None, description="File with the client's secret.")
    scope: Literal["playground", "stage", "prod"] = Field("playground", description="Norce's environment.")
    application_id: int | None = Field(None, ge=1, description="Sent as header application-id when set.")
    timeout: SomeTime = Field(timedelta(seconds=10), description="Longest wait for one call.")
    report_after: Duration = Field(
        timedelta(seconds=2),
        description="No report sooner than this after the order's answer.",
    )
    report: Report = Field(Report(), description="Which call each outcome becomes.")


class Norce(NorceKeys):
    """``[norce]`` with the client's secret, where one was found."""

    client_secret: SecretStr | None = None

    @property
    def report_policy(self) -> ReportPolicy:
        """What `[norce.report]` and `enabled` say, in the words of ``states.py``."""
        return ReportPolicy(
            enabled=self.enabled,
            changed=_CHOICES[self.report.changed],
            rejected=_CHOICES[self.report.rejected],
            cancelled=_CHOICES[self.report.cancelled],
            received=_CHOICES[self.report.received],
        )


class Journal(Section):
    """``[journal]``: the durable memory."""

    database: FilePath = Field(Path("var/bridge.db"), description="Database file, on a local disk.")
    durability: Literal["full", "normal"] = Field("full", description="What a commit survives.")
    backup: MaybePath = Field(Path("var/backup"), description="Folder of nightly copies; empty: none.")
    keep_backups: int = Field(14, ge=1, description="How many copies stay.")


class Watch(Section):
    """``[watch]``: how inboxes are looked at."""

    method: Literal["auto", "events", "poll"] = Field("auto", description="What wakes the reading.")
    sweep: SomeTime = Field(timedelta(seconds=15), description="Each folder is listed this often.")


class Retry(Section):
    """``[retry]``: when a failed delivery or report is tried again."""

    first: SomeTime = Field(timedelta(seconds=5), description="Wait after the first failure.")
    factor: float = Field(2.0, ge=1, le=100, description="By how much each wait grows.")
    longest: SomeTime = Field(timedelta(minutes=15), description="No wait is longer.")
    give_up_after: SomeTime = Field(timedelta(hours=48), description="Waited this long: a dead letter.")

    @property
    def policy(self) -> RetryPolicy:
        """The same as pure arithmetic wants it."""
        return RetryPolicy(self.first, self.factor, self.longest, self.give_up_after)


class Alerts(Section):
    """``[alerts]``: how people are told."""

    webhook: SecretUrl = Field(SecretStr(""), description="Address for JSON by POST; empty: none.")
    repeat: SomeTime = Field(timedelta(hours=4), description="An open alert is told again after this.")


class Log(Section):
    """``[log]``: what goes to stderr."""

    format: Literal["auto", "text", "json"] = Field("auto", description="auto: text on a terminal, else json.")
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level written.")


class Demo(Section):
    """``[demo]``: how lively ``erp-bridge demo`` is."""

    orders_per_minute: int = Field(12, ge=1, le=6000, description="How many orders the simulated shop sends.")
    erp_delay: SomeTime = Field(timedelta(seconds=2), description="How long the simulated ERP takes to answer.")
    faults: float = Field(0.15, ge=0, le=1, description="Share of its answers that go wrong.")


SECTIONS: Mapping[str, type[Section]] = {
    "site": Site,
    "receiver": ReceiverKeys,
    "admin": AdminKeys,
    "norce": NorceKeys,
    "journal": Journal,
    "watch": Watch,
    "retry": Retry,
    "alerts": Alerts,
    "log": Log,
    "demo": Demo,
}
"""The tables that stand once in the file; ``[applications.NAME]`` and ``[targets.NAME]`` stand beside them."""

MAPS = ("applications", "targets")
