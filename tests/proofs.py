"""Make what clients sign: assertions and DPoP proofs, right or wrong in one detail."""

import base64
import hashlib
import json
from datetime import datetime
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from kernel.ids import new_id

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def new_key() -> ECKey:
    return ECKey.generate_key("P-256", {"use": "sig"}, private=True)


def public_set(*keys: ECKey | RSAKey) -> dict[str, Any]:
    """Return the JWKS to register."""
    return {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint()} for key in keys]}


def signed(
    key: Any, claims: dict[str, Any], *, alg: str = "ES256", **header: Any
) -> str:  # keys of several kinds, JSON of several shapes
    """Return a compact JWS; None takes a claim or a header away."""
    head = {"typ": "JWT", "alg": alg, **header}
    said = {name: value for name, value in claims.items() if value is not None}
    return jws.serialize_compact(
        {name: value for name, value in head.items() if value is not None},
        json.dumps(said),  # in ASCII: half a surrogate pair can be signed, too
        key,
        algorithms=[alg],
    )


def assertion(
    key: Any, client_id: str, audience: Any, *, now: datetime, alg: str = "ES256", **changes: Any
) -> str:
    """Return a client assertion (RFC 7523 3)."""
    moment = int(now.timestamp())
    usual = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": moment,
        "exp": moment + 60,
        "jti": new_id().hex,
    }
    return signed(key, {**usual, **changes}, alg=alg, kid=key.thumbprint())


def proof(
    key: Any,
    method: str,
    address: str,
    *,
    now: datetime,
    token: str | None = None,
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """Return a DPoP proof (RFC 9449 4.2)."""
    usual = {
        "jti": new_id().hex,
        "htm": method,
        "htu": address,
        "iat": int(now.timestamp()),
        "ath": None if token is None else hash_of(token),
    }
    head = {"typ": "dpop+jwt", "jwk": key.as_dict(private=False), **(header or {})}
    return signed(key, {**usual, **changes}, **head)


def as_base64(value: dict[str, Any]) -> str:
    """Return JSON as a part of a compact JWS."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def hash_of(token: str) -> str:
    return hash_of_bytes(token.encode())


def hash_of_bytes(value: bytes) -> str:
    hashed = hashlib.sha256(value).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
