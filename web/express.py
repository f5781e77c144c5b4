"""Serve at once who brings everything: the protocol's plain requests, before Flask is asked.

A silent sign-in, its code and its claims, and the way to the login page need no page, no language
and no form, and Flask's contexts and hooks cost more than their answers. What is not plain success
(a page, a refusal, a mistake, a bug) is undone here and done again by Flask from the beginning. So
there is one place that says no, `web.errors`, and nothing here needs to know how
(docs/decisions/0020).
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, NamedTuple, TypeAlias

import structlog
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.routing import MapAdapter

from idp import (
    authorize,
    interactions,
    introspection,
    parameters,
    pushed,
    pushing,
    token,
    userinfo,
)
from idp.addresses import with_parameters
from idp.errors import ProtocolError
from idp.interaction import Issue, Progress, next_step
from idp.issue import issue
from idp.parameters import Parameters
from idp.possession import Shown
from idp.requests import AuthorizationRequest
from idp.response_modes import QUERY
from kernel import clock
from kernel.errors import Refused
from kernel.ids import new_secret
from kernel.work import WorkSession
from web import cookies, flow, fronts, headers, oidc, sessions
from web.rooms import Rooms

Environ: TypeAlias = dict[str, Any]  # PEP 3333
Headers: TypeAlias = tuple[tuple[str, str], ...]
_as_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode  # as Flask writes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, as far as it matters to the protocol."""

    rooms: Rooms
    session: Session
    sent: Parameters
    authorization: str | None
    cookies: str
    shown: Shown
    addresses: MapAdapter
    now: datetime

    def cookie(self, kind: str) -> str | None:
        """Return a cookie of ours."""
        return cookies.find_in(self.cookies, kind, secure=self.rooms.settings.secure_cookies)


Claims: TypeAlias = dict[str, Any]  # JSON


class Onward(NamedTuple):
    """Where to send a browser, and the header that marks it if it is new here."""

    address: str
    marking: str | None = None


def _authorize(call: Call) -> Onward | None:
    """Send who signs in silently back to the client, and a visitor to the login page."""
    reference = call.sent.get("request_uri")
    if reference is not None and not pushed.is_reference(reference):
        return None  # to be fetched, and once: Flask would fetch it again for whom a page is due
    asked = authorize.read_request(call.rooms.provider, call.session, call.sent, now=call.now)
    cookie = call.cookie("session")
    return _begin(call, asked) if cookie is None else _let_in(call, asked, cookie)


def _begin(call: Call, asked: AuthorizationRequest) -> Onward:
    rooms, now, known = call.rooms, call.now, call.cookie("browser")
    progress, browser = Progress(started_at=now), known or new_secret()
    step = next_step(asked, None, progress, (), reachable=rooms.reachable, now=now)
    begun = interactions.begin(
        call.session, asked, browser=browser, provider=rooms.provider, now=now
    )
    address = call.addresses.build(flow.endpoint_of(step), {"interaction_id": begun})
    secure = rooms.settings.secure_cookies
    return Onward(address, None if known else cookies.marking(browser, secure=secure))


def _let_in(call: Call, asked: AuthorizationRequest, cookie: str) -> Onward | None:
    """Answer for who signs in silently; None if a page is due."""
    if asked.to.mode != QUERY:
        return None
    rooms, session, now, provider = call.rooms, call.session, call.now, call.rooms.provider
    idle = rooms.settings.lifetimes.of("session_idle")
    found = sessions.find_with_decisions(
        session, cookie, asked.purpose.id, sector=asked.client.sector, now=now, idle=idle
    )
    if found is None:
        return None
    visitor, decisions, is_noted = found
    present, progress = flow.known_as(visitor, asked, provider), Progress(started_at=now)
    step = next_step(asked, present, progress, decisions, reachable=rooms.reachable, now=now)
    if not isinstance(step, Issue):
        return None
    response = issue(
        provider,
        session,
        asked,
        present,
        decisions,
        keyring=rooms.keyring,
        is_noted=is_noted,
        now=now,
    )
    back = with_parameters(asked.to.redirect_uri, {**response, "iss": provider.issuer})
    return Onward(back)


def _token(call: Call) -> Claims:
    return token.exchange(
        call.rooms.provider,
        call.session,
        call.sent,
        authorization=call.authorization,
        keyring=call.rooms.keyring,
        shown=call.shown,
        now=call.now,
    )


def _push(call: Call) -> Claims:
    return pushing.push(
        call.rooms.provider,
        call.session,
        call.sent,
        authorization=call.authorization,
        shown=call.shown,
        now=call.now,
    )


