"""An order as one target wants it: the rules of its ``[targets.T.enrich]``, then its hook. Pure, but for the hook.

Not for: which rules may stand there (``config``), nor for what a file looks like (``formats``).
"""

from bridge.enrich.hooks import HookFailedError
from bridge.enrich.rules import Enrichment, enrichment

__all__ = ["Enrichment", "HookFailedError", "enrichment"]
