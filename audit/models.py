"""Tables that only grow: the trail and the disclosure ledger.

They refer to members and clients by id without foreign keys: what happened stays on record
after its subject is gone, and a busy client's row is not locked by every sign-in.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class TrailEntry(Base):
    """One state change: which event, by whom, about what. Codes and identifiers only."""

    __tablename__ = "trail"
    __table_args__ = (Index(None, "subject", "id"), Index(None, "actor", "id"))

    id: Mapped[Key]
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(64))
    actor: Mapped[UUID | None]
    subject: Mapped[UUID | None]
    detail: Mapped[dict[str, Any]]  # codes and claim names, never values


class Disclosure(Base):
    """One release of claims to one client: names, never values (regulation 10(3))."""

    __tablename__ = "disclosure"
    __table_args__ = (Index(None, "member_id", "id"),)

    id: Mapped[Key]
    at: Mapped[datetime]
    member_id: Mapped[UUID]
    client_id: Mapped[UUID]
    purpose_id: Mapped[UUID]
    grant_id: Mapped[UUID]
    channel: Mapped[str] = mapped_column(String(16))  # id_token or userinfo
    claims: Mapped[list[str]]
