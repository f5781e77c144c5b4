"""The table of what clients were told, or can ask for again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class ClientEvent(Base):
    """One event for one client; its id is that of the job that pushes it first.

    It holds ids and codes, as jobs do: the name a client knows the member by is worked out when
    the event is signed.
    """

    __tablename__ = "client_event"
    __table_args__ = (Index(None, "client_id", "at", "id"), Index(None, "at"))  # one's own; the old

    id: Mapped[Key]
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]]
    at: Mapped[datetime]  # nobody hears of it before; for each client another moment
    jti: Mapped[str] = mapped_column(String(32), unique=True)
    pushed_at: Mapped[datetime | None]  # when the client first took it
