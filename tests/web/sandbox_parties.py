"""Relying parties that meet the sandbox's faults: one on Authlib, and one that checks nothing."""

import json
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, session
from requests.adapters import BaseAdapter
from werkzeug.wrappers import Response as Answer

from demo.setup import Setup
from demo.signin import SignIn, SignInFailed
from kernel.ids import new_secret
from tests.flows.browser import authorization
from tests.flows.provider import CALLBACK, ISSUER, VERIFIER, City, basic
from web.sandbox_faults import Told

SCOPE = "openid profile"


class Party(Protocol):
    """What a check drives."""

    log: str

    def start(self) -> str:
        """Return where the browser is sent."""
        ...

    def finish(self, callback: str) -> Told:
        """Take the address the browser came back to; say what was made of it."""
        ...


class Careless:
    """Signs in whoever comes back: no state, no issuer, no nonce, no signature is looked at."""

    def __init__(self, city: City, client_id: str, secret: str) -> None:
        self._city, self._client_id, self._secret = city, client_id, secret
        self.log = ""

    def start(self) -> str:
        return f"/authorize?{urlencode(authorization(self._client_id, scope=SCOPE))}"

    def finish(self, callback: str) -> Told:
        told = dict(parse_qsl(urlsplit(callback).query))
        if "code" not in told:
            return Told.ACCEPTED
        form = {
            "grant_type": "authorization_code",
            "code": told["code"],
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        headers = basic(self._client_id, self._secret)
        tokens = self._city.call("/token", form, headers=headers).json or {}
        claims = self._city.userinfo(tokens["access_token"]).json or {}
        self.log += json.dumps({**tokens, **claims}, ensure_ascii=False)
        notes = [each for each in claims.values() if isinstance(each, dict)]
        return (
            Told.DENIED if any(each.get("state") == "unknown" for each in notes) else Told.ACCEPTED
        )


class Sound:
    """The demo's own sign-in on Authlib, and a right left open where it is not known."""

    def __init__(self, city: City, client_id: str, secret: str) -> None:
        self._app = Flask(client_id)
        self._app.config.update(SECRET_KEY=new_secret(), PROPAGATE_EXCEPTIONS=True)
        record = {
            "client_id": client_id,
            "client_secret": secret,
            "scope": SCOPE,
            "auth_method": "client_secret_basic",
        }
        setup = Setup(record=record, issuer=ISSUER, database=Path(), start_page=ISSUER)
        self._signing = SignIn(self._app, setup)
        self._signing._client.client_cls = _session_to(city)
        self._app.add_url_rule("/login", "login", self._login)
        self._app.add_url_rule("/callback", "callback", self._callback)
        self._http = self._app.test_client()
        self.log = ""

    def _login(self) -> Answer:
        return self._signing.start(CALLBACK, language="en")

    def _callback(self) -> str:
        try:
            tokens = self._signing.finish()
            claims = self._signing.userinfo(tokens)
        except SignInFailed as failed:
            self.log += f"sign-in failed: {failed.reason}\n"
            return Told.REFUSED
        session["sub"] = claims["sub"]
        self.log += "signed in\n"
        notes = [each for each in claims.values() if isinstance(each, dict)]
        return Told.OPEN if any(each.get("state") == "unknown" for each in notes) else Told.ACCEPTED

    def start(self) -> str:
        return self._http.get("/login", base_url="https://library.invalid").location

    def finish(self, callback: str) -> Told:
        parts = urlsplit(callback)
        answer = self._http.get(
            f"{parts.path}?{parts.query}", base_url=f"{parts.scheme}://{parts.netloc}"
        )
        return Told(answer.text)


def _session_to(city: City) -> type[OAuth2Session]:
    """Return Authlib's session, every call of which reaches the application of a test."""

    class Wire(BaseAdapter):
        def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
            sent = city.app.test_client(use_cookies=False).open(
                str(request.path_url),
                base_url=ISSUER,
                method=request.method,
                data=request.body,
                headers=dict(request.headers),
            )
            answer = requests.Response()
            answer.status_code, answer._content = sent.status_code, sent.data
            answer.headers.update(dict(sent.headers))
            answer.request, answer.url = request, str(request.url)
            return answer

        def close(self) -> None:
            """Nothing is open."""

    class Wired(OAuth2Session):  # type: ignore[misc]  # Authlib carries no types
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.mount("https://", Wire())

    return Wired
