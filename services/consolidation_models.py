"""Tables of consolidation: approved streams, batches, their rows and files, and conflicts (3-II).

A stream says what an agency may send about one service and why. A batch is one file of it; its rows
say what the file asserts, what that would do, and what it did, so that it can be undone.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clients.models import Organisation
from kernel.db import Base, Key, unique_while
from services.models import Activation, Channel, Service

HELD = "held_sealed IS NOT NULL"
TO_TELL = "to_tell"


class Footing(StrEnum):
    """How the people in a stream come to know: they agreed before, or are told (PDPA 7, 9)."""

    CONSENT = "consent"
    NOTICE = "notice"


class Stream(Base):
    """What one agency may consolidate about one service, on which ground, as DoIT confirmed it."""

    __tablename__ = "consolidation_stream"
    __table_args__ = (
        unique_while("approved_at IS NOT NULL AND ended_at IS NULL", "service_id"),
        CheckConstraint("decided_by <> proposed_by", name="two_people"),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided"),
    )

    id: Mapped[Key]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"))
    columns: Mapped[list[str]]  # of services.consolidation_schema.Field
    schema_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    basis: Mapped[str] = mapped_column(String(32))  # of clients.bases
    provision: Mapped[str] = mapped_column(String(200))  # the law or decree, in the agency's words
    footing: Mapped[Footing]
    channel: Mapped[Channel]  # interface, or a manner that DoIT agreed to (7(9))
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    approved_at: Mapped[datetime | None]  # None after a decision: it was turned down
    ended_at: Mapped[datetime | None]  # another took its place, or its agency is no more

    organisation: Mapped[Organisation] = relationship()
    service: Mapped[Service] = relationship()


class BatchState(StrEnum):
    """How far a batch has come (state machine 4.7); its columns were checked before it began."""

    READING = "schema_checked"  # rows are read, matched and compared
    DRY_RUN = "dry_run"
    APPLYING = "applying"  # two officers confirmed
    APPLIED = "applied"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"
    UNREADABLE = "unreadable"


class Batch(Base):
    """One file of a stream, and how far it has come."""

    __tablename__ = "consolidation_batch"
    __table_args__ = (
        CheckConstraint("confirmed_by <> uploaded_by", name="two_officers"),
        CheckConstraint("rolled_back_by <> uploaded_by", name="two_to_roll_back"),
        CheckConstraint(
            "state NOT IN ('applying', 'applied', 'rolling_back', 'rolled_back')"
            " OR confirmed_by IS NOT NULL",
            name="confirmed",
        ),
        Index(None, "organisation_id", "id"),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(8), unique=True)
    stream_id: Mapped[UUID] = mapped_column(ForeignKey("consolidation_stream.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"))
    schema_hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # of what was approved then
    file_hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # SHA-256
    format: Mapped[str] = mapped_column(String(8))
    encoding: Mapped[str] = mapped_column(String(16))
    state: Mapped[BatchState]
    uploaded_by: Mapped[UUID]
    uploaded_at: Mapped[datetime]
    read_rows: Mapped[int]  # how many were read, by whom the next begins
    applied_rows: Mapped[int]  # the number of the last row that was applied
    undone_rows: Mapped[int]  # the number of the last row that was undone
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    rolled_back_by: Mapped[UUID | None]
    rolled_back_at: Mapped[datetime | None]
    # The code of what ended its applying before its last row; None if that was reached.
    stopped_by: Mapped[str | None] = mapped_column(String(64))

    stream: Mapped[Stream] = relationship()
    service: Mapped[Service] = relationship()


class BatchPart(Base):
    """A piece of the file as it came, sealed; gone as soon as its rows were read."""

    __tablename__ = "consolidation_part"

    batch_id: Mapped[UUID] = mapped_column(
        ForeignKey("consolidation_batch.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes]


class Outcome(StrEnum):
    """What a row does, or did."""

    INSERTED = "inserted"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    UNKNOWN = "unknown"  # nobody here has this number
    DUPLICATE = "duplicate"
    BAD = "bad"


JUDGED = (Outcome.INSERTED, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.CONFLICT)


class BatchRow(Base):
    """One row of a batch: whom it is about, what it says, what stood there before.

    A stranger's row is sealed, and destroyed after thirty days: consolidation concerns members.
    """

    __tablename__ = "consolidation_row"
    __table_args__ = (
        Index(None, "member_id"),
        Index(
            "ix_consolidation_row_held",
            "held_until",
            sqlite_where=text(HELD),
            postgresql_where=text(HELD),
        ),
        Index(
            "ix_consolidation_row_to_tell",
            "batch_id",
            "number",
            sqlite_where=text(TO_TELL),
            postgresql_where=text(TO_TELL),
        ),
    )

    batch_id: Mapped[UUID] = mapped_column(
        ForeignKey("consolidation_batch.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[Outcome]
    code: Mapped[str] = mapped_column(String(64))  # of the refusal, or empty
    name_differs: Mapped[bool]
    # Who it is: a member's id or the keyed hash of a number; to find a person named twice.
    person: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    state: Mapped[Activation | None]
    since: Mapped[date | None]
    as_of: Mapped[date | None]
    face_sealed: Mapped[bytes | None]  # what the member's card shows: services.card_faces
    held_sealed: Mapped[bytes | None]
    held_until: Mapped[datetime | None]
    applied: Mapped[bool]
    prior: Mapped[dict[str, Any] | None]  # the note before: services.consolidation_notes.kept
    to_tell: Mapped[bool]  # its member was not told yet
    undone: Mapped[bool]


class Resolution(StrEnum):
    """How a conflict ended; none of them takes a right away (4.7)."""

    KEEP_SYSTEM = "keep_system"
    KEEP_AGENCY = "keep_agency"
    BOTH = "both_annotated"


class Conflict(Base):
    """An agency's file and the note contradict each other: looked into, never decided by a file.

    What a file says is put on the docket once, however often it is sent.
    """

    __tablename__ = "consolidation_conflict"
    __table_args__ = (
        UniqueConstraint("member_id", "service_id", "said_key"),
        CheckConstraint("resolved_by <> uploaded_by", name="two_people"),
        CheckConstraint("(resolved_at IS NULL) = (resolution IS NULL)", name="resolved"),
        Index(
            "ix_consolidation_conflict_open",
            "organisation_id",
            "id",
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index(None, "batch_id"),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(8), unique=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("consolidation_batch.id"))
    row_number: Mapped[int]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(64))
    said_key: Mapped[str] = mapped_column(String(64))  # state and days as one, to be unique
    said_state: Mapped[Activation]
    said_since: Mapped[date | None]
    said_as_of: Mapped[date]
    noted: Mapped[dict[str, Any]]  # the note then: services.consolidation_notes.kept
    uploaded_by: Mapped[UUID]
    opened_at: Mapped[datetime]
    resolution: Mapped[Resolution | None]
    resolved_by: Mapped[UUID | None]
    resolved_at: Mapped[datetime | None]

    service: Mapped[Service] = relationship()
    batch: Mapped[Batch] = relationship()
