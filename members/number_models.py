"""The table of identity numbers: every one a member ever held."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while
from members.numbers import Kind


class HeldNumber(Base):
    """An identity number of a member, from when to when; nobody else can ever have it."""

    __tablename__ = "held_number"
    __table_args__ = (
        unique_while("until IS NULL", "member_id"),
        Index("ix_held_number_ever", "member_id"),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    kind: Mapped[Kind]
    key_version: Mapped[int]  # of the key the hash was made with
    number_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    value_sealed: Mapped[bytes]  # under the member's data key
    since: Mapped[datetime]
    until: Mapped[datetime | None]
