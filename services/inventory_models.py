"""Tables of what identifies people in the city's agencies, and who is excused from what (3-I)."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clients.models import Organisation
from kernel.db import Base, Key, unique_while
from services.publishing import Publication, promises


class SystemKind(StrEnum):
    """What identifies people: a login of its own, or a card."""

    LOGIN = "login"
    CARD = "card"


class Integration(StrEnum):
    """How far a system has come; one without a status was not looked at yet."""

    INTEGRATED = "integrated"
    INTEGRATING = "integrating"
    EXEMPTED = "exempted"  # for as long as its waiver lasts
    RETIRED = "retired"


class WaiverState(StrEnum):
    """What became of a request to be excused (states 4.9); whether it is over, the day says."""

    REQUESTED = "requested"
    GRANTED = "granted"
    DENIED = "denied"
    EXTENDED = "extended"  # by the one granted after it
    ENDED = "ended"  # before its last day


class IdentitySystem(Base):
    """A login or a card by which an agency identifies people."""

    __tablename__ = "identity_system"

    id: Mapped[Key]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[SystemKind]
    name_zh: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    status: Mapped[Integration | None]
    deadline: Mapped[date]  # by which it is integrated, retired or excused
    entered_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class Waiver(Base):
    """One request to be excused from integrating a system, and DoIT's decision (3-I)."""

    __tablename__ = "waiver"
    __table_args__ = (
        Index(None, "state", "until"),
        unique_while("state = 'requested'", "system_id"),
        unique_while("state = 'granted'", "system_id", "state"),
        CheckConstraint(
            "state = 'requested' OR (decided_by IS NOT NULL AND decided_by <> requested_by)",
            name="decided_by_another",
        ),
        CheckConstraint("state IN ('requested', 'denied') OR until IS NOT NULL", name="until"),
    )

    id: Mapped[Key]
    system_id: Mapped[UUID] = mapped_column(ForeignKey("identity_system.id"))
    reason: Mapped[str] = mapped_column(Text)  # 特殊情形
    document_number: Mapped[str] = mapped_column(String(100))
    asked_until: Mapped[date]
    requested_by: Mapped[UUID]
    requested_at: Mapped[datetime]
    state: Mapped[WaiverState]
    until: Mapped[date | None]  # the last day of it
    decision: Mapped[str | None] = mapped_column(String(500))  # DoIT's reason
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]  # when owner and DoIT were told that it ran out

    system: Mapped[IdentitySystem] = relationship(lazy="joined", innerjoin=True)


class PlanVersion(Publication, Base):
    """What an agency and DoIT agreed on a system's end: steps, days, and what holders keep (3-II).

    It is published with its day, and no plan is without one.
    """

    __tablename__ = "sunset_plan"
    __table_args__ = promises("system_id")
    SUBJECT = "system_id"

    system_id: Mapped[UUID] = mapped_column(ForeignKey("identity_system.id"))
    process_zh: Mapped[str] = mapped_column(Text)  # how what it holds is consolidated
    process_en: Mapped[str] = mapped_column(Text)
    replacement_zh: Mapped[str] = mapped_column(String(300))
    replacement_en: Mapped[str] = mapped_column(String(300))
    holders_zh: Mapped[str] = mapped_column(String(300))  # what happens to them; rights stay
    holders_en: Mapped[str] = mapped_column(String(300))
    milestones: Mapped[dict[str, Any]]  # as services.plans reads them
    sunset_on: Mapped[date]

    system: Mapped[IdentitySystem] = relationship(lazy="joined", innerjoin=True)


class MilestoneMark(Base):
    """That a step of a plan was done, who says so and by what it can be seen (3-II).

    What was marked by mistake is taken back, and stays.
    """

    __tablename__ = "milestone_mark"
    __table_args__ = (
        unique_while("taken_back_on IS NULL", "system_id", "due_on", "what"),
        CheckConstraint("done_on <= marked_on", name="done"),
        CheckConstraint("(taken_back_on IS NULL) = (taken_back_by IS NULL)", name="taken_back"),
    )

    id: Mapped[Key]
    system_id: Mapped[UUID] = mapped_column(ForeignKey("identity_system.id"))
    due_on: Mapped[date]  # with `what`, by which the step is known
    what: Mapped[str] = mapped_column(String(200))
    done_on: Mapped[date]
    evidence: Mapped[str] = mapped_column(String(300))  # a document, a report: not for the public
    marked_by: Mapped[UUID]
    marked_at: Mapped[datetime]
    marked_on: Mapped[date]  # the same, as a day in Taipei
    taken_back_by: Mapped[UUID | None]
    taken_back_on: Mapped[date | None]  # the first day without it
