"""Show clients' pictures from our own address; what is shown under a name never changes."""

import re

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from clients import logos
from web import scope

bp = Blueprint("logos", __name__)
DIGEST = re.compile("[0-9a-f]{64}")
FOREVER = "public, max-age=31536000, immutable"


@bp.get("/logos/<digest>")
def show(digest: str) -> Response:
    """Send a picture; it runs nothing, whatever else it may be."""
    found = logos.find(scope.db(), digest) if DIGEST.fullmatch(digest) else None
    if found is None:
        abort(404)
    response = Response(found.content, mimetype=found.media_type)
    response.headers["Cache-Control"] = FOREVER
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
