"""Show an agency what its clients were told, and send it to them again."""

from uuid import UUID

from flask import Blueprint
from werkzeug.wrappers import Response

from kernel.wording import Bilingual
from web import consoles, event_pages
from web.agency_services import STAFF, organisation_id
from web.reading_apart import read_apart

bp = Blueprint("agency_events", __name__, url_prefix="/agency/events")
INDEX = "agency_events.index"


@bp.get("")
@consoles.staff_required(*STAFF)
@read_apart
def index() -> str:
    """List the newest events of the agency's clients."""
    return event_pages.listed(organisation_id(), blueprint=bp.name)


@bp.post("/<uuid:event_id>/again")
@consoles.staff_required(*STAFF)
def again(event_id: UUID) -> Response:
    """Send an event to its client once more."""
    return event_pages.sent_again(organisation_id(), event_id, blueprint=bp.name)


consoles.register_menu(INDEX, Bilingual("送出的通知", "Events"), icon="letter", roles=STAFF)
