"""A worker is killed in the middle of requests: nothing promised is lost, nothing is done twice."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.accounts import settle
from tests.faults.people import Somebody, signing_in
from tests.live.server import Provider

pytestmark = pytest.mark.slow

KILLS = 6
LOOK_SECONDS = 0.02


def workers(provider: Provider) -> list[int]:
    """Return the server's worker processes: those of its command whose parent is one, too."""
    parents = processes(provider)
    return sorted(pid for pid, parent in parents.items() if parent in parents)


def processes(provider: Provider) -> dict[int, int]:
    """Return the server's processes, each with its parent."""
    port = str(urlsplit(provider.issuer).port).encode()
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # it ended while we looked
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"serve" in words and port in words:
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(stat[1])
    return parents


def test_killed_workers_lose_nothing_they_promised(provider: Provider) -> None:
    people = [Somebody(provider, f"killed.{number}") for number in range(3)]
    before = set(workers(provider))

    with signing_in(people):
        for _ in range(KILLS):
            signed_in = sum(len(each.promised.tokens) for each in people)
            victim = next(iter(workers(provider)))
            while sum(len(each.promised.tokens) for each in people) < signed_in + 5:
                time.sleep(LOOK_SECONDS)  # for work to be under way, not for time to pass
            os.kill(victim, signal.SIGKILL)
            while victim in workers(provider) or not workers(provider):
                time.sleep(LOOK_SECONDS)

    assert before
    assert not before & set(workers(provider))
    assert all(each.promised.tokens for each in people)
    settle(provider, people)
