"""Keep the certificates of members' own devices: issue, renew, and know at once which still count.

No list says so: a certificate counts while its binding does, and that is asked each time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from adapters.certificate import authority
from adapters.certificate.authority import Authority, DeviceKey
from adapters.certificate.models import DeviceCertificate
from carriers import bindings
from carriers.models import Binding, CarrierKind, Place, Suspension
from kernel.errors import NotFound, Refused
from kernel.prebuilt import Prebuilt, Row

_FIND = Prebuilt(
    select(Binding.id, Binding.member_id, Binding.suspension, DeviceCertificate.ends_at)
    .join(Binding, Binding.id == DeviceCertificate.binding_id)
    .where(
        DeviceCertificate.fingerprint == bindparam("fingerprint"),
        Binding.kind == CarrierKind.DEVICE,
        Binding.released_at.is_(None),
    )
)


def certify(
    session: Session, by: Authority, binding: Binding, public_key: bytes, *, now: datetime
) -> DeviceCertificate:
    """Issue a certificate over a carrier's key (SubjectPublicKeyInfo, DER), or issue it anew.

    Raises Refused `carrier.reported_lost` or `device.weak_key`.
    """
    if not binding.is_usable:
        raise Refused("carrier.reported_lost")
    is_first = find(session, binding.id) is None
    issued = _issue(session, by, binding.id, _key_of(public_key), now=now)
    if not is_first:
        bindings.record_renewed(
            session, binding.id, member_id=binding.member_id, reason="issued", now=now
        )
    return issued


def bind(
    session: Session,
    by: Authority,
    request: bytes,
    *,
    member_id: UUID,
    name: str,
    acr: str,
    now: datetime,
) -> DeviceCertificate:
    """Bind the device that made this request (PKCS#10, PEM) and certify its key.

    Raises Refused: `device.…`, or what `bindings.bind` raises.
    """
    key = authority.requested_key(request)
    binding = bindings.bind(
        session,
        member_id=member_id,
        kind=CarrierKind.DEVICE,
        fingerprint=sha256(_spki(key)).hexdigest(),
        name=name,
        where=Place.ACCOUNT,
        acr=acr,
        now=now,
    )
    return _issue(session, by, binding.id, key, now=now)


def renew(session: Session, by: Authority, binding: Binding, *, now: datetime) -> DeviceCertificate:
    """Issue a device's certificate anew over the same key.

    Raises NotFound if it never had one, Refused `carrier.reported_lost`.
    """
    last = find(session, binding.id)
    if last is None:
        raise NotFound("carrier.not_found")
    key = x509.load_der_x509_certificate(last.certificate).public_key()
    return certify(session, by, binding, _spki(key), now=now)  # type: ignore[arg-type]  # issued here


def find(session: Session, binding_id: UUID) -> DeviceCertificate | None:
    """Return the newest certificate of a carrier."""
    return session.scalar(
        select(DeviceCertificate)
        .where(DeviceCertificate.binding_id == binding_id)
        .order_by(DeviceCertificate.issued_at.desc(), DeviceCertificate.id.desc())
        .limit(1)
    )


def newest_of(session: Session, member_id: UUID) -> Mapping[UUID, DeviceCertificate]:
    """Return the newest certificate of each of the member's carriers that has one."""
    rows: Sequence[DeviceCertificate] = session.scalars(
        select(DeviceCertificate)
        .join(Binding, Binding.id == DeviceCertificate.binding_id)
        .where(Binding.member_id == member_id, Binding.released_at.is_(None))
        .order_by(DeviceCertificate.issued_at, DeviceCertificate.id)
    ).all()
    return {each.binding_id: each for each in rows}


def pem_of(certificate: DeviceCertificate) -> bytes:
    """Return a certificate as programs take it."""
    return x509.load_der_x509_certificate(certificate.certificate).public_bytes(Encoding.PEM)


def shown(session: Session, der: bytes) -> Row | None:
    """Return whose device shows this very certificate; None if we did not issue it to a device.

    A passkey's certificate is no answer here: that key signs for WebAuthn alone.
    """
    return _FIND.one_or_none(session, {"fingerprint": sha256(der).digest()})


def require_live(found: Row, *, now: datetime) -> None:
    """Let only a certificate in its time pass, whose carrier was not suspended.

    Raises Refused `carrier.reported_lost` or `carrier.certificate_expired`.
    """
    if isinstance(found.suspension, Suspension):
        raise Refused("carrier.reported_lost")
    if now >= found.ends_at:
        raise Refused("carrier.certificate_expired")


def _issue(
    session: Session, by: Authority, binding_id: UUID, key: DeviceKey, *, now: datetime
) -> DeviceCertificate:
    certificate = authority.issue(by, key, now=now)
    der = certificate.public_bytes(Encoding.DER)
    row = DeviceCertificate(
        binding_id=binding_id,
        authority_id=by.row.id,
        certificate=der,
        fingerprint=sha256(der).digest(),
        issued_at=now,
        ends_at=certificate.not_valid_after_utc,
    )
    session.add(row)
    session.flush()
    return row


def _key_of(public_key: bytes) -> DeviceKey:
    key = load_der_public_key(public_key)
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise Refused("device.weak_key")
    return key


def _spki(key: DeviceKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
