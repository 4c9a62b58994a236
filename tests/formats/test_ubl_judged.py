"""Orders as UBL before judges that we did not write, and answers of Peppol's own against what they are known to say."""

import importlib.util
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from bridge import formats
from bridge.errors import ErrorName, PermanentError
from bridge.formats import Unreadable
from bridge.formats._ubl import lists, schema
from bridge.model import SalesOrder
from bridge.simulators.sides import Said, side_of
from tests.formats import ubl_judge as judge
from tests.formats.samples import golden
from tests.formats.ubl_orders import expected, orders, told
from tests.formats.ubl_spoilt import spoilt
from tests.support.orders import CONTROL, RECEIVED_AT, guide_order

needs_schemas = pytest.mark.skipif(
    not judge.SCHEMAS.is_dir(), reason="OASIS's schemas lie in ../shared/formats/ubl21-xsd, apart from our copy of them"
)
needs_rules = pytest.mark.skipif(
    not judge.PEPPOL.is_dir() or importlib.util.find_spec("saxonche") is None,
    reason="Peppol's rules lie in ../shared/formats and are not part of the product; saxonche reads them",
)
needs_examples = pytest.mark.skipif(
    not judge.EXAMPLES.is_dir(), reason="Peppol's examples lie in ../shared/formats and are not part of the product"
)
PEPPOL: Mapping[str, object] = {
    "profile": "peppol",
    "buyer_endpoint": "0192:987654325",
    "seller": {"name": "Demo <&> AB", "gln": "7350000000009", "city": "Malmö", "country": "SE"},
}
SETTINGS: dict[str, dict[str, object]] = {
    "plain": {},
    "latin": {"encoding": "iso-8859-1", "newline": "crlf"},
    "utf-16": {"encoding": "utf-16"},
    "peppol": dict(PEPPOL),
}
each_setting = pytest.mark.parametrize("name", SETTINGS)


def written(name: str, order: SalesOrder) -> bytes | PermanentError:
    try:
        return formats.build("ubl", SETTINGS[name]).render(order, CONTROL, RECEIVED_AT)
    except PermanentError as refusal:
        return refusal


def kept_whole(name: str, seed: int, count: int) -> int:
    """How many orders were told as they are; the others were refused by the name of a field."""
    whole, is_peppol = 0, name == "peppol"
    for order in orders(seed, count, fit=is_peppol):
        content = written(name, order)
        if isinstance(content, PermanentError):
            assert content.name is ErrorName.ORDER_NOT_RENDERABLE
            assert content.subject.replace("[", ".").partition(".")[0] in SalesOrder.__dataclass_fields__
            assert content.hint
            continue
        assert told(content) == expected(order, RECEIVED_AT, peppol=is_peppol)
        whole += 1
    return whole


@each_setting
@pytest.mark.timeout(30)
def test_what_is_written_is_what_was_ordered_whatever_the_customer_writes(name: str) -> None:
    whole = kept_whole(name, seed=1, count=60)

    assert whole >= 35


@pytest.mark.soak
@pytest.mark.timeout(3600)
@each_setting
def test_very_many_orders_are_written_as_they_were_ordered(name: str) -> None:
    whole = kept_whole(name, seed=2, count=20_000)

    assert whole >= 12_000


def valid(name: str, seed: int, count: int) -> int:
    """How many orders the schema, and for peppol the rules, found right; none was found wrong."""
    right = 0
    for order in orders(seed, count, fit=name == "peppol"):
        content = written(name, order)
        if isinstance(content, bytes):
            assert judge.schema_faults(content) == []
            assert name != "peppol" or judge.peppol_faults(content) == []
            right += 1
    return right


@needs_schemas
@pytest.mark.parametrize("name", ["plain", "utf-16"])
@pytest.mark.timeout(30)
def test_orders_are_valid_by_oasis_whatever_the_customer_writes(name: str) -> None:
    right = valid(name, seed=3, count=100)

    assert right >= 60


@needs_schemas
@needs_rules
@pytest.mark.timeout(60)
def test_orders_of_the_profile_keep_the_rules_of_peppol_whatever_the_customer_writes() -> None:
    right = valid("peppol", seed=4, count=100)

    assert right >= 90


