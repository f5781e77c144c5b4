"""Workers are replaced and the service restarts under sign-ins: nobody notices, nothing is lost."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel import metrics
from tests.faults.accounts import settle
from tests.faults.people import Somebody, signed_in, signing_in, wait_for
from tests.faults.test_killed import LOOK_SECONDS, processes
from tests.live.server import Provider, serving

pytestmark = pytest.mark.slow

HELD = (sys.executable, "-m", "tests.faults.held")


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Provider]:
    """Serve on a port that somebody else holds, and count into a folder."""
    settings = {
        "TAIPEI_ID_METRICS__TOKEN": "t" * 32,
        "TAIPEI_ID_METRICS__FOLDER": str(tmp_path),
    }
    url = f"sqlite+pysqlite:///{tmp_path}/provider.sqlite3"
    with serving(url, tmp_path, settings, program=HELD) as provider:
        yield provider


def main_and_workers(provider: Provider) -> tuple[int, set[int]]:
    """Return the server's main process and its workers; (0, none) while there is none."""
    parents = processes(provider)
    holder = {pid for pid, parent in parents.items() if parent not in parents}
    mains = [pid for pid, parent in parents.items() if parent in holder]
    main = mains[0] if mains else 0
    return main, {pid for pid, parent in parents.items() if parent == main}


def signalled(provider: Provider, number: signal.Signals) -> None:
    """Send a signal to the main process, and wait until others serve."""
    main, before = main_and_workers(provider)
    os.kill(main, number)
    while True:
        _, now = main_and_workers(provider)
        if now and not now & before:
            return
        time.sleep(LOOK_SECONDS)


def test_reloads_and_restarts_lose_no_request_and_no_count(held: Provider, tmp_path: Path) -> None:
    people = [Somebody(held, f"reloaded.{number}") for number in range(2)]

    with signing_in(people):
        wait_for(people, 3)
        signalled(held, signal.SIGHUP)
        wait_for(people, 3)
        signalled(held, signal.SIGTERM)
        wait_for(people, 3)

    assert [each.promised.unanswered for each in people] == [0, 0]
    told = metrics.told((), folder=tmp_path).decode().splitlines()
    given = signed_in(people)
    assert f'taipei_id_tokens_total{{grant_type="authorization_code"}} {given}.0' in told
    settle(held, people)
