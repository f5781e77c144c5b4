"""Make the certificates of clients: issued by an authority, or by themselves."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, RSAKey

from tests.certificates import pki
from tests.certificates.pki import Authority, Leaf, Private
from tests.make import NOON
from web.fronts import CERTIFICATE, SECRET

FRONT = "https://mtls.id.example.invalid"
SHARED = "what only the proxy and we know, both"
YEAR = timedelta(days=365)


@cache
def authority() -> Authority:
    """Return the authority that vouches for agencies' clients."""
    return pki.authority(pki.name("Synthetic client authority"), pki.ec_key("client authority"))


def issued(*names: x509.GeneralName, **changes: Any) -> Leaf:  # what a Leaf is made of
    """Return a certificate with these alternative names."""
    extra = ((x509.SubjectAlternativeName(names), False),) if names else ()
    usual = {
        "by": authority(),
        "key": pki.ec_key("client"),
        "subject": pki.name("client"),
        "policies": (),
        "attributes": (),
        "extra": extra,
    }
    return Leaf(**{**usual, **changes})


def self_signed(
    key: Private, *, start: datetime = NOON - YEAR, end: datetime = NOON + YEAR
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a client itself")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=start,
        not_valid_after=end,
    )
    return builder.sign(key, SHA256())


def jwk(key: Private, **more: Any) -> dict[str, Any]:  # JSON
    """Return the public key as a client registers it."""
    kind = RSAKey if hasattr(key.public_key(), "public_numbers") and key.key_size > 600 else ECKey
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {**kind.import_key(pem).as_dict(private=False), **more}


def headers(certificate: x509.Certificate | None) -> Mapping[str, str]:
    """Return what the proxy at the front adds to a request."""
    if certificate is None:
        return {SECRET: SHARED}
    pem = certificate.public_bytes(Encoding.PEM).decode()
    return {SECRET: SHARED, CERTIFICATE: quote(pem)}


def write_authorities(folder: Path) -> Path:
    """Write the file that an operator pins authorities with."""
    path = folder / "client-authorities.pem"
    path.write_bytes(authority().certificate.public_bytes(Encoding.PEM))
    return path
