"""Show an organisation what its clients were told, and send it to them again.

Agencies and merchants have the same page: whose events they are is the caller's to say.
"""

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from idp import client_events
from web import consoles, csrf, pages, scope
from web.event_document import WORDS

MOST = 50


def listed(organisation_id: UUID, *, blueprint: str) -> str:
    """List the newest events of an organisation's clients, on the page of a blueprint."""
    found = client_events.of_organisation(scope.db(), organisation_id, most=MOST, now=scope.now())
    return consoles.page(
        "console/events.html",
        current=f"{blueprint}.index",
        resend=f"{blueprint}.again",
        most=MOST,
        events=[(event, client_id, WORDS[event.kind]) for event, client_id in found],
        flashes=[pages.say("已排入重送。")] if "done" in request.args else [],
    )


def sent_again(organisation_id: UUID, event_id: UUID, *, blueprint: str) -> Response:
    """Send an event to its client once more. Raises NotFound `event.not_found`."""
    csrf.require()
    session, now = scope.db(), scope.now()
    event = client_events.get(session, event_id, organisation_id=organisation_id, now=now)
    client_events.again(session, event, now=now)
    actor, subject = scope.member_id(), event.client_id
    trail.record(session, "event.sent_again", actor=actor, subject=subject, now=now, jti=event.jti)
    return redirect(url_for(f"{blueprint}.index", done=1), 303)
