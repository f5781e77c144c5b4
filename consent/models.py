"""Tables of consents: member × client × purpose × claim, their proof, and codes shown at a till."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from consent.parts import Part
from kernel.db import Base, Key, unique_while


class Decision(StrEnum):
    """What the member said about one claim; a refusal is remembered so as not to ask again."""

    GIVEN = "given"
    REFUSED = "refused"


class EndReason(StrEnum):
    """Why a consent is no longer in force (state machine 4.13)."""

    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    OVERRULED = "overruled"  # by a corrected birth date it was another's to give
    CLIENT_ENDED = "client_ended"  # whom it was given to is no more


class ConsentText(Base):
    """The exact text a member saw, stored once a wording: the burden of proof is ours (PDPA 7)."""

    __tablename__ = "consent_text"

    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    language: Mapped[str] = mapped_column(String(16))
    body: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]]  # what the text says, field by field, for the receipt


class Receipt(Base):
    """One submission of the consent page: text, language, version, time and acr of the decision."""

    __tablename__ = "consent_receipt"
    __table_args__ = (Index(None, "member_id", "id"),)

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    client_id: Mapped[UUID]
    purpose_id: Mapped[UUID]
    text_sha256: Mapped[bytes] = mapped_column(ForeignKey("consent_text.sha256"))
    text_version: Mapped[int]
    part: Mapped[Part] = mapped_column(
        default=Part.WHOLE, server_default=Part.WHOLE.value
    )  # which page was submitted
    language: Mapped[str] = mapped_column(String(16))
    acr: Mapped[str] = mapped_column(String(64))
    decided_at: Mapped[datetime]
    approver_id: Mapped[UUID | None]  # who agreed in the member's stead
    relation: Mapped[str | None] = mapped_column(String(16))  # members.models.Relation


class Voice(StrEnum):
    """Whose word counts."""

    ALONE = "alone"
    GUARDIAN_APPROVES = "guardian_approves"
    GUARDIAN_DECIDES = "guardian_decides"
    PROXY_DECIDES = "proxy_decides"  # the member asks for it; no table ever does


class Consent(Base):
    """One decision about one claim for one purpose of one client."""

    __tablename__ = "consent"
    __table_args__ = (
        unique_while("ended_at IS NULL", "member_id", "purpose_id", "claim"),
        Index(
            None,
            "expires_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(  # in order, so that no plan looks through everybody's for those of one client
            None,
            "client_id",
            "id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    receipt_id: Mapped[UUID] = mapped_column(
        ForeignKey("consent_receipt.id", ondelete="CASCADE"), index=True
    )
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    client_id: Mapped[UUID]
    purpose_id: Mapped[UUID]
    claim: Mapped[str] = mapped_column(String(64))
    decision: Mapped[Decision]
    text_version: Mapped[int]
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    once: Mapped[bool] = mapped_column(default=False)  # serves one sign-in, then is asked again
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[EndReason | None]
    ended_by: Mapped[UUID | None]  # who withdrew it in the member's stead
    ended_as: Mapped[str | None] = mapped_column(String(16))  # members.models.Relation


class ApprovalState(StrEnum):
    """How far a minor's question to a guardian has come."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"  # by who asked, or by what came after; may be asked anew


class ApprovalRequest(Base):
    """A member's answer on the consent page that counts once another agrees (Civil Code 79).

    If the other decides altogether, `given` is everything that was asked.
    """

    __tablename__ = "approval_request"
    __table_args__ = (
        unique_while("decided_at IS NULL", "member_id", "purpose_id"),
        Index(None, "member_id", "purpose_id", "id"),
        CheckConstraint("(decided_at IS NULL) = (state = 'waiting')", name="decided"),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    client_id: Mapped[UUID]
    purpose_id: Mapped[UUID]
    voice: Mapped[Voice]
    part: Mapped[Part] = mapped_column(default=Part.WHOLE, server_default=Part.WHOLE.value)
    given: Mapped[list[str]]  # names of claims
    refused: Mapped[list[str]]
    services: Mapped[list[str] | None]  # codes of what the client may do besides (RFC 9396)
    duration: Mapped[str] = mapped_column(String(8))
    language: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)  # exactly as the member read it
    text_version: Mapped[int]
    acr: Mapped[str] = mapped_column(String(64))
    state: Mapped[ApprovalState]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]


class TillCode(Base):
    """A code a member shows at a till; one shop reads it once, for one offer (10-I(4)).

    `code_hash` is keyed: eight characters alone could be found again by trying. It is purged
    within hours; what stays is a line of the member's footprint.
    """

    __tablename__ = "till_code"
    __table_args__ = (
        Index(None, "member_id", "id"),
        Index(None, "expires_at"),
        CheckConstraint("(used_at IS NULL) = (eligible IS NULL)", name="answered"),
    )

    id: Mapped[Key]
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    client_id: Mapped[UUID | None]
    purpose_id: Mapped[UUID | None]
    eligible: Mapped[bool | None]
    number: Mapped[str | None] = mapped_column(String(2))  # on both screens once it was read
    receipt: Mapped[str | None] = mapped_column(String(8))


class SeenCard(Base):
    """A card that the readers of an agency have seen lately, so that a list may tell them of it.

    `mark` is made with a key that only this agency's readers have: no two agencies have one alike.
    """

    __tablename__ = "seen_card"
    __table_args__ = (Index(None, "binding_id"), Index(None, "seen_at"))

    client_id: Mapped[UUID] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True
    )
    mark: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    binding_id: Mapped[UUID] = mapped_column(ForeignKey("binding.id", ondelete="CASCADE"))
    seen_at: Mapped[datetime]  # to the day, more or less
