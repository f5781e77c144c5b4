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

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from clients.grant_types import CIBA
from clients.profiles import rules_of
from idp import authorize, awaited, request_objects, subjects
from idp.awaited import Wait
from idp.client_authentication import authenticated_client, require_in_force
from idp.errors import ProtocolError
from idp.models import AwaitedRequest, Way
from idp.parameters import Parameters
from idp.possession import NOTHING, Shown
from idp.provider import Provider
from idp.pushing import CREDENTIALS
from kernel.ids import new_id, new_number, new_secret
from kernel.keyring import Keyring
from members import register
from members.models import Standing

PATH = "/bc-authorize"
USUAL, LONGEST = timedelta(minutes=5), timedelta(minutes=10)
MOST_WAITING = 3  # for one member: nobody is worn down by asking
LONGEST_MESSAGE, LONGEST_TOKEN = 40, 1024
_SECONDS = re.compile(r"0*[1-9][0-9]{0,8}", re.ASCII)
HINTS = ("login_hint", "id_token_hint", "login_hint_token")


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
    client = authenticated_client(
        provider,
        session,
        form,
        endpoint=PATH,
        authorization=authorization,
        shown=shown,
        now=now,
    )
    require_in_force(client, now=now)
    if CIBA not in client.grant_types:
        raise ProtocolError("unauthorized_client", "this client may not use this grant_type")
    sent = _asked(provider, session, client, form.single(), now=now)
    asked = awaited.read(provider, session, client, sent, now=now)
    member_id = _meant(provider, session, client, sent, now=now)
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


def _asked(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    sent: dict[str, str],
    *,
    now: datetime,
) -> dict[str, str]:
    """Return what the client asks for: what it signed, or else what it sent (CIBA 7.1.1)."""
    if "request" in sent and client.signs:
        keys = provider.client_keys.of(session, client, sent["request"], now=now)
        return request_objects.opened_for_ciba(
            sent["request"], client=client, keys=keys, issuer=provider.issuer, now=now
        )
    if "request" in sent or rules_of(client.profile).signed:
        raise ProtocolError("invalid_request", "a request is signed by a client with keys, or not")
    return {name: value for name, value in sent.items() if name not in CREDENTIALS}


def _meant(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    sent: Mapping[str, str],
    *,
    now: datetime,
) -> UUID | None:
    """Return the member a hint is about; None for a stranger, or one who is asked enough."""
    given = [name for name in HINTS if name in sent]
    if len(given) != 1:
        raise ProtocolError("invalid_request", "exactly one hint is needed")
    if given == ["login_hint_token"]:
        raise ProtocolError("invalid_request", "login_hint_token is not supported")
    if given == ["login_hint"]:
        found = register.find_by_login(session, sent["login_hint"][:128])
        member_id = found.id if found is not None and found.standing is Standing.ACTIVE else None
    else:
        sub = authorize.hinted_subject(provider, session, client, sent, now=now)
        member_id = subjects.find_member(session, str(sub), sector=client.sector)
    if member_id is None or _waiting(session, member_id, now=now) >= MOST_WAITING:
        return None
    return member_id


def _waiting(session: Session, member_id: UUID, *, now: datetime) -> int:
    statement = select(func.count()).where(*awaited.waiting_for(member_id, now=now))
    return session.scalar(statement.select_from(AwaitedRequest)) or 0


def _lifetime(wanted: str | None) -> timedelta:
    if wanted is None:
        return USUAL
    if not _SECONDS.fullmatch(wanted):
        raise ProtocolError("invalid_request", "requested_expiry is not a number of seconds")
    return min(timedelta(seconds=int(wanted)), LONGEST)


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
