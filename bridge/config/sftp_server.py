"""What `[sftp_server]` needs before it may run; each finding is noted, none is raised.

Not for: serving (``transports/_server``).
"""

from collections.abc import Mapping

from bridge.config.authorized_keys import parse_authorized_keys
from bridge.config.models import SftpServer, Site
from bridge.config.reader import Reader
from bridge.config.units import Address

_NAME = "sftp_server"
_HOW_TO = "production: OpenSSH, docs/how-to/erp-account-with-openssh.md"


def check_sftp_server(reader: Reader, server: SftpServer, others: Mapping[str, Address], site: Site) -> None:
    """A server that runs has an address of its own, and a password or keys: there is no login without."""
    if not server.enabled:
        return
    for section, listen in others.items():
        if server.listen == listen and listen.port:
            what = f"[{section}] and [{_NAME}] both listen on {listen}"
            reader.clash(((_NAME, "listen"), (section, "listen")), what, "give one another port")
    if site.environment == "prod":
        reader.warn((_NAME, "enabled"), "the built-in SFTP server is for demo, test and closed networks", _HOW_TO)
    if server.authorized_keys is not None:
        _check_keys(reader, server)
    elif server.login is None and not any(_NAME in fault.key for fault in reader.for_run):
        where = "" if server.listen.is_loopback else f", and {server.listen} can be reached from outside"
        hint = 'set password_file = "secrets/erp" or authorized_keys = "secrets/erp_keys"'
        reader.later((_NAME, "password_file"), f"the SFTP server has neither password nor keys{where}", hint)


def _check_keys(reader: Reader, server: SftpServer) -> None:
    file = server.authorized_keys
    try:
        text = file.read_text(encoding="utf-8", errors="replace") if file is not None else ""
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        reader.later((_NAME, "authorized_keys"), f"cannot read {file}: {reason}", "name a file with public keys")
        return
    found = parse_authorized_keys(text)
    if not found.blobs:
        why = f": line {found.left_out[0][0]} {found.left_out[0][1]}" if found.left_out else ""
        hint = "put the ERP's public key into it, one a line: TYPE BASE64 comment, without options"
        reader.later((_NAME, "authorized_keys"), f"{file} holds no key that lets in{why}", hint)
        return
    for number, why in found.left_out:
        hint = "remove the line, or write it as TYPE BASE64 comment; for options use OpenSSH"
        reader.warn((_NAME, "authorized_keys"), f"line {number} of {file} {why}, so it lets nobody in", hint)
