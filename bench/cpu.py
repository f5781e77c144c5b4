"""Read from /proc what a tree of processes has spent, and what it holds."""

import os
from pathlib import Path
from typing import NamedTuple

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
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


class Held(NamedTuple):
    """Megabytes: those a process has in memory, and with only its share of those it shares."""

    resident: float  # RSS
    share: float  # Pss: the sum over all processes is what a machine must have


def held_mb(master: int) -> dict[int, Held]:
    """Return what each process that the master started holds, by its id."""
    workers = [pid for pid, (above, _) in _processes().items() if above == master]
    return {pid: held for pid in workers if (held := _held(pid)) is not None}


def _held(pid: int) -> Held | None:
    """Return what a process holds, or None if it has ended (proc(5), smaps_rollup)."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError):
        return None
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return Held(kilobytes["Rss"] / 1024, kilobytes["Pss"] / 1024)
