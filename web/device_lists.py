"""Publish which certificates of members' devices count no more, for others who are shown them."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from flask import Blueprint
from werkzeug.wrappers import Response

from adapters.certificate import authority, device_list
from web import scope, token_keys
from web.rooms import Rooms

bp = Blueprint("device_lists", __name__)
TYPE = "application/pkix-crl"
# Anybody may ask, and each list is signed: so often one is made, however often it is asked for.
FRESH = timedelta(seconds=10)


@bp.get("/devices/<uuid:authority_id>.crl")
def revoked(authority_id: UUID) -> Response:
    """Hand out the list of one of our authorities (RFC 5280 5)."""
    rooms, now = scope.rooms(), scope.now()
    made_at, der = rooms.device_lists.get(authority_id, (None, b""))
    if made_at is None or not timedelta(0) <= now - made_at < FRESH:
        der = _made(rooms, authority_id, now=now)
        rooms.device_lists[authority_id] = (now, der)
    response = Response(der, mimetype=TYPE)
    response.headers["Cache-Control"] = f"public, max-age={int(FRESH.total_seconds())}"
    return response


def _made(rooms: Rooms, authority_id: UUID, *, now: datetime) -> bytes:
    row = authority.get(scope.db(), authority_id)
    by = authority.open_(row, rooms.keyring, partial(token_keys.open_key, rooms.settings))
    return device_list.make(scope.db(), by, now=now)


def address_of(rooms: Rooms, authority_id: UUID) -> str:
    """Return where the list of an authority is published; it stands in what it issues."""
    return f"{rooms.provider.issuer}/devices/{authority_id}.crl"