@needs_schemas
@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["plain", "latin", "utf-16"])
def test_very_many_orders_are_valid_by_oasis(name: str) -> None:
    right = valid(name, seed=5, count=2000)

    assert right >= 1200


@needs_schemas
@needs_rules
@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_very_many_orders_of_the_profile_keep_the_rules_of_peppol() -> None:
    right = valid("peppol", seed=6, count=2000)

    assert right >= 1900


def passed_though_spoilt(seed: int, count: int) -> int:
    """How many orders with one fact spoilt passed us; each of them passed Peppol too."""
    passed, chance = 0, random.Random(seed)
    for order in orders(seed, count, fit=True):
        content = written("peppol", spoilt(order, chance))
        if isinstance(content, bytes):
            assert judge.peppol_faults(content) == []
            passed += 1
    return passed


@needs_rules
@pytest.mark.timeout(60)
def test_what_peppol_would_refuse_is_refused_by_us() -> None:
    passed = passed_though_spoilt(seed=7, count=60)

    assert 5 <= passed <= 45


@needs_rules
@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_of_very_many_spoilt_orders_what_peppol_would_refuse_is_refused_by_us() -> None:
    passed = passed_though_spoilt(seed=8, count=4000)

    assert 400 <= passed <= 3000


@needs_schemas
def test_the_golden_order_is_valid_by_oasis() -> None:
    found = judge.schema_faults(golden("ubl", "order"))

    assert found == []


@needs_schemas
@needs_rules
def test_the_guides_order_keeps_the_rules_of_peppol() -> None:
    content = written("peppol", guide_order())

    assert isinstance(content, bytes)
    assert judge.schema_faults(content) == []
    assert judge.peppol_faults(content) == []


@needs_rules
@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (">750.00</cbc:PayableAmount>", ">751.00</cbc:PayableAmount>", "PEPPOL-T01-R016"),
        (">600.00</cbc:TaxExclusiveAmount>", ">601.00</cbc:TaxExclusiveAmount>", "PEPPOL-T01-R011"),
        (">300.00</cbc:PriceAmount>", ">-300.00</cbc:PriceAmount>", "PEPPOL-T01-R005"),
        (">300.00</cbc:BaseAmount>", ">310.00</cbc:BaseAmount>", "PEPPOL-T01-R019"),
        ('currencyID="SEK">150.00', 'currencyID="EUR">150.00', "PEPPOL-T01-R003"),
        (">SE</cbc:IdentificationCode>", ">SX1</cbc:IdentificationCode>", "PEPPOL-T01-B05401"),
        (">7350000000009</cbc:EndpointID>", ">7350000000008</cbc:EndpointID>", "PEPPOL-COMMON-R040"),
        (">987654325</cbc:EndpointID>", ">987654326</cbc:EndpointID>", "PEPPOL-COMMON-R041"),
        ("<cbc:ID>48447</cbc:ID>", "<cbc:ID> </cbc:ID>", "PEPPOL-COMMON-R001"),
    ],
)
def test_the_judge_of_peppol_sees_what_is_wrong(before: str, after: str, rule: str) -> None:
    content = written("peppol", guide_order())
    assert isinstance(content, bytes)
    text = content.decode()
    assert before in text

    found = judge.peppol_faults(text.replace(before, after).encode())

    assert rule in found


@needs_schemas
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<cbc:IssueDate>2024-12-18", "<cbc:IssueDate>18.12.2024"),
        ('<cbc:TaxAmount currencyID="SEK">', "<cbc:TaxAmount>"),
        ("<cbc:ID>48447</cbc:ID>", ""),
        (">600.00</cbc:LineExtensionAmount>", ">many</cbc:LineExtensionAmount>"),
        ("<cbc:OrderTypeCode>220</cbc:OrderTypeCode>", "<cbc:OrderType>220</cbc:OrderType>"),
    ],
)
def test_the_judge_of_oasis_and_our_own_gate_see_what_is_wrong(before: str, after: str) -> None:
    text = golden("ubl", "order").decode()
    assert before in text
    spoilt = text.replace(before, after).encode()

    found = judge.schema_faults(spoilt)

    assert found
    with pytest.raises(PermanentError) as refused:
        schema.refuse_invalid(etree.fromstring(spoilt))
    assert refused.value.name is ErrorName.ORDER_NOT_RENDERABLE
    assert refused.value.subject in SalesOrder.__dataclass_fields__
    assert refused.value.hint
    assert "{" not in refused.value.message


