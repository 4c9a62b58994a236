"""A paramiko transport that can be asked what it agreed on with the server; paramiko itself only logs the key exchange.

Not for: choosing algorithms (``_sftp_session.py``).
"""

from typing import Any

import paramiko

from bridge.transports._findings import Link

_KEX = "Kex: "


class NotingTransport(paramiko.Transport):
    """Remembers the name of the key exchange; should paramiko ever word its log otherwise, the name stays empty."""

    _agreed_kex = ""

    def _log(self, level: int, msg: Any, *args: object) -> None:
        if str(msg).startswith(_KEX):
            self._agreed_kex = str(msg).removeprefix(_KEX)
        super()._log(level, msg, *args)  # type: ignore[misc]  # not in the stubs; public logging goes through it

    def agreed(self, fingerprint: str) -> Link:
        """The server's software and the algorithms of this connection."""
        return Link(
            server=_printable(self.remote_version),
            fingerprint=fingerprint,
            kex=self._agreed_kex,
            host_key=str(self.host_key_type or ""),
            cipher=_both(self.local_cipher, getattr(self, "remote_cipher", "")),
            mac=_both(self.local_mac, getattr(self, "remote_mac", "")),
        )


def _both(ours: object, theirs: object) -> str:
    """One name, or two where each direction has its own; an authenticating cipher has no MAC."""
    return " / ".join(dict.fromkeys(str(one) for one in (ours, theirs) if one))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:100]
