"""Serve backchannel authentication: a counter asks, the member's own device answers (OIDC CIBA).

Nobody learns here who is a member: a hint that fits nobody gets a handle like any other, which
never completes. The number in the answer is shown at the counter and typed by the member.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from clients.grant_types import CIBA
from idp import awaited, ciba_hints, request_objects
from idp.awaited import Wait
from idp.client_authentication import permitted_client
from idp.errors import ProtocolError
from idp.models import SpentProof, Way
from idp.parameters import Parameters
from idp.possession import NOTHING, Shown
from idp.provider import Provider
from kernel.db import spend
from kernel.ids import digest, new_id, new_number, new_secret
from kernel.keyring import Keyring

PATH = "/bc-authorize"
SHORTEST, USUAL = timedelta(seconds=30), timedelta(minutes=5)
LONGEST_MESSAGE, LONGEST_TOKEN = 40, 1024
_SECONDS = re.compile(r"0*[1-9][0-9]{0,8}", re.ASCII)


def ask(
    provider: Provider,
    session: Session,
    form: Parameters,
    *,
    authorization: str | None,
    keyring: Keyring,
    shown: Shown = NOTHING,
    now: datetime,
) -> tuple[dict[str, Any], UUID | None]:
    """Let a counter wait; return what it is told, and the member to be told, if there is one.

    Raises ProtocolError.
    """
    plain = form.single()
    client = permitted_client(
        provider,
        session,
        form,
        grant_type=CIBA,
        endpoint=PATH,
        authorization=authorization,
        shown=shown,
        ahead=lambda client: ciba_hints.look_ahead(provider, session, client, plain, now=now),
        now=now,
    )
    sent = request_objects.brought(
        provider,
        session,
        client,
        plain,
        open_signed=request_objects.opened_for_ciba,
        now=now,
    )
    _require_possible(sent)
    if "request" in plain:
        _require_new(session, client, sent["jti"], now=now)
    asked = awaited.read(provider, session, client, sent, now=now)
    member_id = ciba_hints.meant(provider, session, client, sent, now=now)
    handle, key, lifetime = new_secret(), new_id(), _lifetime(sent.get("requested_expiry"))
    wait = Wait(
        id=key,
        way=Way.CIBA,
        lifetime=lifetime,
        member_id=member_id,
        number=new_number(),
        message=_message(sent.get("binding_message")),
        ping_sealed=_ping(client, sent, handle, keyring=keyring, key=key),
    )
    awaited.keep(session, asked, wait, handle=handle, now=now)
    told = {
        "auth_req_id": handle,
        "expires_in": int(lifetime.total_seconds()),
        "interval": awaited.INTERVAL,
        "binding_number": wait.number,
    }
    return told, member_id


def _require_new(session: Session, client: RegisteredClient, jti: str, *, now: datetime) -> None:
    """Refuse a request that was brought before: the database lets one of two pass."""
    spent = {
        "proof_hash": digest(f"{PATH} {client.client_id} {jti}"),
        "expires_at": now + request_objects.LONGEST + 2 * request_objects.SKEW,
    }
    if not spend(session, SpentProof, spent):
        raise ProtocolError("invalid_request", "this signed request was brought before")


def _require_possible(sent: Mapping[str, str]) -> None:
    if "request" in sent:
        raise ProtocolError("invalid_request", "a request is signed by a client with keys")
    if "user_code" in sent:
        raise ProtocolError("invalid_request", "no secret of a member is told to a client here")


def _lifetime(wanted: str | None) -> timedelta:
    if wanted is None:
        return USUAL
    if not _SECONDS.fullmatch(wanted):
        raise ProtocolError("invalid_request", "requested_expiry is not a number of seconds")
    return min(max(timedelta(seconds=int(wanted)), SHORTEST), awaited.LONGEST)


def _message(sent: str | None) -> str | None:
    """Return what both devices show. Raises ProtocolError `invalid_binding_message`."""
    if sent is not None and not (sent.isprintable() and len(sent) <= LONGEST_MESSAGE):
        raise ProtocolError("invalid_binding_message", "up to forty characters on one line")
    return sent


def _ping(
    client: RegisteredClient,
    sent: Mapping[str, str],
    handle: str,
    *,
    keyring: Keyring,
    key: UUID,
) -> bytes | None:
    """Seal what a ping brings; None for a client that polls (CIBA 10.2)."""
    if client.ping_uri is None:
        return None
    token = sent.get("client_notification_token", "")
    if not (token.isascii() and token.isprintable() and 0 < len(token) <= LONGEST_TOKEN):
        raise ProtocolError("invalid_request", "client_notification_token is missing or too long")
    if " " in token:
        raise ProtocolError("invalid_request", "client_notification_token is no bearer token")
    return keyring.seal(json.dumps([handle, token]).encode(), place=awaited.place_of(key))
