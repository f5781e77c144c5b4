"""The tables of members, of what they ask for, and of how they leave."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while
from members.approval_models import MemberApproval  # by name alone, its type would come too late


class Standing(StrEnum):
    """Where a member stands; only the active may do anything (regulation 6(1), 10(1))."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    PAUSED = "paused"  # by the member, who alone ends it
    CLOSED = "closed"


class Member(Base):
    """A resident with an approved record (regulation 2(8)1).

    The personal data are sealed under the member's own data key, which is sealed under the
    installation's key: destroying the data key erases what is kept without it.
    """

    __tablename__ = "member"

    # Its approval's: without one there is no member, whatever program inserts the row (2(8)1).
    id: Mapped[UUID] = mapped_column(ForeignKey(MemberApproval.id), primary_key=True)
    login: Mapped[str] = mapped_column(String(128), unique=True)  # normalised by members.logins
    standing: Mapped[Standing] = mapped_column(default=Standing.ACTIVE)
    standing_at: Mapped[datetime]
    approved_at: Mapped[datetime]
    data_key_sealed: Mapped[bytes]
    profile_sealed: Mapped[bytes]
    # After a new password by mail alone, or the loss of all that is stronger: until then a password
    # counts for little (`members.recovery`).
    restricted_until: Mapped[datetime | None]


class CheckKind(StrEnum):
    """What somebody's data were held against, in the words of OpenID Identity Assurance."""

    DOCUMENT = "document"
    RECORD = "electronic_record"


class IdentityCheck(Base):
    """One check of a member's data: what was seen, by whom, when; see `members.identity_checks`."""

    __tablename__ = "identity_check"

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    kind: Mapped[CheckKind]
    of_type: Mapped[str] = mapped_column(String(32))
    method: Mapped[str] = mapped_column(String(16))
    office: Mapped[str] = mapped_column(String(200))  # as the city calls it
    claims: Mapped[dict[str, Any]]  # what it bore out: keyed hashes of the values, by name
    checked_at: Mapped[datetime]


class Relation(StrEnum):
    """What somebody who acts is to whom they act for (Civil Code 15-2, 167, 1086, 1098)."""

    PARENT = "parent"
    GUARDIAN = "guardian"
    ASSISTANT = "assistant"  # of an adult who acts with approval
    PROXY = "proxy"  # by a power of attorney, not by law: `members.proxy_models`


class Evidence(StrEnum):
    """What was seen at the counter; the paper itself is not kept."""

    HOUSEHOLD_REGISTER = "household_register"
    COURT_DECISION = "court_decision"


class Capacity(StrEnum):
    """What a court declared about an adult (Civil Code 14, 15-1)."""

    GUARDED = "guarded"  # 監護宣告: the guardian acts
    ASSISTED = "assisted"  # 輔助宣告: acts with approval in some matters


class CapacityNote(Base):
    """A declaration in force for a member: which court's, and of which day."""

    __tablename__ = "capacity_note"
    __table_args__ = (
        unique_while("lifted_at IS NULL", "member_id"),
        Index("ix_capacity_note_all", "member_id"),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    capacity: Mapped[Capacity]
    source: Mapped[str] = mapped_column(String(64))  # the number of the decree
    declared_on: Mapped[date]
    noted_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


class GuardianLink(Base):
    """Who acts for whom by law, from when (4.17).

    For a minor it ends by itself when the ward comes of age; for an adult, with the declaration.
    """

    __tablename__ = "guardian_link"
    __table_args__ = (
        unique_while("ended_at IS NULL", "ward_id", "guardian_id"),
        Index(None, "ward_id"),
        Index(None, "guardian_id"),
        CheckConstraint("ward_id <> guardian_id", name="two_people"),
        CheckConstraint("relation <> 'proxy'", name="by_law"),
    )

    id: Mapped[Key]
    ward_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    guardian_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    relation: Mapped[Relation]
    evidence: Mapped[Evidence]
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]  # the first moment of the eighteenth birthday in Taipei
    ended_at: Mapped[datetime | None]  # earlier: by judgement, by death, at the counter


class RequestKind(StrEnum):
    """What a member can ask for: the five rights nobody can waive (PDPA 3), and a petition."""

    INQUIRE = "inquire"
    COPY = "copy"
    CORRECT = "correct"
    STOP = "stop"
    DELETE = "delete"
    PETITION = "petition"


class RequestState(StrEnum):
    """How far a request has come (state machine 4.14)."""

    RECEIVED = "received"
    CHECKED = "checked"
    WAITING = "waiting"
    DECIDED = "decided"
    FULFILLED = "fulfilled"
    TOLD = "told"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """What was decided about a request."""

    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"


CITY = "city"  # the recipient of a request that goes to no client


class SubjectRequest(Base):
    """One request of a member about their data, to the city or to who received them (PDPA 3).

    What was written is sealed under the member's data key: it is erased with the member.
    """

    __tablename__ = "subject_request"
    __table_args__ = (
        Index(None, "member_id", "id"),
        unique_while("closed_at IS NULL", "member_id", "kind", "recipient", "about"),
        Index(
            "ix_subject_request_open",
            "received_at",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(8), unique=True)  # to be read out on the phone
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    kind: Mapped[RequestKind]
    recipient: Mapped[str] = mapped_column(String(36))  # CITY, or the client's id
    about: Mapped[str] = mapped_column(String(64))  # a claim or a line; empty for everything
    claims: Mapped[list[str]]  # names
    purpose_id: Mapped[UUID | None]
    language: Mapped[str] = mapped_column(String(16))
    acr: Mapped[str] = mapped_column(String(64))  # how the member was identified
    words_sealed: Mapped[bytes]
    state: Mapped[RequestState]
    received_at: Mapped[datetime]
    pauses: Mapped[list[str]]  # members.clocks.Pause
    extended_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None]
    decided_at: Mapped[datetime | None]
    fulfilled_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    filed_by: Mapped[UUID | None]  # the proxy who made it in the member's stead

    @property
    def client_id(self) -> UUID | None:
        """Return the client it is addressed to; None for the city."""
        return None if self.recipient == CITY else UUID(self.recipient)


class AccountDeletion(Base):
    """A member's wish to have the account deleted, and the proof that it was (10-I(1))."""

    __tablename__ = "account_deletion"
    __table_args__ = (
        unique_while("executed_at IS NULL AND cancelled_at IS NULL", "member_id"),
        Index("ix_account_deletion_all", "member_id"),
        Index(
            "ix_account_deletion_due",
            "due_at",
            sqlite_where=text("executed_at IS NULL AND cancelled_at IS NULL"),
            postgresql_where=text("executed_at IS NULL AND cancelled_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    executed_at: Mapped[datetime | None]
    proof: Mapped[str | None] = mapped_column(Text)  # signed; names nobody


class LegalHold(Base):
    """An order to keep a member's record: while one stands, the account is not deleted."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index(None, "member_id"),)

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    case_number: Mapped[str] = mapped_column(String(64))  # which demands it
    placed_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]


class Archive(Base):
    """A member's data put together to be taken along; gone after three days."""

    __tablename__ = "archive"
    __table_args__ = (Index(None, "member_id", "id"), Index(None, "expires_at"))

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    parts: Mapped[list[str]]  # what was ticked
    language: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    size: Mapped[int | None]  # bytes


class ArchiveChunk(Base):
    """A piece of an archive, sealed under the member's data key."""

    __tablename__ = "archive_chunk"

    archive_id: Mapped[UUID] = mapped_column(
        ForeignKey("archive.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes]
