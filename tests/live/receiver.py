"""A relying party's logout receiver, as strict as the validators of Spring Security are."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import SecretStr

from idp import sign_outs
from kernel import clock
from kernel.db import sessions
from kernel.settings import DEMO_MASTER_KEY, Settings
from kernel.working import do_one
from tests.live.server import Provider
from web.app import build_rooms
from web.handlers import handlers

EVENT = "http://schemas.openid.net/event/backchannel-logout"
SKEW_SECONDS = 60


class LogoutTokenInvalid(Exception):
    """The token is none of the provider's, or not for us, or not about a logout."""


@dataclass
class Receiver:
    """Keeps sessions by `sid`, and ends them when a logout token says so."""

    client_id: str
    issuer: str = ""
    keys: KeySet = field(default_factory=lambda: KeySet([]))
    url: str = ""
    sessions: dict[str, str] = field(default_factory=dict)  # the reader's `sub` by `sid`
    received: list[dict[str, Any]] = field(default_factory=list)  # claims of what was taken
    closed: bool = False  # answers 503, like a server that is being repaired

    def open_session(self, id_claims: dict[str, Any]) -> None:
        """Sign somebody in, as an RP does with a verified id_token."""
        self.sessions[id_claims["sid"]] = id_claims["sub"]

    def take(self, content_type: str, body: bytes) -> None:
        """Do what the logout token says. Raises LogoutTokenInvalid."""
        tokens = parse_qs(body.decode("ascii")).get("logout_token", [])
        if content_type != "application/x-www-form-urlencoded" or len(tokens) != 1:
            raise LogoutTokenInvalid("no form with one token")
        claims = self._verified(tokens[0])
        self.received.append(claims)
        for sid, sub in list(self.sessions.items()):
            if claims.get("sid", sid) == sid and claims.get("sub", sub) == sub:
                del self.sessions[sid]

    def _verified(self, token: str) -> dict[str, Any]:
        """Check what Back-Channel Logout 2.6 lists, in its order."""
        try:
            read = jwt.decode(token, self.keys, algorithms=["ES256", "RS256"])
        except (JoseError, ValueError) as error:
            raise LogoutTokenInvalid("signature") from error
        claims, now = dict(read.claims), clock.now().timestamp()
        checks = {
            "typ": read.header.get("typ") == "logout+jwt",
            "iss": claims.get("iss") == self.issuer,
            "aud": claims.get("aud") == self.client_id,
            "iat": abs(now - claims.get("iat", 0)) <= SKEW_SECONDS,
            "exp": now <= claims.get("exp", 0) <= now + 120 + SKEW_SECONDS,
            "jti": isinstance(claims.get("jti"), str),
            "names": bool(claims.get("sub") or claims.get("sid")),
            "events": claims.get("events") == {EVENT: {}},
            "nonce": "nonce" not in claims,
            "new": claims.get("jti") not in {each["jti"] for each in self.received},
        }
        failed = [name for name, holds in checks.items() if not holds]
        if failed:
            raise LogoutTokenInvalid(" ".join(failed))
        return claims


def tell(provider: Provider) -> None:
    """Do what a worker does with the logouts that are due."""
    work_off(provider, sign_outs.KIND, now=clock.now())


def work_off(provider: Provider, kind: str, *, now: datetime) -> None:
    """Do the jobs of a kind that are due."""
    settings = Settings(demo=True, issuer=provider.issuer, master_key=SecretStr(DEMO_MASTER_KEY))
    rooms = build_rooms(settings, sessions(provider.engine))
    handler = {kind: handlers(rooms)[kind]}
    while do_one(rooms.sessions, handler, now=now):
        pass


def address_at(port: int) -> str:
    """Return the address of a receiver on a port."""
    return f"http://127.0.0.1:{port}/logout/connect/back-channel"


@contextmanager
def receiving(receiver: Receiver, *, port: int = 0) -> Iterator[Receiver]:
    """Serve the receiver on loopback while the block runs, on a free port unless one is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(*self._taken(body))

        def _taken(self, body: bytes) -> tuple[int, dict[str, str]]:
            if receiver.closed:
                return 503, {}
            try:
                receiver.take(self.headers["Content-Type"], body)
            except LogoutTokenInvalid as invalid:
                return 400, {"error": "invalid_request", "error_description": str(invalid)}
            return 200, {}

        def _answer(self, status: int, told: dict[str, str]) -> None:
            body = json.dumps(told).encode() if told else b""
            self.send_response(status)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    receiver.url = address_at(server.server_port)
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
