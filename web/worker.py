"""A gunicorn worker that says what went wrong without saying what was asked.

gunicorn's own writes the whole address into its log, and malformed lines and headers word by word:
codes, hints, cookies. And a request that took so long that the master gives the worker up is
answered 500 by it, where one had better come again.
"""

import socket
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import structlog
from gunicorn.http import errors  # type: ignore[import-untyped]  # no types
from gunicorn.workers.sync import SyncWorker  # type: ignore[import-untyped]  # no types

from web.door import AWAY, EXTENSION, Answer

UNREADABLE = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    errors.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,  # ours, not the visitor's
    errors.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class Worker(SyncWorker):  # type: ignore[misc]  # gunicorn carries no types
    """Answers one request at a time."""

    def run(self) -> None:
        """Answer until told to stop."""
        have_at_hand(self.cfg)
        if not self.cfg.is_ssl:  # there a handshake would wait, whose halves are no whole answer
            send_whole([each.sock for each in self.sockets])
        super().run()

    def handle_error(
        self,
        req: Any,  # gunicorn's request; None if it could not be read
        client: socket.socket,
        addr: object,  # noqa: ARG002  # who it was is nobody's business here
        exc: BaseException,
    ) -> None:
        """Answer a request that could not be read, or not be answered to its end."""
        with suppress(OSError):  # who has hung up is told nothing
            client.sendall(self._told(req, exc))

    def _told(self, req: Any, exc: BaseException) -> bytes:
        log = structlog.get_logger()
        if isinstance(exc, errors.ParseException):
            log.warning("request.unreadable", why=type(exc).__name__)
            return _plainly(UNREADABLE.get(type(exc), HTTPStatus.BAD_REQUEST))
        if isinstance(exc, SystemExit) and req is not None:
            log.error("request.given_up", method=req.method)
            door = self.wsgi.extensions[EXTENSION]
            return _on_the_wire(door.later(req.path, AWAY))
        log.error("request.failed", exc_info=exc)
        return _plainly(HTTPStatus.INTERNAL_SERVER_ERROR)


def have_at_hand(cfg: Any) -> None:
    """Let settings be plain attributes: gunicorn looks twenty up a request, each in two tables."""
    vars(cfg).update({name: each.get() for name, each in cfg.settings.items()})


def send_whole(listeners: Sequence[socket.socket]) -> None:
    """Let connections keep an answer until it ends, so that it leaves in one packet, not in three.

    What is longer than a packet leaves at once, and what waits longer than 0.2 s too (tcp(7)).
    """
    for each in listeners:
        if each.family in {socket.AF_INET, socket.AF_INET6}:
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, True)  # noqa: FBT003  # inherited


def _plainly(status: HTTPStatus) -> bytes:
    said = status.phrase.encode()
    told = [("Content-Type", "text/plain"), ("Content-Length", str(len(said)))]
    return _on_the_wire(Answer(f"{status.value} {status.phrase}", told, said))


def _on_the_wire(answer: Answer) -> bytes:
    told = [*answer.headers, ("Connection", "close")]
    lines = [f"HTTP/1.1 {answer.status}", *(f"{name}: {value}" for name, value in told), "", ""]
    return "\r\n".join(lines).encode("latin-1") + answer.body
