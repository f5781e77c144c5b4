"""Load revocation lists into a table: one look-up by key at sign-in, however long the list is.

A list is believed if its issuer signed it, it is in its time, and its number does not go back: an
old list played again would give a revoked card its life back (RFC 5280 5.2.3).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from cryptography import x509
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from adapters.certificate.models import (
    SERIAL_BYTES,
    BoundCertificate,
    RevocationList,
    RevokedSerial,
)
from adapters.certificate.profiles import Issuer
from carriers.models import Binding
from kernel.db import changed, insert_once
from kernel.errors import Refused
from kernel.ids import new_id
from kernel.prebuilt import Prebuilt
from kernel.unreadable import UNREADABLE

BATCH = 2_000  # rows a statement: so that half a million serials never stand in memory at once

# Looked up without a transaction: a responder may be asked next, and nobody shall wait for that.
_LISTED = Prebuilt(
    select(RevocationList.next_update, RevokedSerial.serial)
    .outerjoin(
        RevokedSerial,
        (RevokedSerial.list_id == RevocationList.list_id)
        & (RevokedSerial.serial == bindparam("serial")),
    )
    .where(RevocationList.issuer_key_id == bindparam("issuer"))
)


_ON = (
    select(BoundCertificate.binding_id)
    .join(Binding, Binding.id == BoundCertificate.binding_id)
    .join(RevocationList, RevocationList.issuer_key_id == BoundCertificate.issuer_key_id)
    .join(
        RevokedSerial,
        (RevokedSerial.list_id == RevocationList.list_id)
        & (RevokedSerial.serial == BoundCertificate.serial),
    )
    .where(
        BoundCertificate.issuer_key_id == bindparam("issuer"),
        Binding.released_at.is_(None),
        Binding.suspended_at.is_(None),
    )
    .order_by(Binding.bound_at, Binding.id)
)


@dataclass(frozen=True, kw_only=True)
class InForce:
    """The list of one issuer that counts now."""

    number: int
    revoked: int
    this_update: datetime
    next_update: datetime


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What the list in force says of one certificate."""

    revoked: bool
    until: datetime  # from then on the list is too old to acquit anybody


def serial_bytes(serial: int) -> bytes:
    """Return a serial number as it is kept: 20 octets, big-endian."""
    return serial.to_bytes(SERIAL_BYTES, "big")


def find(session: Session, issuer: Issuer, serial: int) -> Listed | None:
    """Return what the issuer's list says of a serial number, None if none was ever loaded."""
    row = _LISTED.one_or_none(session, {"issuer": issuer.key_id, "serial": serial_bytes(serial)})
    return None if row is None else Listed(revoked=row.serial is not None, until=row.next_update)


def in_force(session: Session, issuer: Issuer) -> InForce | None:
    """Return the issuer's list that counts now, None if none was ever loaded."""
    found = session.get(RevocationList, issuer.key_id, populate_existing=True)
    if found is None:
        return None
    of_list = RevokedSerial.list_id == found.list_id
    return InForce(
        number=int(found.number),
        revoked=session.scalar(select(func.count()).where(of_list)) or 0,
        this_update=found.this_update,
        next_update=found.next_update,
    )


def bindings_on(session: Session, issuer: Issuer) -> Sequence[UUID]:
    """Return the usable bindings whose certificate the issuer's list in force revokes (7(7))."""
    return session.scalars(_ON, {"issuer": issuer.key_id}).all()


def is_signed_by(der: bytes, issuer: Issuer) -> bool:
    """Say whether these bytes are a list of this issuer's."""
    try:
        _read(der, issuer)
    except Refused:
        return False
    return True


def load(session: Session, issuer: Issuer, der: bytes, *, now: datetime) -> int | None:
    """Put a list in force in place of the one before; return how many certificates it revokes.

    None if it is the list in force already: then nothing is written.

    Raises Refused `carrier.revocation_list_invalid`, `_outdated` or `_rolled_back`; the list in
    force stays in force then.
    """
    crl = _read(der, issuer)
    number, until = _number(crl), _in_its_time(crl, now=now)
    if _number_in_force(session, issuer) == number:
        return None
    list_id = new_id()
    count = _keep(session, list_id, crl)
    before = _swap(session, issuer, list_id, crl, number=number, until=until, now=now)
    if before is not None:
        session.execute(delete(RevokedSerial).where(RevokedSerial.list_id == before))
    return count


def _read(der: bytes, issuer: Issuer) -> x509.CertificateRevocationList:
    try:
        crl = x509.load_der_x509_crl(der)
        signed = crl.is_signature_valid(issuer.certificate.public_key())  # type: ignore[arg-type]  # another key signs nothing
    except UNREADABLE:
        raise Refused("carrier.revocation_list_invalid") from None
    if not signed or crl.issuer != issuer.certificate.subject:
        raise Refused("carrier.revocation_list_invalid")
    return crl


def _number(crl: x509.CertificateRevocationList) -> int:
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except (x509.ExtensionNotFound, *UNREADABLE):
        raise Refused("carrier.revocation_list_invalid") from None


def _in_its_time(crl: x509.CertificateRevocationList, *, now: datetime) -> datetime:
    until = crl.next_update_utc
    if until is None or not crl.last_update_utc <= now < until:
        raise Refused("carrier.revocation_list_outdated")
    return until


def _number_in_force(session: Session, issuer: Issuer) -> int | None:
    of_issuer = RevocationList.issuer_key_id == issuer.key_id
    found = session.scalar(select(RevocationList.number).where(of_issuer))
    return None if found is None else int(found)


def _keep(session: Session, list_id: UUID, crl: x509.CertificateRevocationList) -> int:
    count, connection = 0, session.connection()
    for rows in _batches(crl):
        serials = [{"list_id": list_id, "serial": serial_bytes(each)} for each in rows]
        connection.execute(insert(RevokedSerial), serials)
        count += len(serials)
    return count


def _batches(crl: x509.CertificateRevocationList) -> Iterator[list[int]]:
    serials = (revoked.serial_number for revoked in crl)
    while rows := list(islice(serials, BATCH)):
        yield rows


def _swap(
    session: Session,
    issuer: Issuer,
    list_id: UUID,
    crl: x509.CertificateRevocationList,
    *,
    number: int,
    until: datetime,
    now: datetime,
) -> UUID | None:
    """Put the new list in force; return the one before. Two workers at once: the newer one wins."""
    values = {
        "list_id": list_id,
        "number": number,
        "this_update": crl.last_update_utc,
        "next_update": until,
        "loaded_at": now,
    }
    if insert_once(session, RevocationList, {"issuer_key_id": issuer.key_id, **values}):
        return None
    of_issuer = RevocationList.issuer_key_id == issuer.key_id
    before = session.scalar(select(RevocationList.list_id).where(of_issuer).with_for_update())
    moved = session.execute(
        update(RevocationList)
        .where(of_issuer, RevocationList.number <= number)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed(moved) != 1:
        raise Refused("carrier.revocation_list_rolled_back")
    return before
