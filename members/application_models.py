"""The tables of those who want to become members (state machine 4.1)."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class Channel(StrEnum):
    """How an application came in: the result is the same (2(8)1)."""

    COUNTER = "counter"
    SITE = "site"
    AGENCY = "agency"  # on an agency's website


class PersonKind(StrEnum):
    """Who can become a member (8(1))."""

    NATIONAL = "national"
    UNREGISTERED = "unregistered"  # a national without household registration
    FOREIGN = "foreign"
    STATELESS = "stateless"
    HK_MACAU = "hk_macau"
    MAINLAND = "mainland"


class State(StrEnum):
    """How far an application has come; what is not submitted yet is an `ApplicationDraft`."""

    CONFIRMING = "counter_confirming"
    REVIEW = "review_queue"
    RETURNED = "returned_for_correction"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


OPEN = (State.CONFIRMING, State.REVIEW, State.RETURNED)
AWAITED = (State.CONFIRMING, State.RETURNED)  # it is the applicant's turn
_WAITS = "closed_at IS NULL"
FRUITLESS = "state <> 'approved'"


class Application(Base):
    """One application to become a member; what was filled in is sealed under its own data key."""

    __tablename__ = "application"
    __table_args__ = (
        Index(
            "ix_application_waiting",
            "state",
            "submitted_at",
            sqlite_where=text(_WAITS),
            postgresql_where=text(_WAITS),
        ),
        Index(None, "member_id"),
        Index(None, "guardian_id"),
        Index(None, "closed_at"),
        Index(
            "ix_application_fruitless",
            "closed_at",
            sqlite_where=text(FRUITLESS),
            postgresql_where=text(FRUITLESS),
        ),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(8), unique=True)  # on the receipt
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # of what the receipt says beside
    channel: Mapped[Channel]
    kind: Mapped[PersonKind]
    state: Mapped[State]
    language: Mapped[str] = mapped_column(String(16))
    district: Mapped[str] = mapped_column(String(16))  # where a counter is near; may be empty
    data_key_sealed: Mapped[bytes]
    form_sealed: Mapped[bytes]
    terms_hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # of the text that was agreed to
    counter_id: Mapped[UUID | None]  # where it was taken in or confirmed
    assigned_to: Mapped[UUID | None]  # the counter at which it waits to be confirmed
    intake_by: Mapped[UUID | None]  # the clerk's member id; nobody for what came in online
    agency_id: Mapped[UUID | None]
    guardian_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id", ondelete="SET NULL"))
    guardian_approved_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime]
    waiting_since: Mapped[datetime]  # in the state it is in
    pauses: Mapped[list[str]]  # members.clocks.Pause
    approval_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    closed_at: Mapped[datetime | None]


class ClaimedNumber(Base):
    """An identity number named in an open application: nobody else can apply with it meanwhile."""

    __tablename__ = "claimed_number"

    number_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    application_id: Mapped[UUID] = mapped_column(
        ForeignKey("application.id", ondelete="CASCADE"), index=True
    )


class ApplicationEvent(Base):
    """One step of an application: who took it, by which clause, for which reason."""

    __tablename__ = "application_event"
    __table_args__ = (Index(None, "application_id", "id"),)

    id: Mapped[Key]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    state: Mapped[State]
    actor: Mapped[UUID | None]
    clause: Mapped[str] = mapped_column(String(16))
    reason_sealed: Mapped[bytes]  # under the application's data key; empty without a reason


class Document(StrEnum):
    """What is shown at a counter."""

    ID_CARD = "id_card"
    HOUSEHOLD_CERTIFICATE = "household_certificate"
    HEALTH_CARD = "health_card"
    PASSPORT = "passport"
    RESIDENCE_PERMIT = "residence_permit"
    GUARDIAN_ID = "guardian_id"
    GUARDIAN_CONSENT = "guardian_consent"
    COURT_DECISION = "court_decision"


class SeenDocument(Base):
    """A document that a clerk saw; neither it nor its number is kept (7(1))."""

    __tablename__ = "seen_document"
    __table_args__ = (Index(None, "application_id"),)

    id: Mapped[Key]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("application.id", ondelete="CASCADE"))
    document: Mapped[Document]
    number_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    expires_on: Mapped[date | None]
    counter_id: Mapped[UUID | None]
    seen_by: Mapped[UUID | None]
    seen_at: Mapped[datetime]


class Invitation(Base):
    """A new member's one chance to choose account name and password; no password exists before."""

    __tablename__ = "invitation"
    __table_args__ = (Index(None, "member_id"), Index(None, "expires_at"))

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApplicationDraft(Base):
    """What somebody has filled in so far, sealed; gone thirty days after the last change."""

    __tablename__ = "application_draft"
    __table_args__ = (Index(None, "touched_at"),)

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(8), unique=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    data_key_sealed: Mapped[bytes]
    fields_sealed: Mapped[bytes]
    touched_at: Mapped[datetime]


class RefusalSlip(Base):
    """An application that was not accepted: why, and nothing about whose it was (7(1))."""

    __tablename__ = "refusal_slip"
    __table_args__ = (Index(None, "refused_at"),)

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(8), unique=True)
    code: Mapped[str] = mapped_column(String(64))
    missing: Mapped[list[str]]  # Document
    channel: Mapped[Channel]
    counter_id: Mapped[UUID | None]
    refused_by: Mapped[UUID | None]
    refused_at: Mapped[datetime]


class TermsVersion(Base):
    """The terms of applying from a moment on, in two languages (8(2)1)."""

    __tablename__ = "terms_version"
    __table_args__ = (Index(None, "effective_at"),)

    id: Mapped[Key]
    version: Mapped[str] = mapped_column(String(32), unique=True)
    effective_at: Mapped[datetime]
    text_zh: Mapped[str]
    text_en: Mapped[str]
