"""Tables of counters: what they are, what was delegated to them, their desks, clerks, readers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clients.models import Organisation
from kernel.db import Base, Key, unique_while


class Holder(StrEnum):
    """Who holds a counter: a person, a body, or staff of the agency itself (regulation 2(2))."""

    PERSON = "natural_person"
    BODY = "body"
    STAFF = "agency_staff"


class District(StrEnum):
    """The city's twelve districts."""

    ZHONGZHENG = "zhongzheng"
    DATONG = "datong"
    ZHONGSHAN = "zhongshan"
    SONGSHAN = "songshan"
    DAAN = "daan"
    WANHUA = "wanhua"
    XINYI = "xinyi"
    SHILIN = "shilin"
    BEITOU = "beitou"
    NEIHU = "neihu"
    NANGANG = "nangang"
    WENSHAN = "wenshan"


class Matter(StrEnum):
    """What can be delegated, each for itself (regulation 4-I)."""

    ACCEPT = "accept"  # (1) check who applies; accept, or collect and forward; review changes
    CARDS = "cards"  # (2) issue cards, bind and unbind
    CHANGES = "changes"  # (3) activation, suspension, change of data


class Ground(StrEnum):
    """By which law a counter acts (Administrative Procedure Act 15, 16; regulation 4)."""

    ENTRUSTED = "entrusted"  # 委任: to an agency below, 15-I
    COMMISSIONED = "commissioned"  # 委託: to an agency not below, 15-II
    PRIVATE = "private"  # 委託: to a private body or person, 16-I
    OWN_STAFF = "own_staff"  # 自行指派人員


class Step(StrEnum):
    """How far a delegation has come; what its days make of it is computed (4.10)."""

    DRAFTED = "drafted"
    SIGNED = "signed"
    PUBLISHED = "published"
    REVOKED = "revoked"


class Counter(Base):
    """A place where somebody helps an agency to accept applications.

    A natural person's counter has one clerk: that person. What is open is computed from the rows
    around it (counters.opening); `opened_at` is only the agency's word. A training counter is for
    synthetic people, and shown to nobody outside.
    """

    __tablename__ = "counter"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(32), unique=True)  # in its address
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    holder: Mapped[Holder]
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    district: Mapped[District]
    address_zh: Mapped[str] = mapped_column(String(200))
    address_en: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(32), default="")
    hours: Mapped[dict[str, Any]]  # counters.hours
    mails_cards: Mapped[bool]  # 7(6)2
    is_training: Mapped[bool]
    registered_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()


class Closure(Base):
    """A day on which one counter does not work although the city does (8(4))."""

    __tablename__ = "counter_closure"

    counter_id: Mapped[UUID] = mapped_column(
        ForeignKey("counter.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    note: Mapped[str] = mapped_column(String(100))


class Delegation(Base):
    """What an agency lets a counter do, from which day to which, and where that is published.

    Its days are days in Taipei, both included (regulation 4).
    """

    __tablename__ = "delegation"
    __table_args__ = (
        UniqueConstraint("counter_id", "document_number"),
        CheckConstraint("starts_on <= ends_on", name="days"),
        CheckConstraint("(notice_on IS NULL) = (gazette IS NULL)", name="citation"),
        CheckConstraint("step <> 'published' OR notice_on IS NOT NULL", name="published"),
    )

    id: Mapped[Key]
    counter_id: Mapped[UUID] = mapped_column(ForeignKey("counter.id", ondelete="CASCADE"))
    ground: Mapped[Ground]
    provision: Mapped[str] = mapped_column(String(200))  # the legal provision it relies on
    document_number: Mapped[str] = mapped_column(String(100))  # 文號
    matters: Mapped[list[str]]  # Matter
    services: Mapped[list[str]]  # their codes
    cost: Mapped[str] = mapped_column(String(500))  # who bears it (APA 16-III)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    step: Mapped[Step]
    notice_on: Mapped[date | None]  # the public notice
    gazette: Mapped[str | None] = mapped_column(String(200))  # issue of the gazette or newspaper
    drafted_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Desk(Base):
    """A place at a counter where one person is served at a time (5(2))."""

    __tablename__ = "desk"
    __table_args__ = (unique_while("ended_at IS NULL", "counter_id", "name"),)

    id: Mapped[Key]
    counter_id: Mapped[UUID] = mapped_column(ForeignKey("counter.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Clerk(Base):
    """A member with a post at a counter; they sign in as themselves, and nobody else does."""

    __tablename__ = "clerk"
    __table_args__ = (
        unique_while("ended_at IS NULL", "counter_id", "member_id"),
        unique_while("ended_at IS NULL AND is_alone", "counter_id"),
        Index(None, "member_id"),
    )

    id: Mapped[Key]
    counter_id: Mapped[UUID] = mapped_column(ForeignKey("counter.id", ondelete="CASCADE"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    desk_id: Mapped[UUID | None] = mapped_column(ForeignKey("desk.id", ondelete="SET NULL"))
    reader_id: Mapped[UUID | None] = mapped_column(ForeignKey("reader.id", ondelete="SET NULL"))
    mirrored: Mapped[UUID | None]  # the case the citizen sees on their own screen
    is_alone: Mapped[bool]  # the natural person who is the counter
    appointed_at: Mapped[datetime]
    used_at: Mapped[datetime | None]  # to the day
    ended_at: Mapped[datetime | None]


class ReaderKind(StrEnum):
    """What a reader reads."""

    CONTACT = "contact"
    CONTACTLESS = "contactless"
    BOTH = "both"


class Reader(Base):
    """A registered reader of a counter; one that is broken still lets paper in (5(1))."""

    __tablename__ = "reader"
    __table_args__ = (unique_while("ended_at IS NULL", "serial"), Index(None, "counter_id"))

    id: Mapped[Key]
    counter_id: Mapped[UUID] = mapped_column(ForeignKey("counter.id", ondelete="CASCADE"))
    serial: Mapped[str] = mapped_column(String(64))
    kind: Mapped[ReaderKind]
    model: Mapped[str] = mapped_column(String(100))
    firmware: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]
    tested_at: Mapped[datetime]  # the last self-test that passed
    heard_at: Mapped[datetime | None]  # the last sign of life from its program
    broken_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
