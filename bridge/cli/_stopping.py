"""How a verb that goes on and on is ended: by Ctrl-C or SIGTERM, in good order.

Not for: the service, which has its own order of stopping.
"""

import signal
import threading


def until_interrupted() -> None:
    """Wait for the first SIGINT or SIGTERM."""
    asked = threading.Event()
    before = {number: signal.signal(number, lambda *_: asked.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while not asked.wait(0.5):
            continue
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
