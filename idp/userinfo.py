"""Serve userinfo: consent is asked again, and what leaves is written down (OIDC Core 5.3)."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from idp import encryption, strength
from idp.errors import NothingSent, ProtocolError
from idp.parameters import Parameters
from idp.possession import BEARER, DPOP, NOTHING, Shown, require_possession
from idp.provider import Provider
from idp.released import ReleasedClaims
from idp.state import GrantState
from kernel.keyring import Keyring

TYPE = "userinfo+jwt"  # so that it passes for nothing else (RFC 8725 3.11)
SCHEMES = {scheme.lower(): scheme for scheme in (BEARER, DPOP)}


def userinfo(
    provider: Provider,
    session: Session,
    form: Parameters,
    *,
    authorization: str | None,
    keyring: Keyring,
    shown: Shown = NOTHING,
    now: datetime,
) -> dict[str, Any] | str:
    """Return the claims that may leave now: plain, or as the token their client registered for.

    Raises ProtocolError `invalid_request` (400), `invalid_token`, `invalid_dpop_proof` or
    `insufficient_user_authentication` (401) (RFC 6750 3.1, RFC 9449 7.1, RFC 9470 3).
    """
    scheme, token = sent_token(form, authorization)
    state = GrantState(session, lifetimes=provider.lifetimes, now=now)
    state.introspect_access_token(token)
    if state.grant.audience is not None:
        raise ProtocolError("invalid_token", "the token is for an interface", status=401)
    client = provider.directory.find_by_id(session, state.grant.client_id, now=now)
    if client is not None:
        how = client.userinfo_encryption
        client = encryption.with_keys(provider.client_keys, session, client, how, now=now)
    confirmation = state.grant.confirmation
    if scheme != BEARER or confirmation is not None:
        require_possession(
            session, shown, scheme=scheme, token=token, confirmation=confirmation, now=now
        )
    strength.require_enough(client, state.grant, now=now)
    released = ReleasedClaims(
        state, client, keyring=keyring, channel="userinfo", relay=provider.relay
    )
    bound = provider.at_work(state, released, client=client)
    response = bound.handle_userinfo_request("", {"Authorization": f"Bearer {token}"})
    claims = dict(response.to_dict())
    if client is None or _is_plain(client):
        return claims
    return _as_token(claims, client, provider, session, now=now)


def _is_plain(client: RegisteredClient) -> bool:
    return client.userinfo_alg is None and client.userinfo_encryption is None


def _as_token(
    claims: dict[str, Any],
    client: RegisteredClient,
    provider: Provider,
    session: Session,
    *,
    now: datetime,
) -> str:
    """Return claims signed, encrypted or first the one and then the other (OIDC Core 5.3.2)."""
    text = json.dumps(claims)
    if client.userinfo_alg is not None:
        named = {**claims, "iss": provider.issuer, "aud": client.client_id}
        text = provider.keys.signer(session, now=now).sign(named, alg=client.userinfo_alg, typ=TYPE)
    if client.userinfo_encryption is None:
        return text
    nested = client.userinfo_alg is not None
    return encryption.sealed(text, client, client.userinfo_encryption, nested=nested)


def sent_token(form: Parameters, authorization: str | None) -> tuple[str, str]:
    """Return scheme and access token of a request that sends it in exactly one way (RFC 6750 2).

    A token in the query string is not looked at: addresses end up in logs.
    """
    form.require_sound()
    body = form.get("access_token")
    if authorization is None and body is None:
        raise NothingSent("no access token was sent")
    if authorization is not None and body is not None:
        raise ProtocolError("invalid_request", "the access token was sent in two ways")
    if authorization is None:
        return BEARER, str(body)
    word, _, token = authorization.partition(" ")
    scheme = SCHEMES.get(word.lower())
    if scheme is None:
        raise NothingSent("the Authorization header is not of a kind that holds a token")
    if not token.strip():
        raise ProtocolError("invalid_token", "the Authorization header holds no token", status=401)
    return scheme, token.strip()
