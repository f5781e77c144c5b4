"""The suite as a FAPI 2.0 client: pushed requests, signed assertions, tokens held to a key."""

from datetime import datetime, timedelta
from typing import Any

import requests
from joserfc.jwk import ECKey

from kernel import clock
from tests import proofs
from tests.conformance.suite import CALLBACK, Client, Suite, call
from tests.flows.provider import VERIFIER, challenge
from tests.live.server import Provider
from tests.live.visitor import Visitor

Told = dict[str, Any]  # JSON
SECOND = f"{CALLBACK}?dummy1=lorem&dummy2=ipsum"


class FapiClient(Client):
    """A client of the profile `fapi2`, with the key it signs with and the key its tokens need."""

    def __init__(self, provider: Provider, **form: Any) -> None:  # forms are JSON
        self.key, self.dpop_key = proofs.new_key(), proofs.new_key()
        super().__init__(
            provider,
            **{
                "profile": "fapi2",
                "auth_method": "private_key_jwt",
                "jwks": proofs.public_set(self.key),
                "id_token_alg": "ES256",
                "redirect_uris": [CALLBACK, SECOND],
                **form,
            },
        )

    def assertion(self, *, at: timedelta = timedelta(), **changes: Any) -> dict[str, str]:
        """Return the parameters by which this client authenticates."""
        claims = {"audience": self.provider.issuer, "key": self.key, "alg": "ES256", **changes}
        key, audience = claims.pop("key"), claims.pop("audience")
        now = clock.now() + at
        return {
            "client_assertion_type": proofs.ASSERTION,
            "client_assertion": proofs.assertion(key, self.client_id, audience, now=now, **claims),
        }

    def post(
        self,
        path: str,
        form: dict[str, str],
        *,
        proof: str | None = None,
        signed: dict[str, str] | None = None,
        **headers: str,
    ) -> requests.Response:
        """Call an endpoint, authenticated."""
        sent = {**form, **(self.assertion() if signed is None else signed)}
        shown = {} if proof is None else {"DPoP": proof}
        return call("POST", self.provider.issuer + path, data=sent, headers={**shown, **headers})

    def proof(
        self,
        path: str,
        *,
        method: str = "POST",
        key: ECKey | None = None,
        now: datetime | None = None,
        **changes: Any,
    ) -> str:
        now = now or clock.now()
        address = self.provider.issuer + path
        return proofs.proof(key or self.dpop_key, method, address, now=now, **changes)

    def redeem(
        self,
        code: str,
        *,
        proof: str | None = None,
        signed: dict[str, str] | None = None,
        **changes: str | None,
    ) -> requests.Response:
        usual = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        form = {name: value for name, value in {**usual, **changes}.items() if value is not None}
        shown = self.proof("/token") if proof is None else proof or None  # "" shows none
        return self.post("/token", form, proof=shown, signed=signed)

    def renew(self, token: str, **more: Any) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.post("/token", form, **{"proof": self.proof("/token"), **more})


class Fapi(Suite):
    """One run of a FAPI 2.0 module."""

    client: FapiClient

    def __init__(self, provider: Provider, visitor: Visitor) -> None:
        super().__init__(provider, visitor, mode="query")
        self.client = FapiClient(provider)

    def now(self) -> datetime:
        return clock.now()

    def request(self, client: FapiClient | None = None, **changes: str | None) -> dict[str, str]:
        usual = {"code_challenge": challenge(), "code_challenge_method": "S256"}
        return self.parameters(client or self.client, **{**usual, **changes})

    def push(self, client: FapiClient | None = None, **changes: str | None) -> requests.Response:
        """Push the usual request, but for `changes`."""
        client = client or self.client
        return client.post("/par", self.request(client, **changes))

    def bring(self, pushed: requests.Response, client: FapiClient | None = None) -> Visitor:
        """Send the browser with the name of a pushed request."""
        assert pushed.status_code == 201, pushed.text
        parameters = {
            "client_id": (client or self.client).client_id,
            "request_uri": pushed.json()["request_uri"],
        }
        return self.visitor.open(self.url(parameters))

    def code(self, client: FapiClient | None = None, **changes: str | None) -> str:
        self.bring(self.push(client, **changes), client)
        return self.walk()["code"]

    def tokens(self, client: FapiClient | None = None, **changes: str | None) -> Told:
        response = (client or self.client).redeem(self.code(client, **changes))
        assert response.status_code == 200, response.text
        told: Told = response.json()
        return told

    def resource(
        self,
        token: str,
        *,
        proof: str | None = None,
        scheme: str = "DPoP",
        header: str = "Authorization",
    ) -> requests.Response:
        """Ask the protected resource: userinfo, which checks what holds a token."""
        sent = proof or self.client.proof("/userinfo", method="GET", token=token)
        headers = {header: f"{scheme} {token}", "DPoP": sent}
        return call("GET", f"{self.provider.issuer}/userinfo", headers=headers)
