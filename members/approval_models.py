"""The table without which nobody is a member: the Bureau's approvals (regulation 2(8)1)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key

REVIEWER = "doit_reviewer"  # clients.officer_models.Role, which this room does not know


class ApprovalKind(StrEnum):
    """Who approved: an officer, a rule of the Bureau, or nobody, to begin with or to show."""

    PERSON = "person"
    RULE = "rule"
    BOOTSTRAP = "bootstrap"


class MemberApproval(Base):
    """One approval; the member it makes bears its id, so that there can be no member without.

    The composite key says that the approver holds a reviewer's post, and whose it is.
    """

    __tablename__ = "member_approval"
    __table_args__ = (
        ForeignKeyConstraint(
            ["post_id", "role", "reviewer_id"],
            ["officer_post.id", "officer_post.role", "officer_post.member_id"],
        ),
        CheckConstraint(f"role IS NULL OR role = '{REVIEWER}'", name="reviewer"),
        CheckConstraint(
            "(kind = 'person') = (post_id IS NOT NULL)"
            " AND (kind = 'person') = (role IS NOT NULL)"
            " AND (kind = 'person') = (reviewer_id IS NOT NULL)",
            name="person",
        ),
        CheckConstraint("(kind = 'rule') = (rule_version IS NOT NULL)", name="rule"),
        CheckConstraint("(kind = 'bootstrap') = (application_id IS NULL)", name="application"),
        CheckConstraint(
            "intake_by IS NULL OR reviewer_id IS NULL OR intake_by <> reviewer_id",
            name="four_eyes",
        ),
    )

    id: Mapped[Key]
    kind: Mapped[ApprovalKind]
    application_id: Mapped[UUID | None] = mapped_column(unique=True)  # kept when that is gone
    post_id: Mapped[UUID | None]
    role: Mapped[str | None] = mapped_column(String(32))
    reviewer_id: Mapped[UUID | None]
    intake_by: Mapped[UUID | None]  # the clerk at the counter who took the application
    rule_version: Mapped[int | None] = mapped_column(ForeignKey("approval_rule.version"))
    approved_at: Mapped[datetime]
