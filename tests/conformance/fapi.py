"""The suite as a FAPI 2.0 client: pushed requests, tokens held to a key, in each of four pairs.

In the plan of Message Signing all of it is signed: requests (JAR) and answers (JARM).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography import x509
from joserfc.jwk import ECKey

from kernel import clock
from kernel.ids import new_id
from tests import mtls, proofs
from tests.conformance.suite import CALLBACK, Client, Suite, call
from tests.flows.provider import VERIFIER, challenge
from tests.live.server import Provider
from tests.live.visitor import Visitor

Told = dict[str, Any]  # JSON
SECOND = f"{CALLBACK}?dummy1=lorem&dummy2=ipsum"


@dataclass(frozen=True)
class Pair:
    """What proves a client, and what its tokens are held to: a certificate of its own each."""

    proven_by_certificate: bool
    held_to_certificate: bool

    @property
    def shows_certificate(self) -> bool:
        return self.proven_by_certificate or self.held_to_certificate


PAIRS = {
    "pkjwt+dpop": Pair(proven_by_certificate=False, held_to_certificate=False),
    "pkjwt+mtls": Pair(proven_by_certificate=False, held_to_certificate=True),
    "mtls+dpop": Pair(proven_by_certificate=True, held_to_certificate=False),
    "mtls+mtls": Pair(proven_by_certificate=True, held_to_certificate=True),
}
USUAL = PAIRS["pkjwt+dpop"]


class FapiClient(Client):
    """A client of the profile `fapi2`, with the keys and the certificate of its pair."""

    def __init__(self, provider: Provider, pair: Pair = USUAL, **form: Any) -> None:
        self.key, self.dpop_key, self.pair = proofs.new_key(), proofs.new_key(), pair
        name = f"{new_id().hex}.suite.invalid"
        self.certificate = mtls.issued(x509.DNSName(name)).sign()
        proven = {"auth_method": "private_key_jwt", "jwks": proofs.public_set(self.key)}
        if pair.proven_by_certificate:
            named = {"auth_method": "tls_client_auth", "certificate": {"san_dns": name}}
            # Only what it signs needs keys, then.
            proven = named if form.get("profile", "fapi2") == "fapi2" else {**proven, **named}
        super().__init__(
            provider,
            **{
                "profile": "fapi2",
                "certificate_bound": pair.held_to_certificate,
                "id_token_alg": "ES256",
                "redirect_uris": [CALLBACK, SECOND],
                **proven,
                **form,
            },
        )

    @property
    def base(self) -> str:
        """Return the address its program calls."""
        return mtls.FRONT if self.pair.shows_certificate else self.provider.issuer

    @property
    def kind(self) -> str:
        """Return the scheme its tokens are sent with."""
        return "Bearer" if self.pair.held_to_certificate else "DPoP"

    def shown(self, proof: str | None, *, bare: bool = False) -> dict[str, str]:
        """Return the headers beside a request, as the proxy passes them on."""
        headers = {} if proof is None else {"DPoP": proof}
        if self.pair.shows_certificate and not bare:
            headers["Host"] = urlsplit(mtls.FRONT).netloc
            headers |= mtls.headers(self.certificate)
        return headers

    def named(self) -> dict[str, str]:
        """Return what a request says of its client."""
        if self.pair.proven_by_certificate:
            return {"client_id": self.client_id}
        return self.assertion()

    def assertion(self, *, at: timedelta = timedelta(), **changes: Any) -> dict[str, str]:
        """Return the parameters by which this client authenticates."""
        claims = {"audience": self.provider.issuer, "key": self.key, "alg": "ES256", **changes}
        key, audience = claims.pop("key"), claims.pop("audience")
        now = clock.now() + at
        return {
            "client_assertion_type": proofs.ASSERTION,
            "client_assertion": proofs.assertion(key, self.client_id, audience, now=now, **claims),
        }

    def request_object(
        self, request: Told, *, key: Any = None, alg: str = "ES256", **changes: Any
    ) -> str:
        """Sign a request, but for `changes`; None leaves a claim out."""
        now, key = int(clock.now().timestamp()), key or self.key
        about = {"iss": self.client_id, "aud": self.provider.issuer, "nbf": now, "exp": now + 300}
        header = {"typ": "oauth-authz-req+jwt", "kid": key.thumbprint()}
        return proofs.signed(key, {**request, **about, **changes}, alg=alg, **header)

    def post(
        self,
        path: str,
        form: dict[str, str],
        *,
        proof: str | None = None,
        signed: dict[str, str] | None = None,
        bare: bool = False,
    ) -> requests.Response:
        """Call an endpoint, authenticated; `bare` leaves the certificate away."""
        sent = {**(self.named() if signed is None else signed), **form}
        shown = self.shown(proof, bare=bare)
        return call("POST", self.provider.issuer + path, data=sent, headers=shown)

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
        address = self.base + path
        return proofs.proof(key or self.dpop_key, method, address, now=now, **changes)

    def redeem(
        self,
        code: str,
        *,
        proof: str | None = None,
        signed: dict[str, str] | None = None,
        bare: bool = False,
        **changes: str | None,
    ) -> requests.Response:
        usual = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        form = {name: value for name, value in {**usual, **changes}.items() if value is not None}
        shown = self.usual_proof() if proof is None else proof or None  # "" shows none
        return self.post("/token", form, proof=shown, signed=signed, bare=bare)

    def usual_proof(self) -> str | None:
        """Return a proof for the token endpoint, if tokens are held to a key."""
        return None if self.pair.held_to_certificate else self.proof("/token")

    def renew(self, token: str, **more: Any) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return self.post("/token", form, **{"proof": self.usual_proof(), **more})


class Fapi(Suite):
    """One run of a FAPI 2.0 module."""

    client: FapiClient

    def __init__(
        self, provider: Provider, visitor: Visitor, pair: Pair = USUAL, *, signed: bool = False
    ) -> None:
        self.pair, self.is_signed = pair, signed
        self.name = next(name for name, each in PAIRS.items() if each == pair)
        super().__init__(provider, visitor, mode="query")
        self.client = self.another()

    def another(self, **form: Any) -> FapiClient:  # forms are JSON
        """Return one more client of this pair."""
        profile = "fapi2-signed" if self.is_signed else "fapi2"
        return FapiClient(self.provider, self.pair, **{"profile": profile, **form})

    def now(self) -> datetime:
        return clock.now()

    def request(self, client: FapiClient | None = None, **changes: str | None) -> dict[str, str]:
        usual = {"code_challenge": challenge(), "code_challenge_method": "S256"}
        if self.is_signed:
            usual["response_mode"] = "jwt"
        return self.parameters(client or self.client, **{**usual, **changes})

    def form(self, client: FapiClient | None = None, **changes: str | None) -> dict[str, str]:
        """Return the usual request as it is pushed, but for `changes`."""
        request = self.request(client, **changes)
        if not self.is_signed:
            return request
        client = client or self.client
        return {"client_id": client.client_id, "request": client.request_object(request)}

    def answer(self) -> dict[str, str]:
        """Return what the client was told, out of the token it was told in if it was."""
        told = super().answer()
        signed = told.pop("response", None)
        assert (signed is not None) == self.is_signed
        return told if signed is None else {**told, **self.claims(signed)}

    def push(self, client: FapiClient | None = None, **changes: str | None) -> requests.Response:
        """Push the usual request, but for `changes`."""
        client = client or self.client
        return client.post("/par", self.form(client, **changes))

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
        scheme: str = "",
        header: str = "Authorization",
    ) -> requests.Response:
        """Ask the protected resource: userinfo, which checks what holds a token."""
        if proof is None and not self.pair.held_to_certificate:
            proof = self.client.proof("/userinfo", method="GET", token=token)
        headers = {header: f"{scheme or self.client.kind} {token}", **self.client.shown(proof)}
        return call("GET", f"{self.provider.issuer}/userinfo", headers=headers)
