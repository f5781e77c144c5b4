"""The tables of cards: what names the binding of the same id, and talks that are going on."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class Card(Base):
    """A card by its kind and number; the number itself is not kept, only its keyed hash.

    Numbers of four bytes were given out more than once, so two members may have one hash.
    """

    __tablename__ = "card"
    __table_args__ = (Index(None, "number_hash"),)

    binding_id: Mapped[UUID] = mapped_column(
        ForeignKey("binding.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(32))  # the name of its profile
    number_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class CardTalk(Base):
    """A conversation with a card in somebody's reader: two minutes, eight frames, once.

    `state_sealed` is sealed for exactly this nonce and step: what was used up opens nothing.
    """

    __tablename__ = "card_talk"
    __table_args__ = (Index(None, "expires_at"),)

    nonce_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    step: Mapped[int]  # frames answered so far
    state_sealed: Mapped[bytes]
    expires_at: Mapped[datetime]
