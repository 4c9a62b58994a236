"""What an empty file means, what each shelf is told, and which defaults follow from others."""

import json
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bridge.config import Address, load
from bridge.config.models import NorceStatus, ReportStatus
from bridge.model import AckStatus
from bridge.norce.reports import order_status
from bridge.retry import RetryPolicy
from bridge.states import Choice, Outcome, ReportPolicy
from tests.config.support import SHELVES, Delimited, Edifact, Folder, Sftp, faults_of, load_text

TWO_TARGETS = '[applications.demo]\ntarget = "a"\n[targets.a]\n[targets.b]\n'


def test_an_empty_file_is_a_whole_bridge(tmp_path: Path) -> None:
    config = load_text(tmp_path, "")

    assert list(config.applications) == ["demo"]
    assert list(config.targets) == ["erp"]
    assert config.applications["demo"].target == "erp"
    assert config.receiver.listen == Address("127.0.0.1", 8080)
    assert config.site.time_zone == ZoneInfo("Europe/Stockholm")


def test_without_any_file_all_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    config = load(None, SHELVES, {})

    assert config.journal.database == tmp_path / "var/bridge.db"


def test_paths_begin_at_the_folder_of_the_file(tmp_path: Path) -> None:
    text = '[journal]\ndatabase = "../x/./b.db"\nbackup = "/srv/backup"\n'

    config = load_text(tmp_path / "etc", text)

    assert config.journal.database == tmp_path / "x/b.db"
    assert config.journal.backup == Path("/srv/backup")


def test_an_empty_backup_means_none(tmp_path: Path) -> None:
    config = load_text(tmp_path, '[journal]\nbackup = ""\n')

    assert config.journal.backup is None


def test_values_have_the_types_of_their_meaning(tmp_path: Path) -> None:
    text = """
    [receiver]
    max_body = "1 MiB"
    answer_within = "0.3 s"
    allow_from = ["203.0.113.0/24", "::1"]
    [targets.erp]
    mode = "0660"
    [targets.erp.answer]
    patterns = ["*.edi"]
    """

    config = load_text(tmp_path, text)

    assert config.receiver.max_body == 1024**2
    assert config.receiver.answer_within == timedelta(milliseconds=300)
    assert config.receiver.allow_from == (ip_network("203.0.113.0/24"), ip_network("::1"))
    assert config.targets["erp"].mode == 0o660
    assert config.targets["erp"].answer.patterns == ("*.edi",)


def test_settings_never_change(tmp_path: Path) -> None:
    config = load_text(tmp_path)

    with pytest.raises(ValidationError, match="frozen"):
        config.site.name = "other"  # type: ignore[misc]  # what is refused here at run time too


def test_one_target_uses_the_plain_folders(tmp_path: Path) -> None:
    target = load_text(tmp_path, "[targets.wms]\n").targets["wms"]

    folders = (target.directory, target.staging, target.answer.directory, target.answer.archive)

    assert folders == tuple(tmp_path / name for name in ("outbox", "outbox/.staging", "inbox", "inbox/archive"))


def test_several_targets_have_folders_of_their_own_name(tmp_path: Path) -> None:
    target = load_text(tmp_path, TWO_TARGETS).targets["b"]

    folders = (target.directory, target.staging, target.answer.directory, target.answer.quarantine)

    names = ("outbox/b", "outbox/b/.staging", "inbox/b", "inbox/b/quarantine")
    assert folders == tuple(tmp_path / name for name in names)


def test_folders_inside_follow_their_folder(tmp_path: Path) -> None:
    text = '[targets.erp]\ndirectory = "/srv/out"\n[targets.erp.answer]\ndirectory = "/srv/in"\n'

    target = load_text(tmp_path, text).targets["erp"]

    assert target.staging == Path("/srv/out/.staging")
    assert target.answer.quarantine == Path("/srv/in/quarantine")


def test_an_own_target_replaces_the_default_one_and_confirms(tmp_path: Path) -> None:
    config = load_text(tmp_path, "[targets.wms]\n")

    assert list(config.targets) == ["wms"]
    assert config.applications["demo"].target == "wms"


def test_an_own_application_replaces_the_default_one(tmp_path: Path) -> None:
    config = load_text(tmp_path, '[applications.shop]\nkey = "00000000-0000-0000-0000-000000000001"\n')

    assert list(config.applications) == ["shop"]
    assert config.applications["shop"].target == "erp"


def test_a_format_gets_its_own_options(tmp_path: Path) -> None:
    text = '[targets.erp.order]\nformat = "edifact"\nsender = "73:14"\n[targets.erp.answer]\nformat = "delimited"\n'

    target = load_text(tmp_path, text + 'columns = { Nr = "order_ref" }\n').targets["erp"]

    assert target.order.options == Edifact(sender="73:14")
    assert target.order.options_for("edifact") is target.order.options
    assert target.answer.options_for("delimited") == Delimited(columns={"Nr": "order_ref"})


