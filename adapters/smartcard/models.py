"""The tables of cards: whose they are, talks that are going on, and the keys behind them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


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


class CardMasterKey(Base):
    """A key that cards of one kind are made from, and until when they are read.

    It lies sealed here, or in the PKCS#11 token under this label; never both.
    """

    __tablename__ = "card_master_key"
    __table_args__ = (
        UniqueConstraint("kind", "version"),
        CheckConstraint("(key_sealed IS NULL) <> (token_label IS NULL)", name="one_place"),
        CheckConstraint("version BETWEEN 0 AND 255", name="version_is_a_byte"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(32))  # the name of its profile
    version: Mapped[int]  # what cards answer that have it
    key_sealed: Mapped[bytes | None]
    token_label: Mapped[str | None] = mapped_column(String(64))
    check_value: Mapped[bytes] = mapped_column(LargeBinary(3))  # tells two keys apart, no more
    made_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
