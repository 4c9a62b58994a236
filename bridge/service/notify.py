"""A word to systemd, when it asked for one: *ready* and *stopping* (``sd_notify(3)``, ``Type=notify``).

Not for: anything that must arrive. Nobody listening is no error.
"""

import contextlib
import os
import socket
from collections.abc import Mapping

READY = "READY=1"
STOPPING = "STOPPING=1"


def notify(word: str, environment: Mapping[str, str] = os.environ) -> None:
    """Send ``word`` to the socket that ``NOTIFY_SOCKET`` names; an ``@`` there stands for an abstract address."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = f"\0{address[1:]}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as outgoing:
        outgoing.settimeout(0)
        with contextlib.suppress(OSError):
            outgoing.sendto(word.encode(), address)
