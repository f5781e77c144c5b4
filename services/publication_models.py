"""Tables of what DoIT confirms before it counts: annex forms, content, plans of sunset."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clients.models import Organisation
from kernel.db import Base, Key
from services.models import Service
from services.publishing import Publication, promises


class ContentKind(StrEnum):
    """What a public text is about."""

    SERVICE = "service"
    OFFER = "offer"
    NOTICE = "notice"


class FormVersion(Publication, Base):
    """One version of the annex form of one service (5(4)); a service has one form at most."""

    __tablename__ = "form_version"
    __table_args__ = promises("service_id")
    SUBJECT = "service_id"

    service_id: Mapped[UUID] = mapped_column(ForeignKey("service.id"))
    content: Mapped[dict[str, Any]]  # as services.forms reads it

    service: Mapped[Service] = relationship(lazy="joined", innerjoin=True)


class ContentItem(Base):
    """A public text of an agency; what it says stands in its versions (6(4))."""

    __tablename__ = "content_item"
    __table_args__ = (
        CheckConstraint("(kind = 'service') = (service_id IS NOT NULL)", name="about_a_service"),
    )

    id: Mapped[Key]
    slug: Mapped[str] = mapped_column(String(64), unique=True)  # stands in its address
    kind: Mapped[ContentKind]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    service_id: Mapped[UUID | None] = mapped_column(ForeignKey("service.id"), index=True)
    created_at: Mapped[datetime]

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class ContentVersion(Publication, Base):
    """One wording of a public text, in both languages."""

    __tablename__ = "content_version"
    __table_args__ = (
        *promises("item_id"),
        CheckConstraint(
            "step <> 'approved' OR valid_until IS NULL OR valid_until >= effective_on",
            name="period",
        ),
    )
    SUBJECT = "item_id"

    item_id: Mapped[UUID] = mapped_column(ForeignKey("content_item.id"))
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))
    body_zh: Mapped[str] = mapped_column(Text)  # as services.plain_text reads it
    body_en: Mapped[str] = mapped_column(Text)
    valid_until: Mapped[date | None]  # the last day with it

    item: Mapped[ContentItem] = relationship(lazy="joined", innerjoin=True)
    attachments: Mapped[list["ContentAttachment"]] = relationship(
        order_by="ContentAttachment.place", viewonly=True
    )


class Attachment(Base):
    """A file that goes with public texts, kept once however many have it."""

    __tablename__ = "attachment"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256, hex
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]  # bytes
    content: Mapped[bytes] = mapped_column(deferred=True)  # only who downloads it reads it


class ContentAttachment(Base):
    """A file of one wording, and what its link says; what is submitted keeps its files (6(4))."""

    __tablename__ = "content_attachment"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("content_version.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(
        String(64), ForeignKey("attachment.digest"), primary_key=True
    )
    place: Mapped[int]
    title_zh: Mapped[str] = mapped_column(String(200))
    title_en: Mapped[str] = mapped_column(String(200))

    file: Mapped[Attachment] = relationship(lazy="joined", innerjoin=True)
