"""A provider just real enough for Authlib: it signs, answers, and can be told to misbehave."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from werkzeug.serving import make_server
from werkzeug.wrappers import Response as Answer

from kernel import clock

SUB = "pairwise-subject-of-mei"


class StubProvider:
    """Answers discovery, keys, token and userinfo; counts the tokens it gave."""

    def __init__(self) -> None:
        self.issuer = ""
        self.claims: dict[str, Any] = {
            "sub": SUB,
            "name": "陳小美",
            "email": "mei.chen@example.org",
        }
        self.userinfo_status = 200
        self.refresh_error = ""
        self.id_token: dict[str, Any] = {}
        self.nonce = ""
        self.till_status = 200
        self.till_answer: dict[str, Any] = {
            "offer": "senior-10-percent",
            "eligible": True,
            "number": "47",
            "receipt": "8KQP2M7X",
            "at": "2026-11-23T04:00:00+00:00",
        }
        self.asked_by_tills: list[dict[str, str]] = []
        self.requests: list[dict[str, str]] = []
        self._given = 0
        self._key = ECKey.generate_key("P-256", parameters={"kid": "stub", "use": "sig"})
        self.app = self._routes()

    def _routes(self) -> Flask:
        app = Flask("stub")
        app.add_url_rule("/.well-known/openid-configuration", "discovery", self.discovery)
        app.add_url_rule("/authorize", "authorize", self.authorize)
        app.add_url_rule("/jwks.json", "jwks", self.jwks)
        app.add_url_rule("/token", "token", self.token, methods=["POST"])
        app.add_url_rule("/userinfo", "userinfo", self.userinfo)
        app.add_url_rule("/api/till/answers", "till", self.till, methods=["POST"])
        return app

    def discovery(self) -> Response:
        return jsonify(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/jwks.json",
                "end_session_endpoint": f"{self.issuer}/logout",
                "id_token_signing_alg_values_supported": ["ES256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    def authorize(self) -> Answer:
        """Say yes at once."""
        self.nonce = request.args["nonce"]
        answer = urlencode({"code": "c", "state": request.args["state"], "iss": self.issuer})
        return redirect(f"{request.args['redirect_uri']}?{answer}")

    def event(
        self,
        kind: str,
        detail: dict[str, Any],
        *,
        typ: str = "secevent+jwt",
        aud: str = "taipei-library",
    ) -> str:
        """Return a signed event about the one member there is."""
        claims = {
            "iss": self.issuer,
            "aud": aud,
            "jti": f"event-{kind}",
            "sub_id": {"format": "iss_sub", "iss": self.issuer, "sub": SUB},
            "events": {kind: detail},
        }
        return jwt.encode({"alg": "ES256", "kid": "stub", "typ": typ}, claims, self._key)

    def logout_token(self, *, typ: str = "logout+jwt", **changes: Any) -> str:
        """Return a signed logout token; a claim that is None is left out."""
        moment = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": "taipei-library",
            "iat": moment,
            "exp": moment + 120,
            "jti": "a-logout",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            **changes,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": "stub", "typ": typ}, told, self._key)

    def jwks(self) -> Response:
        return jsonify(KeySet([self._key]).as_dict(private=False))

    def token(self) -> Response:
        self.requests.append(request.form.to_dict())
        if request.form["grant_type"] == "refresh_token" and self.refresh_error:
            refused = jsonify({"error": self.refresh_error})
            refused.status_code = 400
            return refused
        self._given += 1
        return jsonify(
            {
                "access_token": f"access-{self._given}",
                "refresh_token": f"refresh-{self._given}",
                "token_type": "Bearer",
                "expires_in": 900,
                "id_token": self._signed(request.form.get("client_id") or self._basic_user()),
            }
        )

    def userinfo(self) -> Response:
        answer = jsonify(self.claims)
        answer.status_code = self.userinfo_status
        return answer

    def till(self) -> Response:
        """Answer a till that proves itself."""
        assert self._basic_user() == "goodday-cafe"
        self.asked_by_tills.append(request.get_json())
        answer = jsonify(self.till_answer)
        answer.status_code = self.till_status
        return answer

    def _signed(self, audience: str) -> str:
        moment = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": SUB,
            "aud": audience,
            "iat": moment,
            "exp": moment + 600,
            "nonce": self.nonce,
            "acr": "urn:taipei-id:acr:1",
            "amr": ["pwd"],
        }
        return jwt.encode({"alg": "ES256", "kid": "stub"}, claims | self.id_token, self._key)

    @staticmethod
    def _basic_user() -> str:
        credentials = request.authorization
        return "" if credentials is None else str(credentials.username)


@contextmanager
def serving() -> Iterator[StubProvider]:
    stub = StubProvider()
    with served(stub.app) as stub.issuer:
        yield stub


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[str]:
    """Serve `app` on loopback and lend its address."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
