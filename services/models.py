"""Tables of services, the notes about who has them, and merchants' offers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clients.models import Organisation
from kernel.db import Base, Key, unique_while


class Activation(StrEnum):
    """What an agency noted (regulation 2(4), 4.4); where there is no note, nothing is known."""

    ACTIVATED = "activated"
    NOT_ACTIVATED = "not_activated"
    SUSPENDED = "suspended"


class ServiceState(StrEnum):
    """How far a service has come in its life (3-II); services.lifecycle leads it."""

    DRAFT = "draft"
    APPROVED = "approved"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


OFFERED = (ServiceState.OPEN, ServiceState.CLOSING)  # what the public is told of


class Channel(StrEnum):
    """How a note came in: the regulation's three ways, and the member's own word (7(9))."""

    KEYED = "keyed"
    INTERFACE = "interface"
    AGREED = "agreed"
    MEMBER = "member"


class Happening(StrEnum):
    """What can happen to a note."""

    NOTED = "noted"
    DISPUTED = "disputed"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"  # with the batch that brought it


class Basis(StrEnum):
    """Of whom a figure speaks: of everybody in public statistics, or of this city's members."""

    PUBLISHED = "published"
    COUNTED = "counted"


class Service(Base):
    """A service of one agency, which alone writes notes about it (regulation 2(8)6).

    A closed one is opened for nobody any more; what was noted of it stands (10-II).
    """

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("state <> 'closing' OR closes_on IS NOT NULL", name="closes"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(64), unique=True)  # also the name of its claim
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    sensitive: Mapped[bool]  # having it reveals health or hardship (PDPA 6)
    working_days: Mapped[int | None]  # for a case, as published (8(4)); None: not set yet
    state: Mapped[ServiceState] = mapped_column(
        default=ServiceState.OPEN, server_default=ServiceState.OPEN.value
    )
    created_at: Mapped[datetime]
    closes_on: Mapped[date | None]  # announced: the first day on which it is no more
    closed_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()


class ActivationNote(Base):
    """What an agency says of one member and service: evidence of a right, not the right (10-II)."""

    __tablename__ = "activation"
    __table_args__ = (
        UniqueConstraint("member_id", "service_id"),
        Index(None, "service_id", "state"),
        CheckConstraint("(disputed_at IS NULL) = (dispute IS NULL)", name="disputed"),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"))
    source_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))  # who noted it
    state: Mapped[Activation]
    since: Mapped[date | None]  # the day from which the service is open
    as_of: Mapped[date]
    noted_at: Mapped[datetime]
    disputed_at: Mapped[datetime | None]
    dispute: Mapped[str | None] = mapped_column(String(8), unique=True)  # its reference number
    channel: Mapped[Channel]
    actor: Mapped[str] = mapped_column(String(64))  # the agency's program or person, as a code
    reference: Mapped[str] = mapped_column(String(64))  # the case it rests on
    # It came in by consolidation, and its member was not told yet: nobody receives it (PDPA 9).
    unannounced: Mapped[bool] = mapped_column(server_default=false())
    face_sealed: Mapped[bytes | None]  # what its card shows: services.card_faces


class ActivationEvent(Base):
    """One happening to a note; the database lets nobody change it, and it outlives the note."""

    __tablename__ = "activation_event"
    __table_args__ = (Index(None, "member_id", "id"),)

    id: Mapped[Key]
    at: Mapped[datetime]
    member_id: Mapped[UUID]
    service_id: Mapped[UUID]
    source_id: Mapped[UUID | None]
    happening: Mapped[Happening]
    state: Mapped[Activation]
    as_of: Mapped[date]
    channel: Mapped[Channel]
    actor: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(64))


class Offer(Base):
    """One version of a merchant's offer: its rule, its period, and what DoIT decided (6(4), 2(8)4).

    At most one version of a purpose is in force. A halted one stays approved, and answers nobody
    until its groups are large enough again.
    """

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("purpose_id", "version"),
        unique_while("approved_at IS NOT NULL AND ended_at IS NULL", "purpose_id"),
        CheckConstraint("valid_from <= valid_until", name="period"),
        CheckConstraint(
            "(approved_at IS NULL) = (approval_number IS NULL)", name="approved_by_document"
        ),
        CheckConstraint("approved_by <> submitted_by", name="two_persons"),
    )

    id: Mapped[Key]
    purpose_id: Mapped[UUID] = mapped_column(ForeignKey("purpose.id", ondelete="CASCADE"))
    version: Mapped[int]
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    rule: Mapped[dict[str, Any]]  # as services.eligibility reads it
    document_number: Mapped[str] = mapped_column(String(100))  # 文號 of the application
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    submitted_at: Mapped[datetime]
    submitted_by: Mapped[UUID | None]  # None from the command line
    approval_number: Mapped[str | None] = mapped_column(String(100))  # 文號 of the approval
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    halted_at: Mapped[datetime | None]  # its groups became too small (10(4))
    reviewed_at: Mapped[datetime | None]  # when their size was last looked at


class PopulationFigure(Base):
    """How many people fulfil a condition, published or counted, entered by DoIT (10(4))."""

    __tablename__ = "population_figure"
    __table_args__ = (
        UniqueConstraint("condition", "basis", "as_of"),
        CheckConstraint("people >= 0", name="people"),
        CheckConstraint("(basis = 'published') = (document IS NOT NULL)", name="documented"),
    )

    id: Mapped[Key]
    condition: Mapped[str] = mapped_column(String(2000))  # canonical, services.eligibility
    people: Mapped[int]
    basis: Mapped[Basis]
    source: Mapped[str] = mapped_column(String(200))  # whose statistics, or how it was counted
    document: Mapped[str | None] = mapped_column(String(200))  # where it is published
    as_of: Mapped[date]
    entered_at: Mapped[datetime]


class OfferMonth(Base):
    """How many members tills asked about for one offer in a month, counted once it is over."""

    __tablename__ = "offer_month"

    purpose_id: Mapped[UUID] = mapped_column(
        ForeignKey("purpose.id", ondelete="CASCADE"), primary_key=True
    )
    month: Mapped[date] = mapped_column(primary_key=True)  # its first day
    members: Mapped[int]
