"""The table of what programs were answered, for those that ask again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class KeptAnswer(Base):
    """A key of a client's: taken, then answered; sealed, for the answer may name a receipt."""

    __tablename__ = "kept_answer"
    __table_args__ = (
        Index(None, "expires_at"),
        CheckConstraint("(answer_sealed IS NULL) = (status IS NULL)", name="answered"),
    )

    client_id: Mapped[UUID] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True
    )
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # keyed: it holds a person's data
    answer_sealed: Mapped[bytes | None]
    expires_at: Mapped[datetime]
    taken_at: Mapped[datetime]  # also says by whom: of two only one took it at this moment
    status: Mapped[int | None]  # of HTTP