@needs_schemas
def test_our_copy_of_the_schemas_is_oasis_s_to_the_byte_and_each_file_bears_a_notice() -> None:
    ours = {path.relative_to(schema.FOLDER): path for path in schema.FOLDER.rglob("*.xsd")}

    differing = [name for name, path in ours.items() if path.read_bytes() != (judge.SCHEMAS / name).read_bytes()]

    assert differing == []
    assert len(ours) == 14
    assert [name for name, path in ours.items() if not _has_notice(path)] == []


def _has_notice(path: Path) -> bool:
    text = path.read_text("utf-8")
    return any(owner in text for owner in ("OASIS Universal Business Language (UBL) 2.1 OS", "UN/CEFACT (2006)"))


@needs_rules
@pytest.mark.parametrize(
    ("name", "ours"), [("clISO3166", lists.COUNTRIES), ("clISO4217", lists.CURRENCIES), ("cleas", lists.SCHEMES)]
)
def test_our_lists_hold_no_code_that_peppol_does_not_know(name: str, ours: frozenset[str]) -> None:
    rules = (judge.PEPPOL / "sch" / "PEPPOLBIS-T01.sch").read_text("utf-8")
    start = rules.index(f'name="{name}"')
    theirs = set(rules[start : rules.index("/>", start)].partition("tokenize('")[2].partition("'")[0].split())

    assert ours <= theirs
    assert len(theirs - ours) <= 14  # precious metals, test codes, and places that are no country


# --- answers ----------------------------------------------------------------------------------------------------------


def _examples() -> list[Any]:
    path = judge.EXAMPLES / "expectations.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else []


@needs_examples
@pytest.mark.parametrize("example", _examples(), ids=lambda example: str(example["file"]))
def test_a_response_of_peppol_is_read_as_expected(example: dict[str, Any]) -> None:
    reading = formats.read(formats.build("ubl", {}), (judge.EXAMPLES / example["file"]).read_bytes())

    assert reading.faults == ()
    found = [formats.to_document(one) for one in reading.acknowledgements]
    assert [_alike(one, wanted) for one, wanted in zip(found, example["expect"]["acks"], strict=True)] == [{}]


def _alike(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, object]:
    """Where a document differs from what is wanted of it."""
    lines = [_alike(one, other) for one, other in zip(found.get("lines", []), wanted.get("lines", []), strict=True)]
    differing = {name: found[name] for name, value in wanted.items() if name != "lines" and found[name] != value}
    return differing | ({"lines": lines} if any(lines) else {})


@needs_examples
def test_the_other_examples_of_peppol_are_two_answers_and_orders_which_are_none() -> None:
    format_ = formats.build("ubl", {})
    known = {example["file"] for example in _examples()}
    others = sorted(path for path in judge.EXAMPLES.glob("*.xml") if path.name not in known)

    said = {path.name: _said(format_, path.read_bytes()) for path in others}

    assert len(known) + len(others) == 20
    assert said.pop("DespatchAdvice_Example.xml") == ("AEG012345", "partly_delivered")
    assert said.pop("OrderResponse_Example.xml") == ("11233", "changed")
    assert {name.endswith(("Order.xml", "Order_Example.xml")) for name in said} == {True}
    assert set(said.values()) == {("", '"Order" is no answer in UBL')}


def _said(format_: formats.Format, content: bytes) -> tuple[str, str]:
    try:
        [found] = formats.read(format_, content).acknowledgements
    except Unreadable as refusal:
        return "", refusal.message.partition(";")[0]
    return found.order_ref or "", found.status


@needs_schemas
@pytest.mark.parametrize("status", ["confirmed", "cancelled", "received", "delivered", "partly_delivered", "invoiced"])
def test_what_the_simulated_erp_answers_is_valid_by_oasis(status: str) -> None:
    content = side_of("ubl").answer(Said("48447", status, "SO-1", "därför <&>"))

    kind = etree.QName(etree.fromstring(content)).localname

    assert judge.schema_faults(content, kind) == []
