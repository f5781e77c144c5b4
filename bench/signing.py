"""Sign what a FAPI client signs: who it is, and that it has the key its tokens are held to."""

import base64
import hashlib
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from bench.city import AGENCY, AGENCY_KEY
from kernel import clock
from kernel.ids import new_id

KEY = ECKey.import_key(dict(AGENCY_KEY))
JWK_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def assertion(issuer: str) -> dict[str, str]:
    """Return the parameters that prove the client (RFC 7523)."""
    now = int(clock.now().timestamp())
    claims = {"iss": AGENCY, "sub": AGENCY, "aud": issuer, "exp": now + 60, "jti": new_id().hex}
    return {"client_assertion_type": JWK_BEARER, "client_assertion": _signed({}, claims)}


def proof(method: str, address: str, token: str = "") -> str:
    """Return a proof for one call (RFC 9449 4.2)."""
    claims = {
        "htm": method,
        "htu": address,
        "iat": int(clock.now().timestamp()),
        "jti": new_id().hex,
    }
    if token:
        hashed = hashlib.sha256(token.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
    return _signed({"typ": "dpop+jwt", "jwk": KEY.as_dict(private=False)}, claims)


def _signed(header: dict[str, Any], claims: dict[str, Any]) -> str:  # JSON
    return jwt.encode({"alg": "ES256", **header}, claims, KEY)
