"""Keep the files that go with public texts: what they are, their bytes say, not their names (6(4)).

A file belongs to a version, and is approved and shown with it: yesterday's page has yesterday's
files. Only the bytes of a draft are ever thrown away.
"""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from clients import logos
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services import publishing
from services.publication_models import Attachment, ContentAttachment, ContentVersion

MOST, LARGEST, LONGEST_TITLE = 5, 4 * 1024 * 1024, 200  # files, bytes each, characters
PDF, ODT = "application/pdf", "application/vnd.oasis.opendocument.text"
# A package says what it is in its first entry, at a fixed place (ODF 1.2 part 3, 3.3).
PACKAGE, MARK = b"PK\x03\x04", f"mimetype{ODT}PK".encode()
DIGEST = re.compile("[0-9a-f]{64}")
END = 1024  # bytes, in which a whole PDF says that it ends (ISO 32000-1, annex H)
KINDS: Mapping[str, str] = MappingProxyType(  # by media type, how such a file is called
    {PDF: "pdf", ODT: "odt", "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
)


def kind_of(content: bytes) -> str | None:
    """Return the media type a file has by its bytes; None for everything else."""
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-END:]:
        return PDF
    if content.startswith(PACKAGE) and content[30:].startswith(MARK):
        return ODT
    return logos.kind_of(content)


def add(
    session: Session,
    row: ContentVersion,
    title: Bilingual,
    content: bytes,
    *,
    by: UUID,
    now: datetime,
) -> ContentAttachment:
    """Let a draft have one file more.

    A picture is kept without what it does not show. Raises Refused `attachment.title_missing`,
    `attachment.too_large`, `attachment.unreadable`, `attachment.acts`, `attachment.too_many`,
    `attachment.exists`, `publish.wrong_step`.
    """
    named = Bilingual(title.zh.strip(), title.en.strip())
    kind, content = _fit(named, content)
    _require_small(content)  # drawn anew, a picture may have grown
    publishing.touch(session, row, by=by, now=now)
    count, last = session.execute(
        select(func.count(), func.max(ContentAttachment.place)).where(
            ContentAttachment.version_id == row.id
        )
    ).one()
    if count >= MOST:
        raise Refused("attachment.too_many")
    digest = _keep(session, kind, content)
    if not _tie(session, row, digest, named, place=(last or 0) + 1):
        raise Refused("attachment.exists")
    return get(session, row, digest)


def _fit(title: Bilingual, content: bytes) -> tuple[str, bytes]:
    """Return what the file is, and what of it is kept."""
    if not all(0 < len(each) <= LONGEST_TITLE for each in title):
        raise Refused("attachment.title_missing")
    _require_small(content)
    kind = kind_of(content)
    if kind is None:
        raise Refused("attachment.unreadable")
    # qpdf and Pillow are loaded at the first file: a worker that is given none does not pay.
    from services import pdf_actions, pictures  # noqa: PLC0415

    if kind == PDF:
        pdf_actions.require_still(content)
    return kind, pictures.redrawn(kind, content) if kind in pictures.FORMATS else content


def _require_small(content: bytes) -> None:
    if len(content) > LARGEST:
        raise Refused("attachment.too_large")


def _keep(session: Session, kind: str, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    values = {"digest": digest, "media_type": kind, "size": len(content), "content": content}
    there = select(Attachment.digest).where(Attachment.digest == digest)
    insert_once(session, Attachment, values)
    if session.scalar(there.with_for_update(read=True, key_share=True)) is None:
        insert_once(session, Attachment, values)  # a draft let go of it a moment ago
    return digest


def _tie(
    session: Session, row: ContentVersion, digest: str, title: Bilingual, *, place: int
) -> bool:
    values = {
        "version_id": row.id,
        "digest": digest,
        "place": place,
        "title_zh": title.zh,
        "title_en": title.en,
    }
    is_new = insert_once(session, ContentAttachment, values)
    session.expire(row, ["attachments"])
    return is_new


def remove(session: Session, row: ContentVersion, digest: str, *, by: UUID, now: datetime) -> None:
    """Take a file out of a draft, and its bytes out of the house if no other text has it.

    Raises NotFound, Refused `publish.wrong_step`.
    """
    publishing.touch(session, row, by=by, now=now)
    mine = (ContentAttachment.version_id == row.id, ContentAttachment.digest == digest)
    if changed(session.execute(delete(ContentAttachment).where(*mine))) != 1:
        raise NotFound("publish.not_found")
    is_used = exists().where(ContentAttachment.digest == Attachment.digest)
    session.execute(delete(Attachment).where(Attachment.digest == digest, ~is_used))
    session.expire(row, ["attachments"])


def carry(session: Session, row: ContentVersion) -> None:
    """Let a version begin with the files of the one before it."""
    before = select(ContentAttachment).join(
        ContentVersion, ContentVersion.id == ContentAttachment.version_id
    )
    found = before.where(
        ContentVersion.item_id == row.item_id, ContentVersion.version == row.version - 1
    )
    for each in session.scalars(found).all():
        title = Bilingual(each.title_zh, each.title_en)
        _tie(session, row, each.digest, title, place=each.place)


def of_versions(session: Session, version_ids: Collection[UUID]) -> Sequence[ContentAttachment]:
    """Return the files of these versions, each version's in order."""
    rows = select(ContentAttachment).where(ContentAttachment.version_id.in_(version_ids))
    return session.scalars(
        rows.order_by(ContentAttachment.version_id, ContentAttachment.place)
    ).all()


def get(session: Session, row: ContentVersion, digest: str) -> ContentAttachment:
    """Return a file of a version. Raises NotFound."""
    is_name = DIGEST.fullmatch(digest) is not None
    found = session.get(ContentAttachment, (row.id, digest)) if is_name else None
    if found is None:
        raise NotFound("publish.not_found")
    return found
