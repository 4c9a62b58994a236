"""The recorder of raw requests over HTTP: ask for the next so many, fetch what came.

Not for: recording (``stages/receive``). What it shows is what ``/api/v1/orders/REF/request`` shows, sooner.
"""

from http import HTTPStatus

from aiohttp import web

from bridge.ops.documents import said
from bridge.ops.guard import refuse
from bridge.ops.once import words_of
from bridge.ops.operations import Operations, Recording


def record_routes(app: web.Application, operations: Operations, api: str) -> None:
    """Add the routes, where a recorder was handed in."""
    if operations.recording is None:
        return
    recorder = _Recorder(operations.recording)
    app.router.add_post(f"{api}/record", recorder.start)
    app.router.add_get(f"{api}/record", recorder.since)


class _Recorder:
    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    async def start(self, request: web.Request) -> web.Response:
        """Forget what was kept and keep the next ``count``."""
        words = await words_of(request)
        count = _whole(str(words.get("count", "20")), "count")
        if not count:
            refuse(HTTPStatus.BAD_REQUEST, '"count" must be 1 or more')
        self._recording.start(count)
        return _document(self._recording, 0)

    async def since(self, request: web.Request) -> web.Response:
        """What was kept after the first ``after``."""
        return _document(self._recording, _whole(request.query.get("after", "0"), "after"))


def _whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6):  # noqa: PLR2004 - more would never be kept
        refuse(HTTPStatus.BAD_REQUEST, f'"{name}" must be a whole number')
    return int(text)


def _document(recording: Recording, after: int) -> web.Response:
    return web.Response(text=said(recording.since(after)) + "\n", content_type="application/json")
