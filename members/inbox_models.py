"""The table of what members are told inside their accounts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Json, Key

UNREAD = "read_at IS NULL"


class InboxMessage(Base):
    """One notice to one member: a code and ids; its words are made when it is shown."""

    __tablename__ = "inbox_message"
    __table_args__ = (
        Index(None, "member_id", "id"),
        Index(
            "ix_inbox_message_unread",
            "member_id",
            postgresql_where=text(UNREAD),
            sqlite_where=text(UNREAD),
        ),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(64))
    facts: Mapped[Json]
    sent_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]
