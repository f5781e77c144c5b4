"""The tables of cases: what somebody came to a counter for, how far it is, what was seen (4.2).

A case holds ids and codes; who the person is stands in their own record. No foreign key leads from
what happened to what it happened to: the events outlive a member who leaves.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key

LONGEST_CODE = 64
OPEN = "closed_at IS NULL"
FORWARDED = "state = 'forwarded'"


class CaseMatter(StrEnum):
    """What somebody came for (regulation 2(8), 4-I)."""

    JOIN = "join"
    BIND = "bind"
    UNBIND = "unbind"
    LOSS = "loss"  # and binding what takes its place
    ACTIVATION = "activation"
    CHANGE = "change"
    RECOVERY = "recovery"
    PROXY_END = "proxy_end"


class CaseState(StrEnum):
    """How far a case is (state machine 4.2)."""

    INTAKE = "intake"
    ACCEPTED = "accepted"  # 受理
    COLLECTED = "collected"  # 代收: for another counter, whose clock has not begun
    FORWARDED = "forwarded"
    NOT_ACCEPTED = "not_accepted"
    IN_PROCESS = "in_process"
    WAITING = "waiting_applicant"
    DECIDED = "decided"
    FULFILLED = "fulfilled"
    CLOSED = "closed"
    STOPPED = "stopped"  # taken back by the applicant, or the letter it rested on was


class CaseOutcome(StrEnum):
    """What was decided."""

    APPROVED = "approved"
    REFUSED = "refused"


class Case(Base):
    """One matter of one person at one counter."""

    __tablename__ = "counter_case"
    __table_args__ = (
        Index(
            "ix_counter_case_open",
            "counter_id",
            "id",
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index(
            "ix_counter_case_forwarded",
            "counter_id",
            sqlite_where=text(FORWARDED),
            postgresql_where=text(FORWARDED),
        ),
        Index(None, "member_id", "id"),
        Index(None, "application_id"),
        CheckConstraint("(decided_at IS NULL) = (outcome IS NULL)", name="decided"),
        CheckConstraint("collected_by <> counter_id OR forwarded_at IS NULL", name="elsewhere"),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(8), unique=True)  # to be read out on the phone
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # of what stands on the slip
    matter: Mapped[CaseMatter]
    state: Mapped[CaseState]
    person_kind: Mapped[str] = mapped_column(String(32))  # decides which documents are asked for
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    application_id: Mapped[UUID | None]  # of who is no member yet
    service: Mapped[str] = mapped_column(String(64))  # its code; empty where none is asked for
    working_days: Mapped[int]  # as published when it was taken in (8(4))
    counter_id: Mapped[UUID]  # where it is now
    clerk_id: Mapped[UUID]  # who took it in, as a member
    language: Mapped[str] = mapped_column(String(16))
    opened_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]  # from here the term counts
    collected_by: Mapped[UUID | None]  # the counter that took it for this one
    collected_at: Mapped[datetime | None]
    forwarded_at: Mapped[datetime | None]
    pauses: Mapped[list[str]]  # members.clocks.Pause
    held_until: Mapped[datetime | None]  # a proxy's risky matter waits for the principal (7(2))
    face_checked_at: Mapped[datetime | None]  # the visible information was compared (7(3))
    outcome: Mapped[CaseOutcome | None]
    reason: Mapped[str] = mapped_column(String(LONGEST_CODE))  # why it was refused, as a code
    decided_at: Mapped[datetime | None]
    fulfilled_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class CaseEvent(Base):
    """One step of a case; never changed, never deleted."""

    __tablename__ = "case_event"
    __table_args__ = (Index(None, "case_id", "id"),)

    id: Mapped[Key]
    case_id: Mapped[UUID]
    at: Mapped[datetime]
    state: Mapped[CaseState]  # the one it came to, or stayed in
    actor: Mapped[UUID | None]  # a clerk as a member; None: the applicant, or the clock
    counter_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(String(LONGEST_CODE))
    clause: Mapped[str] = mapped_column(String(16))


class DocumentSeen(Base):
    """A document a clerk had in hand: its kind and day, no picture, and its number only hashed."""

    __tablename__ = "document_seen"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("counter_case.id", ondelete="CASCADE"))
    whose: Mapped[str] = mapped_column(String(16))
    paper: Mapped[str] = mapped_column(String(32))
    number_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    expires_on: Mapped[date | None]
    clerk_id: Mapped[UUID]
    seen_at: Mapped[datetime]


class CaseLetter(Base):
    """The letter by which somebody comes for another in one case (7(2)); told to the principal.

    The proxy need not be a member: they are known by the keyed hash of their number.
    """

    __tablename__ = "case_letter"
    __table_args__ = (Index(None, "proxy_hash", "entered_at"), Index(None, "principal_id"))

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(
        ForeignKey("counter_case.id", ondelete="CASCADE"), unique=True
    )
    principal_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    proxy_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    matters: Mapped[list[str]]  # what the letter names
    signed_on: Mapped[date]
    ends_on: Mapped[date]  # its last day
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)  # of the link in mail
    entered_at: Mapped[datetime]
    link_ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class IntakeRefusal(Base):
    """That somebody was sent away, with what for: nothing in it says who it was (7(1))."""

    __tablename__ = "intake_refusal"
    __table_args__ = (Index(None, "refused_at"),)

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(8), unique=True)
    counter_id: Mapped[UUID]
    clerk_id: Mapped[UUID]
    matter: Mapped[CaseMatter]
    person_kind: Mapped[str] = mapped_column(String(32))
    age: Mapped[str] = mapped_column(String(8))  # as far as the documents depend on it
    service: Mapped[str] = mapped_column(String(64))
    by_proxy: Mapped[bool]
    code: Mapped[str] = mapped_column(String(LONGEST_CODE))
    missing: Mapped[list[str]]  # counters.documents.Need, as kept
    language: Mapped[str] = mapped_column(String(16))
    refused_at: Mapped[datetime]
    resumed_at: Mapped[datetime | None]
