"""Load revocation lists into a table: one look-up by key at sign-in, however long the list is.

A list is believed if its issuer signed it, it is in its time, and its number does not go back: an
old list played again would give a revoked card its life back (RFC 5280 5.2.3).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from cryptography import x509
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from adapters.certificate.models import SERIAL_BYTES, RevocationList, RevokedSerial
from adapters.certificate.profiles import Issuer
from kernel.db import changed, insert_once
from kernel.errors import Refused
from kernel.ids import new_id
from kernel.prebuilt import Prebuilt

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


def load(session: Session, issuer: Issuer, der: bytes, *, now: datetime) -> int:
    """Put a list in force in place of the one before; return how many certificates it revokes.

    Raises Refused `carrier.revocation_list_invalid`, `_outdated` or `_rolled_back`; the list in
    force stays in force then.
    """
    crl = _read(der, issuer)
    number, until = _number(crl), _in_its_time(crl, now=now)
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
    except (ValueError, TypeError, x509.DuplicateExtension):
        raise Refused("carrier.revocation_list_invalid") from None
    if not signed or crl.issuer != issuer.certificate.subject:
        raise Refused("carrier.revocation_list_invalid")
    return crl


def _number(crl: x509.CertificateRevocationList) -> int:
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except (x509.ExtensionNotFound, ValueError):
        raise Refused("carrier.revocation_list_invalid") from None


def _in_its_time(crl: x509.CertificateRevocationList, *, now: datetime) -> datetime:
    until = crl.next_update_utc
    if until is None or not crl.last_update_utc <= now < until:
        raise Refused("carrier.revocation_list_outdated")
    return until


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
