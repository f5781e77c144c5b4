"""Tell others which of our device certificates count no more: a list each authority signs (7(6)3).

Inside, nobody reads it: there the binding is asked each time. A certificate is on the list from the
moment its carrier is lost, removed or gone with its account, until it runs out by itself.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from adapters.certificate.authority import Authority
from adapters.certificate.models import DeviceCertificate
from carriers.models import Binding

LIFETIME = timedelta(hours=1)
AHEAD = timedelta(minutes=5)  # for readers whose clock is slow


def make(session: Session, by: Authority, *, now: datetime) -> bytes:
    """Return the list of this moment (DER); its number is the second it was made in."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.certificate.subject)
        .last_update(now - AHEAD)
        .next_update(now + LIFETIME)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False
        )
    )
    for der, ended_at in _ended(session, by, now=now):
        builder = builder.add_revoked_certificate(_entry(der, ended_at or now))
    return builder.sign(by.key, SHA256()).public_bytes(Encoding.DER)


def _ended(
    session: Session, by: Authority, *, now: datetime
) -> Sequence[tuple[bytes, datetime | None]]:
    ended_at = Binding.suspended_at
    rows = session.execute(
        select(DeviceCertificate.certificate, ended_at, Binding.released_at)
        .outerjoin(Binding, Binding.id == DeviceCertificate.binding_id)
        .where(
            DeviceCertificate.authority_id == by.row.id,
            DeviceCertificate.ends_at > now,
            or_(
                Binding.id.is_(None),
                Binding.suspended_at.is_not(None),
                Binding.released_at.is_not(None),
            ),
        )
        .order_by(DeviceCertificate.id)
    )
    return [(row.certificate, row.suspended_at or row.released_at) for row in rows]


def _entry(der: bytes, at: datetime) -> x509.RevokedCertificate:
    serial = x509.load_der_x509_certificate(der).serial_number
    return x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
