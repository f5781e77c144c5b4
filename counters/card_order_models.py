"""The table of new cards that were ordered at a counter (regulation 7(6)2)."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while


class Delivery(StrEnum):
    """How a new card comes to its member."""

    COUNTER = "counter"  # collected where it was ordered, with an identity document
    MAIL = "mail"  # where the counter offers it


class Stage(StrEnum):
    """How far a new card has come (state machine 4.3)."""

    ORDERED = "ordered"
    PRODUCED = "produced"
    IN_TRANSIT = "in_transit"
    AT_COUNTER = "at_counter"
    COLLECTED = "collected"
    ACTIVATED = "activated"
    DESTROYED = "destroyed"


class Document(StrEnum):
    """What a clerk saw before the card was handed over."""

    IDENTITY_CARD = "identity_card"
    RESIDENT_CERTIFICATE = "resident_certificate"
    PASSPORT = "passport"
    HEALTH_CARD = "health_card"


class CardOrder(Base):
    """One new card, from its order to its activation or its end; until then it opens nothing.

    What the card is known by stands here from its production on, as hashes. Its binding is made
    by the activation alone, so a card on its way is nobody's carrier.
    """

    __tablename__ = "card_order"
    __table_args__ = (
        unique_while("stage NOT IN ('activated', 'destroyed')", "member_id"),
        unique_while("stage <> 'destroyed'", "fingerprint"),
        Index(None, "member_id", "ordered_at"),
        Index(None, "counter_id", "stage"),
        Index(None, "stage", "collect_by"),
        CheckConstraint(
            "(fingerprint IS NULL) = (number_hash IS NULL)", name="known_by_both_or_neither"
        ),
        CheckConstraint("tries_left >= 0", name="tries_left"),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    counter_id: Mapped[UUID] = mapped_column(ForeignKey("counter.id"))
    kind: Mapped[str] = mapped_column(String(32))  # the name of its profile
    delivery: Mapped[Delivery]
    stage: Mapped[Stage]
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    number_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    ordered_at: Mapped[datetime]
    ordered_by: Mapped[UUID]  # a clerk, as are all who moved it
    moved_at: Mapped[datetime]
    moved_by: Mapped[UUID | None]  # None: the member, or the calendar
    collect_by: Mapped[date | None]  # the last day in Taipei
    document: Mapped[Document | None]
    tries_left: Mapped[int]
