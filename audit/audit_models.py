"""Tables of audits: what was planned, drawn, asked, found and put right (regulation 9; 4.16).

They name organisations, counters and people by id without foreign keys, as the ledgers do.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class AuditState(StrEnum):
    """How far an audit has come (4.16)."""

    PLANNED = "planned"
    ANNOUNCED = "announced"
    EVIDENCE = "evidence"
    FINDINGS = "findings"
    ACTION = "action"
    VERIFIED = "verified"
    CLOSED = "closed"


class Act(StrEnum):
    """What kinds of acts are looked into."""

    LOOKS = "looks"  # at people's records
    CASES = "cases"  # at counters
    DESK = "desk"  # counters, delegations and people appointed
    RELEASES = "releases"  # of members' data to the agency's clients


class Source(StrEnum):
    """Where a sampled act is written: the system's trail or the members' ledger."""

    TRAIL = "trail"
    LEDGER = "ledger"


class Grade(StrEnum):
    """How much a finding weighs."""

    MAJOR = "major"
    MINOR = "minor"
    REMARK = "remark"


class Audit(Base):
    """One audit of an agency, or of one of its counters.

    `actors` and `clients` are whose acts the sample was drawn from: with them, the seed and the
    ledgers anybody draws it again.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index(None, "organisation_id"),
        CheckConstraint("since < until", name="period"),
        CheckConstraint("(seed IS NULL) = (drawn_at IS NULL)", name="drawn"),
        CheckConstraint("size > 0", name="size"),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    organisation_id: Mapped[UUID]
    counter_id: Mapped[UUID | None]
    since: Mapped[datetime]
    until: Mapped[datetime]
    acts: Mapped[list[str]]
    size: Mapped[int]
    is_announced: Mapped[bool]  # or the agency first hears of it when something is asked
    state: Mapped[AuditState]
    planned_by: Mapped[UUID]
    planned_at: Mapped[datetime]
    announced_at: Mapped[datetime | None]
    drawn_at: Mapped[datetime | None]
    seed: Mapped[str | None] = mapped_column(String(43))
    actors: Mapped[list[str] | None]
    clients: Mapped[list[str] | None]
    population: Mapped[int | None]
    population_hash: Mapped[str | None] = mapped_column(String(64))  # SHA-256, hex
    closed_at: Mapped[datetime | None]


class AuditSample(Base):
    """One act drawn into the sample."""

    __tablename__ = "audit_sample"

    audit_id: Mapped[UUID] = mapped_column(ForeignKey("audit.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[Source]
    entry_id: Mapped[UUID]


class AuditRequest(Base):
    """What the auditor wants to see by when; unanswered at that moment it stands as obstruction."""

    __tablename__ = "audit_request"
    __table_args__ = (
        UniqueConstraint("audit_id", "number"),
        CheckConstraint(
            "(answer_sealed IS NULL) = (answered_at IS NULL) "
            "AND (answered_by IS NULL) = (answered_at IS NULL)",
            name="answered",
        ),
    )

    id: Mapped[Key]
    audit_id: Mapped[UUID] = mapped_column(ForeignKey("audit.id"))
    number: Mapped[int]
    places: Mapped[list[str]]  # of the sample: those the audited may see from now on
    words_sealed: Mapped[bytes] = mapped_column(LargeBinary())
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    missed_at: Mapped[datetime | None]  # the due time that passed before it was given anew
    answer_sealed: Mapped[bytes | None] = mapped_column(LargeBinary())
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]


class AuditFinding(Base):
    """What was found, what is to be done about it by which day, and whether it was."""

    __tablename__ = "audit_finding"
    __table_args__ = (
        UniqueConstraint("audit_id", "number"),
        CheckConstraint("(action_sealed IS NULL) = (due_on IS NULL)", name="action"),
        CheckConstraint("verified_at IS NULL OR done_at IS NOT NULL", name="verified_after_done"),
    )

    id: Mapped[Key]
    audit_id: Mapped[UUID] = mapped_column(ForeignKey("audit.id"))
    number: Mapped[int]
    grade: Mapped[Grade]
    clause: Mapped[str] = mapped_column(String(64))
    words_sealed: Mapped[bytes] = mapped_column(LargeBinary())
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]
    action_sealed: Mapped[bytes | None] = mapped_column(LargeBinary())
    due_on: Mapped[date | None]
    done_sealed: Mapped[bytes | None] = mapped_column(LargeBinary())
    done_by: Mapped[UUID | None]
    done_at: Mapped[datetime | None]
    returned_sealed: Mapped[bytes | None] = mapped_column(LargeBinary())  # why it is not enough
    verified_by: Mapped[UUID | None]
    verified_at: Mapped[datetime | None]
