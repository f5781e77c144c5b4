"""Tell everybody which incidents touched people's data, once those were told (PDPA 12)."""

from flask import Blueprint
from werkzeug.wrappers import Response

from audit import incidents
from kernel.wording import Bilingual
from web import pages, scope

bp = Blueprint("incidents", __name__)


@bp.get("/incidents")
def index() -> Response:
    """List what was told, the newest first; drills are not among it."""
    notices = [
        {
            "reference": each.reference,
            "at": each.published_at or each.told_at,
            "is_told": each.told_at is not None,
            "words": Bilingual(each.notice_zh, each.notice_en),
        }
        for each in incidents.public(scope.db())
    ]
    return pages.kept(pages.page("public/incidents.html", notices=notices))
