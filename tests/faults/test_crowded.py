"""More arrive than are served: who begins is told when to come, and who has begun gets through."""

import os
import signal
import socket
from collections import Counter
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from kernel.settings import Settings
from tests.faults.accounts import settle
from tests.faults.people import Somebody
from tests.faults.test_killed import workers
from tests.live.server import Provider

pytestmark = pytest.mark.slow

TOO_MANY = 10  # more than may stand in line
ASKED = b"GET /authorize HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("running_provider", ["sqlite"], indirect=True)  # no store is asked
def test_a_line_that_is_too_long_is_not_joined(provider: Provider) -> None:
    longest = int(Settings.model_fields["longest_line"].default)
    somebody = Somebody(provider, "crowded")
    somebody.sign_in()

    with ExitStack() as line:
        stopped = workers(provider)
        for worker in stopped:
            os.kill(worker, signal.SIGSTOP)
        waiting = [line.enter_context(connected(provider)) for _ in range(longest + TOO_MANY)]
        for each in waiting:
            each.sendall(ASKED)
        for worker in stopped:
            os.kill(worker, signal.SIGCONT)
        answers = [answered(each) for each in waiting]

    turned_away = [each for each in answers if each.startswith(b"HTTP/1.1 503 ")]
    assert all(b"Retry-After: " in each for each in turned_away)
    assert Counter(each[9:12] for each in answers).keys() == {b"503", b"400"}
    assert len(turned_away) < longest  # those before the line was short enough, and no more
    settle(provider, [somebody])


def connected(provider: Provider) -> socket.socket:
    parts = urlsplit(provider.issuer)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)


def answered(waiting: socket.socket) -> bytes:
    """Read the answer and hang up: gunicorn waits two seconds for who does not."""
    with waiting, waiting.makefile("rb") as said:
        return said.read()
