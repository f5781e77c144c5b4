"""Compose the claims of an id_token (OIDC Core 2)."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Login:
    """How and when the member was identified, as the grant remembers it."""

    acr: str
    amr: tuple[str, ...]
    authenticated_at: datetime


def id_token_claims(
    *,
    issuer: str,
    client_id: str,
    sub: str,
    login: Login,
    tells_auth_time: bool,
    nonce: str | None,
    access_token: str | None,
    code: str | None = None,
    state: str | None = None,
    sid: str | None = None,
    lifetime: timedelta,
    alg: str,
    now: datetime,
) -> dict[str, Any]:
    """Return the protocol's own claims; what the member agreed to share is added by the caller.

    `code` and `state` are what travels beside the token, and cannot be exchanged on the way.
    """
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": sub,
        "aud": client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "acr": login.acr,
        "amr": list(login.amr),
    }
    if tells_auth_time:  # required where max_age or the claim was asked (OIDC Core 2)
        claims["auth_time"] = int(login.authenticated_at.timestamp())
    if nonce:
        claims["nonce"] = nonce
    if sid:  # what a logout will name (Back-Channel Logout 2.1)
        claims["sid"] = sid
    beside = {"at_hash": access_token, "c_hash": code, "s_hash": state}  # s_hash: FAPI 1.0 5.1.1
    hashes = {name: left_half_hash(value, alg=alg) for name, value in beside.items() if value}
    return {**claims, **hashes}


def left_half_hash(value: str, *, alg: str) -> str:
    """Return the left half of the hash `alg` signs over (OIDC Core 3.1.3.6; RFC 8032 5.1)."""
    hashed = hashlib.new("sha512" if alg == "EdDSA" else "sha256", value.encode()).digest()
    half = hashed[: len(hashed) // 2]
    return base64.urlsafe_b64encode(half).rstrip(b"=").decode()
