"""Sign in with Taipei ID, as any agency would with Authlib: PKCE, state, nonce, issuer, refresh.

Each step either returns or raises `SignInFailed` with one of the reasons below; what people
read about it stands in `sorry`.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, request, session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException, Response
from werkzeug.wrappers import Response as Answer

from demo.setup import Setup

Tokens: TypeAlias = dict[str, Any]  # a token response (RFC 6749 5.1), ID token claims beside it
Claims: TypeAlias = dict[str, Any]

DENIED = "denied"  # the member said no
STALE = "stale"  # an old tab, another browser, a forged link
UNMET = "unmet"  # the member cannot show what was demanded
REFUSED = "refused"  # the provider or its answer is not in order
ENDED = "ended"  # consent withdrawn, signed out elsewhere, suspended
UNREACHABLE = "unreachable"

STRONG = "urn:taipei-id:acr:2"
REASONS = {"access_denied": DENIED, "unmet_authentication_requirements": UNMET}
TIMEOUT_SECONDS = 10
EVENT_TYPE, EVENT_ALGORITHM = "secevent+jwt", "ES256"
LOGOUT_TYPE, LOGOUT_EVENT = "logout+jwt", "http://schemas.openid.net/event/backchannel-logout"
CLOCK = jwt.JWTClaimsRegistry(leeway=60, iat={"essential": True}, exp={"essential": True})
NO_LONGER = {401, 403}


class SignInFailed(Exception):
    """Signing in, or staying so, did not work; `reason` is one of this module's constants."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class SignIn:
    """The conversation of one client with the provider."""

    def __init__(self, app: Flask, setup: Setup) -> None:
        record = setup.record
        self._issuer = setup.issuer
        self._client: Any = OAuth(app).register(  # Authlib carries no types
            "taipei_id",
            client_id=record["client_id"],
            client_secret=record["client_secret"],
            server_metadata_url=f"{setup.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": record["scope"],
                "token_endpoint_auth_method": record["auth_method"],
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT_SECONDS,
            },
        )

    def start(self, redirect_uri: str, *, language: str, **more: str) -> Answer:
        """Send the browser to the provider, with `more` parameters of the request."""
        with _failing():
            answer: Answer = self._client.authorize_redirect(
                redirect_uri, ui_locales=language, **more
            )
        return answer

    def step_up(self, redirect_uri: str, *, language: str) -> Answer:
        """Send the browser to prove more: an acr that must be reached (OIDC Core 5.5.1.1)."""
        demand = {"id_token": {"acr": {"essential": True, "values": [STRONG]}}}
        return self.start(redirect_uri, language=language, claims=json.dumps(demand))

    def finish(self) -> Tokens:
        """Turn the answer at the redirect URI into tokens, every check made."""
        known = self._client.framework.get_state_data(session, request.args.get("state"))
        if known is None:
            raise SignInFailed(STALE)
        self._require_issuer()
        if error := request.args.get("error"):
            self._client.framework.clear_state_data(session, request.args["state"])
            raise SignInFailed(REASONS.get(error, REFUSED), error)
        with _failing():
            tokens: Tokens = self._client.authorize_access_token()
        if "userinfo" not in tokens:  # Authlib's word for the claims of the checked ID token
            raise SignInFailed(REFUSED, "id_token")
        return {**tokens, "id_claims": tokens.pop("userinfo")}

    def checked(self, tokens: Tokens) -> Tokens:
        """Return tokens that came without a browser, the claims of their ID token beside them."""
        with _failing():
            self._client.load_server_metadata()
            claims = dict(self._client.parse_id_token(tokens, nonce=None))
        return {**tokens, "id_claims": claims}

    def refresh(self, tokens: Tokens) -> Tokens:
        """Return fresh tokens; what is not renewed stays (RFC 6749 6; OIDC Core 12.2)."""
        with _failing(ended="invalid_grant"):
            fresh: Tokens = self._client.fetch_access_token(
                grant_type="refresh_token", refresh_token=tokens.get("refresh_token", "")
            )
            if "id_token" in fresh:
                fresh["id_claims"] = dict(self._client.parse_id_token(fresh, nonce=None))
        merged = {**tokens, **fresh}
        if merged["id_claims"]["sub"] != tokens["id_claims"]["sub"]:
            raise SignInFailed(REFUSED, "sub")
        return merged

    def userinfo(self, tokens: Tokens) -> Claims:
        """Return what the provider says now. Raises SignInFailed ENDED if it says nothing more."""
        with _failing():
            endpoint = self._client.load_server_metadata()["userinfo_endpoint"]
            # By hand, not by Authlib's token: it would refresh behind our back.
            bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
            answer: Response = self._client.get(endpoint, withhold_token=True, headers=bearer)
            if answer.status_code in NO_LONGER:
                raise SignInFailed(ENDED)
            answer.raise_for_status()
            claims = dict(answer.json())
        if claims.get("sub") != tokens["id_claims"]["sub"]:  # OIDC Core 5.3.2
            raise SignInFailed(REFUSED, "sub")
        return claims

    def read_event(self, token: str) -> Claims:
        """Return what a pushed event says, its signature checked (RFC 8417, RFC 8935)."""
        with _failing():
            keys = KeySet.import_key_set(self._client.fetch_jwk_set(force=True))
            event = jwt.decode(token, keys, algorithms=[EVENT_ALGORITHM])
        said = dict(event.claims)
        is_ours = said.get("iss") == self._issuer and said.get("aud") == self._client.client_id
        if not is_ours or event.header.get("typ") != EVENT_TYPE:
            raise SignInFailed(REFUSED, "event")
        return said

    def read_logout(self, token: str) -> Claims:
        """Return whom a logout token names, every check made (Back-Channel Logout 2.6)."""
        with _failing():
            keys = KeySet.import_key_set(self._client.fetch_jwk_set(force=True))
            logout = jwt.decode(token, keys, algorithms=[EVENT_ALGORITHM])
            CLOCK.validate(logout.claims)
        said = dict(logout.claims)
        is_ours = said.get("iss") == self._issuer and said.get("aud") == self._client.client_id
        is_logout = isinstance(said.get("events"), dict) and LOGOUT_EVENT in said["events"]
        names_somebody = isinstance(said.get("sub") or said.get("sid"), str)
        if not (is_ours and is_logout and names_somebody) or "nonce" in said:
            raise SignInFailed(REFUSED, "logout_token")
        if logout.header.get("typ") != LOGOUT_TYPE:
            raise SignInFailed(REFUSED, "logout_token")
        return said

    def leave(self, tokens: Tokens, back_to: str, *, language: str) -> Answer:
        """Send the browser to sign out at the provider too (RP-Initiated Logout 1.0)."""
        with _failing():
            if "end_session_endpoint" not in self._client.load_server_metadata():
                return redirect(back_to, 303)
            answer: Answer = self._client.logout_redirect(
                post_logout_redirect_uri=back_to,
                id_token_hint=tokens["id_token"],
                ui_locales=language,
            )
        answer.status_code = 303  # the form was a POST; what follows is a GET
        return answer

    def has_left(self) -> bool:
        """Say whether this request is the provider's answer to our own `leave`."""
        state = request.args.get("state")
        if not state or self._client.framework.get_state_data(session, state) is None:
            return False
        self._client.framework.clear_state_data(session, state)
        return True

    def _require_issuer(self) -> None:
        """Refuse an answer from somebody else's provider: the mix-up attack (RFC 9207 2.4)."""
        with _failing():
            metadata = self._client.load_server_metadata()
        promised = metadata.get("authorization_response_iss_parameter_supported", False)
        issuer = request.args.get("iss")
        if metadata.get("issuer") != self._issuer:
            raise SignInFailed(REFUSED, "issuer")
        if issuer != self._issuer and (promised or issuer is not None):
            raise SignInFailed(REFUSED, "iss")


@contextmanager
def _failing(*, ended: str = "") -> Iterator[None]:
    """Turn what the libraries raise into reasons; `ended` is the error that means it is over."""
    try:
        yield
    except RequestException:
        raise SignInFailed(UNREACHABLE) from None
    except AuthlibBaseError as error:
        code = str(error.error or "")
        reason = ENDED if ended and code == ended else REFUSED
        raise SignInFailed(reason, code) from None
    except (JoseError, ValueError, KeyError) as error:
        raise SignInFailed(REFUSED, type(error).__name__) from None
