"""Tables of eligibility: the rules of each service, the checks of who has it, what was found."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel.db import Base, Key, unique_while
from services.models import Service

OPEN_RUN = "closed_at IS NULL"


class RunState(StrEnum):
    """Where a check stands (REGULATION 4.5)."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    HALTED = "halted"  # too many would lose the service: somebody else has to agree
    CLOSED = "closed"


class FindingState(StrEnum):
    """What became of a finding; alone it changes nothing."""

    VERIFYING = "verifying"
    CONFIRMED = "confirmed"  # and the service is suspended
    DISMISSED = "dismissed"


class FactCode(StrEnum):
    """What an agency found in its own data: a closed list, so that it can be said in words."""

    MOVED_AWAY = "moved_away"
    STATUS_ENDED = "status_ended"
    ABOVE_LIMIT = "above_limit"
    WRONG_AGE = "wrong_age"
    LEFT_SCHOOL = "left_school"
    HAS_ANOTHER = "has_another"
    RECORDS_DIFFER = "records_differ"  # never a ground to take anything away (10-II)


class RuleVersion(Base):
    """Who is entitled to a service from a day on, in the words of its agency (6(3), 7(5))."""

    __tablename__ = "eligibility_rule"
    __table_args__ = (
        UniqueConstraint("service_id", "version"),
        CheckConstraint("version > 0", name="version"),
    )

    id: Mapped[Key]
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"))
    version: Mapped[int]
    rule: Mapped[dict[str, Any] | None]  # as services.eligibility reads it
    by_hand_zh: Mapped[str] = mapped_column(String(600))  # what a person checks; empty: nothing
    by_hand_en: Mapped[str] = mapped_column(String(600))
    basis: Mapped[str] = mapped_column(String(100))  # the provision it rests on
    effective_on: Mapped[date]
    entered_by: Mapped[UUID]
    entered_at: Mapped[datetime]


class CheckRun(Base):
    """One check of everybody who has a service; the agency looks in its own data."""

    __tablename__ = "eligibility_run"
    __table_args__ = (
        unique_while(OPEN_RUN, "service_id"),
        Index(None, "organisation_id", "id"),
        CheckConstraint("released_by IS NULL OR released_by <> scheduled_by", name="four_eyes"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(started_at IS NULL) = (holders IS NULL)", name="started"),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))  # who began it
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("eligibility_rule.id"))
    state: Mapped[RunState]
    scheduled_on: Mapped[date]
    scheduled_by: Mapped[UUID]
    scheduled_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    holders: Mapped[int | None]  # who had the service when it began
    halted_at: Mapped[datetime | None]
    released_by: Mapped[UUID | None]
    released_at: Mapped[datetime | None]
    released_findings: Mapped[int | None]  # so many were agreed to, and not one more
    release_reason: Mapped[str | None] = mapped_column(String(600))
    closed_at: Mapped[datetime | None]

    service: Mapped[Service] = relationship()
    rule: Mapped[RuleVersion] = relationship()


class Finding(Base):
    """What a check found about one member, and what a second person made of it."""

    __tablename__ = "eligibility_finding"
    __table_args__ = (
        UniqueConstraint("run_id", "member_id"),
        Index(None, "member_id", "id"),
        Index(None, "run_id", "state"),
        CheckConstraint("decided_by IS NULL OR decided_by <> found_by", name="four_eyes"),
        CheckConstraint("(state = 'verifying') = (decided_by IS NULL)", name="decided"),
        CheckConstraint("(decided_by IS NULL) = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("state <> 'confirmed' OR fact <> 'records_differ'", name="presumption"),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("eligibility_run.id"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    case: Mapped[str] = mapped_column(String(64))  # the agency's own, by which it knows whom
    fact: Mapped[FactCode]
    state: Mapped[FindingState]
    found_by: Mapped[UUID]
    found_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]  # from this moment the service is suspended
    evidence: Mapped[str | None] = mapped_column(String(64))  # the file it was verified in
    reason_sealed: Mapped[bytes | None]  # members.letters
    restored_at: Mapped[datetime | None]  # upon a petition, or a note that was disputed

    run: Mapped[CheckRun] = relationship()
