"""Show a merchant what its clients and tills were told, and send it to them again."""

from uuid import UUID

from flask import Blueprint
from werkzeug.wrappers import Response

from clients.officer_models import Role
from kernel.wording import Bilingual
from web import consoles, event_pages
from web.merchant import organisation_id

bp = Blueprint("merchant_events", __name__, url_prefix="/merchant/events")
INDEX = "merchant_events.index"


@bp.get("")
@consoles.staff_required(Role.MERCHANT)
def index() -> str:
    """List the newest events of the merchant's clients."""
    return event_pages.listed(organisation_id(), blueprint=bp.name)


@bp.post("/<uuid:event_id>/again")
@consoles.staff_required(Role.MERCHANT)
def again(event_id: UUID) -> Response:
    """Send an event to its client once more."""
    return event_pages.sent_again(organisation_id(), event_id, blueprint=bp.name)


consoles.register_menu(
    INDEX, Bilingual("送出的通知", "Events"), icon="letter", roles=[Role.MERCHANT]
)
