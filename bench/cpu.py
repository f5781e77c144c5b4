"""Read from /proc what a tree of processes has spent, and what Argon2id alone costs."""

import os
import statistics
import time
from pathlib import Path

from adapters.password.hashing import Hasher
from bench.city import PASSWORD

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
ROUNDS = 15


def spent(root: int) -> float:
    """Return the CPU seconds of process `root` and of all it ever started.

    Those that live are read one by one; those that ended are in the books of whoever waited for
    them (cutime, cstime). So PostgreSQL's back ends and gunicorn's replaced workers count too.
    """
    table = _processes()
    tree = {root}
    waiting = [root]
    while waiting:
        parent = waiting.pop()
        children = [pid for pid, (above, _) in table.items() if above == parent]
        waiting += children
        tree.update(children)
    return sum(table[pid][1] for pid in tree if pid in table) / TICKS_PER_SECOND


def parent_of(pid: int) -> int:
    """Return who started the process."""
    return _processes()[pid][0]


def _processes() -> dict[int, tuple[int, int]]:
    """Return parent and ticks (user, system, and both of waited-for children) of each process."""
    found = {}
    for entry in PROC.iterdir():
        if entry.name.isdecimal():
            try:
                line = (entry / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended between the two looks
            fields = line.rpartition(")")[2].split()  # a name may hold spaces and brackets
            found[int(entry.name)] = (int(fields[1]), sum(map(int, fields[11:15])))
    return found


def argon2_ms() -> float:
    """Return the CPU milliseconds of verifying one password, as the provider is configured."""
    hasher = Hasher(parallel=1)
    kept = hasher.hash(PASSWORD)
    return statistics.median(_verification(hasher, kept) for _ in range(ROUNDS))


def _verification(hasher: Hasher, kept: str) -> float:
    before = time.process_time()
    hasher.matches(kept, PASSWORD)
    return (time.process_time() - before) * 1000
