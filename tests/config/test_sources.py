"""The stronger source wins, and each value can say where it came from."""

from pathlib import Path

import pytest

from bridge.config import Address, ConfigFaults, load
from tests.config.support import SHELVES, Edifact, faults_of, load_text, write

FILE = '[site]\nname = "file"\n'


def credentials(folder: Path, **values: str) -> Path:
    for name, value in values.items():
        write(folder / "credentials", value, name.replace("_in_", "."))
    return folder / "credentials"


def test_the_order_of_strength_is_line_environment_credential_file_default(tmp_path: Path) -> None:
    file = write(tmp_path, FILE)
    outside = credentials(tmp_path, site_in_name="credential")
    environ = {"BRIDGE__SITE__NAME": "environment"}
    line = [("site.name", "line")]

    names = [
        load(write(tmp_path / "empty", ""), SHELVES, {}).site.name,
        load(file, SHELVES, {}).site.name,
        load(file, SHELVES, {}, outside).site.name,
        load(file, SHELVES, environ, outside).site.name,
        load(file, SHELVES, environ, outside, line).site.name,
    ]

    assert names == ["Demo shop", "file", "credential", "environment", "line"]


def test_each_value_says_where_it_came_from(tmp_path: Path) -> None:
    outside = credentials(tmp_path, BRIDGE__LOG__LEVEL="debug\n")
    file = write(tmp_path, f'{FILE}[targets.erp.answer]\ncolumns = {{ Nr = "order_ref" }}\n')

    config = load(file, SHELVES, {"BRIDGE__ADMIN__LISTEN": "[::1]:0"}, outside, [("watch.sweep", "1 s")])

    expected = {
        "site.name": f"{file}:2",
        "site.environment": "default",
        "admin.listen": "environment BRIDGE__ADMIN__LISTEN",
        "log.level": "credential BRIDGE__LOG__LEVEL",
        "watch.sweep": "command line",
        "norce.report.changed": "default",
        "targets.erp.directory": "default",
        "targets.erp.answer.columns.Nr": f"{file}:4",
        "applications.demo.key": "default",
    }
    assert {key: config.origins[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("variable", "text", "found"),
    [
        ("BRIDGE__RECEIVER__MAX_IN_FLIGHT", "7", 7),
        ("BRIDGE__RECEIVER__BEHIND_PROXY", "True", True),
        ("bridge__receiver__listen", "127.0.0.1:0", Address("127.0.0.1", 0)),
        ("BRIDGE__RECEIVER__USERNAME", "007", "007"),
        ("BRIDGE__RECEIVER__MAX_BODY", "1 MiB", 1024**2),
    ],
)
def test_text_of_the_environment_is_read_by_the_type_of_its_key(
    tmp_path: Path, variable: str, text: str, found: object
) -> None:
    config = load_text(tmp_path, "", {variable: text})

    assert getattr(config.receiver, variable.lower().rsplit("__", 1)[1]) == found


@pytest.mark.parametrize("text", ['["*.edi", "*.txt"]', "*.edi, *.txt"])
def test_a_list_comes_from_the_environment_as_toml_or_with_commas(tmp_path: Path, text: str) -> None:
    config = load_text(tmp_path, "", {"BRIDGE__TARGETS__ERP__ANSWER__PATTERNS": text})

    assert config.targets["erp"].answer.patterns == ("*.edi", "*.txt")


def test_names_are_found_without_case(tmp_path: Path) -> None:
    config = load_text(tmp_path, "[targets.Wms_FI]\n", {"BRIDGE__TARGETS__WMS_FI__FILE_NAME": "{control}.x"})

    assert config.targets["Wms_FI"].file_name == "{control}.x"


def test_the_default_target_can_be_set_from_outside_alone(tmp_path: Path) -> None:
    environ = {"BRIDGE__TARGETS__ERP__DIRECTORY": "/srv/out", "BRIDGE__TARGETS__ERP__ORDER__FORMAT": "edifact"}

    target = load_text(tmp_path, "", {**environ, "BRIDGE__TARGETS__ERP__ORDER__RELEASE": "1"}).targets["erp"]

    assert target.directory == Path("/srv/out")
    assert target.staging == Path("/srv/out/.staging")
    assert target.order.options == Edifact(release=1)


def test_the_command_line_may_give_values_as_they_are(tmp_path: Path) -> None:
    overrides = [("receiver.max_in_flight", 3), ("targets.erp.answer.patterns", ["a"]), ("admin.read_only", True)]

    config = load_text(tmp_path, "", {}, overrides)

    assert config.receiver.max_in_flight == 3
    assert config.targets["erp"].answer.patterns == ("a",)
    assert config.admin.read_only


def test_a_slip_outside_the_file_names_the_variable(tmp_path: Path) -> None:
    environ = {"BRIDGE__SITE__NME": "x", "BRIDGE__LOGG__LEVEL": "info", "BRIDGE__LOG__LEVEL": "loud"}

    faults = faults_of(tmp_path, "", environ)

    assert faults == [
        'environment BRIDGE__LOGG__LEVEL: [logg]: unknown table (did you mean "log"?)',
        'environment BRIDGE__LOG__LEVEL: [log] level: "loud" is not one of debug, info, warning, error',
        'environment BRIDGE__SITE__NME: [site] nme: unknown key (did you mean "name"?)',
    ]


@pytest.mark.parametrize("text", ["", "[targets.erp]\n"])
def test_a_slip_in_the_name_of_a_target_makes_no_new_one(tmp_path: Path, text: str) -> None:
    faults = faults_of(tmp_path, text, {"BRIDGE__TARGETS__ERPP__DIRECTORY": "x"})

    assert faults == [
        'environment BRIDGE__TARGETS__ERPP__DIRECTORY: [targets.erpp]: "erpp" is not in the file (did you mean "erp"?)',
    ]


def test_a_table_set_like_a_value_is_told(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "", {"BRIDGE__SITE": "x"})

    assert len(faults) == 1
    assert "expects a table" in faults[0]


def test_variables_of_others_do_not_matter(tmp_path: Path) -> None:
    config = load_text(tmp_path, "", {"BRIDGE_NO_BOOTSTRAP": "1", "PATH": "/bin", "NAME": "x"})

    assert config.site.name == "Demo shop"


def test_the_folder_that_systemd_names_is_looked_into(tmp_path: Path) -> None:
    outside = credentials(tmp_path, site_in_name="credential", other_in_name="x", plain="y")

    config = load_text(tmp_path, "", {"CREDENTIALS_DIRECTORY": str(outside)})

    assert config.site.name == "credential"


def test_a_slip_in_a_credential_is_told(tmp_path: Path) -> None:
    outside = credentials(tmp_path, site_in_nme="x")

    with pytest.raises(ConfigFaults) as caught:
        load(write(tmp_path, ""), SHELVES, {}, outside)

    assert caught.value.lines() == ('credential site.nme: [site] nme: unknown key (did you mean "name"?)',)
