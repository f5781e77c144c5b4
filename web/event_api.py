"""Let clients fetch the events they were, or should have been, pushed (RFC 8936 2).

Nothing is acknowledged: a client names the last event it has, and gets what came after.
"""

from datetime import timedelta

from flask import Blueprint
from werkzeug.wrappers import Response

from clients.directory import RegisteredClient
from idp import client_events
from idp.event_models import ClientEvent
from kernel.db import transaction
from kernel.errors import Refused
from kernel.jobs import Work
from kernel.throttle import Policy
from web import api_documents, calling, event_pushes, programs, scope
from web.api_calls import told
from web.event_document import ADDRESS, INTERFACE
from web.event_shapes import EventsTold

bp = Blueprint("event_api", __name__, url_prefix=ADDRESS)
AT_ONCE = 50
MINUTE = timedelta(minutes=1)
FETCHED = Policy(name="events", limit=60, window=MINUTE, lockout=MINUTE)


@bp.get("/openapi.json")
def document() -> Response:
    """Describe the events, pushed and fetched (OpenAPI 3.1)."""
    return api_documents.response(INTERFACE, scope.rooms().provider.issuer)


@bp.post("")
def fetch() -> Response:
    """Return the events after the one named, the oldest first, each a signed token."""
    sent = programs.sent()
    # That a contract ended is an event, too: it can be fetched afterwards.
    client = programs.proven(sent, endpoint=ADDRESS)
    sent.require_sound()
    _count(client)
    after = sent.single().get("after", "")
    found = client_events.since(scope.db(), client.id, after, most=AT_ONCE + 1, now=scope.now())
    part = found[:AT_ONCE]
    answer = EventsTold(
        sets={each.jti: _signed(client, each) for each in part},
        moreAvailable=len(found) > AT_ONCE,
        next=part[-1].jti if part else after,  # sets have no order
    )
    return told(answer)


def _count(client: RegisteredClient) -> None:
    """Count a call. Raises Refused `program.too_many`."""
    scope.keep()  # a client's assertion is spent, whatever comes of it
    key = FETCHED.key(str(client.id), secret=scope.rooms().throttle_key)
    with transaction(scope.rooms().sessions) as session:
        verdict = FETCHED.hit(session, key, now=scope.now())
    if not verdict.allowed:
        raise Refused("program.too_many", retry_at=verdict.retry_at)


def _signed(client: RegisteredClient, event: ClientEvent) -> str:
    rooms = scope.rooms()
    work = Work(id=event.id, kind=event.kind, payload=event.payload, attempt=0, created_at=event.at)
    push = event_pushes.by_kind(rooms, calling.caller(rooms.settings))[event.kind]
    return push.signed(scope.db(), client, work, now=scope.now())
