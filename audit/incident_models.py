"""Tables of incidents: what happened to people's data, whom it touched, what was done (4.15).

Members are named by id without a foreign key, as in the ledgers: the record is kept for years,
after an account is gone as well.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class Reach(StrEnum):
    """By which thread the touched are found."""

    CLIENTS = "clients"  # who signed in to these, or whose data went there
    ACTORS = "actors"  # whose records these people looked at
    EVERYBODY = "everybody"  # of whom anything went anywhere: a key of ours was stolen


class Incident(Base):
    """One incident; each step is taken once, and its moment says when."""

    __tablename__ = "incident"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 4", name="level"),
        CheckConstraint("since < until", name="period"),
        CheckConstraint("(frozen_at IS NULL) = (affected IS NULL)", name="frozen"),
        CheckConstraint("told_by IS NULL OR told_by <> opened_by", name="second_person"),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    is_drill: Mapped[bool]  # nobody is written to
    words_sealed: Mapped[bytes] = mapped_column(LargeBinary())
    opened_by: Mapped[UUID | None]  # None from the command line
    happened_at: Mapped[datetime]
    known_at: Mapped[datetime]  # the clocks run from here
    level: Mapped[int | None]
    reported_at: Mapped[datetime | None]
    contained_at: Mapped[datetime | None]
    authority_at: Mapped[datetime | None]
    # Whom it touched
    reach: Mapped[Reach | None]
    keys: Mapped[list[str] | None]  # ids of clients or of members who act
    since: Mapped[datetime | None]
    until: Mapped[datetime | None]
    place: Mapped[UUID | None]  # how far the ledger was read
    frozen_at: Mapped[datetime | None]
    affected: Mapped[int | None]
    affected_hash: Mapped[str | None] = mapped_column(String(64))  # SHA-256, hex
    # What they are told
    is_unreadable: Mapped[bool]  # the data were encrypted: a public notice is enough
    notice_zh: Mapped[str] = mapped_column(Text)
    notice_en: Mapped[str] = mapped_column(Text)
    told_at: Mapped[datetime | None]
    told_by: Mapped[UUID | None]
    published_at: Mapped[datetime | None]
    improvement_sealed: Mapped[bytes | None] = mapped_column(LargeBinary())
    closed_at: Mapped[datetime | None]


class IncidentMember(Base):
    """One member whom an incident touched, and when a notice to them was written or skipped."""

    __tablename__ = "incident_member"
    __table_args__ = (Index(None, "incident_id", "told_at"),)

    incident_id: Mapped[UUID] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    told_at: Mapped[datetime | None]
    was_skipped: Mapped[bool | None]  # nothing was written: a drill, or the account was closed
