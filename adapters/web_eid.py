"""Read the token a card program makes: a certificate, and a signature over origin and nonce.

The form is `web-eid:1.0`. The program takes the origin from the browser, never from the page, so a
page elsewhere that relays our nonce gets a signature over its own origin and nothing for it. Which
certificates count is not decided here.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from adapters import signed_over
from adapters.contract import NotProven
from adapters.signed_over import HASHES
from kernel.unreadable import UNREADABLE

FORMAT = "web-eid:1"
MOST_CHARACTERS = 32 * 1024
ALGORITHMS = frozenset(family + size for family in ("ES", "RS", "PS") for size in HASHES)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token that was read, not yet believed."""

    certificate: bytes = field(repr=False)  # DER
    algorithm: str
    signature: bytes = field(repr=False)


def read(text: str) -> Token:
    """Return the token in `text` (JSON). Raises NotProven `token.malformed` for everything else."""
    if len(text) > MOST_CHARACTERS:
        raise NotProven("token.malformed")
    try:
        fields = json.loads(text)
        return _token(fields)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NotProven("token.malformed") from None


def claims_form(text: str, form: str) -> bool:
    """Say whether a token says that it is of this form."""
    try:
        return str(json.loads(text[: MOST_CHARACTERS + 1])["format"]).startswith(form)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _token(fields: Any) -> Token:  # parsed JSON: whatever its sender wrote
    if not str(fields["format"]).startswith(FORMAT) or fields["algorithm"] not in ALGORITHMS:
        raise ValueError("another format")
    return Token(
        certificate=_bytes(fields["unverifiedCertificate"]),
        algorithm=fields["algorithm"],
        signature=_bytes(fields["signature"]),
    )


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as malformed:
        raise ValueError("not base64") from malformed


def require_signed(token: Token, *, origin: str, nonce: str) -> None:
    """Let only a token pass that the certificate's key signed for this origin and this nonce.

    Raises NotProven `token.malformed` or `token.signature`.
    """
    if not is_message_signed(token, signed_over.message(origin, nonce, token.algorithm)):
        raise NotProven("token.signature")


def is_message_signed(token: Token, message: bytes) -> bool:
    """Say whether the token's certificate's key signed this message.

    Raises NotProven `token.malformed`.
    """
    try:
        key = x509.load_der_x509_certificate(token.certificate).public_key()
    except UNREADABLE:
        raise NotProven("token.malformed") from None
    return _verifies(key, token, message)


def _verifies(key: CertificatePublicKeyTypes, token: Token, message: bytes) -> bool:
    family, hash_ = token.algorithm[:2], HASHES[token.algorithm[2:]]
    try:
        if family == "ES" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der(token.signature, key), message, ec.ECDSA(hash_))
            return True
        if family == "RS" and isinstance(key, rsa.RSAPublicKey):
            key.verify(token.signature, message, padding.PKCS1v15(), hash_)
            return True
        if family == "PS" and isinstance(key, rsa.RSAPublicKey):
            salted = padding.PSS(padding.MGF1(hash_), padding.PSS.DIGEST_LENGTH)
            key.verify(token.signature, message, salted, hash_)
            return True
    except (InvalidSignature, ValueError):
        return False
    return False


def _der(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a JWS-like signature (r and s side by side, RFC 7518 3.4) as X.509 writes one."""
    size = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise ValueError("another length")
    r, s = (int.from_bytes(part, "big") for part in (signature[:size], signature[size:]))
    return encode_dss_signature(r, s)
