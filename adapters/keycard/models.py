"""The table of chip cards: what proves the binding of the same id."""

from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base


class KeyCard(Base):
    """A card known by its key; the binding keeps the key's keyed hash, nothing else is kept."""

    __tablename__ = "key_card"

    binding_id: Mapped[UUID] = mapped_column(
        ForeignKey("binding.id", ondelete="CASCADE"), primary_key=True
    )
    algorithm: Mapped[str] = mapped_column(String(8))  # how it signed when it was bound
