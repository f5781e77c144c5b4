"""Know whose program speaks to us: on a computer with several people, only our own person's may.

Linux tells whom each end of a connection belongs to. Where the system does not tell, the gates and
the PIN's window are what there is.
"""

import os
import sys
from pathlib import Path
from socket import inet_aton

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
MAPPED = "0000000000000000FFFF0000"  # an IPv4 address as IPv6 writes it: some programs use that
LOCAL, REMOTE, OWNER = 1, 2, 7  # columns of the tables

Address = tuple[str, int]


def is_ours(there: Address, here: Address) -> bool:
    """Say whether the other end of a connection on this computer is not another person's."""
    ends = (_written(there), _written(here))
    for table in TABLES:
        try:
            lines = table.read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for columns in map(str.split, lines):
            if (columns[LOCAL].removeprefix(MAPPED), columns[REMOTE].removeprefix(MAPPED)) == ends:
                return int(columns[OWNER]) == os.getuid()
    return True


def _written(address: Address) -> str:
    host, port = address
    number = int.from_bytes(inet_aton(host), sys.byteorder)
    return f"{number:08X}:{port:04X}"
