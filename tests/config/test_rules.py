"""Rules between keys, each with the line it stands on and the way out."""

from pathlib import Path

import pytest

from tests.config.support import faults_of, load_text

KEY = 'key = "00000000-0000-0000-0000-00000000000{}"\n'
TWO = '[applications.demo]\ntarget = "a"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[applications.x]\ntarget = "epr"\n',
            '2: [applications.x] target: no target is called "epr" (did you mean "erp"?)',
        ),
        ('[applications.x]\nalso = ["wms"]\n', '2: [applications.x] also: no target is called "wms" (there are: erp)'),
        ('[applications.x]\nalso = ["erp"]\n', '2: [applications.x] also: "erp" gets the order already (remove it)'),
        (
            f"[applications.x]\n{KEY.format(1)}[applications.y]\n{KEY.format(1)}",
            "4: [applications.y] key: is the key of [applications.x] too (each shop has its own)",
        ),
        (
            '[targets.erp]\nfile_name = "A_{ref}.csv"\n',
            "2: [targets.erp] file_name: needs {control}, or two files could get one name (add {control:06})",
        ),
        (
            '[targets.erp]\nfile_name = "A_{rf}_{control}.csv"\n',
            '2: [targets.erp] file_name: {rf} is not a field of a file name (did you mean "ref"?)',
        ),
        (
            '[targets.erp]\ndirectory = "x"\nstaging = "./x"\n',
            "3: [targets.erp] staging: x is [targets.erp] directory too (each needs a folder of its own)",
        ),
        (
            '[targets.erp]\n[targets.erp.answer]\ndirectory = "outbox"\n',
            "3: [targets.erp.answer] directory: outbox is [targets.erp] directory too (each needs a folder of its own)",
        ),
        (
            '[targets.erp.answer]\narchive = "inbox"\n',
            (
                "2: [targets.erp.answer] archive: inbox is [targets.erp.answer] directory too "
                "(each needs a folder of its own)"
            ),
        ),
        (
            f'{TWO}[targets.a]\ndirectory = "x"\n[targets.b]\ndirectory = "x"\nstaging = "y"\n',
            "6: [targets.b] directory: x is [targets.a] directory too (each needs a folder of its own)",
        ),
        (
            f'{TWO}[targets.a]\nstaging = "s"\n[targets.b]\nstaging = "s"\n',
            "6: [targets.b] staging: s is [targets.a] staging too (each needs a folder of its own)",
        ),
        (
            f'{TWO}[targets.a.answer]\ndirectory = "i"\n[targets.b.answer]\ndirectory = "i"\n',
            "6: [targets.b.answer] directory: i is [targets.a.answer] directory too (each needs a folder of its own)",
        ),
        (
            '[receiver]\ntls_key = "k"\n',
            "2: [receiver] tls_key: needs tls_certificate beside it (HTTPS takes both or none)",
        ),
        (
            '[receiver]\nlisten = "127.0.0.1:8081"\n',
            "2: [receiver] listen: [receiver] and [admin] both listen on 127.0.0.1:8081 (give one another port)",
        ),
        (
            '[targets.erp]\nmarker = "done"\n',
            '2: [targets.erp] marker: needs {name} and something beside it, no slash (write it like "{name}.done")',
        ),
        (
            '[targets.erp.answer]\nfinished = "marker"\nmarker = "{name}"\n',
            (
                "3: [targets.erp.answer] marker: needs {name} and something beside it, no slash "
                '(write it like "{name}.done")'
            ),
        ),
    ],
)
def test_keys_that_do_not_go_together_are_told(tmp_path: Path, text: str, told: str) -> None:
    faults = faults_of(tmp_path, text)

    assert f"config.toml:{told}" in faults


@pytest.mark.parametrize("name", ["{control", "x/{control}", "{control:x}", "{Control}", "{}{control}", "{control!r}"])
def test_braces_and_slashes_of_no_field_are_refused(tmp_path: Path, name: str) -> None:
    faults = faults_of(tmp_path, f'[targets.erp]\nfile_name = "{name}"\n')

    assert len(faults) == 1
    assert "[targets.erp] file_name: " in faults[0]


@pytest.mark.parametrize("name", ["{control}", "{control:06}", "{format}-{application}_{date}{time}_{ref}.{control}"])
def test_every_field_of_the_manual_is_taken(tmp_path: Path, name: str) -> None:
    target = load_text(tmp_path, f'[targets.erp]\nfile_name = "{name}"\n').targets["erp"]

    assert target.file_name == name


def test_targets_may_keep_their_old_files_together(tmp_path: Path) -> None:
    same = 'archive = "old"\nquarantine = "odd"\n'

    config = load_text(tmp_path, f"{TWO}[targets.a.answer]\n{same}[targets.b.answer]\n{same}")

    assert config.targets["a"].answer.archive == config.targets["b"].answer.archive


def test_folders_of_a_target_that_needs_none_do_not_count(tmp_path: Path) -> None:
    remote = 'transport = "sftp"\ndirectory = "x"\nsftp = { host = "h" }\n'
    text = f'{TWO}[targets.a]\ndirectory = "x"\n[targets.b]\n{remote}'

    config = load_text(tmp_path, text)

    assert config.targets["b"].transport == "sftp"


@pytest.mark.parametrize("spelt", ["{{{}}}", "  {} ", "{{{}}} "])
def test_two_shops_never_share_a_key_however_it_is_spelt(tmp_path: Path, spelt: str) -> None:
    key = "123e4567-e89b-12d3-a456-42661417400a"
    other = spelt.format(key.upper())

    faults = faults_of(tmp_path, f'[applications.x]\nkey = "{key}"\n[applications.y]\nkey = "{other}"\n')

    assert any("is the key of [applications.x] too" in fault for fault in faults), faults


def test_two_listeners_may_both_take_any_free_port(tmp_path: Path) -> None:
    config = load_text(tmp_path, '[receiver]\nlisten = "127.0.0.1:0"\n[admin]\nlisten = "127.0.0.1:0"\n')

    assert config.receiver.listen == config.admin.listen


def test_a_rule_is_silent_about_a_value_that_is_wrong_by_itself(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, '[receiver]\nlisten = 1\n[admin]\nlisten = "127.0.0.1:8080"\n')

    assert len(faults) == 1


def test_a_key_that_is_no_guid_is_only_a_warning(tmp_path: Path) -> None:
    config = load_text(tmp_path, '[applications.x]\nkey = "shop"\n')

    assert [(warning.line, warning.key) for warning in config.warnings] == [(2, "[applications.x] key")]
