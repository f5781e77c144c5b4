"""What the conformance suite is for a provider: two clients, a person, and a sharp eye."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select

from consent.catalogue import SCOPES, claims_of_scopes
from idp.id_tokens import left_half_hash
from idp.models import AwaitedRequest, Grant, PushedRequest, Token
from kernel.ids import new_id
from tests import make
from tests.live.server import Person, Provider
from tests.live.visitor import Visitor
from web.models import BrowserSession

CALLBACK = "https://suite.invalid/test/a/taipei-id/callback"
GOODBYE = "https://suite.invalid/test/a/taipei-id/post_logout_redirect"
STANDARD = claims_of_scopes(SCOPES)
RESIDENT: dict[str, Any] = {  # every standard claim: the suite asks for them all
    "middle_name": "小",
    "nickname": "小美",
    "preferred_username": "mei",
    "profile": "https://mei.invalid/",
    "picture": "https://mei.invalid/me.png",
    "website": "https://mei.invalid/",
    "gender": "female",
    "updated_at": 1_700_000_000,
}


class Client:
    """One client of the suite."""

    def __init__(self, provider: Provider, **form: Any) -> None:  # forms are JSON
        self.provider = provider
        self.client_id = f"suite-{new_id().hex}"
        purpose = make.a_purpose_form(claims=[make.a_claim_form(name) for name in sorted(STANDARD)])
        usual = {
            "profile": "core",
            "sector": "suite.invalid",
            "redirect_uris": [CALLBACK],
            "post_logout_redirect_uris": [GOODBYE],
            "id_token_alg": "RS256",
            "purposes": [purpose],
        }
        self.secret = provider.register(self.client_id, **{**usual, **form}) or ""
        self.posts_secret = form.get("auth_method") == "client_secret_post"

    def token(self, **form: str) -> requests.Response:
        """Call the token endpoint as this client."""
        if self.posts_secret:
            form |= {"client_id": self.client_id, "client_secret": self.secret}
        return call(
            "POST",
            f"{self.provider.issuer}/token",
            data=form,
            auth=None if self.posts_secret else (self.client_id, self.secret),
        )

    def exchange(self, code: str, **more: str) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return self.token(**form, **more)

    def refresh(self, token: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=token)


class Suite:
    """One run of a module."""

    def __init__(
        self, provider: Provider, visitor: Visitor, *, mode: str, response_type: str = "code"
    ) -> None:
        self.provider, self.visitor, self.mode = provider, visitor, mode
        self.response_type = response_type
        self.client = self.another_client()
        self.person: Person = provider.enrol(f"resident-{new_id().hex}", **RESIDENT)
        self.logins = 0
        visitor.stops.append(CALLBACK)

    def another_client(self, **form: Any) -> Client:  # forms are JSON
        """Register one more client for this way of answering."""
        if self.response_type == "code":
            return Client(self.provider, **form)
        code = ["authorization_code", "refresh_token"] if self.brings("code") else []
        registered = {"profile": "hybrid", "response_types": [self.response_type]}
        return Client(self.provider, **registered, grant_types=["implicit", *code], **form)

    def brings(self, word: str) -> bool:
        """Say whether the authorization endpoint answers with this."""
        return word in self.response_type.split()

    def parameters(self, client: Client | None = None, **changes: str | None) -> dict[str, str]:
        """Return the suite's usual request; None takes a parameter away."""
        usual = {
            "client_id": (client or self.client).client_id,
            "redirect_uri": CALLBACK,
            "response_type": self.response_type,
            "scope": "openid",
            "state": new_id().hex,
            "nonce": new_id().hex,
            "response_mode": "form_post" if self.mode == "form_post" else None,
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def url(self, parameters: dict[str, str]) -> str:
        return f"{self.provider.issuer}/authorize?{urlencode(parameters)}"

    def open(self, client: Client | None = None, **changes: str | None) -> Visitor:
        """Bring a request, and look at what comes."""
        return self.visitor.open(self.url(self.parameters(client, **changes)))

    def authorize(self, client: Client | None = None, **changes: str | None) -> dict[str, str]:
        """Bring a request and do what the pages ask; return the answer to the client."""
        self.open(client, **changes)
        return self.walk()

    def walk(self) -> dict[str, str]:
        """Go through the pages as a willing member; return the answer to the client."""
        visitor = self.visitor
        if visitor.shows("submit_login"):
            self.logins += 1
            visitor.log_in(self.person)
        if visitor.shows("consent_allow"):
            visitor.consent(*STANDARD)
        return self.answer()

    def answer(self) -> dict[str, str]:
        """Return what the client was told, and make sure it was told in the mode it asked for."""
        visitor = self.visitor
        if self.mode != "form_post":
            assert not visitor.posted
            return visitor.answer()
        assert visitor.shows("form_post_continue"), visitor.page
        visitor.submit("form_post_continue")
        assert visitor.url == CALLBACK
        assert not urlsplit(visitor.url).query
        return visitor.posted

    def sign_in(self, client: Client | None = None, **changes: str | None) -> dict[str, Any]:
        """Return the tokens of a whole sign-in, the id_token's claims under `claims`."""
        return self.redeemed(self.authorize(client, **changes), client)

    def redeemed(self, answer: dict[str, str], client: Client | None = None) -> dict[str, Any]:
        assert "error" not in answer, answer
        tokens: dict[str, Any] = dict(answer)
        if "id_token" in answer:
            self.look_at(answer)
        if "code" in answer:
            response = (client or self.client).exchange(answer["code"])
            assert response.status_code == 200, response.text
            tokens |= response.json()
        return {**tokens, "claims": self.claims(tokens["id_token"])}

    def look_at(self, answer: dict[str, str]) -> None:
        """Hold an id_token of the authorization endpoint against what came beside it."""
        claims = self.claims(answer["id_token"])
        beside = {"at_hash": "access_token", "c_hash": "code"}
        for name, held in beside.items():
            expected = left_half_hash(answer[held], alg="RS256") if held in answer else None
            assert claims.get(name) == expected, name
        assert claims["nonce"]

    def tells(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """Return what the client learns of the member, where it is to look for it."""
        if "access_token" not in tokens:
            return dict(tokens["claims"])
        told: dict[str, Any] = self.userinfo(tokens["access_token"]).json()
        return told

    def claims(self, id_token: str) -> dict[str, Any]:
        """Return the claims of an id_token whose signature holds."""
        return dict(jwt.decode(id_token, self.keys(), algorithms=["RS256", "ES256"]).claims)

    def keys(self) -> KeySet:
        return KeySet.import_key_set(self.provider.call("/jwks.json").json())

    def userinfo(self, token: str) -> requests.Response:
        return self.provider.call("/userinfo", token=token)

    def let_pass(self, seconds: int) -> None:
        """Make everything of the past so much older, rather than wait."""
        ago = timedelta(seconds=seconds)
        with self.provider.database() as session:
            for visit in session.scalars(select(BrowserSession)):
                visit.authenticated_at -= ago
                visit.created_at -= ago
            for grant in session.scalars(select(Grant)):
                grant.code_expires_at -= ago
                grant.code_used_at = grant.code_used_at and grant.code_used_at - ago
            for pushed in session.scalars(select(PushedRequest)):
                pushed.expires_at -= ago
            for waiting in session.scalars(select(AwaitedRequest)):
                waiting.expires_at -= ago
                waiting.polled_at = waiting.polled_at and waiting.polled_at - ago
            for token in session.scalars(select(Token)):
                token.used_at = token.used_at and token.used_at - ago


def call(method: str, url: str, **more: Any) -> requests.Response:  # requests' own options
    """Call an address as a back end does."""
    with requests.Session() as http:
        http.trust_env = False
        return http.request(method, url, timeout=60, allow_redirects=False, **more)
