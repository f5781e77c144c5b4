"""The member table."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class Standing(StrEnum):
    """Where a member stands; only the active may do anything (regulation 6(1), 10(1))."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class Member(Base):
    """A resident with an approved record (regulation 2(8)1).

    The personal data are sealed under the member's own data key, which is sealed under the
    installation's key: destroying the data key erases the member from every backup.
    """

    __tablename__ = "member"

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(String(128), unique=True)  # normalised by members.logins
    standing: Mapped[Standing] = mapped_column(default=Standing.ACTIVE)
    standing_at: Mapped[datetime]
    approved_at: Mapped[datetime]
    data_key_sealed: Mapped[bytes]
    profile_sealed: Mapped[bytes]
