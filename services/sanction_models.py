"""Tables of sanctions: misuse determined by an agency or the Bureau, and reports of it (6(1))."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class Sanction(Base):
    """One sanction of one agency, or of the Bureau: it ends by the clock, no job is needed."""

    __tablename__ = "sanction"
    __table_args__ = (
        Index(None, "member_id", "ends_at"),
        Index(None, "organisation_id", "id"),
        CheckConstraint("determined_by IS NULL OR determined_by <> reported_by", name="four_eyes"),
        CheckConstraint(
            "(determined_by IS NULL) = (determined_at IS NULL)"
            " AND (determined_at IS NULL) = (starts_at IS NULL)"
            " AND (determined_at IS NULL) = (ends_at IS NULL)",
            name="determined",
        ),
        CheckConstraint("starts_at < ends_at", name="period"),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    clause: Mapped[str] = mapped_column(String(64))
    evidence: Mapped[str] = mapped_column(String(64))  # the number of the file
    letters_sealed: Mapped[bytes]  # members.letters: facts, the member's answer, reasons
    reported_by: Mapped[UUID]
    reported_at: Mapped[datetime]
    hear_by: Mapped[date]  # until then the member may state their case (APA 39, 102)
    answered_at: Mapped[datetime | None]
    determined_by: Mapped[UUID | None]
    determined_at: Mapped[datetime | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]  # lifted, or dropped before it was determined


class SanctionedService(Base):
    """One service a sanction is about; no other is touched."""

    __tablename__ = "sanction_service"

    sanction_id: Mapped[UUID] = mapped_column(
        ForeignKey("sanction.id", ondelete="CASCADE"), primary_key=True
    )
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"), primary_key=True)


class MisuseReport(Base):
    """A member's “that was not me”: somebody of the Bureau looks into it."""

    __tablename__ = "misuse_report"
    __table_args__ = (
        Index(None, "member_id"),
        Index(None, "closed_at", "reported_at"),
        CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closed"),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    line_id: Mapped[UUID]  # of the member's footprint
    kind: Mapped[str] = mapped_column(String(64))  # of that line
    reported_at: Mapped[datetime]
    closed_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    document: Mapped[str | None] = mapped_column(String(64))  # the file in which it was looked into
