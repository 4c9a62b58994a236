"""A mock of SAP that we did not write, as a process of its own on loopback: it takes IDocs and makes some.

Not for: posting; it checks frames, and what it makes of an ORDERS05 is a receipt.
"""

import http.client
import os
import re
import select
import subprocess
import sys
import xml.etree.ElementTree as ET
from types import TracebackType
from typing import Any, Self

from tests.support.patience import PATIENCE_S

_LISTENS = re.compile(rb"listening on http://127\.0\.0\.1:([0-9]+)")
_WORDS = ["-m", "mocksap", "--host", "127.0.0.1", "--port", "0", "--no-csrf", "--quiet", "--no-request-log"]


class MockSap:
    """The process while the block runs."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, *_WORDS],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            self._port = self._announced()
        except BaseException:
            self._end()
            raise
        return self

    def _announced(self) -> int:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE_S)
        assert ready, "the mock of SAP did not start"
        found = _LISTENS.search(self._process.stdout.readline())
        assert found is not None
        return int(found[1])

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    def post(self, content: bytes, content_type: str, path: str = "/sap/bc/idoc") -> dict[str, Any]:
        """The receipt for an IDoc by name, with the number of segments; ``status`` is that of the answer."""
        status, body = self.ask("POST", path, content, content_type)
        receipt: dict[str, Any] = {"status": status, "body": body}
        if status == http.client.CREATED:
            told = {one.tag: one.text or "" for one in ET.fromstring(body)}  # noqa: S314  # from a process of ours
            receipt |= told | {"SEGMENTS": int(told["SEGMENTS"])}
        return receipt

    def ask(self, method: str, path: str, content: bytes, content_type: str) -> tuple[int, bytes]:
        """One request; its status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, content, {"Content-Type": content_type, "Accept": "application/xml"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()
