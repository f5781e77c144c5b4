"""Listen on 127.0.0.1 and answer pages: the program's only door."""

import json
import logging
import os
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

from adapters.agent import peers, window
from adapters.agent.gates import NotAdmitted
from adapters.agent.peers import Address
from adapters.agent.program import Asked, Program
from adapters.agent.troubles import STATUS, Trouble

ADDRESS = "127.0.0.1"
PORTS = (8603, 8604, 8605)  # the second and third if another person's program has the first
SECONDS = 30
log = logging.getLogger("taipei_id.agent")


class Server(ThreadingHTTPServer):
    """One program at one port."""

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it would let others in beside us

    def __init__(self, port: int) -> None:
        """Take the port (0: a free one). Raises OSError if it is taken."""
        super().__init__((ADDRESS, port), Handler)
        self.program: Program | None = None

    @property
    def port(self) -> int:
        """Return where it listens."""
        return int(self.server_address[1])

    def verify_request(self, request: object, client_address: object) -> bool:
        """Let only programs of the person who started this one be answered."""
        del request
        host, port = cast("Address", client_address)
        is_ours = peers.is_ours((host, port), (ADDRESS, self.port))
        if not is_ours:
            log.info("refused other_person")
        return is_ours


class Handler(BaseHTTPRequestHandler):
    """One connection; everything is decided by the gates and the program."""

    protocol_version = "HTTP/1.1"
    timeout = SECONDS
    server: Server
    server_version, sys_version = "taipei-id-agent", ""

    @property
    def _program(self) -> Program:
        assert self.server.program is not None  # noqa: S101  # set before the first request
        return self.server.program

    @property
    def _headers(self) -> Mapping[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}

    def do_GET(self) -> None:  # http.server's name
        """Show the program's own window; nothing else can be fetched."""
        try:
            self._program.gates.require_host(self._headers)
            self._send(*window.page(self.path))
        except NotAdmitted as refused:
            self._refuse(refused.status, refused.code)

    def do_OPTIONS(self) -> None:  # same
        """Tell the browser that a page of a listed origin may ask (CORS pre-flight)."""
        try:
            self._program.gates.require_host(self._headers)
            self._program.gates.require_origin(self._headers)
        except NotAdmitted as refused:
            self._refuse(refused.status, refused.code)
            return
        self._send(b"", {"Content-Type": "text/plain"}, status=HTTPStatus.NO_CONTENT)

    def do_POST(self) -> None:  # same
        """Answer a page."""
        try:
            answer = self._program.answer(self.path, self._asked())
        except NotAdmitted as refused:
            self._refuse(refused.status, refused.code)
        except Trouble as trouble:
            self._refuse(STATUS[trouble.code], trouble.code, tries_left=trouble.tries_left)
        else:
            self._send_json(answer)

    def _asked(self) -> Asked:
        gates, headers = self._program.gates, self._headers
        gates.require_host(headers)
        origin = gates.require_origin(headers)
        length = gates.require_body(headers)
        try:
            fields = json.loads(self.rfile.read(length))
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            raise Trouble("bad_request")
        return Asked(origin=origin, fields=fields)

    def _refuse(self, status: HTTPStatus, code: str, *, tries_left: int | None = None) -> None:
        log.info("refused %s", code)
        self.close_connection = True  # what follows on it was not read
        self._send_json({"error": code, "tries_left": tries_left}, status=status)

    def _send_json(self, answer: Mapping[str, object], status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(json.dumps(answer).encode(), {"Content-Type": "application/json"}, status=status)

    def _send(
        self, body: bytes, headers: Mapping[str, str], status: HTTPStatus = HTTPStatus.OK
    ) -> None:
        self.send_response(status)
        for name, value in {**headers, **self._sharing()}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _sharing(self) -> dict[str, str]:
        """Return the headers by which the browser lets the page, and no other, read the answer."""
        found = {
            "Cache-Control": "no-store",
            "Vary": "Origin",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",  # no page loads a picture to find us
        }
        origin = self._headers.get("origin", "")
        if origin in self._program.gates.origins:
            found |= {
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": "POST",
                "Access-Control-Allow-Headers": "content-type",
                "Access-Control-Allow-Private-Network": "true",
                "Access-Control-Max-Age": "600",
            }
        return found

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        """Say nothing of every request: addresses of pages are nobody's business."""


def listen(ports: tuple[int, ...] = PORTS) -> Server:
    """Return a server at the first of `ports` that is free. Raises OSError if none is."""
    for port in ports[:-1]:
        try:
            return Server(port)
        except OSError:
            continue
    return Server(ports[-1])
