"""Send the files of public texts, and say beside each link what it opens and how large (6(4)).

A file is always saved and never shown here: whatever it is, it runs nothing at our address.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from kernel.wording import Bilingual
from services import attachments
from services.publication_models import ContentAttachment, ContentVersion

KILO, MEGA = 1000, 1_000_000  # bytes, as file managers count
FORM_ROOM = 64 * 1024  # bytes, beside the file
ANYBODY, STAFF = "public, no-cache", "private, no-cache"


def links(row: ContentVersion, address: Callable[[str], str]) -> list[dict[str, Any]]:
    """Return what a page says of a version's files; `address` says where one lies, by digest."""
    return [
        {
            "digest": each.digest,
            "title": Bilingual(each.title_zh, each.title_en),
            "what": what(each),
            "url": address(each.digest),
        }
        for each in row.attachments
    ]


def what(found: ContentAttachment) -> str:
    """Return kind and size of a file, the same in every language: "PDF, 1.2 MB"."""
    size = found.file.size
    kind = attachments.KINDS[found.file.media_type].upper()
    return f"{kind}, {size / MEGA:.1f} MB" if size >= MEGA else f"{kind}, {-(-size // KILO)} KB"


def send(found: ContentAttachment, slug: str, *, cached: str) -> Response:
    """Send a file under a name of ours, or say that the reader has it already."""
    name = f"{slug}-{found.place}.{attachments.KINDS[found.file.media_type]}"
    response = Response(mimetype=found.file.media_type)
    response.set_etag(found.digest)
    response.headers["Cache-Control"] = cached
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.make_conditional(request.environ)
    if response.status_code == HTTPStatus.OK:
        response.set_data(found.file.content)
    return response
