"""A target that writes by a template: the round, one that is wrong, one that hangs, and a bridge that is killed."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.flow.bridge_process import SAMPLES, BridgeFolder, Norce
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(60)

SETTINGS = '[targets.erp]\nfile_name = "ORDERS_{ref}_{control:06}.txt"\n[targets.erp.order]\nformat = "template"\n'
SETTINGS += 'file = "order.txt.j2"\n'
TEMPLATE = """\
H|{{ order.order_ref }}|{{ order.sold_to.name }}
{% for line in order.lines -%}
R|{{ line.part_no }}|{{ line.qty | number }}
{% endfor -%}
"""
HANGS = "{% set digits = [1,2,3,4,5,6,7,8,9,0] %}{% if order.comment == 'for ever' %}"
HANGS += "".join(f"{{% for {name} in digits %}}" for name in "abcdefghi") + "{% endfor %}" * 9 + "{% endif %}"
HEADING = "order_ref;erp_order_no;status;reason\n"
WRONG_SETTINGS = 78


@pytest.fixture
def templated(bridge: BridgeFolder) -> BridgeFolder:
    (bridge.folder / "order.txt.j2").write_text(HANGS + TEMPLATE)
    bridge.configure(rest=SETTINGS)
    return bridge


async def renderers(pid: int) -> list[int]:
    """The processes that render for this bridge."""
    children = await asyncio.to_thread(Path(f"/proc/{pid}/task/{pid}/children").read_text)
    return [int(one) for one in children.split()]


async def test_an_order_goes_out_by_a_template_and_its_answers_come_back_by_another_format(
    templated: BridgeFolder, norce: Norce
) -> None:
    async with templated.running():
        answers = [await templated.order(ClientOrderRef=ref) for ref in ("48447", "48448")]
        await templated.state_of("48448", "dropped")
        files = {path.name.split("_")[1]: path.read_text() for path in templated.outbox()}
        templated.answer("A1.csv", HEADING + "48447;SO-1;confirmed;\n")
        await templated.state_of("48447", "reported")
        templated.answer("A2.csv", HEADING + "48447;SO-1;invoiced;\n48448;;rejected;Article is blocked\n")
        invoiced = await templated.shown("48447", lambda order: order["outcome"] == "invoiced")
        refused = await templated.shown("48448", lambda order: order["outcome"] == "rejected")
        async with asyncio.timeout(PATIENCE_S):
            while len(norce.calls) < 2:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        status = json.loads((await templated.fetch("/api/v1/status"))[1])

    assert [answer["StatusCode"] for answer in answers] == ["OK", "OK"]
    assert files["48447"].startswith("H|48447|John Doe\nR|ITEM001|2")
    assert {call["ErpOrderNo"] for call in norce.calls} == {"SO-1"}
    assert invoiced["drops"][0]["file"].endswith(".txt")
    assert refused["state"] == "held"
    assert "48448" in json.dumps(status["alerts"])


async def test_a_template_that_hangs_on_an_order_refuses_that_one_and_no_other(templated: BridgeFolder) -> None:
    templated.configure(receiver='answer_within = "30 s"', rest=SETTINGS)
    async with templated.running():
        hanging = asyncio.create_task(
            templated.post(await _body(ClientOrderRef="48448", CustomerOrderComment="for ever"))
        )
        others = [await templated.order(ClientOrderRef=str(ref)) for ref in (48449, 48450)]
        code, text = await hanging
        rejects = json.loads((await templated.fetch("/api/v1/rejects"))[1])

    assert [answer["StatusCode"] for answer in others] == ["OK", "OK"]
    if code == 200:  # else the machine was too busy to judge the template, and Norce comes again
        told = json.loads(text)
        assert told["StatusCode"] == "Failed"
        assert "order.txt.j2" in told["Description"]
        assert "processor time" in told["Description"]
        assert len(rejects) == 1
    else:
        assert code == 503


async def _body(**fields: object) -> bytes:
    sample = await asyncio.to_thread((SAMPLES / "order.json").read_text)
    return json.dumps({**json.loads(sample), **fields}).encode()


async def test_a_template_that_cannot_write_the_samples_does_not_start(templated: BridgeFolder) -> None:
    (templated.folder / "order.txt.j2").write_text("H|{{ order.order_ref }}\n{{ order.comnent }}\n")

    process = await templated.start()
    async with asyncio.timeout(PATIENCE_S):
        _, said = await process.communicate()

    assert process.returncode == WRONG_SETTINGS
    assert b"[targets.erp.order] order.txt.j2, line 2" in said
    assert b'did you mean "comment"?' in said
    assert b"Traceback" not in said


async def test_a_killed_bridge_leaves_no_renderer_and_the_next_one_goes_on(templated: BridgeFolder) -> None:
    async with templated.running() as first:
        await templated.order(ClientOrderRef="48447")
        pids = await renderers(first.pid)
        first.kill()
        await first.wait()
        async with asyncio.timeout(PATIENCE_S):
            while any(Path(f"/proc/{pid}/cmdline").exists() and _lives(pid) for pid in pids):  # noqa: ASYNC110, ASYNC240
                await asyncio.sleep(0.02)
    async with templated.running() as second:
        await templated.state_of("48447", "dropped")
        answer = await templated.order(ClientOrderRef="48448")
        again = await renderers(second.pid)
    gone = [pid for pid in again if _lives(pid)]

    assert len(pids) == 1
    assert len(again) == 1
    assert answer["StatusCode"] == "OK"
    assert gone == []


def _lives(pid: int) -> bool:
    """Not ended; whoever takes orphans in may leave one a zombie, which is none of ours."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}
