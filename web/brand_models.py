"""The table of what the service is called, and from which day on (regulation 2(7))."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while


class BrandState(StrEnum):
    """How far a wording has come; who proposed it does not decide."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"


class Brand(Base):
    """One public name of the service with its first day; those of the past stay."""

    __tablename__ = "brand"
    __table_args__ = (
        unique_while("state = 'approved'", "from_on"),
        CheckConstraint("decided_by <> proposed_by", name="two_persons"),
    )

    id: Mapped[Key]
    from_on: Mapped[date]
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    contact_zh: Mapped[str] = mapped_column(String(200))
    contact_en: Mapped[str] = mapped_column(String(200))
    logo: Mapped[str | None] = mapped_column(String(64))  # of clients.logos; None: the program's
    document_number: Mapped[str] = mapped_column(String(100))  # 文號 by which it was decided
    state: Mapped[BrandState]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
