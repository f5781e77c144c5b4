"""The table of what programs were answered, for those that ask again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class KeptAnswer(Base):
    """What a client was answered under a key of its own; sealed, for it may name a receipt."""

    __tablename__ = "kept_answer"
    __table_args__ = (Index(None, "expires_at"),)

    client_id: Mapped[UUID] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True
    )
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # keyed: it holds a person's data
    answer_sealed: Mapped[bytes | None]
    expires_at: Mapped[datetime]
