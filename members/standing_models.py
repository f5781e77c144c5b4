"""The table of orders by which the Bureau suspends a member, or notes a death."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while
from members.models import Standing


class OrderKind(StrEnum):
    """Why an account stands still as a whole; one service is its agency's to suspend."""

    PROTECTION = "protection"  # somebody else may be using it: at once, by one officer
    SANCTION = "sanction"  # misuse (6(1)): heard, and determined by two officers
    DEATH = "death"  # by certificate, and by two officers


class StandingOrder(Base):
    """One order, from its proposal to its end; the reasons are sealed with the member's data."""

    __tablename__ = "standing_order"
    __table_args__ = (
        unique_while("ended_at IS NULL", "member_id"),
        Index(None, "member_id", "id"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "kind = 'protection' OR in_force_at IS NULL OR decided_by IS NOT NULL", name="second"
        ),
        CheckConstraint("kind <> 'sanction' OR heard_on IS NOT NULL", name="heard"),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    kind: Mapped[OrderKind]
    clause: Mapped[str] = mapped_column(String(64))  # of this regulation, or of a statute
    evidence: Mapped[str] = mapped_column(String(64))  # the number of a file or a certificate
    heard_on: Mapped[date | None]  # when the member could state their case (APA 102)
    letters_sealed: Mapped[bytes]  # members.letters: why, and why it ended
    proposed_by: Mapped[UUID | None]  # the officer, a member; None from the command line
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    in_force_at: Mapped[datetime | None]
    was: Mapped[Standing | None]  # what the member goes back to
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
