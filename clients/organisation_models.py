"""The table of what organisations are called from which day on (regulation 2(1))."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key

AHEAD = "taken_at IS NULL"


class OrganisationName(Base):
    """A name and its first day; `organisation` itself bears the one of today.

    The first rename also keeps what went before it, so that a day of the past keeps its name.
    """

    __tablename__ = "organisation_name"
    __table_args__ = (
        UniqueConstraint("organisation_id", "from_on"),
        Index(
            "ix_organisation_name_ahead",
            "from_on",
            sqlite_where=text(AHEAD),
            postgresql_where=text(AHEAD),
        ),
    )

    id: Mapped[Key]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    from_on: Mapped[date]
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    document_number: Mapped[str] = mapped_column(String(100))  # 文號; empty for the first name
    recorded_by: Mapped[UUID | None]
    recorded_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]  # when `organisation` took it over
