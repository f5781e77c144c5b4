"""Tell who begins to come later while too many stand in line; let through who has begun.

gunicorn answers one request a worker at a time, and the others stand in line at its port. A line
that only grows ends in connections nobody answers, in the middle of sign-ins. So while it is too
long, what begins something (a sign-in, a pushed request, a password) is answered 503 with
Retry-After, before anything is asked of the database; codes, tokens, claims and answers to consent
go on (docs/decisions/0152).
"""

import json
import socket
import struct
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, NamedTuple

from kernel import metrics
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import headers
from web.addresses import FOR_CLIENTS, FOR_PROGRAMS

EXTENSION = "taipei_id.door"  # where `web.serving` finds it
SOON_SECONDS = "5"
BUSY, AWAY = "login.busy", "http.503"
BEGUN_BY_PROGRAMS = frozenset({"/par", "/device_authorization", "/bc-authorize"})
BEGUN_BY_PEOPLE = "/authorize"
PASSWORDS = "/login"  # the end of every address a password is sent to
LINE = struct.Struct("=24xI")  # tcp_info.tcpi_unacked: of a listener, how many wait (tcp(7))


class Answer(NamedTuple):
    """A whole answer that needed no application."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Door:
    """A WSGI application that stands in front of all others, and looks down the line."""

    def __init__(self, application: Any, *, longest: int, secure: bool) -> None:  # WSGI is untyped
        """Stand in front of `application`; nobody is turned away before `watch` was called."""
        self._application = application
        self._longest = longest
        self._secure = secure
        self._listeners: Sequence[socket.socket] = ()

    def watch(self, listeners: Sequence[socket.socket]) -> None:
        """Look at these ports from now on; what is no TCP port has no line that can be seen."""
        inet = (socket.AF_INET, socket.AF_INET6)
        self._listeners = tuple(each for each in listeners if each.family in inet)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Answer one request (PEP 3333)."""
        if begins(environ["REQUEST_METHOD"], environ["PATH_INFO"]) and self._is_crowded():
            metrics.THROTTLED.labels("line").inc()
            status, told, body = self.later(environ["PATH_INFO"], BUSY)
            start_response(status, told)
            return [body]
        return self._application(environ, start_response)

    def _is_crowded(self) -> bool:
        return sum(map(waiting, self._listeners)) > self._longest

    def later(self, path: str, code: str) -> Answer:
        """Return how whoever asks at `path` is told to come later, in the words of a refusal."""
        kind, body = _said(path, refusal(code).title)
        told = [
            ("Content-Type", kind),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Retry-After", SOON_SECONDS),
            ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
            *headers.missing(path, ()),
            *headers.over_https(secure=self._secure),
        ]
        return Answer("503 Service Unavailable", told, body)


def begins(method: str, path: str) -> bool:
    """Say whether such a request begins something that can as well begin later."""
    if path == BEGUN_BY_PEOPLE:
        return True
    return method == "POST" and (path in BEGUN_BY_PROGRAMS or path.endswith(PASSWORDS))


def waiting(listener: socket.socket) -> int:
    """Return how many connections wait to be taken from a listening TCP port."""
    found = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LINE.size)
    return int(LINE.unpack(found)[0])


def _said(path: str, words: Bilingual) -> tuple[str, bytes]:
    if path.startswith(FOR_CLIENTS):
        told = {"error": "temporarily_unavailable", "error_description": words.en}
        return "application/json", json.dumps(told).encode()
    if path.startswith(FOR_PROGRAMS):  # RFC 9457
        return "application/problem+json", json.dumps({"title": words.en, "status": 503}).encode()
    page = (
        '<!doctype html><html lang="zh-Hant-TW"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(words.zh)}</title><h1>{escape(words.zh)}</h1>"
        f'<p lang="en">{escape(words.en)}</p></html>'
    )
    return "text/html; charset=utf-8", page.encode()
