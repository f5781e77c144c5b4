"""Say how a key signs: its JWS algorithm, and what exactly a card is given to sign."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, Hash, HashAlgorithm

from adapters.agent.troubles import Trouble
from kernel.unreadable import UNREADABLE

SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 9.2
RSA_SIZES = (2048, 3072, 4096)


@dataclass(frozen=True, kw_only=True)
class KeyKind:
    """How a public key's owner signs for the web."""

    algorithm: str  # RFC 7518 3.1
    size: int  # bytes of the modulus, or of one coordinate
    hash: HashAlgorithm


def may_sign_in(certificate: bytes) -> bool:
    """Say whether a certificate (DER) allows its key to sign, rather than only to decrypt."""
    try:
        extensions = x509.load_der_x509_certificate(certificate).extensions
        return extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        return True
    except UNREADABLE:
        return False


def kind_of(certificate: bytes) -> KeyKind:
    """Return how the key in this certificate (DER) signs. Raises Trouble `card_unknown`."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except UNREADABLE:
        raise Trouble("card_unknown") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size in RSA_SIZES:
        return KeyKind(algorithm="RS256", size=key.key_size // 8, hash=SHA256())
    if isinstance(key, ec.EllipticCurvePublicKey):
        if isinstance(key.curve, ec.SECP256R1):
            return KeyKind(algorithm="ES256", size=32, hash=SHA256())
        if isinstance(key.curve, ec.SECP384R1):
            return KeyKind(algorithm="ES384", size=48, hash=SHA384())
    raise Trouble("card_unknown")


def digest(kind: KeyKind, message: bytes) -> bytes:
    """Return the hash of the message that this key signs."""
    hasher = Hash(kind.hash)
    hasher.update(message)
    return hasher.finalize()


def block(kind: KeyKind, message: bytes) -> bytes:
    """Return what a card that computes bare signatures is given (RFC 8017 9.2; SEC 1)."""
    hashed = digest(kind, message)
    if kind.algorithm != "RS256":
        return hashed
    info = SHA256_INFO + hashed
    return b"\0\1" + b"\xff" * (kind.size - len(info) - 3) + b"\0" + info


def jose(kind: KeyKind, signature: bytes) -> bytes:
    """Return a card's signature in JWS form (RFC 7518 3.4). Raises Trouble `card_error`."""
    if kind.algorithm == "RS256":
        return signature
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(kind.size, "big") + s.to_bytes(kind.size, "big")
    except (ValueError, OverflowError):
        raise Trouble("card_error") from None
