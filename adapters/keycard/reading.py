"""Read what a card signed, and know its key again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters import web_eid
from adapters.contract import Challenge, Context, NotProven, text_of
from kernel.keyring import keyed_hash

SMALLEST_RSA = 2048
LABEL = "key-card/v1"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A card that signed just now."""

    fingerprint: str
    algorithm: str


def shown(
    context: Context,
    challenge: Challenge,
    answer: Mapping[str, object],
    *,
    key: bytes,
    now: datetime,
) -> Shown:
    """Return which card signed our origin and this challenge; `key` hides its public key.

    Raises NotProven, Refused `challenge.expired`.
    """
    challenge.require_fresh(now=now)
    token = web_eid.read(text_of(answer, "token", longest=web_eid.MOST_CHARACTERS))
    web_eid.require_signed(token, origin=context.origin, nonce=challenge.nonce)
    public = x509.load_der_x509_certificate(token.certificate).public_key()
    if isinstance(public, rsa.RSAPublicKey) and public.key_size < SMALLEST_RSA:
        raise NotProven("card.key_weak")
    if isinstance(public, ec.EllipticCurvePublicKey) and not _is_usual(public.curve):
        raise NotProven("card.key_weak")
    info = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Shown(fingerprint=fingerprint_of(info.hex(), key), algorithm=token.algorithm)


def fingerprint_of(public_key: str, key: bytes) -> str:
    """Return by what a card is known: its SubjectPublicKeyInfo (DER) in lower-case hex, keyed."""
    return keyed_hash(key, LABEL, public_key).hex()


def _is_usual(curve: ec.EllipticCurve) -> bool:
    return isinstance(curve, (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1))
