"""While the line at the port is too long, who begins comes later; who has begun gets through."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from web.door import Door, waiting

LONGEST = 2
BEGINNINGS = (
    ("GET", "/authorize"),
    ("POST", "/par"),
    ("POST", "/device_authorization"),
    ("POST", "/interaction/01a2198f-88f9-7805-a20f-0953538f0cbf/login"),
    ("POST", "/account/login"),
)
BEGUN = (
    ("POST", "/token"),
    ("GET", "/userinfo"),
    ("POST", "/introspect"),
    ("POST", "/interaction/01a2198f-88f9-7805-a20f-0953538f0cbf/consent"),
    ("GET", "/account/login"),
)


def inside(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"inside"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=8) as opened:
        yield opened


def told(door: Door, method: str, path: str) -> tuple[int, dict[str, str], bytes]:
    environ = EnvironBuilder(path=path, method=method).get_environ()
    body, status, headers = run_wsgi_app(door, environ, buffered=True)
    return int(status[:3]), dict(headers.items()), b"".join(body)


def test_who_begins_comes_later_while_too_many_stand_in_line(listener: socket.socket) -> None:
    door = Door(inside, longest=LONGEST, secure=True)
    door.watch([listener])
    with ExitStack() as line:
        for _ in range(LONGEST):
            line.enter_context(socket.create_connection(listener.getsockname()))
        assert {told(door, *each)[0] for each in (*BEGINNINGS, *BEGUN)} == {200}

        line.enter_context(socket.create_connection(listener.getsockname()))

        assert waiting(listener) == LONGEST + 1
        answers = [told(door, *each) for each in BEGINNINGS]
        assert {status for status, _, _ in answers} == {503}
        assert all(int(headers["Retry-After"]) > 0 for _, headers, _ in answers)
        assert "現在登入的人很多".encode() in answers[0][2]
        assert b'"temporarily_unavailable"' in answers[1][2]
        assert {told(door, *each)[0] for each in BEGUN} == {200}

    listener.accept()[0].close()
    assert told(door, "GET", "/authorize")[0] == 200


def test_a_port_whose_line_cannot_be_seen_turns_nobody_away(tmp_path: Any) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as caller:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        caller.connect(str(tmp_path / "socket"))
        door = Door(inside, longest=1, secure=False)
        door.watch([listener])

        assert told(door, "GET", "/authorize")[0] == 200
