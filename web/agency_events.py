"""Show an agency what its clients were told, and send it to them again."""

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from idp import client_events
from kernel.wording import Bilingual
from web import consoles, csrf, pages, scope
from web.agency_services import STAFF, organisation_id
from web.event_document import WORDS

bp = Blueprint("agency_events", __name__, url_prefix="/agency/events")
INDEX = "agency_events.index"
MOST = 50


@bp.get("")
@consoles.staff_required(*STAFF)
def index() -> str:
    """List the newest events of the agency's clients."""
    found = client_events.of_organisation(scope.db(), organisation_id(), most=MOST, now=scope.now())
    return consoles.page(
        "agency/events.html",
        current=INDEX,
        events=[(event, client_id, WORDS[event.kind]) for event, client_id in found],
        flashes=[pages.say("已排入重送。")] if "done" in request.args else [],
    )


@bp.post("/<uuid:event_id>/again")
@consoles.staff_required(*STAFF)
def again(event_id: UUID) -> Response:
    """Send an event to its client once more."""
    csrf.require()
    session, now = scope.db(), scope.now()
    event = client_events.get(session, event_id, organisation_id=organisation_id(), now=now)
    client_events.again(session, event, now=now)
    actor, subject = scope.member_id(), event.client_id
    trail.record(session, "event.sent_again", actor=actor, subject=subject, now=now, jti=event.jti)
    return redirect(url_for("agency_events.index", done=1), 303)


consoles.register_menu(INDEX, Bilingual("送出的通知", "Events"), icon="letter", roles=STAFF)
