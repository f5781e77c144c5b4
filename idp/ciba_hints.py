"""Know whom a counter means (OIDC CIBA 7.1): by account name, or by the name it knows itself.

A hint that fits nobody is not told from one that fits; a hint that is malformed is the client's
mistake, whoever it means.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from idp import authorize, awaited, request_objects, subjects
from idp.errors import ProtocolError
from idp.models import AwaitedRequest
from idp.provider import Provider
from kernel import compact
from members.logins import normalise
from members.models import Member, Standing

HINTS = ("login_hint", "id_token_hint", "login_hint_token")
NOBODY = UUID(int=0)
MOST_ASKED = 5  # of one member, while the longest can wait: nobody is worn down by asking


def meant(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    sent: Mapping[str, str],
    *,
    now: datetime,
) -> UUID | None:
    """Return the member a hint is about; None for a stranger, or one who is asked enough.

    Raises ProtocolError.
    """
    given = [name for name in HINTS if name in sent]
    if len(given) != 1:
        raise ProtocolError("invalid_request", "exactly one hint is needed")
    if given == ["login_hint"]:
        is_meant = Member.login == normalise(sent["login_hint"][:128])
    else:
        sub = _name(provider, session, client, sent, now=now)
        is_meant = Member.id == (subjects.find_member(session, sub, sector=client.sector) or NOBODY)
    # Two columns: a whole member takes longer to read than none, and the clock would tell.
    found = session.execute(select(Member.id, Member.standing).where(is_meant)).one_or_none()
    # Counted for a stranger, too: who is counted for must not be told by the clock.
    asked = _asked(session, NOBODY if found is None else found.id, now=now)
    if found is None or found.standing is not Standing.ACTIVE:
        return None
    return None if asked >= MOST_ASKED else found.id


def look_ahead(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    sent: Mapping[str, str],
    *,
    now: datetime,
) -> RegisteredClient:
    """Have the keys at hand that the request and its hint were signed with (decision 0067)."""
    request = sent.get("request")
    inside = {} if request is None else _unverified(request)
    hint = inside.get("login_hint_token", sent.get("login_hint_token"))
    signed = (request, hint if isinstance(hint, str) else None)
    return request_objects.look_ahead(provider, session, client, signed, now=now)


def _unverified(signed: str) -> dict[str, Any]:
    """Return what a request says that is still to be verified: it tells which keys to look for."""
    try:
        return compact.unverified(signed, compact.CLAIMS)
    except ValueError:
        return {}


def _name(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    sent: Mapping[str, str],
    *,
    now: datetime,
) -> str:
    """Return the client's own name for a member, out of a token of ours or of its own."""
    if "login_hint_token" not in sent:
        return str(authorize.hinted_subject(provider, session, client, sent, now=now))
    token = sent["login_hint_token"]
    if not client.signs:
        raise ProtocolError("invalid_request", "login_hint_token is for a client with keys")
    keys = provider.client_keys.of(session, client, token, now=now)
    claims = request_objects.hint_in(
        token, client=client, keys=keys, issuer=provider.issuer, now=now
    )
    if claims["exp"] <= now.timestamp():
        raise ProtocolError("expired_login_hint_token", "the login_hint_token is over")
    subject = claims.get("sub_id")
    if not isinstance(subject, dict) or subject.get("format") != "iss_sub":
        raise ProtocolError("invalid_request", "sub_id must be of the format iss_sub (RFC 9493)")
    if subject.get("iss") != provider.issuer or not isinstance(subject.get("sub"), str):
        raise ProtocolError("invalid_request", "sub_id is not a name of ours")
    return str(subject["sub"])


def _asked(session: Session, member_id: UUID, *, now: datetime) -> int:
    """Count what the member was asked of late, also what ran out or was stopped: not each yes."""
    statement = select(func.count()).where(
        AwaitedRequest.member_id == member_id,
        AwaitedRequest.asked_at > now - awaited.LONGEST,
        AwaitedRequest.approved.is_not(True),
    )
    return session.scalar(statement.select_from(AwaitedRequest)) or 0
