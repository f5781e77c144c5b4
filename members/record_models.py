"""The tables of the nightly check: its rounds, what it saw of each member, and what it found."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while


class Discrepancy(StrEnum):
    """What shows that somebody wrote into the database past the service (7(9))."""

    VALUE_UNREADABLE = "value_unreadable"  # the record does not open: altered, or another's
    VALUE_REPLAYED = "value_replayed"  # the record is not the one its last change left
    STANDING_UNFOUNDED = "standing_unfounded"  # no order and no wish of the member's explains it
    NOTE_UNFOUNDED = "note_unfounded"  # a note says what no event says
    NOTE_GONE = "note_gone"  # there are events, and no note
    HISTORY_CHANGED = "history_changed"  # what was sealed of the past reads otherwise
    SEAL_GONE = "seal_gone"  # an earlier round saw this member, and its seal is missing


class RecordCheck(Base):
    """One round over all members, one a day; `after` is how far it came."""

    __tablename__ = "record_check"

    id: Mapped[Key]
    day: Mapped[date] = mapped_column(unique=True)  # in Taipei
    started_at: Mapped[datetime]
    after: Mapped[UUID | None]
    seen: Mapped[int]
    found: Mapped[int]
    finished_at: Mapped[datetime | None]


class RecordSeal(Base):
    """A member's past, up to a moment, as a keyed chain over it."""

    __tablename__ = "record_seal"

    member_id: Mapped[UUID] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), primary_key=True
    )
    until: Mapped[datetime]
    mac: Mapped[bytes] = mapped_column(LargeBinary(32))


class RecordFinding(Base):
    """One thing that is not as the service wrote it; open until somebody says what it was."""

    __tablename__ = "record_finding"
    __table_args__ = (
        unique_while("closed_at IS NULL", "member_id", "what", "subject"),
        Index(None, "closed_at", "id"),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    what: Mapped[Discrepancy]
    subject: Mapped[str] = mapped_column(String(64))  # a service's code, or nothing
    found_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]  # the officer, a member
    explanation: Mapped[str | None] = mapped_column(String(200))
