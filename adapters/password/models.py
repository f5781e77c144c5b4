"""Tables of passwords: the one in force and those before it, only as Argon2id hashes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class PasswordCredential(Base):
    """The password a member signs in with."""

    __tablename__ = "password_credential"

    member_id: Mapped[UUID] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), primary_key=True
    )
    hash: Mapped[str] = mapped_column(String(255))  # Argon2id in PHC form, parameters included
    changed_at: Mapped[datetime]


class PasswordHistory(Base):
    """A former password, kept so that it is not chosen again soon; only the last three."""

    __tablename__ = "password_history"
    __table_args__ = (Index(None, "member_id", "retired_at"),)

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    hash: Mapped[str] = mapped_column(String(255))
    retired_at: Mapped[datetime]
