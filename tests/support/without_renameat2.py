"""Publishes one file on a kernel that refuses `renameat2`, as some network shares do; run as a script.

The refusal is the kernel's own: a seccomp filter of this process. Prints what the probe said and what lies where.
"""

import asyncio
import ctypes
import errno
import hashlib
import json
import struct
import sys
from pathlib import Path

from bridge.transports import Parcel, folder

SYSCALL_RENAMEAT2 = 316  # on x86-64
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_SET_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER_MODE = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def refuse_renameat2() -> None:
    """From now on the kernel answers ENOSYS."""
    rules = [
        (_LOAD, 0, 0, 0),  # the number of the system call
        (_JUMP_EQUAL, 0, 1, SYSCALL_RENAMEAT2),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    program = _Program(len(rules), ctypes.cast(code, ctypes.c_void_p))
    system = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER_MODE, ctypes.byref(program), 0, 0)):
        if system.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "prctl")


async def publish(place: Path) -> dict[str, object]:
    outbox, staging = place / "outbox", place / "outbox" / ".staging"
    transport = folder.build(folder.Options(directory=outbox, staging=staging))
    parcels = [
        Parcel(number, name, f"{name}.part", "", name.encode(), hashlib.sha256(name.encode()).hexdigest())
        for number, name in enumerate(("free.csv", "taken.csv", "gone.csv"))
    ]
    await transport.plant("an identity", replace=False)
    how = await transport.probe("an identity")
    examined = await transport.examine("an identity")
    await transport.stage(parcels)
    (outbox / "taken.csv").write_bytes(b"a stranger's")
    (staging / "gone.csv.part").unlink()
    ends = [step.end for step in await transport.publish(parcels)]
    await transport.close()
    found = {path.name: path.read_text() for path in outbox.iterdir() if path.is_file()}
    return {"how": how, "strategy": examined.strategy, "ends": ends, "found": found}


if __name__ == "__main__":
    refuse_renameat2()
    print(json.dumps(asyncio.run(publish(Path(sys.argv[1])))))  # noqa: T201 - its result
