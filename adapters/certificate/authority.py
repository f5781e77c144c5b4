"""Issue certificates to members' own devices: short-lived, and naming nobody.

The subject is a random device id, never what a request asks for. The authority's key lies sealed
in the database, or stays in a PKCS#11 token (7(6)3; docs/decisions/0047).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters.certificate.models import DeviceAuthority
from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_nonce
from kernel.keyring import Keyring
from kernel.strong_keys import is_strong
from kernel.unreadable import UNREADABLE

LIFETIME = timedelta(days=90)
AUTHORITY_LIFETIME = timedelta(days=3650)
AHEAD = timedelta(minutes=5)  # for devices whose clock is slow
MOST_BYTES = 16 * 1024  # of a request
DEVICE_BYTES = 16
SERIAL_BYTES = 16

DeviceKey: TypeAlias = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
# Open the key of this label in the installation's token.
OpenToken: TypeAlias = Callable[[str], ec.EllipticCurvePrivateKey]


@dataclass(frozen=True, kw_only=True)
class Authority:
    """Who signs: a certificate and its key."""

    row: DeviceAuthority
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    list_url: str = ""  # where others learn which certificates count no more


def make(
    session: Session,
    keyring: Keyring,
    *,
    name: str,
    token_key: tuple[str, ec.EllipticCurvePrivateKey] | None = None,
    now: datetime,
) -> Authority:
    """Make the authority that issues from now on; with `token_key`, its label and the key."""
    row_id = new_id()
    label, key = token_key or ("", ec.generate_private_key(ec.SECP256R1()))
    certificate = _self_signed(key, name=name, now=now)
    row = DeviceAuthority(
        id=row_id,
        certificate=certificate.public_bytes(Encoding.DER),
        key_sealed=None if label else keyring.seal(_private(key), place=_place(row_id.hex)),
        key_label=label or None,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return Authority(row=row, certificate=certificate, key=key)


def find(session: Session) -> DeviceAuthority | None:
    """Return the newest authority, None if none was made."""
    newest = select(DeviceAuthority).order_by(DeviceAuthority.created_at.desc()).limit(1)
    return session.scalar(newest)


def opened(session: Session, keyring: Keyring, open_token: OpenToken) -> Authority:
    """Return the newest authority with its key. Raises Refused `device.no_authority`."""
    row = find(session)
    if row is None:
        raise Refused("device.no_authority")
    return open_(row, keyring, open_token)


def get(session: Session, row_id: UUID) -> DeviceAuthority:
    """Return one of our authorities, newest or not. Raises NotFound."""
    row = session.get(DeviceAuthority, row_id)
    if row is None:
        raise NotFound("carrier.not_found")
    return row


def open_(row: DeviceAuthority, keyring: Keyring, open_token: OpenToken) -> Authority:
    """Return an authority with its key."""
    return Authority(
        row=row,
        certificate=x509.load_der_x509_certificate(row.certificate),
        key=_unsealed(row, keyring) if row.key_label is None else open_token(row.key_label),
    )


def _unsealed(row: DeviceAuthority, keyring: Keyring) -> ec.EllipticCurvePrivateKey:
    sealed = keyring.unseal(row.key_sealed or b"", place=_place(row.id.hex))
    return load_der_private_key(sealed, password=None)  # type: ignore[return-value]  # `make` made it


def _place(row_id: str) -> str:
    return f"device_authority/{row_id}"


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _self_signed(key: ec.EllipticCurvePrivateKey, *, name: str, now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    public = key.public_key()
    builder = _started(subject, subject, public, now=now, until=now + AUTHORITY_LIFETIME)
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(issuing=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return builder.sign(key, SHA256())


def issue(authority: Authority, key: DeviceKey, *, now: datetime) -> x509.Certificate:
    """Return a certificate over a device's key, for ninety days.

    Raises Refused `device.weak_key`.
    """
    if not is_strong(key):
        raise Refused("device.weak_key")
    device = f"device-{new_nonce(DEVICE_BYTES).hex()}"
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, device)])
    by, issuer = authority.key.public_key(), authority.certificate.subject
    builder = (
        _started(subject, issuer, key, now=now, until=now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(issuing=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by), critical=False)
    )
    if authority.list_url:
        builder = builder.add_extension(_list_at(authority.list_url), critical=False)
    return builder.sign(authority.key, SHA256())


def _list_at(url: str) -> x509.CRLDistributionPoints:
    place = x509.UniformResourceIdentifier(url)
    return x509.CRLDistributionPoints(
        [x509.DistributionPoint([place], relative_name=None, reasons=None, crl_issuer=None)]
    )


def _started(
    subject: x509.Name, issuer: x509.Name, key: DeviceKey, *, now: datetime, until: datetime
) -> x509.CertificateBuilder:
    serial = int.from_bytes(new_nonce(SERIAL_BYTES), "big") | 1 << (8 * SERIAL_BYTES - 2)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=serial,
        not_valid_before=now - AHEAD,
        not_valid_after=until,
    )


def _usage(*, issuing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issuing,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issuing,
        crl_sign=issuing,
        encipher_only=False,
        decipher_only=False,
    )


def requested_key(request: bytes) -> DeviceKey:
    """Return the key a request (PKCS#10, PEM) proves to hold; nothing else of it is read.

    Raises Refused `device.request_unreadable` or `device.weak_key`.
    """
    if len(request) > MOST_BYTES:
        raise Refused("device.request_unreadable")
    try:
        read = x509.load_pem_x509_csr(request)
        key, proved = read.public_key(), read.is_signature_valid
    except UNREADABLE:
        raise Refused("device.request_unreadable") from None
    if not proved:
        raise Refused("device.request_unreadable")
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) or not is_strong(key):
        raise Refused("device.weak_key")
    return key