def test_options_of_a_format_that_is_not_chosen_cannot_be_asked_for(tmp_path: Path) -> None:
    target = load_text(tmp_path, '[targets.erp.answer]\nformat = "edifact"\n').targets["erp"]

    with pytest.raises(KeyError):
        target.order.options_for("edifact")
    with pytest.raises(KeyError):
        target.answer.options_for("delimited")


def test_auto_gives_each_format_the_keys_it_knows(tmp_path: Path) -> None:
    text = '[targets.erp.answer]\nencoding = "latin-1"\ndelimiter = ","\nrelease = 3\n'

    answer = load_text(tmp_path, text).targets["erp"].answer

    assert answer.options == {"encoding": "latin-1", "delimiter": ",", "release": 3}
    assert answer.options_for("delimited") == Delimited(encoding="latin-1", delimiter=",")
    assert answer.options_for("edifact") == Edifact(encoding="latin-1", release=3)


def test_auto_leaves_out_a_format_that_needs_more_and_one_that_only_writes(tmp_path: Path) -> None:
    without = load_text(tmp_path).targets["erp"].answer
    with_root = load_text(tmp_path, '[targets.erp.answer]\nroot = "Receipts"\n').targets["erp"].answer

    assert set(without.readers) == {"delimited", "edifact"}
    assert set(with_root.readers) == {"delimited", "edifact", "xml"}


def test_paths_among_options_begin_at_the_folder_of_the_file_too(tmp_path: Path) -> None:
    target = load_text(tmp_path, '[targets.erp.order]\nformat = "template"\nfile = "t/order.j2"\n').targets["erp"]

    assert target.order.options.model_dump() == {"file": tmp_path / "t/order.j2"}


def test_the_folder_transport_gets_the_keys_of_its_target(tmp_path: Path) -> None:
    target = load_text(tmp_path, '[targets.erp]\nmode = "0600"\n').targets["erp"]

    expected = Folder(directory=tmp_path / "outbox", staging=tmp_path / "outbox/.staging", mode="0600")
    assert target.transport_options == expected


def test_another_transport_gets_a_table_of_its_own(tmp_path: Path) -> None:
    text = '[targets.erp]\ntransport = "sftp"\n[targets.erp.sftp]\nhost = "h"\nkey_file = "k"\n'

    target = load_text(tmp_path, text).targets["erp"]

    assert target.transport_options == Sftp(host="h", key_file=tmp_path / "k")


def test_a_slip_in_the_table_of_a_transport_that_rests_is_told(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, '[targets.erp.sftp]\nhost = "h"\nprt = 2\n')

    assert faults == ['config.toml:3: [targets.erp.sftp] prt: unknown key (did you mean "port"?)']


def test_reports_follow_the_settings(tmp_path: Path) -> None:
    text = '[norce.report]\nchanged = "hold"\nrejected = "status"\nreceived = "acknowledged"\n'

    policy = load_text(tmp_path, text).norce.report_policy

    expected = ReportPolicy(changed=Choice.HOLD, rejected=Choice.STATUS, received=Choice.STATUS)
    assert policy == expected


def test_money_is_moved_by_settings_alone(tmp_path: Path) -> None:
    text = (
        '[norce.report]\nrejected = "cancel"\ncancelled = "cancel"\ndelivered = "status"\ninvoiced = "invoice"\n'
        'credited = "credit"\non_hold = "hold"\n[norce.report.status]\non_hold = "CreditControl"\n'
    )

    policy = load_text(tmp_path, text).norce.report_policy

    assert policy == ReportPolicy(
        rejected=Choice.DOCUMENT,
        cancelled=Choice.DOCUMENT,
        delivered=Choice.STATUS,
        invoiced=Choice.DOCUMENT,
        credited=Choice.DOCUMENT,
        on_hold=Choice.HOLD,
        names={"on_hold": "CreditControl"},
    )


def test_each_of_norce_s_statuses_can_be_chosen(shared: Path) -> None:
    contract = json.loads((shared / "norce/connect-order-contract.json").read_text())

    assert set(get_args(NorceStatus)) == set(contract["enums"]["OrderStatus"]["values"])
    assert {word.value for word in Outcome} == set(ReportStatus.model_fields)
    assert all(order_status(AckStatus(word)) == name for word, name in ReportStatus())


def test_the_defaults_of_reports_and_retries_are_those_of_their_rooms(tmp_path: Path) -> None:
    config = load_text(tmp_path)

    assert config.norce.report_policy == ReportPolicy()
    assert config.retry.policy == RetryPolicy()