def _userinfo(call: Call) -> Claims | str:
    return userinfo.userinfo(
        call.rooms.provider,
        call.session,
        call.sent,
        authorization=call.authorization,
        keyring=call.rooms.keyring,
        shown=call.shown,
        now=call.now,
    )


def _introspect(call: Call) -> Claims:
    return introspection.introspect(
        call.rooms.provider,
        call.session,
        call.sent,
        authorization=call.authorization,
        shown=call.shown,
        now=call.now,
    )


Answered: TypeAlias = Claims | str | Onward | None  # a token is text
Serve: TypeAlias = Callable[[Call], Answered]
SERVED: dict[tuple[str, str], Serve] = {
    ("GET", "/authorize"): _authorize,
    ("POST", "/par"): _push,
    ("POST", "/token"): _token,
    ("GET", "/userinfo"): _userinfo,
    ("POST", "/userinfo"): _userinfo,
    ("POST", "/introspect"): _introspect,
}


class Express:
    """A WSGI application that serves what is plain and passes everything else on."""

    def __init__(self, application: Any, app: Flask) -> None:  # WSGI is untyped
        """Stand in front of `application`, whose parts `app` holds."""
        self._application = application
        self._app = app
        self._addresses = app.url_map.bind("")
        self._largest: int = app.config["MAX_CONTENT_LENGTH"]
        secure = bool(app.config["SESSION_COOKIE_SECURE"])
        self._headers = {path: _headers(path, secure=secure) for _, path in SERVED}

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        path = environ["PATH_INFO"]
        serve = SERVED.get((environ["REQUEST_METHOD"], path))
        answer = None if serve is None else self._try(serve, environ)
        if answer is None:
            passed_on: Iterable[bytes] = self._application(environ, start_response)
            return passed_on
        if isinstance(answer, Onward):
            own = [("Location", answer.address), ("Content-Length", "0")]
            own += [("Set-Cookie", answer.marking)] if answer.marking else []
            start_response("303 See Other", [*own, *self._headers[path]])
            return []
        kind = "application/json"
        if isinstance(answer, str):
            kind, body = oidc.JWT, answer.encode()
        else:
            body = f"{_as_json(answer)}\n".encode()
        own = [("Content-Type", kind), ("Content-Length", str(len(body)))]
        provider = self._app.extensions["taipei_id"].provider
        own += fronts.fresh_nonce(environ, provider, now=clock.now())
        status = "201 Created" if path == "/par" else "200 OK"
        start_response(status, [*own, *self._headers[path]])
        return [body]

    def _try(self, serve: Serve, environ: Environ) -> Answered:
        sent = _sent(environ, largest=self._largest)
        if sent is None:
            return None
        rooms: Rooms = self._app.extensions["taipei_id"]
        session = WorkSession(rooms.sessions, is_repeated=True)
        try:
            answer = serve(
                Call(
                    rooms=rooms,
                    session=session,
                    sent=sent,
                    authorization=environ.get("HTTP_AUTHORIZATION"),
                    cookies=environ.get("HTTP_COOKIE", ""),
                    shown=fronts.shown(environ, provider=rooms.provider, front=rooms.mtls_front),
                    addresses=self._addresses,
                    now=clock.now(),
                )
            )
            if answer is not None:
                # What a power cut took is asked for again; a code once redeemed is kept.
                session.commit(lasting=not isinstance(answer, Onward))
        except (ProtocolError, Refused, IntegrityError):
            return None  # the last: of something good once, shown again
        except Exception as bug:  # noqa: BLE001  # Flask meets it again, and reports it whole
            structlog.get_logger().warning("express.failed", error=type(bug).__name__)
            return None
        else:
            return answer
        finally:
            session.close()


def _sent(environ: Environ, *, largest: int) -> Parameters | None:
    """Return what the request says; None if its body is not a short form.

    Whoever comes after us can read the body once more.
    """
    if environ["REQUEST_METHOD"] == "GET":
        said = environ["QUERY_STRING"] if environ["PATH_INFO"] == "/authorize" else ""
        return parameters.read(said.encode("latin-1"))
    length = environ.get("CONTENT_LENGTH") or ""
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if kind != oidc.FORM or not length.isdecimal() or int(length) > largest:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    return parameters.read(body) if len(body) == int(length) else None


def _headers(path: str, *, secure: bool) -> Headers:
    own = {"Cache-Control": "no-store"}
    if path in oidc.OPEN_TO_SCRIPTS:
        own |= oidc.SCRIPT_HEADERS
    present = {name.lower() for name in own}
    return (*own.items(), *headers.missing(path, present), *headers.over_https(secure=secure))
