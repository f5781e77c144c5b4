"""What a worker does not answer to its end, or cannot read, is told so and not written down."""

import os
import signal
import socket

import pytest

from tests.faults.accounts import settle
from tests.faults.people import Somebody
from tests.faults.test_crowded import answered, connected
from tests.faults.test_killed import workers
from tests.live.server import Provider

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("running_provider", ["sqlite"], indirect=True),  # no store is asked
]

HINT = "somebody.of.the.city"
GOING_ON = b"HTTP/1.1 100 "
ADDRESSES = {
    "/token": b'"error": "temporarily_unavailable"',
    "/api/verify": b"application/problem+json",
    "/account/login": b"<!doctype html>",
}
UNREADABLE = {
    b"GET /authorize?login_hint=%s HTTP/9.9\r\n\r\n": b"400",
    b"GET /authorize?login_hint=%s HTTP/1.1\r\nHost: localhost\r\nCookie : %s\r\n\r\n": b"400",
    b"GET /authorize?login_hint=%s HTTP/1.1\r\nHost: localhost\r\nCookie: a\0%s\r\n\r\n": b"400",
    b"POST /token?%s HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: %s\r\n\r\n": b"501",
    b"POST /token?%s HTTP/1.1\r\nHost: localhost\r\nExpect: %s\r\n\r\n": b"417",
    b"%s\r\n\r\n": b"400",
    b"GET /%s" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n": b"414",
}


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_waits_too_long_is_told_to_come_again(provider: Provider, path: str) -> None:
    somebody = Somebody(provider, "given.up." + path.strip("/").replace("/", "."))
    somebody.sign_in()
    with begun(provider, f"{path}?login_hint={HINT}") as waiting:
        for worker in workers(provider):
            os.kill(worker, signal.SIGABRT)  # as gunicorn's master does after its time-out
        answer = answered(waiting)

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: " in answer
    assert ADDRESSES[path] in answer
    assert HINT not in provider.log.read_text()
    settle(provider, [somebody])


def begun(provider: Provider, target: str) -> socket.socket:
    """Send the half of a request, and wait until a worker asks for the rest."""
    waiting = connected(provider)
    words = (
        f"POST {target} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Length: 100",
        "Expect: 100-continue",
    )
    waiting.sendall("\r\n".join((*words, "", "")).encode())
    assert waiting.recv(1000).startswith(GOING_ON)
    return waiting


@pytest.mark.parametrize("sent", UNREADABLE)
def test_what_cannot_be_read_is_not_written_down(provider: Provider, sent: bytes) -> None:
    waiting = connected(provider)
    waiting.sendall(sent.replace(b"%s", HINT.encode()))

    assert answered(waiting)[9:12] == UNREADABLE[sent]
    assert HINT not in provider.log.read_text()
