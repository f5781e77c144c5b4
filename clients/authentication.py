"""Prove who a client is: by a secret, a key, a certificate, or PKCE alone (OIDC Core 9; PYOP 8)."""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from urllib.parse import unquote_plus
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from sqlalchemy.orm import Session

from clients import certificates
from clients.certificates import NOBODY, Authorities
from clients.directory import RegisteredClient
from clients.keys import KeySource
from clients.models import AuthMethod, SpentAssertion
from clients.profiles import rules_of
from kernel import compact
from kernel.db import Json, spend
from kernel.errors import Refused
from kernel.ids import digest

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SKEW = timedelta(seconds=30)
LONGEST_ASSERTION_LIFE = timedelta(minutes=10)
FAILED = "client.authentication_failed"
BY_CERTIFICATE = frozenset({AuthMethod.TLS, AuthMethod.SELF_SIGNED_TLS})


@dataclass(frozen=True)
class Credentials:
    """What a request brought to prove its client; `proof` is a secret or an assertion."""

    method: AuthMethod
    client_id: str
    proof: str = ""

    def __repr__(self) -> str:
        """Show no secret in logs or tracebacks."""
        return f"Credentials({self.method}, {self.client_id!r})"


@dataclass(frozen=True)
class Once:
    """An assertion that was found right and is still to be spent: it proves its client once."""

    client_id: UUID
    jti_hash: bytes = field(repr=False)
    expires_at: datetime


def read_credentials(authorization: str | None, form: Mapping[str, str]) -> Credentials:
    """Return the one way in which the request authenticates its client.

    Raises Refused `client.authentication_ambiguous` if there are two (RFC 6749 2.3) and
    `client.authentication_failed` if there is none or it is malformed.
    """
    found = [
        credentials
        for credentials in (_basic(authorization), _assertion(form), _post(form))
        if credentials is not None
    ]
    if len(found) > 1:
        raise Refused("client.authentication_ambiguous")
    if found:
        return _agreeing(found[0], form)
    if form.get("client_id"):
        return Credentials(AuthMethod.NONE, form["client_id"])
    raise Refused(FAILED)


def _agreeing(credentials: Credentials, form: Mapping[str, str]) -> Credentials:
    if form.get("client_id", credentials.client_id) != credentials.client_id:
        raise Refused(FAILED)
    return credentials


def _basic(authorization: str | None) -> Credentials | None:
    if authorization is None:
        return None
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        raise Refused(FAILED)
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Refused(FAILED) from None
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise Refused(FAILED)
    # Both halves are form-encoded first (RFC 6749 2.3.1), so a secret may hold a colon.
    return Credentials(AuthMethod.BASIC, unquote_plus(client_id), unquote_plus(secret))


def _post(form: Mapping[str, str]) -> Credentials | None:
    if "client_secret" not in form:
        return None
    return Credentials(AuthMethod.POST, form.get("client_id", ""), form["client_secret"])


def _assertion(form: Mapping[str, str]) -> Credentials | None:
    if "client_assertion" not in form and "client_assertion_type" not in form:
        return None
    if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
        raise Refused(FAILED)
    assertion = form["client_assertion"]
    # Unverified: it only tells whose keys to try.
    return Credentials(AuthMethod.PRIVATE_KEY_JWT, _issuer_of(assertion), assertion)


def _issuer_of(assertion: str) -> str:
    try:
        issuer = compact.unverified(assertion, compact.CLAIMS).get("iss")
    except ValueError:
        raise Refused(FAILED) from None
    if not isinstance(issuer, str):
        raise Refused(FAILED)
    return issuer


def require_authentic(
    session: Session,
    client: RegisteredClient,
    credentials: Credentials,
    *,
    audiences: frozenset[str],
    keys: KeySource,
    certificate: bytes | None = None,
    authorities: Authorities = NOBODY,
    now: datetime,
) -> Once | None:
    """Refuse unless the credentials are right and of the registered method.

    What is returned counts only once `require_unspent` let it pass; nothing is written here, so
    that whoever must look at the client's own site can do so in between.

    `audiences` are the `aud` values an assertion may carry, `keys` what it is checked with,
    `certificate` is what was shown over TLS, `authorities` are those that may vouch for it.
    Raises Refused `client.authentication_failed`, whatever is wrong.
    """
    if credentials.client_id != client.client_id or credentials.method is not _sent_by(client):
        raise Refused(FAILED)
    if client.auth_method in BY_CERTIFICATE:
        _require_certificate(client, certificate, authorities=authorities, now=now)
    elif credentials.method is AuthMethod.PRIVATE_KEY_JWT:
        key_set = keys.of(session, client, credentials.proof, now=now)
        claims = _verified(client, credentials.proof, key_set)
        return _sound(client, claims, audiences=audiences, now=now)
    elif credentials.method is not AuthMethod.NONE:
        _require_secret(client, credentials.proof, now=now)
    return None


def require_unspent(session: Session, once: Once | None) -> None:
    """Let an assertion count this once. Raises Refused `client.authentication_failed`."""
    if once is not None and not spend(session, SpentAssertion, vars(once)):
        raise Refused(FAILED)


def _sent_by(client: RegisteredClient) -> AuthMethod:
    """Return what a request of this client looks like: a certificate is beside it, not in it."""
    return AuthMethod.NONE if client.auth_method in BY_CERTIFICATE else client.auth_method


def _require_certificate(
    client: RegisteredClient, der: bytes | None, *, authorities: Authorities, now: datetime
) -> None:
    if der is None or not certificates.is_of(client, der, authorities=authorities, now=now):
        raise Refused(FAILED)


def _require_secret(client: RegisteredClient, secret: str, *, now: datetime) -> None:
    hashed = digest(secret)
    right = False
    for stored in client.secrets:  # all are compared, so that time tells nothing
        same = hmac.compare_digest(stored.secret_hash, hashed)
        right |= same and (stored.expires_at is None or now < stored.expires_at)
    if not right:
        raise Refused(FAILED)


def _sound(
    client: RegisteredClient,
    claims: Mapping[str, Any],
    *,
    audiences: frozenset[str],
    now: datetime,
) -> Once:
    """Return what is to be spent of an assertion in whose claims nothing is wrong."""
    expires_at = _moment(claims.get("exp"))
    if expires_at is None or not now - SKEW < expires_at <= now + LONGEST_ASSERTION_LIFE:
        raise Refused(FAILED)
    for name in ("iat", "nbf"):
        if name in claims:
            moment = _moment(claims[name])
            if moment is None or moment > now + SKEW:
                raise Refused(FAILED)
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise Refused(FAILED)
    if not _named(claims.get("aud"), alone=rules_of(client.profile).only_issuer) & audiences:
        raise Refused(FAILED)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        raise Refused(FAILED)
    return Once(client.id, digest(jti), expires_at + SKEW)


def _verified(client: RegisteredClient, assertion: str, key_set: Json) -> dict[str, Any]:
    try:
        keys = _keys(json.dumps(key_set))
        algorithms = list(rules_of(client.profile).algorithms)
        return dict(jwt.decode(assertion, keys, algorithms=algorithms).claims)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Refused(FAILED) from None


@lru_cache(maxsize=1024)
def _keys(key_set: str) -> KeySet:
    """Return the keys of a JWKS in text; a client brings the same ones for months."""
    return KeySet.import_key_set(cast("KeySetSerialization", json.loads(key_set)))


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _named(value: object, *, alone: bool) -> frozenset[str]:
    values = value if isinstance(value, list) and not alone else [value]
    return frozenset(each for each in values if isinstance(each, str))
