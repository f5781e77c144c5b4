"""Make cards: with a key, a certificate that nobody vouches for and a PIN, or by their number.

A card travels between programs as a form: plain strings, as JSON carries them.
"""

from datetime import datetime, timedelta
from typing import TypedDict

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from demo.cards.desfire import DesfireCard
from demo.cards.piv import PivCard, PrivateKey
from demo.cards.storage import StorageCard
from kernel.ids import new_nonce

LIFETIME = timedelta(days=3650)
RSA_BITS = 2048


class Form(TypedDict):
    """What is needed to make the same card again."""

    key: str  # PKCS#8, PEM
    certificate: str  # DER, hex
    pin: str


def new_key(*, rsa_key: bool = False) -> PrivateKey:
    """Return a new key, on P-256 unless told otherwise."""
    if rsa_key:
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())


def issue(key: PrivateKey, *, pin: str, label: str, now: datetime) -> Form:
    """Return a card that carries `key` and a certificate it signed itself."""
    return form_of(key, self_signed(key, label=label, now=now), pin=pin)


def form_of(key: PrivateKey, certificate: bytes, *, pin: str) -> Form:
    """Return a card that carries `key` and this certificate (DER)."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {"key": text, "certificate": certificate.hex(), "pin": pin}


def self_signed(key: PrivateKey, *, label: str, now: datetime) -> bytes:
    """Return a certificate (DER) in which the key vouches for itself."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now,
        not_valid_after=now + LIFETIME,
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)


def piv_card(key: str, certificate: str, pin: str) -> PivCard:
    """Make the card that a form describes. Raises ValueError if it describes none."""
    private = load_pem_private_key(key.encode(), password=None)
    if not isinstance(private, PrivateKey):
        raise ValueError("a card of this kind has an RSA or an EC key")  # noqa: TRY004  # the form's value
    return PivCard(key=private, certificate=bytes.fromhex(certificate), pin=pin)


def storage_card(uid: str) -> StorageCard:
    """Make the storage card that has this number, in hex."""
    return StorageCard(bytes.fromhex(uid))


def desfire_card(uid: str, application: str, keys: dict[str, str]) -> DesfireCard:
    """Make the card that has this number, application and keys by number, in hex."""
    return DesfireCard(
        uid=bytes.fromhex(uid),
        application=bytes.fromhex(application),
        keys={int(number): bytes.fromhex(key) for number, key in keys.items()},
        draw=new_nonce,
    )
