"""Sign and verify: the seam behind which keys live. Never pyjwkest (PYOP 1)."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, KeySetSerialization, OKPKey, RSAKey

from kernel.tokens import KeyAbsent

Private = ECKey | RSAKey | OKPKey
KINDS: dict[str, type[ECKey] | type[RSAKey] | type[OKPKey]] = {
    "ES256": ECKey,
    "RS256": RSAKey,
    "PS256": RSAKey,
    "EdDSA": OKPKey,
}
ALGORITHMS = tuple(KINDS)
RSA_BITS = 2048
PROBE = "probe+jwt"  # signed to see whether a token holds a key; believed by nobody


class SignatureInvalid(Exception):
    """A token was not signed by one of our keys, or is not a token at all."""


class Signer(Protocol):
    """Something that signs claims as a compact JWS, wherever its keys are."""

    def sign(self, claims: Mapping[str, Any], *, alg: str, typ: str = "JWT") -> str:
        """Return the signed token, its header naming `alg`, `kid` and `typ`."""
        ...

    def verify(self, token: str) -> dict[str, Any]:
        """Return the claims of a token we signed, expired or not. Raises SignatureInvalid."""
        ...


@dataclass(frozen=True)
class SigningKeyPair:
    """One key, ready for use."""

    kid: str
    alg: str
    active: bool
    key: Private  # the public half only, if the other stays in a token
    signs: Callable[[bytes], bytes] | None = None  # what the token does


class Token(Protocol):
    """Where keys are made and used that nobody can copy (`idp.token_keys`)."""

    def make(self, alg: str) -> Private:
        """Make a key and return its public half; it is known by its thumbprint."""
        ...

    def sign(self, kid: str, alg: str, message: bytes) -> bytes:
        """Return the signature over `message` as a JWS writes it."""
        ...


class LocalSigner:
    """Keys held by this process, computed with OpenSSL, or by a token it opened."""

    def __init__(self, pairs: Iterable[SigningKeyPair]) -> None:
        """Take every published key; the active one of each algorithm signs."""
        pairs = tuple(pairs)
        self._pairs = pairs
        self._signing = {pair.alg: pair for pair in pairs if pair.active}
        self._all = KeySet([pair.key for pair in pairs])
        self.jwks = {"keys": [_public(pair) for pair in pairs]}

    def sign(self, claims: Mapping[str, Any], *, alg: str, typ: str = "JWT") -> str:
        """Return the signed token. Raises LookupError if no key of `alg` is active."""
        pair = self._signing[alg]
        header = {"alg": alg, "kid": pair.kid, "typ": typ}
        if pair.signs is not None:
            return _compact(header, claims, pair.signs)
        return jwt.encode(header, dict(claims), pair.key, algorithms=[alg])

    def held(self, alg: str, *, present: bool = False) -> dict[str, Any]:
        """Return as JWKS the keys of `alg` we can sign with; `present`, the one in use.

        What is published is read from the database, and so is whatever its owner writes there.
        """
        pairs = (pair for pair in self._pairs if pair.alg == alg and (pair.active or not present))
        return {"keys": [_public(pair) for pair in pairs if _is_held(pair)]}

    def verify(self, token: str) -> dict[str, Any]:
        """Return the claims, whatever their age: a hint may be old (RP-Initiated Logout 2)."""
        return read_signed(token, self._all, typ="JWT")


def _is_held(pair: SigningKeyPair) -> bool:
    """Say whether we can sign with a key: its private half is here, or the token does so.

    A token that is away says neither: SettingsInvalid goes on to whoever asked.
    """
    if pair.signs is None:
        return pair.key.is_private
    try:
        signed = _compact({"alg": pair.alg, "kid": pair.kid, "typ": PROBE}, {}, pair.signs)
        read_signed(signed, KeySet([pair.key]), typ=PROBE)
    except (KeyAbsent, SignatureInvalid):
        return False
    return True


def _compact(
    header: Mapping[str, str], claims: Mapping[str, Any], sign: Callable[[bytes], bytes]
) -> str:
    """Return a JWS that a token signs (RFC 7515 7.1)."""
    message = b".".join(
        _encoded(json.dumps(each, separators=(",", ":")).encode()) for each in (header, claims)
    )
    return b".".join((message, _encoded(sign(message)))).decode()


def _encoded(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def read_signed(token: str, keys: KeySet, *, typ: str) -> dict[str, Any]:
    """Return the claims of a token of the kind `typ` signed by one of `keys`.

    What was signed for one use must not pass for another (RFC 8725 3.11): a receipt is no hint.
    Raises SignatureInvalid.
    """
    try:
        read = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
        if read.header.get("typ") != typ:
            raise SignatureInvalid("made for another use")
        return dict(read.claims)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise SignatureInvalid("not a token of ours") from None


def read_trusted(token: str, keys: KeySet) -> dict[str, Any]:
    """Return the claims of somebody else's token, signed by one of `keys`; its place says its use.

    Raises SignatureInvalid.
    """
    try:
        return dict(jwt.decode(token, keys, algorithms=list(ALGORITHMS)).claims)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise SignatureInvalid("not a token of theirs") from None


def read_keys(document: object) -> KeySet:
    """Return the public keys of a JWKS document. Raises SignatureInvalid if it is none."""
    try:
        return KeySet.import_key_set(cast("KeySetSerialization", document))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise SignatureInvalid("not a set of keys") from None


def _public(pair: SigningKeyPair) -> dict[str, Any]:
    return {**pair.key.as_dict(private=False), "kid": pair.kid, "alg": pair.alg, "use": "sig"}


def new_key(alg: str) -> Private:
    """Make a key for `alg`: P-256 for ES256, Ed25519 for EdDSA, else RSA."""
    if alg == "ES256":
        return ECKey.generate_key("P-256", private=True)
    if alg == "EdDSA":
        return OKPKey.generate_key("Ed25519", private=True)
    return RSAKey.generate_key(RSA_BITS, private=True)


def load_key(alg: str, jwk: dict[str, Any]) -> Private:
    """Return the key of a JWK, either half, good for `alg` and for no other (RFC 8725 3.1)."""
    return KINDS[alg].import_key({**jwk, "alg": alg})
