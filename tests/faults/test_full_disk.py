"""SQLite's disk is full for a while: no promise is made that cannot be kept, then it goes on."""

import resource
import time
from pathlib import Path

import pytest

from tests.faults.accounts import settle
from tests.faults.people import Somebody, signing_in
from tests.faults.test_killed import processes
from tests.live.server import DISCOVERY, Provider, serving

pytestmark = pytest.mark.slow

LOOK_SECONDS = 0.02


def allow(provider: Provider, size: int) -> None:
    """Let no file of the server grow beyond `size` bytes, as if its disk ended there."""
    for pid in processes(provider):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def test_a_full_disk_refuses_and_forgets_nothing(tmp_path: Path) -> None:
    with serving(f"sqlite+pysqlite:///{tmp_path / 'full.sqlite3'}", tmp_path) as provider:
        people = [Somebody(provider, f"full.{number}") for number in range(3)]
        with signing_in(people):
            _wait(people, signed_in=5)
            allow(provider, 4096)  # less than any page's way into the file
            _wait(people, refused=5)
            public = provider.call(DISCOVERY).status_code
            turned_away = people[0].asked()
            allow(provider, resource.RLIM_INFINITY)
            _wait(people, signed_in=5)

        assert public == 200  # what needs no disk goes on
        assert turned_away.status_code == 503
        assert turned_away.headers["Retry-After"]
        settle(provider, people)


def _wait(people: list[Somebody], *, signed_in: int = 0, refused: int = 0) -> None:
    """Wait for what people meet, not for time."""
    tokens, unanswered = _met(people)
    while True:
        now_tokens, now_unanswered = _met(people)
        if now_tokens >= tokens + signed_in and now_unanswered >= unanswered + refused:
            return
        time.sleep(LOOK_SECONDS)


def _met(people: list[Somebody]) -> tuple[int, int]:
    tokens = sum(len(each.promised.tokens) for each in people)
    return tokens, sum(each.promised.unanswered for each in people)
