"""Serve the pushed authorization request endpoint (RFC 9126 2)."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from idp import parameters, pushed, request_objects
from idp.authorize import read_known
from idp.client_authentication import authenticated_client
from idp.errors import ProtocolError
from idp.parameters import Parameters
from idp.possession import NOTHING, Shown, shown_key, thumbprint
from idp.provider import Provider


def push(
    provider: Provider,
    session: Session,
    form: Parameters,
    *,
    authorization: str | None,
    shown: Shown = NOTHING,
    now: datetime,
) -> dict[str, Any]:
    """Check a request as `/authorize` would, keep it and return the name it is now known by.

    Raises ProtocolError; nothing is ever told by redirect here (RFC 9126 2.3).
    """
    sent = form.single()
    client = authenticated_client(
        provider,
        session,
        form,
        endpoint="/par",
        authorization=authorization,
        shown=shown,
        ahead=lambda client: request_objects.look_ahead(
            provider, session, client, [sent.get("request")], now=now
        ),
        now=now,
    )
    if "request_uri" in sent:
        raise ProtocolError("invalid_request", "request_uri cannot be pushed (RFC 9126 2.1)")
    asked = request_objects.brought(
        provider, session, client, sent, open_signed=request_objects.opened, now=now
    )
    key = shown_key(session, shown, now=now)
    if key is not None:
        _bind(asked, thumbprint(key))
    reference = pushed.new_reference()
    try:
        read_known(provider, session, parameters.of({**asked, "request_uri": reference}), now=now)
    except ProtocolError as error:
        raise ProtocolError(error.error, error.description) from None
    pushed.keep(session, reference, asked, client=client, now=now)
    return {"request_uri": reference, "expires_in": int(pushed.LIFETIME.total_seconds())}


def _bind(asked: dict[str, str], thumbprint: str) -> None:
    """Hold the code to the key whose proof came with the request (RFC 9449 10.1)."""
    if asked.setdefault("dpop_jkt", thumbprint) != thumbprint:
        raise ProtocolError("invalid_request", "dpop_jkt is not the key of the proof")
