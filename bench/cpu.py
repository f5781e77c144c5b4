"""Read from /proc what a tree of processes has spent, and what it holds."""

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
PROC = Path("/proc")


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


def resident_mb(master: int) -> dict[int, float]:
    """Return how many megabytes each process that the master started holds, by its id."""
    workers = [pid for pid, (above, _) in _processes().items() if above == master]
    return {pid: pages * PAGE_BYTES / 1024**2 for pid in workers if (pages := _pages(pid))}


def _pages(pid: int) -> int:
    """Return the resident pages of a process; none if it has ended (proc(5), statm)."""
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0
