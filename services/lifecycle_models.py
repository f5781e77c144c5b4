"""The table of what a service's agency says of it, version by version (regulation 3-II, 7(5))."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from clients.models import VersionState
from kernel.db import Base, Key, unique_while


class ServiceVersion(Base):
    """One wording of a service's terms, from the draft to DoIT's decision; approved ones stay.

    Whoever wrote a version does not approve it.
    """

    __tablename__ = "service_version"
    __table_args__ = (
        UniqueConstraint("service_id", "version"),
        unique_while("state IN ('draft', 'submitted')", "service_id"),
        CheckConstraint("decided_by <> drafted_by", name="two_persons"),
        CheckConstraint("(state = 'approved') = (effective_on IS NOT NULL)", name="effective"),
    )

    id: Mapped[Key]
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"))
    version: Mapped[int]
    state: Mapped[VersionState]
    content: Mapped[dict[str, Any]]  # services.terms
    document_number: Mapped[str | None] = mapped_column(String(100))  # 文號 it was submitted under
    effective_on: Mapped[date | None]
    reason: Mapped[str | None] = mapped_column(String(500))  # why it was returned
    drafted_by: Mapped[UUID]
    drafted_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
