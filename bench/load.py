"""The sender of orders, as a process of its own: ``load.py PORT COUNT CONNECTIONS PER_SECOND`` (0: as fast as can be).

Written on bare sockets, so that the client takes as little as possible of the machine that it measures. Prints one
JSON document: ``answered`` has, for each order, when it was due, when it was answered, and its reference.
"""

import asyncio
import base64
import json
import sys
import time

from place import PASSWORD, body

FIRST_REF = 100_000
_LOGIN = base64.b64encode(f"norce:{PASSWORD}".encode()).decode()


def request(ref: int) -> bytes:
    """One order as it goes over the wire."""
    content = body(ref)
    head = (
        f"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {_LOGIN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: bytes) -> None:
    """Send one order, read its answer whole; anything but *OK* ends the measurement."""
    writer.write(wire)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    answer = await reader.readexactly(length)
    assert b" 200 " in head.split(b"\r\n")[0], (head, answer)
    assert b'"OK"' in answer, answer


async def send(port: int, count: int, connections: int, per_second: float) -> dict[str, object]:
    """Send ``count`` orders; with ``per_second`` each is due at its own moment, however late the ones before are."""
    wires = [request(FIRST_REF + number) for number in range(count)]
    streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]
    await exchange(*streams[0], request(FIRST_REF - 1))  # the login is hashed once, as in a service that has run
    answered: list[tuple[float, float, int]] = []
    began = time.monotonic()
    numbers = iter(range(count))

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in numbers:
            due = began + number / per_second if per_second else time.monotonic()
            await asyncio.sleep(max(0.0, due - time.monotonic())) if per_second else None
            await exchange(reader, writer, wires[number])
            answered.append((due, time.monotonic(), FIRST_REF + number))
        writer.close()

    async with asyncio.TaskGroup() as group:
        for stream in streams:
            group.create_task(work(*stream))
    return {"began": began, "ended": time.monotonic(), "cpu": time.process_time(), "answered": answered}


if __name__ == "__main__":
    port, count, connections, per_second = sys.argv[1:]
    print(json.dumps(asyncio.run(send(int(port), int(count), int(connections), float(per_second)))))
