"""The settings as frozen models: one class a table of ``config.toml``, attribute names as the keys.

Not for: where values come from (``sources.py``), rules between keys (``rules.py``), or targets (``targets.py``).
A class whose name ends in ``Keys`` holds what may be written; the class built on it adds what was made of that.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
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
    Names,
    Networks,
    Scope,
    SecretUrl,
    Size,
    Slug,
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
    "note": Choice.DOCUMENT,
    "invoice": Choice.DOCUMENT,
    "cancel": Choice.DOCUMENT,
    "credit": Choice.DOCUMENT,
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


class Bundles(Section):
    """``[receiver.bundles]``: which rows of a bundle carry its price, by the Type of the row above."""

    children: Names = Field(("ManagedStructure",), description="Types whose price is that of the rows below.")
    parent: Names = Field(
        ("ErpPackage", "ErpPackageWithCalc", "ManagedErpPackage", "ManagedErpPackageWithCalc"),
        description="Types whose price is on the row itself.",
    )


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
    totals: Literal["warn", "hold"] = Field("warn", description="What happens when rows and payments differ.")
    do_hold: Literal["carry", "hold"] = Field("carry", description="What happens to an order that says DoHold.")
    bundles: Bundles = Field(Bundles(), description="Which rows of a bundle carry its price.")


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


NorceStatus: TypeAlias = Literal[
    "Created",
    "Allocation",
    "Confirmed",
    "BackOrder",
    "Delivered",
    "Invoiced",
    "Cancelled",
    "CreditControl",
    "PartlyDelivered",
    "Acknowledged",
    "ErpConfirmed",
    "ReadyForPickup",
    "PickedUp",
    "NotPickedUp",
    "OnHold",
    "WaitingForCancel",
    "WaitingForOnHoldRemoved",
    "CancelError",
    "AcknowledgementError",
    "ReadyForReservation",
    "Reserved",
]


class ReportStatus(Section):
    """``[norce.report.status]``: Norce's name for each of the ERP's words, where a status is told."""

    received: NorceStatus = Field("Acknowledged", description="Status for received.")
    confirmed: NorceStatus = Field("Confirmed", description="Status for confirmed.")
    changed: NorceStatus = Field("Confirmed", description="Status for changed.")
    backorder: NorceStatus = Field("BackOrder", description="Status for backorder.")
    on_hold: NorceStatus = Field("OnHold", description="Status for on_hold, like CreditControl.")
    partly_delivered: NorceStatus = Field("PartlyDelivered", description="Status for partly_delivered.")
    delivered: NorceStatus = Field("Delivered", description="Status for delivered, like ReadyForPickup.")
    invoiced: NorceStatus = Field("Invoiced", description="Status for invoiced.")
    cancelled: NorceStatus = Field("Cancelled", description="Status for cancelled.")
    rejected: NorceStatus = Field("Cancelled", description="Status for rejected.")

    def chosen(self) -> Mapping[str, str]:
        """Those that are not the usual ones."""
        usual = type(self)().model_dump()
        return {word: name for word, name in self.model_dump().items() if name != usual[word]}


class Report(Section):
    """``[norce.report]``: which call each outcome becomes."""

    changed: Literal["confirm", "hold"] = Field("confirm", description="The ERP changed the order.")
    rejected: Literal["hold", "status", "cancel"] = Field(
        "hold",
        description="The ERP refused the order; `cancel` annuls its payments.",
    )
    cancelled: Literal["hold", "status", "cancel"] = Field(
        "hold",
        description="The ERP cancelled the order, or rows of it; `cancel` annuls its payments.",
    )
    delivered: Literal["note", "status"] = Field(
        "note",
        description="Goods left; `note`: a delivery note when rows or parcels are known, else a status.",
    )
    invoiced: Literal["status", "invoice"] = Field(
        "status",
        description="The ERP invoiced; `invoice` captures the money, and needs rows in the file.",
    )
    credited: Literal["hold", "credit"] = Field(
        "hold",
        description="The ERP credited an invoice; `credit` pays the money back.",
    )
    received: Literal["nothing", "acknowledged"] = Field("nothing", description="The ERP said it can read it.")
    on_hold: Literal["status", "hold"] = Field("status", description="The ERP put the order on hold.")
    status: ReportStatus = Field(ReportStatus(), description="Norce's name for each status.")


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
    slug: Slug | None = Field(
        None,
        description="Shop's name in Norce's addresses; with `environment` instead of both addresses.",
    )
    environment: Slug | None = Field(
        None,
        description="`playground`, `stage`, `prod` or an enterprise environment's name; with `slug`, playground.",
    )
    client_id: Filled = Field("demo", description="Name of the bridge at Norce.")
    client_secret_file: MaybePath = Field(None, description="File with the client's secret.")
    scope: Scope = Field("playground", description="Norce's environment, for the token; follows `environment`.")
    application_id: int | None = Field(
        None,
        ge=1,
        description="Sent as header application-id when set; a shop's own goes first.",
    )
    timeout: SomeTime = Field(timedelta(seconds=10), description="Longest wait for one call.")
    requests_per_minute: int = Field(600, ge=1, le=100_000, description="Norce is called no more often than this.")
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
        said = self.report
        return ReportPolicy(
            enabled=self.enabled,
            changed=_CHOICES[said.changed],
            on_hold=_CHOICES[said.on_hold],
            rejected=_CHOICES[said.rejected],
            cancelled=_CHOICES[said.cancelled],
            received=_CHOICES[said.received],
            delivered=_CHOICES[said.delivered],
            invoiced=_CHOICES[said.invoiced],
            credited=_CHOICES[said.credited],
            names=said.status.chosen(),
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


class SftpServerKeys(Section):
    """``[sftp_server]``: a small built-in SFTP server on the folders of every target."""

    enabled: bool = Field(default=False, description="Whether it runs; `demo` turns it on.")
    listen: Listen = Field(Address("127.0.0.1", 2222), description="Address of the SFTP server.")
    username: Filled = Field("erp", description="Name with which the ERP logs in.")
    password_file: MaybePath = Field(None, description="File with its password.")
    authorized_keys: MaybePath = Field(None, description="File with its public keys, as OpenSSH has it; empty: none.")
    host_key: FilePath = Field(Path("var/sftp_host_key"), description="The server's own key, made at the first start.")
    max_sessions: int = Field(10, ge=1, le=1000, description="Logins served at once; one more is turned away.")


class SftpServer(SftpServerKeys):
    """``[sftp_server]`` with its login; without one only keys let in."""

    login: Login | None = None


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
    "sftp_server": SftpServerKeys,
    "log": Log,
    "demo": Demo,
}
"""The tables that stand once in the file; ``[applications.NAME]`` and ``[targets.NAME]`` stand beside them."""

MAPS = ("applications", "targets")
