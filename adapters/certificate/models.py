"""Tables of certificates: bound ones, those issued to devices, and what authorities revoked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Numeric, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key

SERIAL_BYTES = 20  # RFC 5280 4.1.2.2
OF_NOBODY = "binding_id IS NULL"  # of device certificates whose account is gone


class BoundCertificate(Base):
    """The certificate last shown for the binding of the same id; it names nobody."""

    __tablename__ = "bound_certificate"
    __table_args__ = (Index(None, "issuer_key_id", "serial"),)

    binding_id: Mapped[UUID] = mapped_column(
        ForeignKey("binding.id", ondelete="CASCADE"), primary_key=True
    )
    profile: Mapped[str] = mapped_column(String(32))
    issuer_key_id: Mapped[bytes] = mapped_column(LargeBinary(64))
    serial: Mapped[bytes] = mapped_column(LargeBinary(SERIAL_BYTES))
    ends_at: Mapped[datetime]


class DeviceAuthority(Base):
    """An authority of our own that certifies members' devices; the newest one issues."""

    __tablename__ = "device_authority"
    __table_args__ = (
        CheckConstraint("(key_sealed IS NULL) <> (key_label IS NULL)", name="one_key"),
    )

    id: Mapped[Key]
    certificate: Mapped[bytes]
    key_sealed: Mapped[bytes | None]
    key_label: Mapped[str | None] = mapped_column(String(64))  # of the key in the PKCS#11 token
    created_at: Mapped[datetime]


class DeviceCertificate(Base):
    """A certificate issued to one carrier; it counts while the carrier's binding does.

    It outlives its account, as one that counts no more: it names nobody.
    """

    __tablename__ = "device_certificate"
    __table_args__ = (
        Index(None, "binding_id"),
        Index(None, "ends_at", sqlite_where=text(OF_NOBODY), postgresql_where=text(OF_NOBODY)),
    )

    id: Mapped[Key]
    binding_id: Mapped[UUID] = mapped_column(  # NULL once the account is gone: see `device_list`
        ForeignKey("binding.id", ondelete="SET NULL"), nullable=True
    )
    authority_id: Mapped[UUID] = mapped_column(ForeignKey("device_authority.id"))
    certificate: Mapped[bytes]  # it names a device, nobody
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)  # SHA-256 of it
    issued_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class RevocationList(Base):
    """The list of one issuer in force here; a newer one takes its place in one statement."""

    __tablename__ = "revocation_list"

    issuer_key_id: Mapped[bytes] = mapped_column(LargeBinary(64), primary_key=True)
    list_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(Numeric(50, 0))  # a CRL number has up to 20 octets
    this_update: Mapped[datetime]
    next_update: Mapped[datetime]
    loaded_at: Mapped[datetime]


class RevokedSerial(Base):
    """One certificate on a list."""

    __tablename__ = "revoked_serial"

    list_id: Mapped[UUID] = mapped_column(primary_key=True)
    serial: Mapped[bytes] = mapped_column(LargeBinary(SERIAL_BYTES), primary_key=True)
