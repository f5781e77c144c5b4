"""The table of members' applications for a service (regulation 2(8)6; state machine 4.4)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while


class Wish(StrEnum):
    """What a member applies for."""

    OPEN = "open"
    END = "end"


class RequestState(StrEnum):
    """How far an application has come; only the agency decides."""

    APPLIED = "applied"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ActivationRequest(Base):
    """One application; a member has at most one open for each service."""

    __tablename__ = "activation_request"
    __table_args__ = (
        unique_while("state IN ('applied', 'under_review')", "member_id", "service_id"),
        Index(None, "service_id", "state", "asked_at"),
        CheckConstraint("decided_by <> member_id", name="not_own"),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"))
    wish: Mapped[Wish]
    state: Mapped[RequestState]
    asked_at: Mapped[datetime]
    taken_by: Mapped[UUID | None]  # the officer who reviews
    taken_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]  # also when it was withdrawn
    reason_sealed: Mapped[bytes | None]  # what the member reads, under their data key
    form_version_id: Mapped[UUID | None]  # the annex form it was begun on; versions are kept
    answers_sealed: Mapped[bytes | None]  # what was filled in there, under the same key
