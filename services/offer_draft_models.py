"""The table of offers that a merchant has not put forward yet."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class OfferDraft(Base):
    """What was typed of the next version of an offer; of each offer there is one at most.

    It is kept as typed, finished or not, and checked when it is put forward.
    """

    __tablename__ = "offer_draft"

    id: Mapped[Key]
    purpose_id: Mapped[UUID] = mapped_column(
        ForeignKey("purpose.id", ondelete="CASCADE"), unique=True
    )
    edition: Mapped[int]  # how often it was saved: two who write at once do not lose a word
    typed: Mapped[dict[str, Any]]  # the fields of the form, by their names
    saved_by: Mapped[UUID]
    saved_at: Mapped[datetime]
