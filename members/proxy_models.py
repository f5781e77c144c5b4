"""The tables of powers of attorney: who may act for a member, in what, and what was told of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while


class Matter(StrEnum):
    """What a power can be given for; never passwords, carriers or the account itself."""

    SERVICES = "services"  # consents to the city's agencies
    MERCHANTS = "merchants"  # consents to merchants
    FOOTPRINT = "footprint"  # to read it
    REQUESTS = "requests"  # to make requests about their data, and follow those (PDPA 3)


class Letter(StrEnum):
    """How the letter of attorney was signed (Electronic Signatures Act 4)."""

    PAPER = "paper"
    ELECTRONIC = "electronic"


class PowerEnd(StrEnum):
    """Why a power ended before its last day."""

    REVOKED = "revoked"  # by the principal, at any time (Civil Code 549)
    RESIGNED = "resigned"  # by the proxy, at any time
    DISOWNED = "disowned"  # the principal said: that was not me
    COUNTER = "counter"  # by death, by judgement, or entered by mistake
    REPLACED = "replaced"  # ran out, and another was entered


class PowerOfAttorney(Base):
    """A letter by which one member lets another act, in named matters, for a time (7(2)).

    The proxy signs in as themselves and acts in person: a power cannot be passed on.
    """

    __tablename__ = "power_of_attorney"
    __table_args__ = (
        unique_while("ended_at IS NULL", "principal_id", "proxy_id"),
        Index(None, "principal_id"),
        Index(None, "proxy_id"),
        CheckConstraint("principal_id <> proxy_id", name="two_people"),
        CheckConstraint("ends_at > starts_at", name="lasts"),
    )

    id: Mapped[Key]
    principal_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    proxy_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    matters: Mapped[list[str]]
    letter: Mapped[Letter]
    reference: Mapped[str] = mapped_column(String(64))  # where the letter is kept
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    entered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end: Mapped[PowerEnd | None]


class ProxyNotice(Base):
    """A letter to the principal that a power was entered or used; its link ends the power once.

    The link's secret is worked out from the row's id under a key (`members.proxies`), and only its
    hash is kept.
    """

    __tablename__ = "proxy_notice"
    __table_args__ = (Index(None, "power_id"), Index(None, "expires_at"))

    id: Mapped[Key]
    power_id: Mapped[UUID] = mapped_column(ForeignKey("power_of_attorney.id", ondelete="CASCADE"))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    told_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
