"""Authlib, the way its manual says: a requests session, and a Flask site."""

from collections.abc import Iterator
from typing import Any

import pytest
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, session
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.wrappers import Response

from kernel.ids import new_secret
from tests.live.server import DISCOVERY, Provider
from tests.live.visitor import Visitor
from tests.relying_parties.registering import CALLBACK, GOODBYE, SCOPE, register

pytestmark = pytest.mark.slow


class Script:
    """A command line program with Authlib's OAuth2Session."""

    def __init__(self, provider: Provider, client_id: str, method: str) -> None:
        secret = register(provider, client_id, auth_method=method)
        self.metadata = provider.call(DISCOVERY).json()
        self.keys = KeySet.import_key_set(provider.call("/jwks.json").json())
        self.session: Any = OAuth2Session(  # Authlib carries no types
            client_id,
            secret,
            scope=SCOPE,
            redirect_uri=CALLBACK,
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            code_challenge_method="S256",
        )
        self.session.trust_env = False
        self.nonce, self.verifier = new_secret(), new_secret()

    def start(self) -> str:
        url, self.state = self.session.create_authorization_url(
            self.metadata["authorization_endpoint"], nonce=self.nonce, code_verifier=self.verifier
        )
        return str(url)

    def finish(self, callback: str) -> dict[str, Any]:
        """Exchange the code of the address the browser came back to."""
        tokens = self.session.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=callback,
            state=self.state,
            code_verifier=self.verifier,
        )
        return dict(tokens)

    def refresh(self, token: str) -> dict[str, Any]:
        return dict(self.session.refresh_token(self.metadata["token_endpoint"], token))

    def revoke(self, token: str) -> int:
        endpoint = self.metadata["revocation_endpoint"]
        return int(self.session.revoke_token(endpoint, token).status_code)

    def userinfo(self) -> dict[str, Any]:
        return dict(self.session.get(self.metadata["userinfo_endpoint"]).json())

    def claims(self, tokens: dict[str, Any]) -> dict[str, Any]:
        found = jwt.decode(tokens["id_token"], self.keys, algorithms=["ES256"])
        return dict(found.claims)


@pytest.fixture
def script(provider: Provider, method: str) -> Iterator[Script]:
    program = Script(provider, f"script-{method}", method)
    yield program
    program.session.close()


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_a_session_signs_in_reads_refreshes_and_revokes(
    provider: Provider, script: Script, visitor: Visitor, method: str
) -> None:
    person = provider.enrol(f"authlib.{method}")
    visitor.stops.append(CALLBACK)

    visitor.open(script.start()).log_in(person).consent("birthdate")
    tokens = script.finish(visitor.url)
    claims, data = script.claims(tokens), script.userinfo()
    fresh = script.refresh(tokens["refresh_token"])
    renewed = script.userinfo()
    revoked = script.revoke(fresh["refresh_token"])

    assert visitor.answer()["iss"] == claims["iss"] == provider.issuer
    assert claims["nonce"] == script.nonce
    assert claims["aud"] == f"script-{method}"
    assert data == {"sub": claims["sub"], "name": "陳美玉", "birthdate": "1990-04-01"}
    assert renewed == data
    assert fresh["access_token"] != tokens["access_token"]
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert revoked == 200
    assert provider.call("/userinfo", token=fresh["access_token"]).status_code == 401


class Site:
    """A Flask site with Authlib's registry of providers."""

    def __init__(self, provider: Provider, client_id: str) -> None:
        secret = register(provider, client_id)
        self.app = Flask(client_id)
        self.app.config.update(SECRET_KEY=new_secret(), PROPAGATE_EXCEPTIONS=True)
        self.remote: Any = OAuth(self.app).register(  # Authlib carries no types
            "taipei_id",
            client_id=client_id,
            client_secret=secret,
            server_metadata_url=provider.issuer + DISCOVERY,
            client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "trust_env": False},
        )
        self.app.add_url_rule("/login", "login", self.login)
        self.app.add_url_rule("/callback", "callback", self.callback)
        self.app.add_url_rule("/logout", "logout", self.logout)
        self.http = self.app.test_client()

    def login(self) -> Response:
        answer: Response = self.remote.authorize_redirect(CALLBACK)
        return answer

    def callback(self) -> dict[str, Any]:
        tokens = self.remote.authorize_access_token()
        session["id_token"] = tokens["id_token"]
        return {"claims": tokens["userinfo"], "data": self.remote.userinfo(token=tokens)}

    def logout(self) -> Response:
        answer: Response = self.remote.logout_redirect(
            post_logout_redirect_uri=GOODBYE, id_token_hint=session["id_token"]
        )
        return answer

    def get(self, path: str, **query: str) -> Any:  # JSON of our own pages
        return self.http.get(path, base_url="http://127.0.0.1:9", query_string=query)


def test_a_flask_site_signs_in_and_out(provider: Provider, visitor: Visitor) -> None:
    site = Site(provider, "flask-site")
    person = provider.enrol("flask.reader")
    visitor.stops.append("http://127.0.0.1:9/")

    visitor.open(site.get("/login").location).log_in(person).consent()
    welcome = site.get("/callback", **visitor.answer()).json
    visitor.open(site.get("/logout").location).submit("logout_yes")

    assert welcome["data"] == {"sub": welcome["claims"]["sub"], "name": "陳美玉"}
    assert visitor.url.startswith(GOODBYE)
    assert visitor.answer()["state"]
    assert visitor.open(f"{provider.issuer}/account").shows("submit_login")


def test_a_flask_site_refuses_an_answer_to_somebody_elses_request(
    provider: Provider, visitor: Visitor
) -> None:
    site = Site(provider, "flask-site-attacked")
    visitor.stops.append("http://127.0.0.1:9/")
    visitor.open(site.get("/login").location).log_in(provider.enrol("flask.attacker")).consent()

    with pytest.raises(AuthlibBaseError, match="mismatching_state"):
        site.get("/callback", **{**visitor.answer(), "state": "not-the-one"})
