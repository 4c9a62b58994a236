"""Many files both ways over one kept connection to a real OpenSSH server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.transports import sftp
from tests.stages.collect_support import Yard, admit_all, answer, effects, outcomes
from tests.support.needs import needs
from tests.transports.sshd import Sshd

pytestmark = needs("sshd", "ssh-keygen")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Sshd]:
    (tmp_path / "outbox").mkdir()
    server = Sshd(tmp_path)
    yield server
    server.close()


@pytest.mark.timeout(40)
async def test_orders_are_pushed_and_answers_collected_over_one_kept_connection(server: Sshd) -> None:
    await there_and_back(server, 40)


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_a_thousand_orders_and_a_thousand_answers_go_over_one_kept_connection(server: Sshd) -> None:
    await there_and_back(server, 1_000)


async def there_and_back(server: Sshd, count: int) -> None:
    refs = [str(10_000 + number) for number in range(count)]
    outbox = server.place.parent / "outbox"
    options = server.options(directory=str(outbox), answer_directory=str(server.place.parent / "answers"))
    yard = Yard(server.place.parent, sftp.build(options))

    async with yard.at_work() as journal:
        await admit_all(journal, refs)
        await yard.pass_time(5)
        pushed = {path.name.split("_")[1]: path.read_bytes() for path in outbox.glob("ORDERS_*")}
        for path in outbox.glob("ORDERS_*"):
            path.unlink()
        for ref in refs:
            yard.put(f"ORDRSP_{ref}.json", answer(ref))
        await yard.pass_time(40, 5)

        assert sorted(pushed) == refs
        assert all(pushed[ref].startswith(ref.encode()) for ref in refs)
        assert yard.left() == []
        assert await outcomes(journal) == dict.fromkeys(refs, "confirmed")
        assert await effects(journal) == [(ref, 1) for ref in refs]
        assert yard.counters.count("answers_collected_total", target="erp") == count
        assert server.logins() == 1
