"""The suite as a FAPI-CIBA client: signed requests, a member elsewhere, and an ear for pings."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import requests

from clients.grant_types import CIBA, REFRESH
from idp import awaited
from kernel import clock
from kernel.ids import new_id, new_secret
from tests import proofs
from tests.conformance.fapi import Fapi, FapiClient, Pair
from tests.live.receiver import work_off
from tests.live.server import Provider
from tests.live.visitor import Visitor

MINUTE = 60
Told = dict[str, Any]  # JSON


@dataclass(frozen=True)
class Way:
    """How the client hears of the answer, and what proves it; tokens are held to certificates."""

    pings: bool
    pair: Pair


WAYS = {
    f"{mode}-{name}": Way(mode == "ping", Pair(name == "mtls", held_to_certificate=True))
    for mode in ("poll", "ping")
    for name in ("pkjwt", "mtls")
}


@dataclass
class Ear:
    """Where a client hears of answers; it answers as it is told to."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    heard: list[tuple[str, str, Told]] = field(default_factory=list)  # path, authorization, body

    def told_of(self, handle: str, token: str) -> int:
        """Return how often it was told of this handle, rightly each time."""
        return self.heard.count(("/ping", f"Bearer {token}", {"auth_req_id": handle}))


@contextmanager
def listening() -> Iterator[Ear]:
    """Listen on loopback while the block runs."""
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            ear.heard.append((self.path, self.headers["Authorization"], body))
            self.send_response(ear.status)
            for name, value in ear.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(ear.body)))
            self.end_headers()
            self.wfile.write(ear.body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        ear.url = f"http://127.0.0.1:{server.server_port}/ping"
        yield ear
        server.shutdown()


class CibaClient(FapiClient):
    """A client of the profile `fapi-ciba`."""

    def __init__(self, provider: Provider, way: Way, ear: Ear, **form: Any) -> None:
        """Register it; `form` is JSON."""
        self.way, self.notification_token = way, new_secret()
        self.ear = ear if way.pings else None
        super().__init__(
            provider,
            way.pair,
            **{
                "profile": "fapi-ciba",
                "grant_types": [CIBA, REFRESH],
                "redirect_uris": [],
                "ping_uri": ear.url if way.pings else None,
                **form,
            },
        )

    def claims(self, login: str, **changes: Any) -> Told:
        """Return what it signs, but for `changes`; None leaves a claim out."""
        now = int(clock.now().timestamp())
        usual = {
            "iss": self.client_id,
            "aud": self.provider.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + 5 * MINUTE,
            "jti": new_id().hex,
            "scope": "openid profile",
            "login_hint": login,
            "client_notification_token": self.notification_token if self.way.pings else None,
        }
        return {**usual, **changes}

    def signed(self, login: str, *, key: Any = None, alg: str = "ES256", **changes: Any) -> str:
        key = key or self.key
        return proofs.signed(key, self.claims(login, **changes), alg=alg, kid=key.thumbprint())

    def ask(self, request: str, **more: Any) -> requests.Response:
        return self.post("/bc-authorize", {"request": request}, **more)

    def poll(self, handle: str, **more: Any) -> requests.Response:
        return self.post("/token", {"grant_type": CIBA, "auth_req_id": handle}, **more)


class Ciba(Fapi):
    """One run of a FAPI-CIBA module."""

    client: CibaClient

    def __init__(self, provider: Provider, visitor: Visitor, way: Way, ear: Ear) -> None:
        self.way, self.ear = way, ear
        super().__init__(provider, visitor, way.pair)

    def another(self, **form: Any) -> CibaClient:  # forms are JSON
        return CibaClient(self.provider, self.way, self.ear, **form)

    def ask(self, client: CibaClient | None = None, **changes: Any) -> requests.Response:
        """Bring a signed request about the member, but for `changes`."""
        client = client or self.client
        return client.ask(client.signed(self.person.login, **changes))

    def waiting(self, client: CibaClient | None = None, **changes: Any) -> Told:
        response = self.ask(client, **changes)
        assert response.status_code == 200, response.text
        told: Told = response.json()
        return told

    def open(self, *_: object, **__: object) -> Visitor:
        """Sign in on the member's own device, and find what is asked."""
        phone = self.visitor.open(f"{self.provider.issuer}/account/login")
        if phone.shows("submit_login"):
            phone.log_in(self.person)
        phone.open(f"{self.provider.issuer}/account")
        asked = phone.page.partition('href="/account/asked/')[2].partition('"')[0]
        assert asked, phone.page
        return phone.open(f"{self.provider.issuer}/account/asked/{asked}")

    def approve(self, told: Told) -> None:
        phone = self.open().submit("asked_approve", number=told["binding_number"])
        if phone.shows("consent_allow"):
            phone.consent()
        assert "approved" in phone.url, phone.page
        self.tell()

    def reject(self) -> None:
        self.open().submit("asked_stop")
        self.tell()

    def tell(self, *, later: timedelta = timedelta()) -> None:
        """Do what the worker does with pings that are due, or will be."""
        work_off(self.provider, awaited.PING, now=clock.now() + later)

    def tokens_for(self, told: Told, client: CibaClient | None = None) -> Told:
        response = (client or self.client).poll(told["auth_req_id"])
        assert response.status_code == 200, response.text
        tokens: Told = response.json()
        return tokens

    def agreed(self, client: CibaClient | None = None, **changes: Any) -> Told:
        """Return the tokens of a request that the member agreed to."""
        told = self.waiting(client, **changes)
        self.approve(told)
        return self.tokens_for(told, client)
