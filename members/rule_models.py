"""Tables of the Bureau's own rules of approval, and of what they said about each application."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while


class ApprovalRule(Base):
    """One version of the rule: what it may approve, and how many of a thousand a person sees."""

    __tablename__ = "approval_rule"
    __table_args__ = (
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("sample_per_mille BETWEEN 1 AND 1000", name="sample"),
        CheckConstraint("youngest >= 18", name="adults"),
    )

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kinds: Mapped[list[str]]  # of persons
    channels: Mapped[list[str]]
    youngest: Mapped[int]  # years; nobody approves children unseen
    sample_per_mille: Mapped[int]
    document_no: Mapped[str] = mapped_column(String(64))  # by which the Bureau adopted it
    adopted_by: Mapped[UUID | None]
    adopted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class RuleDraft(Base):
    """A version one officer wrote, until another puts it into force or it is taken back."""

    __tablename__ = "rule_draft"
    __table_args__ = (
        unique_while("closed_at IS NULL", "one_open"),
        CheckConstraint("adopted_by IS NULL OR adopted_by <> proposed_by", name="four_eyes"),
    )

    id: Mapped[Key]
    kinds: Mapped[list[str]]
    channels: Mapped[list[str]]
    youngest: Mapped[int]
    sample_per_mille: Mapped[int]
    document_no: Mapped[str] = mapped_column(String(64))
    one_open: Mapped[bool] = mapped_column(default=True)  # the same in every row
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    adopted_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]


class RuleVerdict(StrEnum):
    """What a rule did with an application."""

    APPROVED = "approved"
    SAMPLED = "sampled"  # it would have; the lot fell on a person
    PERSON = "person"  # it may not


class RuleRun(Base):
    """What a version said about one application, once; the seed lets anybody draw the lot again."""

    __tablename__ = "rule_run"

    application_id: Mapped[UUID] = mapped_column(
        ForeignKey("application.id", ondelete="CASCADE"), primary_key=True
    )
    rule_version: Mapped[int] = mapped_column(ForeignKey("approval_rule.version"))
    verdict: Mapped[RuleVerdict]
    reasons: Mapped[list[str]]  # why it may not
    seed: Mapped[str] = mapped_column(String(64))
    ran_at: Mapped[datetime] = mapped_column(index=True)
