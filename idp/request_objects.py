"""Read what a client brings itself: as it signed it, or as it sent it (RFC 9101; OIDC Core 6.1)."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from clients.profiles import rules_of
from idp.errors import ProtocolError
from idp.provider import Provider
from idp.storable import is_storable
from kernel.db import Json

ABOUT_ITSELF = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})
NESTED = frozenset({"request", "request_uri"})
CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})
SKEW = timedelta(seconds=30)
LONGEST = timedelta(minutes=60)  # FAPI 2.0 Message Signing 5.3.1


def brought(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    sent: dict[str, str],
    *,
    open_signed: Callable[..., dict[str, str]],
    now: datetime,
) -> dict[str, str]:
    """Return what the client asks for: what it signed, by `open_signed`, or else what it sent.

    Raises ProtocolError.
    """
    if "request" in sent and client.signs:
        keys = provider.client_keys.of(session, client, sent["request"], now=now)
        return open_signed(
            sent["request"], client=client, keys=keys, issuer=provider.issuer, now=now
        )
    if rules_of(client.profile).signed:
        raise ProtocolError("invalid_request", "this client's requests must be signed (RFC 9101)")
    asked = {name: value for name, value in sent.items() if name not in CREDENTIALS}
    return {**asked, "client_id": client.client_id}


def look_ahead(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    signed: Iterable[str | None],
    *,
    now: datetime,
) -> RegisteredClient:
    """Have the keys at hand that this client signed with, before anything is written."""
    if client.signs:
        for each in signed:
            if each is not None:
                provider.client_keys.of(session, client, each, now=now)
    return client


def opened(
    sent: str, *, client: RegisteredClient, keys: Json, issuer: str, now: datetime
) -> dict[str, str]:
    """Return the parameters a client signed; nothing else of its request counts (RFC 9101 5).

    `keys` is the JWKS of the client. Raises ProtocolError `invalid_request_object`.
    """
    claims = _signed(sent, client, keys)
    if claims.get("iss", client.client_id) != client.client_id:
        raise _refused("iss is not the client")
    if claims.get("client_id") != client.client_id or claims.get("sub") == client.client_id:
        raise _refused("it is not a request of this client")
    if not _names(claims.get("aud"), issuer):
        raise _refused("aud does not name this provider")
    if NESTED & set(claims):
        raise _refused("a request object holds no other")
    _require_time(claims, demanded=rules_of(client.profile).signed, now=now)
    return {
        name: _as_parameter(value) for name, value in claims.items() if name not in ABOUT_ITSELF
    }


def opened_for_ciba(
    sent: str, *, client: RegisteredClient, keys: Json, issuer: str, now: datetime
) -> dict[str, str]:
    """Return the parameters a client signed for a backchannel request (CIBA 7.1.1).

    `keys` is its JWKS. Everything a request object says about itself must stand in it; its `jti`
    is returned as well, so that it counts once. Raises ProtocolError `invalid_request`: CIBA
    knows no other word for it.
    """
    try:
        claims = _signed(sent, client, keys)
        if missing := ABOUT_ITSELF - claims.keys():
            raise _refused(f"{min(missing)} is missing")
        if claims["iss"] != client.client_id or not _names(claims["aud"], issuer):
            raise _refused("iss is not the client, or aud does not name this provider")
        if not isinstance(claims["jti"], str) or not claims["jti"]:
            raise _refused("jti names nothing")
        issued_at = _moment(claims, "iat")
        if issued_at is None or not now - LONGEST - SKEW <= issued_at <= now + SKEW:
            raise _refused("iat is to come, or more than an hour ago")
        _require_time(claims, demanded=True, now=now)
    except ProtocolError as error:
        raise ProtocolError("invalid_request", error.description) from None
    return {
        name: _as_parameter(value)
        for name, value in claims.items()
        if name not in ABOUT_ITSELF - {"jti"}
    }


def hint_in(
    sent: str, *, client: RegisteredClient, keys: Json, issuer: str, now: datetime
) -> dict[str, Any]:
    """Return the claims of a `login_hint_token`, which its client signed, and when it is over.

    It may be over already. Raises ProtocolError `invalid_request`.
    """
    try:
        claims = _signed(sent, client, keys)
        if claims.get("iss") != client.client_id or not _names(claims.get("aud"), issuer):
            raise _refused("iss is not the client, or aud does not name this provider")
        expires_at = _moment(claims, "exp")
        if expires_at is None or expires_at > now + LONGEST + SKEW:
            raise _refused("exp is missing, or more than an hour away")
    except ProtocolError as error:
        raise ProtocolError("invalid_request", error.description) from None
    return claims


def _signed(sent: str, client: RegisteredClient, keys: Json) -> dict[str, Any]:
    try:
        known = KeySet.import_key_set(cast("KeySetSerialization", keys))
        algorithms = _algorithms(client)
        claims = dict(jwt.decode(sent, known, algorithms=algorithms).claims)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _refused("the signature is not the client's") from None
    if not is_storable(claims):
        raise _refused("it holds what cannot be kept: a NUL, or half a character")
    return claims


def _algorithms(client: RegisteredClient) -> list[str]:
    """Return what the client may sign requests with: the one it registered, if it did."""
    allowed = rules_of(client.profile).algorithms
    return [each for each in allowed if client.request_object_alg in {None, each}]


def _names(audience: object, issuer: str) -> bool:
    return audience == issuer or (isinstance(audience, list) and issuer in audience)


def _require_time(claims: Mapping[str, Any], *, demanded: bool, now: datetime) -> None:
    """Refuse what is stale, not good yet, or good for longer than an hour."""
    expires_at, begins_at = _moment(claims, "exp"), _moment(claims, "nbf")
    if demanded and (expires_at is None or begins_at is None):
        raise _refused("exp and nbf are required")
    if expires_at is not None and not now - SKEW < expires_at <= now + LONGEST + SKEW:
        raise _refused("exp is over, or more than an hour away")
    if begins_at is not None and not now - LONGEST - SKEW <= begins_at <= now + SKEW:
        raise _refused("nbf is to come, or more than an hour ago")


def _moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    value = claims.get(name)
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (TypeError, OverflowError, ValueError, OSError):
        raise _refused(f"{name} is not a moment") from None


def _as_parameter(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _refused(description: str) -> ProtocolError:
    return ProtocolError("invalid_request_object", description)
