"""Take requests from server to server, and open them once a browser brings their name (RFC 9126).

A pushed request is checked when it comes and again when it is opened: the client may have changed.
It may be opened as often as a person reloads, and is answered with a code once.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from idp.errors import AuthorizationRefused, UntrustedRequest
from idp.models import PushedRequest
from idp.requests import AuthorizationRequest
from kernel.ids import digest, new_secret
from kernel.prebuilt import Prebuilt

PREFIX = "urn:ietf:params:oauth:request_uri:"
LIFETIME = timedelta(seconds=90)
_KEEP = Prebuilt(
    insert(PushedRequest), given="reference_hash client_id parameters expires_at".split()
)
_OPEN = Prebuilt(
    select(PushedRequest.parameters).where(
        PushedRequest.reference_hash == bindparam("hashed"),
        PushedRequest.client_id == bindparam("client"),
        PushedRequest.expires_at > bindparam("now"),
        PushedRequest.used_at.is_(None),
    )
)
_SPEND = Prebuilt(
    update(PushedRequest)
    .where(PushedRequest.reference_hash == bindparam("hashed"), PushedRequest.used_at.is_(None))
    .values(used_at=bindparam("now"))
)


def new_reference() -> str:
    """Return a name for a pushed request that nobody can guess."""
    return PREFIX + new_secret()


def is_reference(request_uri: str | None) -> bool:
    """Say whether a `request_uri` is a name of ours rather than an address to fetch from."""
    return request_uri is not None and request_uri.startswith(PREFIX)


def keep(
    session: Session,
    reference: str,
    parameters: dict[str, str],
    *,
    client: RegisteredClient,
    now: datetime,
) -> None:
    """Store a checked request under its name, which only the client learns."""
    _KEEP.write(
        session,
        {
            "reference_hash": digest(reference),
            "client_id": client.id,
            "parameters": parameters,
            "expires_at": now + LIFETIME,
        },
    )


def opened(
    session: Session, reference: str, *, client: RegisteredClient, now: datetime
) -> dict[str, Any]:
    """Return the parameters kept under a name.

    Raises UntrustedRequest if they are another client's, expired, answered or never were: nobody
    is known to whom that could be told.
    """
    found = _OPEN.one_or_none(
        session, {"hashed": digest(reference), "client": client.id, "now": now}
    )
    if found is None:
        raise UntrustedRequest("request.pushed_unknown", "request_uri is unknown, used or expired")
    return dict(found.parameters)


def spend(session: Session, request: AuthorizationRequest, *, now: datetime) -> None:
    """Let the request be answered this once; one that was not pushed is not counted.

    Of two tabs with one name the database lets one pass. Raises AuthorizationRefused.
    """
    reference = request.parameters.get("request_uri")
    if reference is None:
        return
    if _SPEND.run(session, {"hashed": digest(reference), "now": now}) != 1:
        raise AuthorizationRefused(
            "invalid_request", "this request_uri was answered before", to=request.to
        )
