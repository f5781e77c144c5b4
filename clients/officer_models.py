"""The table of posts: who works for the city, where, as what, until when (REGULATION 9)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while

OF_THE_BUREAU = "ended_at IS NULL AND organisation_id IS NULL"


class Role(StrEnum):
    """What somebody is appointed to do; nobody may do anything else."""

    REVIEWER = "doit_reviewer"
    AUDITOR = "doit_auditor"
    OFFICER = "agency_officer"
    MANAGER = "agency_manager"
    ADMINISTRATOR = "administrator"
    MERCHANT = "merchant_officer"


class OfficerPost(Base):
    """A member's post; those of the Bureau, whose house this is, name no organisation.

    No foreign key to the member: a member rests on an approval, and an approval on a post. A post
    stays on record after its holder's account is gone, as what was done in it does.
    """

    __tablename__ = "officer_post"
    __table_args__ = (
        unique_while(
            "ended_at IS NULL AND organisation_id IS NOT NULL",
            "member_id",
            "organisation_id",
            "role",
        ),
        Index(
            "ix_officer_post_of_the_bureau",
            "member_id",
            "role",
            unique=True,
            sqlite_where=text(OF_THE_BUREAU),
            postgresql_where=text(OF_THE_BUREAU),
        ),
        Index(None, "member_id"),
        UniqueConstraint("id", "role", "member_id"),  # what an approval refers to
        CheckConstraint(
            "(role IN ('agency_officer', 'agency_manager', 'merchant_officer'))"
            " = (organisation_id IS NOT NULL)",
            name="house",
        ),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[Role]
    appointed_by: Mapped[UUID | None]  # the member who did; None from the command line
    appointed_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]  # to the day; an idle post is taken back
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
