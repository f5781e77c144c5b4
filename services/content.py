"""Keep the public texts of agencies; only what has a document and DoIT's yes is shown (6(4))."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel import clock
from kernel.db import insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.wording import Bilingual
from services import attachments, forms, publishing
from services.publication_models import ContentItem, ContentKind, ContentVersion
from services.publishing import Step

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
LONGEST_TITLE, LONGEST_BODY = 200, 5000  # characters


@dataclass(frozen=True, kw_only=True)
class Text:
    """What a version says, and how long."""

    title: Bilingual
    body: Bilingual
    wanted_on: date | None = None
    valid_until: date | None = None


def open_item(
    session: Session,
    slug: str,
    kind: ContentKind,
    *,
    organisation_id: UUID,
    service_code: str = "",
    now: datetime,
) -> ContentItem:
    """Begin a public text; nothing of it is shown before DoIT confirms a version.

    Raises Refused `content.slug_invalid`, `content.exists`, `case.service_out_of_scope`.
    """
    if SLUG.fullmatch(slug) is None:
        raise Refused("content.slug_invalid")
    service = None
    if kind is ContentKind.SERVICE:
        service = forms.service_of(session, service_code, organisation_id=organisation_id)
    item_id = new_id()
    values = {
        "id": item_id,
        "slug": slug,
        "kind": kind,
        "organisation_id": organisation_id,
        "service_id": service.id if service else None,
        "created_at": now,
    }
    if not insert_once(session, ContentItem, values):
        raise Refused("content.exists")
    return session.get_one(ContentItem, item_id)


def mine(session: Session, slug: str, *, organisation_id: UUID) -> ContentItem:
    """Return a text of this agency. Raises NotFound, also for another agency's."""
    item = _find(session, slug)
    if item is None or item.organisation_id != organisation_id:
        raise NotFound("publish.not_found")
    return item


def of_agency(session: Session, organisation_id: UUID) -> Sequence[ContentItem]:
    """Return the texts of an agency, by their addresses."""
    rows = select(ContentItem).where(ContentItem.organisation_id == organisation_id)
    return session.scalars(rows.order_by(ContentItem.slug)).all()


def save(
    session: Session, item: ContentItem, text: Text, *, by: UUID, now: datetime
) -> ContentVersion:
    """Keep a draft; the next version begins with the files of the last.

    Raises Refused `content.incomplete`, `content.period`, `publish.waiting`.
    """
    parts = (*text.title, *text.body)
    fits = all(len(each) <= LONGEST_TITLE for each in text.title)
    if not fits or not all(0 < len(each.strip()) <= LONGEST_BODY for each in parts):
        raise Refused("content.incomplete")
    if text.valid_until and text.wanted_on and text.valid_until < text.wanted_on:
        raise Refused("content.period")
    content = {
        "title_zh": text.title.zh.strip(),
        "title_en": text.title.en.strip(),
        "body_zh": text.body.zh.strip(),
        "body_en": text.body.en.strip(),
        "wanted_on": text.wanted_on,
        "valid_until": text.valid_until,
    }
    is_open = publishing.find_open(session, ContentVersion, item.id) is not None
    row = publishing.draft(session, ContentVersion, item.id, content, by=by, now=now)
    if not is_open:
        attachments.carry(session, row)
    return row


def approve(session: Session, row: ContentVersion, *, by: UUID, now: datetime) -> None:
    """Confirm a version. Raises Refused `content.period` if its last day passed meanwhile."""
    first = max(row.wanted_on or date.min, clock.taipei_day(now))
    if row.valid_until is not None and row.valid_until < first:
        raise Refused("content.period")
    publishing.approve(session, row, by=by, now=now)


# What anybody may read


def public(session: Session, slug: str, *, on: date) -> ContentVersion:
    """Return what a page said, or says, on a day. Raises NotFound if it said nothing."""
    item = _find(session, slug) if SLUG.fullmatch(slug) else None
    row = None
    if item is not None:
        row = publishing.find_in_force(session, ContentVersion, item.id, on=on)
    if row is None or not _is_valid(row, on):
        raise NotFound("publish.not_found")
    return row


def published(session: Session, *, on: date) -> list[ContentVersion]:
    """Return everything that is public on a day, the newest first."""
    rows = publishing.all_in_force(session, ContentVersion, on=on)
    found = [row for row in rows if _is_valid(row, on)]
    return sorted(found, key=lambda row: (row.effective_on or on, row.version), reverse=True)


def days(session: Session, item_id: UUID, *, on: date) -> list[date]:
    """Return the days on which what a page said changed, the latest first, none after `on`."""
    rows = publishing.versions(session, ContentVersion, item_id)
    begun = {row.effective_on for row in rows if row.step is Step.APPROVED and row.effective_on}
    return sorted((each for each in begun if each <= on), reverse=True)


def _is_valid(row: ContentVersion, on: date) -> bool:
    return row.valid_until is None or row.valid_until >= on


def _find(session: Session, slug: str) -> ContentItem | None:
    return session.scalars(select(ContentItem).where(ContentItem.slug == slug)).one_or_none()
