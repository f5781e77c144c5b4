"""The tables of the sandbox: clients that developers made themselves, and what those were tried on.

Elsewhere they stay empty: outside a sandbox nothing writes here, nor reads.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while


class SandboxClient(Base):
    """A client somebody made: whose browser shows its page, and the key that opens it elsewhere."""

    __tablename__ = "sandbox_client"

    client_id: Mapped[UUID] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True
    )
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    made_at: Mapped[datetime]


class Trial(Base):
    """One fault for one sign-in of a client, and what the client then did before our eyes.

    Of what the client told, only a word stays; of what it sent to be searched, only how many of
    which values were found.
    """

    __tablename__ = "sandbox_trial"
    __table_args__ = (
        unique_while("taken_at IS NULL", "client_id"),
        Index(None, "client_id", "asked_at"),
        CheckConstraint("grant_id IS NULL OR taken_at IS NOT NULL", name="taken"),
    )

    id: Mapped[Key]
    client_id: Mapped[UUID] = mapped_column(
        ForeignKey("sandbox_client.client_id", ondelete="CASCADE")
    )
    fault: Mapped[str] = mapped_column(String(32))  # a code of web.sandbox_faults
    is_check: Mapped[bool]
    asked_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]  # when a sign-in met it
    grant_id: Mapped[UUID | None] = mapped_column(index=True)  # which; grants are purged before
    met_at: Mapped[datetime | None]  # when a fault that is met once was
    redeemed_at: Mapped[datetime | None]  # when the client exchanged the code
    used_at: Mapped[datetime | None]  # when it used the access token
    told: Mapped[str | None] = mapped_column(String(16))  # what it says it did
    told_at: Mapped[datetime | None]
