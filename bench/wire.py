"""Send requests as cheaply as possible.

The generator shares the machine with what it measures; `http.client` alone would cost as much
as the server.
"""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

FORM = "application/x-www-form-urlencoded"
PATIENCE_SECONDS = 60
BLOCK = 65_536


class Unexpected(Exception):
    """The server did not answer as the flow needs; what is measured then would be nonsense."""


@dataclass(frozen=True)
class Answer:
    """A response, read whole."""

    status: int
    headers: tuple[tuple[str, str], ...]  # names in lower case, as often as they came
    body: bytes

    def header(self, name: str) -> str:
        """Return the header called `name`. Raises Unexpected if it is missing."""
        for known, value in self.headers:
            if known == name:
                return value
        raise Unexpected(f"no {name} header in an answer with status {self.status}")


# (method, target, headers, body) → answer
Send = Callable[[str, str, Mapping[str, str], bytes], Answer]


def over_socket(host: str, port: int) -> Send:
    """Return a sender that opens one connection a request, as the sync worker closes each."""

    def send(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        with socket.create_connection((host, port), PATIENCE_SECONDS) as connection:
            connection.sendall(written(f"{host}:{port}", method, target, headers, body))
            return parse(b"".join(iter(lambda: connection.recv(BLOCK), b"")))

    return send


def written(host: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a request as it travels; its connection is closed after the answer."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += [f"Content-Type: {FORM}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def parse(raw: bytes) -> Answer:
    """Read an answer. Raises Unexpected if none came."""
    head, separator, body = raw.partition(b"\r\n\r\n")
    if not separator:
        raise Unexpected("the connection was closed before an answer came")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in lines]
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    return Answer(int(first.split(" ", 2)[1]), headers, body)
