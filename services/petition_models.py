"""The table of petitions against a suspension (陳情, 6(3); APA 168-173)."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel.db import Base, Key, unique_while
from services.eligibility_models import Finding


class Way(StrEnum):
    """How a petition came in (APA 169)."""

    ONLINE = "online"
    SLIP = "slip"  # online, with the letter's number and code instead of a login
    ORAL = "oral"  # written down by an officer or a clerk, read back, and signed


class PetitionState(StrEnum):
    """Where a petition stands (REGULATION 4.6)."""

    FILED = "filed"
    ACCEPTED = "accepted"
    INVESTIGATED = "investigated"
    DECIDED = "decided"
    REFERRED = "referred"
    NOT_PROCESSED = "not_processed"


class Result(StrEnum):
    """What a petition came to."""

    UPHELD = "upheld"  # the service is back as from the day it was suspended
    PARTLY = "partly"  # it is back from now on
    NOT_UPHELD = "not_upheld"


class NoProcess(StrEnum):
    """Why a petition need not be processed (APA 173)."""

    OUT_OF_SCOPE = "out_of_scope"
    ANONYMOUS = "anonymous"
    DUPLICATE = "duplicate"


class Petition(Base):
    """One petition, from its filing to its end; who suspended never decides it."""

    __tablename__ = "petition"
    __table_args__ = (
        unique_while("closed_at IS NULL", "finding_id"),
        Index(None, "organisation_id", "id"),
        Index(None, "member_id", "id"),
        CheckConstraint(
            "decided_by IS NULL OR (decided_by <> suspended_by AND decided_by <> found_by)",
            name="four_eyes",
        ),
        CheckConstraint("(state = 'decided') = (result IS NOT NULL)", name="outcome"),
        CheckConstraint("(state = 'not_processed') = (ground IS NOT NULL)", name="ground"),
        CheckConstraint("(state = 'referred') = (referred_to IS NOT NULL)", name="referred"),
        CheckConstraint("(way = 'oral') = (recorded_by IS NOT NULL)", name="recorded"),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    finding_id: Mapped[UUID] = mapped_column(
        ForeignKey("eligibility_finding.id", ondelete="CASCADE")
    )
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    way: Mapped[Way]
    state: Mapped[PetitionState]
    result: Mapped[Result | None]
    ground: Mapped[NoProcess | None]
    referred_to: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    suspended_by: Mapped[UUID]  # who confirmed what it is about
    found_by: Mapped[UUID]
    language: Mapped[str] = mapped_column(String(16))
    words_sealed: Mapped[bytes]  # members.letters
    filed_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]  # who wrote down what was said, and read it back
    counter_id: Mapped[UUID | None]  # where that was, if not at the agency
    decided_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]

    finding: Mapped[Finding] = relationship()
