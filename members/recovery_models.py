"""The tables of who forgot an account name or a password, and of slips that let them begin anew."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class Wanted(StrEnum):
    """What was forgotten: two services, not one (regulation 7(8))."""

    ACCOUNT = "account"
    PASSWORD = "password"  # noqa: S105  # the word for it


class Way(StrEnum):
    """How somebody proved that the account is theirs (state machine 4.12)."""

    DELAYED = "delayed"  # by mail alone: with a period of restriction
    CARRIER = "carrier"
    COUNTER = "counter"
    GUARDIAN = "guardian"


class Recovery(Base):
    """One request, from a browser in which nobody is signed in; most know no member.

    What was typed is kept sealed until the worker looked for the member, and is then gone.
    """

    __tablename__ = "recovery"
    __table_args__ = (Index(None, "expires_at"),)

    id: Mapped[Key]
    wanted: Mapped[Wanted]
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    typed_sealed: Mapped[bytes]
    language: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int]
    member_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), index=True
    )
    verified_at: Mapped[datetime | None]  # the code from the mail was typed
    way: Mapped[Way | None]
    used_at: Mapped[datetime | None]


class RecoverySlip(Base):
    """A code that a counter printed or a guardian was shown; it is kept only as a hash."""

    __tablename__ = "recovery_slip"

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    way: Mapped[Way]
    issued_by: Mapped[UUID]  # the clerk's or the guardian's member id
    counter_id: Mapped[UUID | None]
    case_reference: Mapped[str | None] = mapped_column(String(32))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
