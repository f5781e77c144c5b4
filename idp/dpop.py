"""Read a DPoP proof: a caller shows the key its tokens are good with (RFC 9449 4.3)."""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from kernel import compact

KEYS: dict[str, type[ECKey] | type[RSAKey] | type[OKPKey]] = {
    "ES256": ECKey,
    "PS256": RSAKey,
    "EdDSA": OKPKey,
}
AGE = timedelta(seconds=60)
SKEW = timedelta(seconds=30)  # clocks differ; a proof made for later is none
LONGEST_ID = 256
LONGEST_HEADER = 2048  # it holds a whole key
KEPT = 512  # keys; strangers fill these places as well, with up to 5 KB each
_ROOMY = jws.JWSRegistry(algorithms=list(KEYS))
_ROOMY.max_header_length = LONGEST_HEADER
PORTS = {"https": 443, "http": 80}


class ProofInvalid(Exception):
    """What was sent as a proof proves nothing."""


@dataclass(frozen=True)
class Proof:
    """A proof that holds; `name` is its own among those of its key."""

    thumbprint: str  # RFC 7638, of the key
    name: str
    nonce: str | None = None  # of ours, if the caller was given one


def read(
    proof: str, *, method: str, address: str, now: datetime, access_token: str | None = None
) -> Proof:
    """Return a proof made for this very call, and for `access_token` if one comes with it.

    Raises ProofInvalid. Whether it was seen before only the database knows.
    """
    try:
        thumbprint, claims = _signed(proof)
        _require_call(claims, method=method, address=address)
        _require_time(claims, now=now)
        _require_token(claims, access_token)
        name = claims["jti"]
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_ID:
            raise ProofInvalid("jti names nothing")
        nonce = claims.get("nonce")
        return Proof(thumbprint, name, nonce if isinstance(nonce, str) else None)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ProofInvalid(type(error).__name__) from None


def _signed(proof: str) -> tuple[str, dict[str, Any]]:
    """Return the thumbprint of the key a proof brings, once it has verified that very proof."""
    key, thumbprint = _brought(proof.partition(".")[0])
    return thumbprint, dict(jwt.decode(proof, key, registry=_ROOMY).claims)


@lru_cache(maxsize=KEPT)
def _brought(header: str) -> tuple[ECKey | RSAKey | OKPKey, str]:
    """Return the key in a header, and its thumbprint: a client shows the same in call after call.

    A header that is too long is not kept: the signature's check refuses it anyway.
    """
    if len(header) > LONGEST_HEADER:
        raise ProofInvalid("the header is too long")
    said = compact.decoded(header)
    if said["typ"] != "dpop+jwt":
        raise ProofInvalid("made for another use")
    key = KEYS[said["alg"]].import_key(said["jwk"])
    if key.is_private:
        raise ProofInvalid("a private key was sent around")
    return key, key.thumbprint()


def _require_call(claims: dict[str, Any], *, method: str, address: str) -> None:
    if claims["htm"] != method or _place(claims["htu"]) != _place(address):
        raise ProofInvalid("made for another call")


def _place(address: str) -> tuple[str, str, int | None, str]:
    """Return what two addresses must share; query and fragment do not count (RFC 9449 4.3)."""
    parts: SplitResult = urlsplit(address)
    scheme = parts.scheme.lower()
    port = parts.port or PORTS.get(scheme)
    return scheme, (parts.hostname or "").lower(), port, parts.path or "/"


def _require_time(claims: dict[str, Any], *, now: datetime) -> None:
    made = _moment(claims["iat"])
    if not now - AGE <= made <= now + SKEW:
        raise ProofInvalid("made at another time")
    if "exp" in claims and _moment(claims["exp"]) < now - SKEW:
        raise ProofInvalid("expired")
    if "nbf" in claims and _moment(claims["nbf"]) > now + SKEW:
        raise ProofInvalid("not good yet")


def _moment(value: object) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProofInvalid("not a moment")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError):
        raise ProofInvalid("not a moment") from None


def _require_token(claims: dict[str, Any], access_token: str | None) -> None:
    if access_token is None:
        return
    hashed = hashlib.sha256(access_token.encode()).digest()
    expected = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
    if not hmac.compare_digest(str(claims["ath"]).encode(), expected.encode()):
        raise ProofInvalid("made for another token")
