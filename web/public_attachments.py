"""Let anybody have the files of a public text, as they stand or stood on a day (6(4))."""

from werkzeug.wrappers import Response

from services import attachments as files
from services import content
from web import attachments, scope
from web.public import bp, day


@bp.get("/news/<slug>/files/<digest>")
def attachment(slug: str, digest: str) -> Response:
    """Send a file. Raises NotFound for one that the text does not, or did not, have that day."""
    row = content.public(scope.db(), slug, on=day())
    found = files.get(scope.db(), row, digest)
    return attachments.send(found, row.item.slug, cached=attachments.ANYBODY)
