"""The verb record: the next raw requests of the running bridge as files, for a rehearsal against Norce's playground.

Not for: what became of them; ``orders timeline`` tells that.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli import _exits, _output
from bridge.cli._globals import Verb, examples, given

if TYPE_CHECKING:
    from bridge.cli._client import AdminApi

EVERY_S = 1.0
MOST = 200


@click.command(cls=Verb, epilog=examples("record -o rehearsal", "record -o rehearsal --count 3"))
@click.option("-o", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="Where to.")
@click.option("--count", default=20, show_default=True, type=click.IntRange(1, MOST), help="How many.")
def record(folder: Path, count: int) -> int:
    """Keep the next raw requests as files, without login."""
    from bridge.cli._client import admin_api
    from bridge.cli._settings import settings
    from bridge.cli._writing import SECRETS_MODE, make_folder

    api = admin_api(given(), settings(given()))
    make_folder(folder, SECRETS_MODE)
    api.post("/record", {"count": str(count)})
    _output.say(f"Waiting for {count} requests; Ctrl-C ends it. They hold what customers wrote: keep them private.")
    _follow(api, folder)
    return _exits.DONE


def _follow(api: "AdminApi", folder: Path) -> None:
    import time

    number = 0
    while True:
        found = api.get("/record", {"after": str(number)}).document()
        for exchange in found["requests"]:
            number += 1
            _output.line(_kept(folder, number, exchange))
        if not found["left"]:
            return
        time.sleep(EVERY_S)


def _kept(folder: Path, number: int, exchange: dict[str, Any]) -> str:
    """Write one exchange; returns the line that tells of it."""
    import base64

    from bridge.cli._writing import SECRET_MODE, write_whole

    body, answer = base64.b64decode(exchange["body"]), base64.b64decode(exchange["answer"])
    lines = [f"{exchange['method']} {exchange['path']} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in exchange["headers"]]
    head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
    request = folder / f"{number:03}-request.http"
    write_whole(request, head + body, SECRET_MODE)
    write_whole(folder / f"{number:03}-answer.txt", answer, SECRET_MODE)
    return f"{exchange['at'][:19]}Z  {exchange['status']}  {len(body):>8} B  {request}"
