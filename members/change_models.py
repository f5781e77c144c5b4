"""The tables of changes: what a value was before and where the new one came from; what is asked."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while


class Channel(StrEnum):
    """How a value got in (regulation 7(9), 8(5)): keyed in, by interface, or as DoIT agreed."""

    MEMBER = "member"  # on the official site, by the member
    COUNTER = "counter"  # keyed in by a clerk, for a case
    INTERFACE = "interface"  # by a program of an agency, for a case
    AGREED = "agreed"  # in a manner DoIT agreed to, for a case
    CITY = "city"  # by DoIT, on its own decision


class DatumChange(Base):
    """One value that gave way to another; what followed is the next row's, or the record's.

    The old value is sealed under the member's data key, for the member and the auditor.
    """

    __tablename__ = "datum_change"
    __table_args__ = (Index(None, "member_id", "claim", "changed_at"),)

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    claim: Mapped[str] = mapped_column(String(64))
    old_sealed: Mapped[bytes | None]  # None where nothing was held
    channel: Mapped[Channel]
    actor_id: Mapped[UUID | None]  # a member's id: who keyed it in; a client's: whose program did
    counter_id: Mapped[UUID | None]
    case_reference: Mapped[str | None] = mapped_column(String(64))
    basis: Mapped[str | None] = mapped_column(String(64))  # batch, interface, or DoIT's agreement
    changed_at: Mapped[datetime]


class ContactCheck(Base):
    """A mailbox that is to be shown to be the member's: the code went there, and is typed here."""

    __tablename__ = "contact_check"
    __table_args__ = (Index(None, "member_id", "confirmed_at"), Index(None, "expires_at"))

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    address_sealed: Mapped[bytes]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int]
    confirmed_at: Mapped[datetime | None]


class ChangeState(StrEnum):
    """How far a request to change what needs evidence has come (as cases do, 4.2)."""

    ASKED = "asked"  # online: the documents were not seen yet
    DOCUMENTED = "documented"  # a counter saw them; DoIT decides
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ChangeRequest(Base):
    """A member's wish to have a value changed that only a document can show to be right."""

    __tablename__ = "change_request"
    __table_args__ = (
        Index(None, "member_id", "id"),
        unique_while("closed_at IS NULL", "member_id", "field"),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    field: Mapped[str] = mapped_column(String(32))
    wanted_sealed: Mapped[bytes]
    channel: Mapped[Channel]
    language: Mapped[str] = mapped_column(String(16))
    state: Mapped[ChangeState]
    asked_at: Mapped[datetime]
    documents: Mapped[list[str]]  # kinds of what was seen; the papers are not kept
    counter_id: Mapped[UUID | None]
    seen_by: Mapped[UUID | None]  # the clerk
    seen_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason_sealed: Mapped[bytes | None]  # what the member reads
    closed_at: Mapped[datetime | None]
