"""Let an agency put files to the draft of a public text, and take them out (6(4))."""

from collections.abc import Callable
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services import attachments as files
from services import publishing
from services.publication_models import ContentItem, ContentVersion
from web import agency_content, attachments, counter_forms, scope
from web.agency_content import bp
from web.agency_counters import staff_required


@bp.get("/<slug>/files/<uuid:version_id>/<digest>")
@staff_required
def attachment(slug: str, version_id: UUID, digest: str) -> Response:
    """Send a file of a version of this agency's, whatever became of it."""
    item = agency_content.mine(slug)
    row = publishing.get(scope.db(), ContentVersion, version_id)
    if row.item_id != item.id:
        raise NotFound("publish.not_found")
    found = files.get(scope.db(), row, digest)
    return attachments.send(found, item.slug, cached=attachments.STAFF)


@bp.post("/<slug>/files")
@staff_required
def attach(slug: str) -> Response | str:
    """Put a file to the draft."""

    def act(row: ContentVersion) -> None:
        sent = request.files.get("file")
        added = files.add(
            scope.db(),
            row,
            Bilingual(counter_forms.typed("file_zh"), counter_forms.typed("file_en")),
            b"" if sent is None else sent.read(files.LARGEST + 1),
            by=scope.member_id(),
            now=scope.now(),
        )
        agency_content.record("content.attached", row, digest=added.digest)

    return _acted(slug, act)


@bp.post("/<slug>/files/<digest>/remove")
@staff_required
def detach(slug: str, digest: str) -> Response | str:
    """Take a file out of the draft."""

    def act(row: ContentVersion) -> None:
        files.remove(scope.db(), row, digest, by=scope.member_id(), now=scope.now())
        agency_content.record("content.detached", row, digest=digest)

    return _acted(slug, act)


def _acted(slug: str, act: Callable[[ContentVersion], None]) -> Response | str:
    item = agency_content.mine(slug)
    try:
        act(_draft(item))
    except NotFound:
        raise
    except Refused as refused:
        scope.abandon(refused)
        return agency_content.show(agency_content.mine(slug), refused, at="file")
    return agency_content.back(item)


def _draft(item: ContentItem) -> ContentVersion:
    row = publishing.find_open(scope.db(), ContentVersion, item.id)
    if row is None:
        raise NotFound("publish.not_found")
    return row
