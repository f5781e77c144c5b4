"""Find certificates and devices that a reader at a desk has read: no PIN, so nothing is proven.

A certificate is named by its issuer and its serial number, as they stand in it: the one last shown
here is found, and an older or newer one of the same holder's is nobody's until it was shown.
"""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from adapters.certificate.models import SERIAL_BYTES, BoundCertificate, DeviceCertificate
from carriers.models import Binding, CarrierKind
from kernel.prebuilt import Prebuilt

CERTIFICATE, DEVICE = CarrierKind.CERTIFICATE.value, CarrierKind.DEVICE.value
Values: TypeAlias = dict[str, object]

_CERTIFICATE = Prebuilt(
    select(Binding.id)
    .join(BoundCertificate, BoundCertificate.binding_id == Binding.id)
    .where(
        BoundCertificate.issuer_key_id == bindparam("issuer"),
        BoundCertificate.serial == bindparam("serial"),
        BoundCertificate.ends_at > bindparam("now"),
        Binding.released_at.is_(None),
    )
)
_DEVICE = Prebuilt(
    select(Binding.id)
    .join(DeviceCertificate, DeviceCertificate.binding_id == Binding.id)
    .where(
        DeviceCertificate.fingerprint == bindparam("fingerprint"),
        DeviceCertificate.ends_at > bindparam("now"),
        Binding.kind == CarrierKind.DEVICE,
        Binding.released_at.is_(None),
    )
)


def find(session: Session, kind: str, number: str, *, now: datetime) -> UUID | None:
    """Return the binding of what was read, None for none; in one statement.

    `number` is, in hex, `issuer key identifier:serial` of a certificate, SHA-256 of a device's.
    """
    asked = _asked(kind, number)
    if asked is None:
        return None
    statement, values = asked
    found = statement.one_or_none(session, {**values, "now": now})
    shown: UUID | None = None if found is None else found.id
    return shown


def _asked(kind: str, number: str) -> tuple[Prebuilt, Values] | None:
    if kind == DEVICE:
        return _DEVICE, {"fingerprint": _bytes(number)}
    if kind != CERTIFICATE:
        return None
    issuer, _, serial = number.partition(":")
    padded = _bytes(serial).rjust(SERIAL_BYTES, b"\0")
    return _CERTIFICATE, {"issuer": _bytes(issuer), "serial": padded}


def _bytes(text: str) -> bytes:
    """Return what the hex says, nothing for what is none: that is nobody's."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
