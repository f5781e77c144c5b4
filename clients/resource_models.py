"""Tables of the interfaces tokens are made for, and of what each client may ask them for."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class TokenFormat(StrEnum):
    """How an interface reads a token: it asks us, or verifies our signature by itself."""

    OPAQUE = "opaque"
    JWT = "jwt"


class Resource(Base):
    """An agency's interface, known by its address; tokens are made for it alone (RFC 8707 2)."""

    __tablename__ = "resource"

    id: Mapped[Key]
    identifier: Mapped[str] = mapped_column(String(255), unique=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    token_format: Mapped[TokenFormat]
    alg: Mapped[str] = mapped_column(String(8))  # what its tokens are signed with
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ResourceScope(Base):
    """One thing a client was approved to ask one interface for."""

    __tablename__ = "resource_scope"

    client_id: Mapped[UUID] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True
    )
    resource_id: Mapped[UUID] = mapped_column(
        ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True
    )
    scope: Mapped[str] = mapped_column(String(64), primary_key=True)
    approved_at: Mapped[datetime]
