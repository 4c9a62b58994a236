"""The composition root: settings in, a running bridge out. The only room that knows every concrete class.

Not for: anything that could be decided lower down.
"""

from bridge.service.parts import reader_of
from bridge.service.running import Ports, run_service

__all__ = ["Ports", "reader_of", "run_service"]
