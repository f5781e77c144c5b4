"""The suite as a client that registers itself, and the site it publishes on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import requests
from joserfc.jwk import RSAKey
from sqlalchemy import select

from clients import registration_tokens, registry
from clients.models import Environment, FetchedKeys, Profile
from kernel import clock
from tests import proofs
from tests.conformance.suite import CALLBACK, Client, Suite, call
from tests.live.server import Provider

Told = dict[str, Any]  # JSON


class Site:
    """What the suite publishes: bodies by path."""

    def __init__(self, port: int) -> None:
        self.address = f"http://localhost:{port}"
        self.bodies: dict[str, bytes] = {}

    def publish(self, path: str, body: object) -> str:
        """Put something under a path, and return its address."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.bodies[path] = raw
        return self.address + path


@contextmanager
def published() -> Iterator[Site]:
    """Run a site."""
    site = Site(0)

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = site.bodies.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        site.address = f"http://localhost:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield site
        server.shutdown()
        thread.join()


class DynamicClient(Client):
    """A client that registered itself, and signs with a key of its own."""

    def __init__(self, provider: Provider, told: Told, key: RSAKey) -> None:
        # Not registered by an operator, so nothing of the parent's making.
        self.provider, self.told, self.key = provider, told, key
        self.client_id = told["client_id"]

    def token(self, **form: str) -> requests.Response:
        return self.token_for(f"{self.provider.issuer}/token", **form)

    def token_for(self, audience: str, **form: str) -> requests.Response:
        """Call the token endpoint with an assertion for `audience`."""
        signed = proofs.assertion(self.key, self.client_id, audience, now=clock.now(), alg="RS256")
        proven = {"client_assertion_type": proofs.ASSERTION, "client_assertion": signed}
        address = f"{self.provider.issuer}/token"
        return call("POST", address, data={**form, "client_id": self.client_id, **proven})


class Dynamic(Suite):
    """One run of a module of the plan Dynamic OP."""

    def __init__(self, provider: Provider, visitor: Any, site: Site) -> None:
        super().__init__(provider, visitor, mode="query")
        self.site, self.key = site, RSAKey.generate_key(2048, private=True)

    def send(self, **metadata: object) -> requests.Response:
        """Bring a registration."""
        usual: Told = {
            "client_name": "suite",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": proofs.public_set(self.key),
            "contacts": ["suite@suite.invalid"],
        }
        sent = {name: value for name, value in {**usual, **metadata}.items() if value is not None}
        headers = {"Authorization": f"Bearer {self.initial_token()}"}
        return call("POST", f"{self.provider.issuer}/register", json=sent, headers=headers)

    def initial_token(self) -> str:
        with self.provider.database() as session:
            return registration_tokens.issue(
                session,
                registry.get(session, self.client.client_id).organisation,
                environment=Environment.SANDBOX,
                profile=Profile.CORE,
                now=clock.now(),
            )

    def register(self, **metadata: object) -> DynamicClient:
        """Register and return the client."""
        response = self.send(**metadata)
        assert response.status_code == 201, response.text
        return DynamicClient(self.provider, response.json(), self.key)

    def signed(self, client: DynamicClient, **changes: str) -> bytes:
        """Return a request object of the client."""
        claims = {
            **self.parameters(client, **changes),
            "iss": client.client_id,
            "aud": self.provider.issuer,
        }
        kid = self.key.thumbprint()
        return proofs.signed(self.key, claims, alg="RS256", kid=kid).encode()

    def forget_looks(self) -> None:
        """Let the sixty seconds pass that the suite waits for."""
        with self.provider.database() as session:
            for fetched in session.scalars(select(FetchedKeys)):
                fetched.tried_at -= timedelta(seconds=60)
