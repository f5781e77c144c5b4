"""The tables of carriers: which are tied to whom, and everything that happened to them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while


class CarrierKind(StrEnum):
    """What a carrier is (regulation 2(3))."""

    PASSKEY = "passkey"
    CARD = "card"
    CERTIFICATE = "certificate"
    DEVICE = "device"


class Place(StrEnum):
    """Where a carrier may be bound, and nowhere else (regulation 2(8)7)."""

    ACCOUNT = "account"
    COUNTER = "counter"


class Suspension(StrEnum):
    """Why a carrier is refused although it is still tied to its member."""

    LOST = "lost"  # its member said so (7(7))
    COPIED = "copied"  # it showed itself that there are two of it
    REVOKED = "revoked"  # its authority took it back; another of the same holder's lifts it


class Happening(StrEnum):
    """What can happen to a binding."""

    BOUND = "bound"
    RENAMED = "renamed"
    SUSPENDED = "suspended"
    RELEASED = "released"
    RENEWED = "renewed"  # another certificate of the same holder's took the place of the last
    FACE_MARKED = "face_marked"  # a clerk annotated the card's face (7(6)1)


class Binding(Base):
    """One carrier tied to one member; while it lasts, the carrier is nobody else's (2(3))."""

    __tablename__ = "binding"
    __table_args__ = (
        unique_while("released_at IS NULL", "fingerprint"),
        Index(None, "member_id"),
        CheckConstraint(
            "(suspended_at IS NULL) = (suspension IS NULL)", name="suspended_for_a_reason"
        ),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    kind: Mapped[CarrierKind]
    fingerprint: Mapped[str] = mapped_column(String(64))  # SHA-256 of what names the carrier, hex
    name: Mapped[str] = mapped_column(String(64))  # the member's own word for it
    bound_at: Mapped[datetime]
    bound_where: Mapped[Place]
    bound_acr: Mapped[str] = mapped_column(String(64))  # how surely the member was known then
    last_used_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    suspension: Mapped[Suspension | None]
    released_at: Mapped[datetime | None]

    @property
    def is_usable(self) -> bool:
        """Say whether the carrier may still identify its member."""
        return self.suspended_at is None and self.released_at is None


class CarrierEvent(Base):
    """One thing that happened to a binding; never changed, never deleted.

    No foreign keys: what happened outlives what it happened to.
    """

    __tablename__ = "carrier_event"
    __table_args__ = (Index(None, "binding_id"),)

    id: Mapped[Key]
    binding_id: Mapped[UUID]
    member_id: Mapped[UUID]
    happening: Mapped[Happening]
    actor: Mapped[UUID | None]  # None: the system itself
    reason: Mapped[str] = mapped_column(String(64))  # of a mark on the face: at which counter
    at: Mapped[datetime]


class LossReport(Base):
    """A loss that was reported without signing in; until it is settled its member may undo it."""

    __tablename__ = "loss_report"
    __table_args__ = (
        unique_while("settled_at IS NULL", "binding_id"),
        Index(None, "member_id"),
        CheckConstraint("(settled_at IS NULL) = (was_lost IS NULL)", name="settled"),
    )

    id: Mapped[Key]
    binding_id: Mapped[UUID] = mapped_column(ForeignKey("binding.id", ondelete="CASCADE"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    reported_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    was_lost: Mapped[bool | None]
