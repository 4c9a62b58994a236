"""What every file of the shelf keeps. A new format is tested here by lying on the shelf and bringing golden files."""

import datetime as dt
import importlib
import inspect
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.model import AckStatus, Reading, SalesOrder
from tests.formats.samples import GOLDEN, golden
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order, sales_orders

READERS = [name for name in formats.available() if formats.reads(name)]
each_format = pytest.mark.parametrize("name", formats.available())
each_reader = pytest.mark.parametrize("name", READERS)
each_writer_only = pytest.mark.parametrize("name", sorted(set(formats.available()) - set(READERS)))
few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
many = settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def built(name: str) -> formats.Format:
    """The format without options, made once: some have a process of their own."""
    return formats.build(name, {})


@each_format
def test_a_shelf_file_exposes_options_and_build_and_nothing_else(name: str) -> None:
    module = importlib.import_module(f"bridge.formats.{name}")

    own = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", None) == module.__name__
    }

    assert own == {"Options", "build"}
    assert len(inspect.signature(module.build).parameters) == 1


@each_format
def test_each_setting_is_described_and_has_a_default(name: str) -> None:
    fields = formats.options_of(name).model_fields

    lacking = [key for key, field in fields.items() if not field.description or field.is_required()]

    assert lacking == []


@each_format
def test_a_setting_that_nobody_knows_is_refused(name: str) -> None:
    wrong = {"colour": "red"}

    with pytest.raises(ValueError, match="colour"):
        formats.build(name, wrong)


@each_format
def test_a_files_usual_end_is_short_and_plain(name: str) -> None:
    extension = formats.build(name, {}).extension

    assert extension.isascii()
    assert extension.isalnum()
    assert extension == extension.lower()


@each_format
def test_the_guides_order_is_written_as_ever(name: str) -> None:
    format_ = formats.build(name, {})

    written = formats.render(format_, guide_order(), CONTROL, RECEIVED_AT)

    assert written == golden(name, "order")


@each_reader
def test_a_golden_answer_is_read_as_expected(name: str) -> None:
    expected = json.loads((GOLDEN / name / "answer.expected.json").read_text("utf-8"))

    reading = formats.read(formats.build(name, {}), golden(name, "answer"))

    assert [formats.to_document(each) for each in reading.acknowledgements] == expected
    assert reading.faults == ()


@each_format
@given(order=sales_orders())
@few
def test_any_order_is_written_or_refused_by_the_name_of_a_field(name: str, order: SalesOrder) -> None:
    _written_or_refused(name, order)


@pytest.mark.soak
@pytest.mark.timeout(900)
@each_format
@given(order=sales_orders())
@many
def test_very_many_orders_are_written_or_refused(name: str, order: SalesOrder) -> None:
    _written_or_refused(name, order)


def _written_or_refused(name: str, order: SalesOrder) -> None:
    format_ = built(name)
    written, refusal = _written(format_, order)
    if refusal is not None:
        assert refusal.name is ErrorName.ORDER_NOT_RENDERABLE
        assert refusal.subject.replace("[", ".").partition(".")[0] in SalesOrder.__dataclass_fields__
        assert refusal.hint
    else:
        assert written
        assert _written(format_, order) == (written, None)
        assert format_.is_whole(written)


def _written(format_: formats.Format, order: SalesOrder) -> tuple[bytes, PermanentError | None]:
    try:
        return format_.render(order, CONTROL, RECEIVED_AT), None
    except PermanentError as error:
        return b"", error


@each_format
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_at_the_edge_of_the_calendar_is_written_or_refused_by_its_name(name: str, moment: str) -> None:
    order = replace(guide_order(), ordered_at=dt.datetime.fromisoformat(moment))

    _, refusal = _written(formats.build(name, {}), order)

    assert refusal is None or (refusal.name, refusal.subject) == (ErrorName.ORDER_NOT_RENDERABLE, "ordered_at")


@each_format
@given(content=st.binary(max_size=200))
@few
def test_any_bytes_are_read_or_called_unreadable(name: str, content: bytes) -> None:
    _read_or_unreadable(name, content)


@each_reader
@given(data=st.data())
@few
def test_a_damaged_answer_is_read_or_called_unreadable(name: str, data: st.DataObject) -> None:
    _read_or_unreadable(name, data.draw(_damaged(golden(name, "answer"))))


@pytest.mark.soak
@pytest.mark.timeout(900)
@each_reader
@given(data=st.data())
@many
def test_very_many_damaged_answers_are_read_or_called_unreadable(name: str, data: st.DataObject) -> None:
    _read_or_unreadable(name, data.draw(_damaged(golden(name, "answer"))))


def _damaged(content: bytes) -> st.SearchStrategy[bytes]:
    places = st.integers(0, len(content))
    return st.builds(
        lambda start, end, filling: content[: min(start, end)] + filling + content[max(start, end) :],
        places,
        places,
        st.binary(max_size=12) | st.sampled_from([b'"', b";", b"\r\n", b"\x00", b"NaN", b"{", b"]", b"\xff\xfe"]),
    )


def _read_or_unreadable(name: str, content: bytes) -> None:
    format_ = built(name)
    assert format_.recognises(content) in {True, False}
    assert format_.is_whole(content) in {True, False}
    try:
        reading = format_.read(content)
    except formats.Unreadable as refusal:
        reading = Reading(faults=(refusal.fault,))
    for each in reading.acknowledgements:
        document = formats.to_document(each)
        assert formats.from_document(json.loads(json.dumps(document))) == each
        assert each.order_ref or each.erp_order_no or each.control is not None
        json.dumps(document, ensure_ascii=False).encode()
    assert all(fault.where and fault.what for fault in reading.faults)


@each_reader
@pytest.mark.parametrize("stem", ["silent", "unknown"])
def test_without_a_word_that_we_know_nothing_is_confirmed_and_the_file_is_at_fault(name: str, stem: str) -> None:
    content = golden(name, stem)

    reading = formats.read(formats.build(name, {}), content)

    assert [each.status for each in reading.acknowledgements] == [AckStatus.UNKNOWN]
    assert len(reading.faults) == 1


@each_reader
def test_an_empty_or_cut_file_is_not_yet_whole(name: str) -> None:
    format_ = formats.build(name, {})
    content = golden(name, "answer")

    wrongly_whole = [part for part in _cut(content) if format_.is_whole(part)]

    assert format_.is_whole(content)
    assert wrongly_whole == []


def _cut(content: bytes) -> Iterator[bytes]:
    """All beginnings of a file that do not happen to end with a line and leave something out."""
    for length in range(len(content)):
        part = content[:length]
        if not part.endswith((b"\r", b"\n")) and part.strip() != content.strip():
            yield part


@each_reader
def test_exactly_the_right_format_picks_up_an_answer_that_names_none(name: str) -> None:
    content = golden(name, "answer")

    chosen = formats.name_of(formats.build(formats.AUTO, {}), content)

    assert chosen == name


def test_a_format_that_reads_has_answers_to_show_and_one_that_only_writes_has_none() -> None:
    with_answers = {folder.name for folder in GOLDEN.iterdir() if any(folder.glob("answer.*"))}

    assert with_answers == set(READERS)


@each_writer_only
@given(content=st.binary(max_size=200))
@few
def test_a_format_that_only_writes_says_so_of_any_file_and_claims_none(name: str, content: bytes) -> None:
    with pytest.raises(formats.Unreadable, match="can only write"):
        formats.read(built(name), content)

    assert not built(name).recognises(content)
    assert name not in formats.build(formats.AUTO, {}).formats  # type: ignore[attr-defined]  # auto has them
