"""SQLite's disk is full for a while, under sign-ins; also a program, on a small disk of its own.

    python -m tests.faults.full_disk FOLDER

The folder's `disk` is the disk; beside it lies what else a server writes.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import requests

from tests.faults.accounts import settle
from tests.faults.people import LOOK_SECONDS, Somebody, signing_in
from tests.faults.test_killed import processes
from tests.live.server import DISCOVERY, Provider, serving

BLOCK = bytes(4096)
Full = Callable[[Provider], AbstractContextManager[None]]


def forgets_nothing(folder: Path, full: Full) -> str:
    """Sign in before, while and after the disk is full; return the server's log, or raise."""
    with serving(f"sqlite+pysqlite:///{folder / 'disk' / 'full.sqlite3'}", folder) as provider:
        people = [Somebody(provider, f"full.{number}") for number in range(3)]
        another = Somebody(provider, "full.another")
        with signing_in(people):
            _wait(people, signed_in=5)
            with full(provider):
                _wait(people, refused=5)
                public = provider.call(DISCOVERY).status_code
                turned_away = _turned_away(another)
            _wait(people, signed_in=5)

        assert public == 200, "what needs no disk does not go on"
        assert turned_away.headers["Retry-After"]
        settle(provider, [*people, another])
        return provider.log.read_text()


def filled(provider: Provider) -> AbstractContextManager[None]:
    """Leave no room on the disk of a provider's database."""
    return _filled(Path(provider.engine.url.database or "").with_name("filler"))


@contextmanager
def _filled(filler: Path) -> Iterator[None]:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(BLOCK):
            pass
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def limited(provider: Provider) -> Iterator[None]:
    """Let no file of the server grow, as if its disk ended there: where nobody may mount one."""
    _allow(provider, len(BLOCK))  # less than any page's way into the file
    try:
        yield
    finally:
        _allow(provider, resource.RLIM_INFINITY)


def _allow(provider: Provider, size: int) -> None:
    for pid in processes(provider):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def _turned_away(somebody: Somebody) -> requests.Response:
    """Ask until the answer is 503: what has a place in the file already may still be written."""
    while (answer := somebody.asked()).status_code != requests.codes.service_unavailable:
        assert answer.status_code == requests.codes.see_other, answer.text
    return answer


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


if __name__ == "__main__":
    sys.stdout.write(forgets_nothing(Path(sys.argv[1]), filled))
