"""Tables of training: the course's versions, and who passed which (regulation 5(3))."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class Course(Base):
    """One version of the clerks' course on policy and operation.

    A version may demand that who passed an earlier one comes again by a day: from the next day
    only this version, and later ones, count.
    """

    __tablename__ = "course"
    __table_args__ = (
        CheckConstraint("valid_days > 0", name="valid_days"),
        CheckConstraint("grace_days >= 0", name="grace_days"),
        CheckConstraint("pass_score BETWEEN 0 AND 100", name="pass_score"),
    )

    id: Mapped[Key]
    version: Mapped[int] = mapped_column(unique=True)
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    valid_days: Mapped[int]
    grace_days: Mapped[int]  # after the last valid day, counted down on the screen
    pass_score: Mapped[int]
    refresh_by: Mapped[date | None]
    released_at: Mapped[datetime]


class SyntheticPerson(Base):
    """Somebody who is nobody: clerks practise on them at training counters (5(3)).

    The number is kept here and not among people's, so whoever really has it is not kept out.
    """

    __tablename__ = "synthetic_person"

    member_id: Mapped[UUID] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[str] = mapped_column(String(10), unique=True)
    added_at: Mapped[datetime]


class Training(Base):
    """One person passed one version on one day."""

    __tablename__ = "training"
    __table_args__ = (
        UniqueConstraint("member_id", "course_id", "trained_on"),
        Index(None, "course_id"),
        CheckConstraint("trained_on <= valid_until", name="days"),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    course_id: Mapped[UUID] = mapped_column(ForeignKey("course.id"))
    trained_on: Mapped[date]
    valid_until: Mapped[date]
    score: Mapped[int]
    entered_at: Mapped[datetime]
