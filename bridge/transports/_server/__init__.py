"""The built-in SFTP server: a small one, for demo, test and closed networks (``DESIGN.md`` decision 12).

Not for: production; there OpenSSH serves the same folders. Only ``bridge.transports.sftp_server`` opens this room, so
that a bridge which serves nothing does not carry paramiko.
"""
